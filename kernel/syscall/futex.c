/* futex.c - system calls on futexes, the clock, and the smallest of all. */
#include "syscall/handlers.h"

static err_t owner_find(const struct thread *self, handle_t handle, struct thread **owner)
{
	struct handle_entry *entry;
	err_t error;

	*owner = NULL;
	if (!handle)
		return E_OK;
	error = handle_find(self->process, handle, OBJECT_THREAD, 0, &entry);
	if (error == E_PEER_GONE)
		return E_OK; /* it ended while it held the lock: nobody to raise, and the program's business */
	if (error)
		return error;
	*owner = CONTAINER_OF(entry->object, struct thread, object);
	if (*owner == self || (*owner)->process != self->process)
		return E_ARGUMENT;
	return inherit_probe_owner(self, *owner);
}

err_t sys_futex_wait(struct thread *self, user_ptr_t address, uint32_t expected, handle_t handle, uint64_t deadline_ns)
{
	struct thread *owner;
	uint32_t value;
	err_t error;

	if (address.address % sizeof value)
		return E_ADDRESS;
	error = copy_in(&self->process->space, &value, address, sizeof value);
	if (error)
		return error;
	if (value != expected)
		return E_CHANGED;
	error = owner_find(self, handle, &owner);
	if (error)
		return error == E_CALL_DEPTH ? E_DEADLOCK : error;
	if (deadline_ns <= arch_clock_ns())
		return E_TIMEOUT;

	/* --- Point of no return. */
	futex_block(self, address.address, owner, deadline_ns);
	return E_BLOCKED;
}

/* What is left to wake stands in a1 again when it was interrupted, and what was woken in work.base. */
err_t sys_futex_wake(struct thread *self, user_ptr_t address, uint32_t count, uintptr_t *woken)
{
	if (address.address % sizeof count)
		return E_ADDRESS;
	*woken = self->under_way ? self->work.base : 0;
	while (count && futex_wake_one(self->process, address.address)) {
		count--;
		++*woken;
		if (!count || !arch_interrupt_pending())
			continue;
		*thread_a(self, 1) = count;
		self->work.call = CALL_FUTEX_WAKE;
		self->under_way = true;
		self->work.base = *woken;
		return E_RESTART;
	}
	work_abandon(self);
	return E_OK;
}

err_t sys_clock_now(struct thread *self, uint64_t *now_ns)
{
	(void)self;
	*now_ns = arch_clock_ns();
	return E_OK;
}

err_t sys_system_version(struct thread *self, uintptr_t *version)
{
	(void)self;
	*version = VERSION_MAJOR << 16 | VERSION_MINOR;
	return E_OK;
}
