/* thread.c - system calls on threads. */
#include "syscall/handlers.h"

err_t sys_thread_create(struct thread *self, struct process *process, vaddr_t entry, vaddr_t stack, uintptr_t value,
                        vaddr_t tls, uint32_t priority, handle_t *out)
{
	struct thread *thread;
	err_t error;

	if (priority >= LIMIT_PRIORITIES || stack % 16)
		return E_ARGUMENT;
	if (process->phase >= PROCESS_ENDING)
		return E_STATE;
	if (priority > process->own->ceiling)
		return E_PRIORITY;
	error = result_reserve(self);
	if (error)
		return error;
	error = thread_new(process, priority, &thread);
	if (error) {
		result_cancel(self);
		return error;
	}

	/* --- Point of no return. */
	registers_init(&thread->registers, entry, stack, value, tls);
	process_started(process);
	thread_ready(thread);
	*out = handle_add(self->process, &thread->object, RIGHT_ALL_THREAD);
	return E_OK;
}

err_t sys_thread_self(struct thread *self, handle_t *thread)
{
	err_t error = result_reserve(self);

	if (!error)
		*thread = handle_add(self->process, &self->object, RIGHT_ALL_THREAD);
	return error;
}

/* The word is written once: a joiner that was woken may have freed it before the call is executed again. False: interrupted. */
static bool joiners_tell(struct thread *self, user_ptr_t clear)
{
	uint32_t zero = 0;

	if (!self->under_way && user_write(self, clear, &zero, sizeof zero))
		return true;
	self->under_way = true;
	self->work.call = CALL_THREAD_EXIT;
	while (futex_wake_one(self->process, clear.address))
		if (arch_interrupt_pending())
			return false;
	return true;
}

/* The word is written by the kernel when the thread no longer needs its stack: now, for it never runs again. */
err_t sys_thread_exit(struct thread *self, user_ptr_t clear)
{
	struct process *process = self->process;

	if (process->thread_count == 1) {
		process->exit.thread = self->number;
		process_end(process, CAUSE_EXIT, 0);
		thread_unready(self);
		return E_BLOCKED;
	}
	if (clear.address && !joiners_tell(self, clear))
		return E_RESTART;
	thread_end(self);
	return E_BLOCKED;
}

err_t sys_thread_yield(struct thread *self)
{
	(void)self;
	thread_yield();
	return E_OK;
}

err_t sys_thread_priority_set(struct thread *self, struct thread *thread, uint32_t priority)
{
	(void)self;
	if (priority >= LIMIT_PRIORITIES)
		return E_ARGUMENT;
	if (thread->process->own && priority > thread->process->own->ceiling)
		return E_PRIORITY;
	thread_base_priority_set(thread, priority);
	inherit_update(thread);
	return E_OK;
}

err_t sys_thread_buffer_set(struct thread *self, user_ptr_t buffer, size_t size)
{
	err_t error;

	if (size > LIMIT_COPY_BYTES)
		return E_ARGUMENT;
	error = size ? copy_check(&self->process->space, buffer, size, true) : E_OK;
	if (error)
		return error;
	self->buffer = buffer;
	self->buffer_size = size;
	self->buffer_room = thread_buffer_room(self);
	return E_OK;
}

err_t sys_thread_info(struct thread *self, struct thread *thread, user_ptr_t to)
{
	struct abi_thread_state state;

	thread_state_read(thread, &state);
	return user_write(self, to, &state, sizeof state);
}
