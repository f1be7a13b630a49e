/* pthread_cancel.c - cancellation: a thread ends at the next call that is a cancellation point, with its cleanup handlers.
 * A thread that asks to be cancelled at any instant (PTHREAD_CANCEL_ASYNCHRONOUS) is cancelled at such calls, too: nobody
 * can end it between two instructions. */
#include <errno.h>
#include <pthread.h>
#include "interrupt.h"
#include "thread.h"

bool cancel_wanted(void)
{
	const struct __pthread *self = pthread_self();

	return __atomic_load_n(&self->cancel_asked, __ATOMIC_ACQUIRE) && !self->cancel_disabled;
}

void cancel_act(void)
{
	if (cancel_wanted())
		pthread_exit(PTHREAD_CANCELED);
}

int pthread_cancel(pthread_t thread)
{
	bool is_known, at_once;

	lock_take(&threads_lock);
	is_known = thread_is_known(thread);
	if (is_known) {
		lock_take(&interrupt_lock);
		__atomic_store_n(&thread->cancel_asked, 1, __ATOMIC_RELEASE);
		if (!thread->cancel_disabled)
			interrupt_wake(thread);
		lock_drop(&interrupt_lock);
	}
	lock_drop(&threads_lock);
	if (!is_known)
		return ESRCH;
	at_once = thread == pthread_self() && thread->cancel_asynchronous;
	if (at_once)
		cancel_act();
	return 0;
}

int pthread_setcancelstate(int state, int *old_state)
{
	struct __pthread *self = pthread_self();

	if (state != PTHREAD_CANCEL_ENABLE && state != PTHREAD_CANCEL_DISABLE)
		return EINVAL;
	if (old_state)
		*old_state = self->cancel_disabled ? PTHREAD_CANCEL_DISABLE : PTHREAD_CANCEL_ENABLE;
	lock_take(&interrupt_lock);
	self->cancel_disabled = state == PTHREAD_CANCEL_DISABLE;
	lock_drop(&interrupt_lock);
	if (self->cancel_asynchronous)
		cancel_act();
	return 0;
}

int pthread_setcanceltype(int type, int *old_type)
{
	struct __pthread *self = pthread_self();

	if (type != PTHREAD_CANCEL_DEFERRED && type != PTHREAD_CANCEL_ASYNCHRONOUS)
		return EINVAL;
	if (old_type)
		*old_type = self->cancel_asynchronous ? PTHREAD_CANCEL_ASYNCHRONOUS : PTHREAD_CANCEL_DEFERRED;
	self->cancel_asynchronous = type == PTHREAD_CANCEL_ASYNCHRONOUS;
	if (self->cancel_asynchronous)
		cancel_act();
	return 0;
}

void pthread_testcancel(void)
{
	cancel_act();
}

int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	(void)prepare, (void)parent, (void)child;
	return 0; /* there is no fork */
}
