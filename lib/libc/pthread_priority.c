/* pthread_priority.c - priorities of running threads, and giving way. */
#include <errno.h>
#include <sched.h>
#include "abi/nacre_calls.h"
#include "thread.h"

static bool is_known(pthread_t thread)
{
	bool known;

	lock_take(&threads_lock);
	known = thread_is_known(thread);
	lock_drop(&threads_lock);
	return known;
}

int pthread_setschedprio(pthread_t thread, int priority)
{
	nacre_err_t error;

	pthread_self(); /* the first thread is known from its first question on */
	if (!is_known(thread))
		return ESRCH;
	if (!thread->handle)
		return ENOTSUP; /* the first thread, where there was no room for a handle to it */
	error = nacre_thread_priority_set(thread->handle, (uint32_t)priority);
	if (error)
		return error == NACRE_E_PRIORITY ? EPERM : error == NACRE_E_ARGUMENT ? EINVAL : ESRCH;
	thread->priority = (uint32_t)priority;
	return 0;
}

int pthread_setschedparam(pthread_t thread, int policy, const struct sched_param *param)
{
	if (policy != SCHED_RR && policy != SCHED_OTHER)
		return policy == SCHED_FIFO ? ENOTSUP : EINVAL;
	return pthread_setschedprio(thread, param->sched_priority);
}

int pthread_getschedparam(pthread_t thread, int *policy, struct sched_param *param)
{
	if (!is_known(thread))
		return ESRCH;
	*policy = SCHED_RR;
	*param = (struct sched_param){ .sched_priority = (int)thread->priority };
	return 0;
}

static bool is_policy(int policy)
{
	if (policy == SCHED_RR || policy == SCHED_FIFO || policy == SCHED_OTHER)
		return true;
	errno = EINVAL;
	return false;
}

int sched_get_priority_max(int policy)
{
	return !is_policy(policy) ? -1 : (int)NACRE_LIMIT_PRIORITIES - 1;
}

int sched_get_priority_min(int policy)
{
	return is_policy(policy) ? 0 : -1;
}

int sched_yield(void)
{
	nacre_thread_yield();
	return 0;
}
