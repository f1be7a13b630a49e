/* dispatch.c - from the trap to the handler of a system call, by the contract's table. */
#include "kernel/dispatch.h"
#include "syscall/handlers.h"
#include "trace/trace.h"

uint64_t argument_deadline(const struct thread *self)
{
	uint64_t low = self->registers.x[X_T1];

	return sizeof(uintptr_t) == 4 ? low | (uint64_t)self->registers.x[X_T2] << 32 : low;
}

err_t argument_object(const struct thread *self, unsigned n, unsigned type, uint32_t rights, struct object **object)
{
	struct handle_entry *entry;
	err_t error = handle_find(self->process, (handle_t)argument(self, n), type, rights, &entry);

	if (!error)
		*object = entry->object;
	return error;
}

err_t result_reserve(struct thread *self)
{
	return handle_reserve(self->process, 1);
}

void result_cancel(struct thread *self)
{
	handle_unreserve(self->process, 1);
}

err_t user_write(const struct thread *self, user_ptr_t to, const void *from, size_t size)
{
	return copy_out(&self->process->space, to, from, size);
}

err_t wait_reaped(struct thread *self, struct object *object)
{
	thread_result(self, E_OK, NULL, 0);
	reaper_wait(self, object);
	return E_BLOCKED;
}

/* The entry of a live object, or NULL: handle_find says what is wrong. */
static inline struct handle_entry *entry_quick(const struct process *process, handle_t handle, const struct handle_argument *wanted)
{
	uint32_t index = handle & HANDLE_INDEX_MASK;
	struct handle_entry *entry = process->handles.first + index;

	if (index >= HANDLES_PER_PAGE || !handle || entry->key != handle || !entry->object || entry->object->dead)
		return NULL;
	if (entry->object->type != wanted->type || (entry->rights & wanted->rights) != wanted->rights)
		return NULL;
	return entry;
}

static err_t arguments_decode(const struct thread *self, const struct call_entry *entry, struct call_arguments *in)
{
	const uintptr_t *a = &self->registers.x[X_A0];

	in->a[0] = a[0], in->a[1] = a[1], in->a[2] = a[2], in->a[3] = a[3], in->a[4] = a[4], in->a[5] = a[5], in->a[6] = a[6];
	in->deadline_ns = argument_deadline(self);
	for (unsigned i = 0; i < entry->handle_count; i++) {
		const struct handle_argument *wanted = &entry->handles[i];
		handle_t handle = (handle_t)in->a[wanted->slot];
		struct handle_entry *found = entry_quick(self->process, handle, wanted);
		err_t error = found ? E_OK : handle_find(self->process, handle, wanted->type, wanted->rights, &found);

		if (error)
			return error;
		in->a[wanted->slot] = (uintptr_t)found->object;
		in->rights[i] = found->rights;
	}
	return E_OK;
}

static void call_one(struct thread *self, const struct call_entry *entry, unsigned number)
{
	uintptr_t results[CALL_RESULTS_MAX];
	struct call_arguments in;
	err_t error = E_OK;

	if (entry->raw)
		schedule_need(); /* who pays, perhaps */
	else
		error = arguments_decode(self, entry, &in);
	if (self->under_way)
		work_begin(self, number);
	if (!error)
		error = entry->invoke(self, &in, results);
	if (error == E_RESTART) {
		self->registers.pc -= 4; /* the ecall itself; it is never compressed */
		if (self->attends)
			mailbox_calm(self->attends); /* it goes on first, and answers then */
		return;
	}
	if (error == E_BLOCKED)
		return;
	if (error) {
		trace(TRACE_REFUSAL, number, (uint64_t)error, argument(self, 0));
		work_abandon(self); /* what it was in the middle of cannot go on */
	}
	thread_result(self, error, results, error ? 0 : entry->result_count);
}

void syscall_handle(void)
{
	struct thread *self = arch_here()->current;
	uintptr_t number = self->registers.x[X_A7];

	trace(TRACE_SYSCALL, number, argument(self, 0), argument(self, 1));
	if (number < CALL_COUNT && call_entries[number].invoke)
		call_one(self, &call_entries[number], (unsigned)number);
	else
		thread_result(self, E_BAD_CALL, NULL, 0);
}
