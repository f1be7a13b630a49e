/* pthread_mutex.c - mutexes: a lock with POSIX's rules about taking it twice and dropping what is not held.
 * All of them raise their holder (PTHREAD_PRIO_INHERIT), whatever the attribute says. */
#include <errno.h>
#include <pthread.h>
#include "lock.h"
#include "nacre/clock.h"
#include "thread.h"

int pthread_mutexattr_init(pthread_mutexattr_t *attr)
{
	*attr = (pthread_mutexattr_t){ .type = PTHREAD_MUTEX_DEFAULT, .protocol = PTHREAD_PRIO_INHERIT };
	return 0;
}

int pthread_mutexattr_destroy(pthread_mutexattr_t *attr)
{
	(void)attr;
	return 0;
}

int pthread_mutexattr_settype(pthread_mutexattr_t *attr, int type)
{
	if (type < PTHREAD_MUTEX_NORMAL || type > PTHREAD_MUTEX_ERRORCHECK)
		return EINVAL;
	attr->type = (unsigned char)type;
	return 0;
}

int pthread_mutexattr_gettype(const pthread_mutexattr_t *attr, int *type)
{
	*type = attr->type;
	return 0;
}

int pthread_mutexattr_setprotocol(pthread_mutexattr_t *attr, int protocol)
{
	if (protocol != PTHREAD_PRIO_NONE && protocol != PTHREAD_PRIO_INHERIT)
		return ENOTSUP;
	attr->protocol = (unsigned char)protocol;
	return 0;
}

int pthread_mutexattr_getprotocol(const pthread_mutexattr_t *attr, int *protocol)
{
	*protocol = attr->protocol;
	return 0;
}

int pthread_mutexattr_setpshared(pthread_mutexattr_t *attr, int shared)
{
	(void)attr;
	return shared == PTHREAD_PROCESS_PRIVATE ? 0 : ENOTSUP; /* futexes are private to a process */
}

int pthread_mutexattr_getpshared(const pthread_mutexattr_t *attr, int *shared)
{
	(void)attr;
	*shared = PTHREAD_PROCESS_PRIVATE;
	return 0;
}

int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attr)
{
	*mutex = (pthread_mutex_t){ .type = attr ? attr->type : PTHREAD_MUTEX_DEFAULT };
	return 0;
}

int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
	return mutex->lock.word ? EBUSY : 0;
}

/* What taking a lock means that this thread may hold already; -1: it does not, go on and take it. */
static int taken_again(pthread_mutex_t *mutex, int otherwise)
{
	if (!lock_is_mine(&mutex->lock))
		return -1;
	if (mutex->type != PTHREAD_MUTEX_RECURSIVE)
		return otherwise;
	if (mutex->lock.depth == UINT32_MAX)
		return EAGAIN;
	mutex->lock.depth++;
	return 0;
}

static int lock_until(pthread_mutex_t *mutex, uint64_t deadline_ns)
{
	int again = taken_again(mutex, EDEADLK);

	return again < 0 ? lock_take_with_signals(&mutex->lock, deadline_ns) : again;
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	return lock_until(mutex, NACRE_DEADLINE_NEVER);
}

int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
	int again = taken_again(mutex, EBUSY);

	if (again >= 0)
		return again;
	return lock_try(&mutex->lock) ? 0 : EBUSY;
}

int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *when)
{
	int error = pthread_mutex_trylock(mutex);

	/* POSIX: what can be had at once is had, whatever the time says. */
	if (error != EBUSY)
		return error;
	error = timespec_check(when);
	return error ? error : lock_until(mutex, thread_deadline(CLOCK_REALTIME, when));
}

/* Dropping what another thread holds is refused for every type: there is no good end to it. */
int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	if (!lock_is_mine(&mutex->lock))
		return EPERM;
	if (mutex->lock.depth)
		mutex->lock.depth--;
	else
		lock_drop(&mutex->lock);
	return 0;
}
