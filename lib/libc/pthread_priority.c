/* pthread_priority.c - priorities of running threads, and giving way. */
#include <errno.h>
#include <sched.h>
#include "abi/nacre_calls.h"
#include "thread.h"

int pthread_setschedprio(pthread_t thread, int priority)
{
	nacre_err_t error;

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
	return policy == SCHED_RR ? pthread_setschedprio(thread, param->sched_priority) : ENOTSUP;
}

int pthread_getschedparam(pthread_t thread, int *policy, struct sched_param *param)
{
	*policy = SCHED_RR;
	*param = (struct sched_param){ .sched_priority = (int)thread->priority };
	return 0;
}

int sched_get_priority_max(int policy)
{
	(void)policy;
	return (int)NACRE_LIMIT_PRIORITIES - 1;
}

int sched_get_priority_min(int policy)
{
	(void)policy;
	return 0;
}

int sched_yield(void)
{
	nacre_thread_yield();
	return 0;
}
