/* interrupt.c - waits that can be broken off: by a signal, and by cancellation. Linked where either is used. */
#include "interrupt.h"
#include "abi/nacre_calls.h"
#include "thread.h"

struct __lock interrupt_lock;

bool interrupt_begin(uint32_t *futex, bool is_lock, nacre_handle_t mailbox)
{
	struct __pthread *self = pthread_self();
	bool now;

	lock_take(&interrupt_lock);
	now = (cancel_wanted && cancel_wanted()) || (signal_is_there && signal_is_there(self));
	self->waits_futex = futex;
	self->waits_for_lock = is_lock;
	self->waits_mailbox = mailbox;
	lock_drop(&interrupt_lock);
	return now;
}

int interrupt_end(void)
{
	struct __pthread *self = pthread_self();

	lock_take(&interrupt_lock);
	self->waits_futex = NULL;
	self->waits_mailbox = NACRE_HANDLE_NONE;
	lock_drop(&interrupt_lock);
	return signal_run ? signal_run() : INTERRUPT_NONE;
}

/* Under the lock, so that the word it waits for is still there. Counting it up is what makes a wait that has not quite
 * begun fail. */
void interrupt_wake(struct __pthread *thread)
{
	if (thread->waits_futex) {
		if (!thread->waits_for_lock)
			__atomic_fetch_add(thread->waits_futex, 1, __ATOMIC_SEQ_CST);
		nacre_futex_wake(thread->waits_futex, UINT32_MAX, NULL);
	}
	if (thread->waits_mailbox)
		nacre_connection_signal(thread->waits_mailbox, 1);
}

bool interrupt_can_wake(const struct __pthread *thread)
{
	return thread->waits_futex || thread->waits_mailbox;
}
