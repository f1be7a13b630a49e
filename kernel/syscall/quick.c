/* quick.c - system calls that take a few dozen instructions: from the program's registers and back, without a frame.
 *
 * Each does all that its ordinary handler would do; where that is not simple, it takes the ordinary way from here. */
#include "syscall/handlers.h"

/* The ordinary way, with what is in the frame. */
static __attribute__((cold, noinline)) quick_t ordinary(unsigned number)
{
	struct registers *frame = arch_here()->frame;

	frame->x[X_A7] = number;
	arch_quick_begin(frame);
	arch_here()->unsettled |= UNSETTLED_FRAME;
	syscall_handle();
	arch_quick_end(frame);
	return 0;
}

#define QUICK(name) \
	static quick_t name(uintptr_t a0, uintptr_t a1, uintptr_t a2, uintptr_t a3, uintptr_t a4, uintptr_t a5, uintptr_t a6)
/* Into the frame, where the ordinary way finds them. */
#define ARGUMENTS \
	uintptr_t *a = &arch_here()->frame->x[X_A0]; \
	a[0] = a0, a[1] = a1, a[2] = a2, a[3] = a3, a[4] = a4, a[5] = a5, a[6] = a6

QUICK(version)
{
	(void)a0, (void)a1, (void)a2, (void)a3, (void)a4, (void)a5, (void)a6;
	return quick(E_OK, VERSION_MAJOR << 16 | VERSION_MINOR);
}

/* The process whose addresses are to change, if it is as processes mostly are. */
static inline struct process *process_quick(const struct thread *self, uintptr_t handle)
{
	struct object *object = handle_quick(self->process, (handle_t)handle, OBJECT_PROCESS, RIGHT_MANAGE);
	struct process *process = object ? CONTAINER_OF(object, struct process, object) : NULL;

	return process && !self->under_way && process->phase < PROCESS_ENDING ? process : NULL;
}

QUICK(map_add)
{
	ARGUMENTS;
	const struct thread *self = arch_here()->current;
	struct process *process = process_quick(self, a0);
	struct object *object = handle_quick(self->process, (handle_t)a2, OBJECT_MEMORY, RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE);
	struct memory *memory = object ? CONTAINER_OF(object, struct memory, object) : NULL;
	uint32_t rights;

	if (a4 != 1 || !process || !memory || memory->moved)
		return ordinary(CALL_MAP_ADD);
	rights = handle_place(self->process, (handle_t)a2)->rights;
	if (rights & RIGHT_WRITE)
		rights |= RIGHT_READ;
	_Static_assert(RIGHT_READ / PROT_READ == 1 << 12 && RIGHT_WRITE / PROT_WRITE == 1 << 12 && RIGHT_EXECUTE / PROT_EXECUTE == 1 << 12,
	               "three bits in one order");
	if (!space_page_add(&process->space, a1, &memory->backing, a3, (uint32_t)a5, rights >> 12 & 7))
		return ordinary(CALL_MAP_ADD);
	memory_mapped(memory, false);
	return quick(E_OK, a1);
}

QUICK(map_remove)
{
	ARGUMENTS;
	struct process *process = process_quick(arch_here()->current, a0);

	if (a2 == 1 && process && list_is_empty(&process->patches) && space_page_remove(&process->space, a1))
		return quick(E_OK, 0);
	return ordinary(CALL_MAP_REMOVE);
}

QUICK(map_protect)
{
	ARGUMENTS;
	struct process *process = process_quick(arch_here()->current, a0);

	if (a2 == 1 && process && space_page_protect(&process->space, a1, (uint32_t)a3))
		return quick(E_OK, 0);
	return ordinary(CALL_MAP_PROTECT);
}

QUICK(interrupt_ack)
{
	struct interrupt *interrupt;
	struct object *object = handle_quick(arch_here()->current->process, (handle_t)a0, OBJECT_INTERRUPT, RIGHT_MANAGE);

	if (!object) {
		ARGUMENTS;
		return ordinary(CALL_INTERRUPT_ACK);
	}
	interrupt = CONTAINER_OF(object, struct interrupt, object);
	irq_complete(interrupt->line);
	return quick(E_OK, 0);
}

quick_call *const quick_calls[QUICK_CALLS] = {
	[CALL_SYSTEM_VERSION] = version,
	[CALL_MAP_ADD] = map_add,
	[CALL_MAP_REMOVE] = map_remove,
	[CALL_MAP_PROTECT] = map_protect,
	[CALL_INTERRUPT_ACK] = interrupt_ack,
};
