/* pthread_cancel.c - cancellation: not there. A thread ends when its function returns. */
#include <errno.h>
#include <pthread.h>

int pthread_cancel(pthread_t thread)
{
	(void)thread;
	return ENOSYS;
}

int pthread_setcancelstate(int state, int *old_state)
{
	if (old_state)
		*old_state = PTHREAD_CANCEL_DISABLE;
	return state == PTHREAD_CANCEL_DISABLE ? 0 : ENOTSUP;
}

int pthread_setcanceltype(int type, int *old_type)
{
	if (old_type)
		*old_type = PTHREAD_CANCEL_DEFERRED;
	return type == PTHREAD_CANCEL_DEFERRED ? 0 : ENOTSUP;
}

void pthread_testcancel(void)
{
}

int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	(void)prepare, (void)parent, (void)child;
	return 0; /* there is no fork */
}
