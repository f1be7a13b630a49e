/* dispatch.c - from the trap to the handler of a system call, by the contract's table. */
#include "kernel/dispatch.h"
#include "check/check.h"
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

static err_t arguments_decode(const struct thread *self, const struct call_entry *entry, struct call_arguments *in)
{
	for (unsigned i = 0; i < 7; i++)
		in->a[i] = argument(self, i);
	in->deadline_ns = argument_deadline(self);
	for (unsigned i = 0; i < entry->handle_count; i++) {
		const struct handle_argument *wanted = &entry->handles[i];
		struct handle_entry *found;
		err_t error = handle_find(self->process, (handle_t)in->a[wanted->slot], wanted->type, wanted->rights, &found);

		if (error)
			return error;
		in->a[wanted->slot] = (uintptr_t)found->object;
		in->rights[i] = found->rights;
	}
	return E_OK;
}

static void call_one(struct thread *self, const struct call_entry *entry, unsigned number)
{
	uintptr_t results[CALL_RESULTS_MAX] = { 0 };
	struct call_arguments in = { 0 };
	err_t error = entry->raw ? E_OK : arguments_decode(self, entry, &in);

	work_begin(self, number);
	if (!error)
		error = entry->invoke(self, &in, results);
	if (error == E_RESTART) {
		self->registers.pc -= 4; /* the ecall itself; it is never compressed */
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
	struct thread *self = cpu.current;
	uintptr_t number = self->registers.x[X_A7];

	trace(TRACE_SYSCALL, number, argument(self, 0), argument(self, 1));
	if (number < CALL_COUNT && call_entries[number].invoke)
		call_one(self, &call_entries[number], (unsigned)number);
	else
		thread_result(self, E_BAD_CALL, NULL, 0);
	kernel_check_all();
}
