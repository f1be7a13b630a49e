/* sched.c - scheduling of this process, which is that of its first thread: fixed priorities, round robin within one. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>
#include "nacre/clock.h"

/* kernel/thread/schedule.c: SLICE_NS */
enum { SLICE_MS = 10 };

static int fail(int error)
{
	errno = error;
	return -1;
}

static int is_self(pid_t process)
{
	return process == 0 || process == getpid();
}

int sched_getscheduler(pid_t process)
{
	if (process < 0)
		return fail(EINVAL);
	return is_self(process) ? SCHED_RR : fail(ESRCH);
}

int sched_getparam(pid_t process, struct sched_param *param)
{
	int policy;

	if (process < 0)
		return fail(EINVAL);
	if (!is_self(process))
		return fail(ESRCH);
	pthread_getschedparam(pthread_self(), &policy, param);
	return 0;
}

int sched_setparam(pid_t process, const struct sched_param *param)
{
	int error;

	if (process < 0)
		return fail(EINVAL);
	if (!is_self(process))
		return fail(ESRCH);
	if (param->sched_priority < sched_get_priority_min(SCHED_RR) || param->sched_priority > sched_get_priority_max(SCHED_RR))
		return fail(EINVAL);
	error = pthread_setschedprio(pthread_self(), param->sched_priority);
	return error ? fail(error) : 0;
}

int sched_setscheduler(pid_t process, int policy, const struct sched_param *param)
{
	/* SCHED_OTHER is another name of it. */
	if (policy != SCHED_RR && policy != SCHED_OTHER)
		return fail(EINVAL);
	return sched_setparam(process, param) ? -1 : SCHED_RR;
}

int sched_rr_get_interval(pid_t process, struct timespec *interval)
{
	if (!is_self(process))
		return fail(ESRCH);
	*interval = (struct timespec){ .tv_nsec = SLICE_MS * (long)NACRE_MS };
	return 0;
}
