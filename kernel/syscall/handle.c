/* handle.c - system calls on handles of any type. */
#include "syscall/handlers.h"

err_t sys_handle_close(struct thread *self, handle_t handle)
{
	struct handle_entry *entry = handle_entry(self->process, handle);
	struct object *object;

	if (!entry)
		return E_BAD_HANDLE;
	object = entry->object;
	handle_close(self->process, entry);
	/* Was it the last? Then its pages are back when the call is done. The object is still there: only the reaper frees. */
	return object && object->dead && object->queued ? wait_reaped(self, object) : E_OK;
}

err_t sys_handle_duplicate(struct thread *self, handle_t handle, uint32_t rights, handle_t *duplicate)
{
	struct handle_entry *entry;
	err_t error = handle_find(self->process, handle, 0, RIGHT_DUPLICATE, &entry);

	if (error)
		return error;
	if (rights & ~RIGHT_ALL)
		return E_ARGUMENT;
	error = result_reserve(self);
	if (error)
		return error;
	*duplicate = handle_add(self->process, entry->object, entry->rights & rights);
	return E_OK;
}

err_t sys_handle_info(struct thread *self, handle_t handle, uintptr_t *type, uintptr_t *rights)
{
	struct handle_entry *entry;
	err_t error = handle_find(self->process, handle, 0, 0, &entry);

	if (error)
		return error;
	*type = entry->object->type;
	*rights = entry->rights;
	return E_OK;
}

err_t sys_handle_id(struct thread *self, handle_t handle, uintptr_t *id0, uintptr_t *id1, uintptr_t *id2, uintptr_t *id3)
{
	struct handle_entry *entry;
	uint32_t id[4];
	err_t error = handle_find(self->process, handle, 0, 0, &entry);

	if (error)
		return error;
	object_id(entry->object, id);
	*id0 = id[0];
	*id1 = id[1];
	*id2 = id[2];
	*id3 = id[3];
	return E_OK;
}
