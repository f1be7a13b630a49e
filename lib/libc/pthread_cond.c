/* pthread_cond.c - condition variables: a futex that counts signals.
 *
 * Whoever waits notes the count before it drops the mutex; a signal in between changes the count, and the wait ends
 * at once. Waits may end without a signal, as POSIX allows. */
#include <errno.h>
#include "abi/nacre_calls.h"
#include "interrupt.h"
#include "nacre/clock.h"
#include "thread.h"

int pthread_condattr_init(pthread_condattr_t *attr)
{
	attr->clock = CLOCK_REALTIME;
	return 0;
}

int pthread_condattr_destroy(pthread_condattr_t *attr)
{
	(void)attr;
	return 0;
}

int pthread_condattr_setclock(pthread_condattr_t *attr, clockid_t clock)
{
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
		return EINVAL;
	attr->clock = clock;
	return 0;
}

int pthread_condattr_getclock(const pthread_condattr_t *restrict attr, clockid_t *restrict clock)
{
	*clock = attr->clock;
	return 0;
}

int pthread_condattr_setpshared(pthread_condattr_t *attr, int shared)
{
	(void)attr;
	return shared == PTHREAD_PROCESS_PRIVATE ? 0 : ENOTSUP;
}

int pthread_condattr_getpshared(const pthread_condattr_t *attr, int *shared)
{
	(void)attr;
	*shared = PTHREAD_PROCESS_PRIVATE;
	return 0;
}

int pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attr)
{
	*cond = (pthread_cond_t){ .clock = attr ? attr->clock : CLOCK_REALTIME };
	return 0;
}

int pthread_cond_destroy(pthread_cond_t *cond)
{
	return cond->waiters ? EBUSY : 0;
}

static int wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, uint64_t deadline_ns)
{
	uint32_t sequence = __atomic_load_n(&cond->sequence, __ATOMIC_ACQUIRE);
	nacre_err_t waited;
	int error;

	cancel_point();
	__atomic_fetch_add(&cond->waiters, 1, __ATOMIC_SEQ_CST);
	error = pthread_mutex_unlock(mutex);
	if (error) {
		__atomic_fetch_sub(&cond->waiters, 1, __ATOMIC_RELAXED);
		return error;
	}
	waited = NACRE_E_OK;
	if (!interrupted_before(&cond->sequence, NACRE_HANDLE_NONE))
		waited = nacre_futex_wait(&cond->sequence, sequence, NACRE_HANDLE_NONE, deadline_ns);
	interrupted_after(); /* a handler that ran shows as a wakeup for nothing */
	__atomic_fetch_sub(&cond->waiters, 1, __ATOMIC_RELAXED);
	error = pthread_mutex_lock(mutex);
	if (cancel_wanted && cancel_wanted()) {
		pthread_cond_signal(cond); /* a signal that was meant for this thread is passed on */
		cancel_point();
	}
	return error ? error : waited == NACRE_E_TIMEOUT ? ETIMEDOUT : 0;
}

int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	return wait_until(cond, mutex, NACRE_DEADLINE_NEVER);
}

int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *when)
{
	clockid_t clock = cond->clock ? cond->clock : CLOCK_REALTIME;
	int error = timespec_check(when);

	return error ? error : wait_until(cond, mutex, thread_deadline(clock, when));
}

static int wake(pthread_cond_t *cond, uint32_t count)
{
	__atomic_fetch_add(&cond->sequence, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&cond->waiters, __ATOMIC_SEQ_CST))
		nacre_futex_wake(&cond->sequence, count, NULL);
	return 0;
}

int pthread_cond_signal(pthread_cond_t *cond)
{
	return wake(cond, 1);
}

int pthread_cond_broadcast(pthread_cond_t *cond)
{
	return wake(cond, UINT32_MAX);
}
