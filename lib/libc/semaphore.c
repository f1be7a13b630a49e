/* semaphore.c - POSIX semaphores on a futex. */
#include <errno.h>
#include <semaphore.h>
#include <stdbool.h>
#include "abi/nacre_calls.h"
#include "interrupt.h"
#include "nacre/clock.h"
#include "thread.h"

static int fail(int error)
{
	errno = error;
	return -1;
}

int sem_init(sem_t *semaphore, int shared, unsigned value)
{
	if (shared)
		return fail(ENOSYS);
	if (value > SEM_VALUE_MAX)
		return fail(EINVAL);
	*semaphore = (sem_t){ .value = value };
	return 0;
}

int sem_destroy(sem_t *semaphore)
{
	return semaphore->waiters ? fail(EBUSY) : 0;
}

static bool take(sem_t *semaphore)
{
	uint32_t value = __atomic_load_n(&semaphore->value, __ATOMIC_RELAXED);

	while (value)
		if (__atomic_compare_exchange_n(&semaphore->value, &value, value - 1, false, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

/* What is waited for is the count of posts and not the value, so that a signal can end the wait by counting, too. */
static int wait_until(sem_t *semaphore, uint64_t deadline_ns)
{
	nacre_err_t error = NACRE_E_OK;
	bool taken = take(semaphore), interrupted = false;
	uint32_t posts;

	__atomic_fetch_add(&semaphore->waiters, 1, __ATOMIC_SEQ_CST);
	while (!taken && !interrupted && error != NACRE_E_TIMEOUT) {
		posts = __atomic_load_n(&semaphore->posts, __ATOMIC_SEQ_CST);
		taken = take(semaphore);
		if (taken)
			break;
		if (!interrupted_before(&semaphore->posts, NACRE_HANDLE_NONE))
			error = nacre_futex_wait(&semaphore->posts, posts, NACRE_HANDLE_NONE, deadline_ns);
		interrupted = interrupted_after() == INTERRUPT_END;
		taken = take(semaphore);
		if (!taken && cancel_wanted && cancel_wanted())
			break;
	}
	__atomic_fetch_sub(&semaphore->waiters, 1, __ATOMIC_RELAXED);
	if (!taken)
		cancel_point();
	return taken ? 0 : fail(interrupted ? EINTR : ETIMEDOUT);
}

int sem_wait(sem_t *semaphore)
{
	cancel_point();
	return wait_until(semaphore, NACRE_DEADLINE_NEVER);
}

int sem_trywait(sem_t *semaphore)
{
	return take(semaphore) ? 0 : fail(EAGAIN);
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict when)
{
	int error;

	/* POSIX: what can be had at once is had, whatever the time says. */
	cancel_point();
	if (take(semaphore))
		return 0;
	error = timespec_check(when);
	return error ? fail(error) : wait_until(semaphore, thread_deadline(CLOCK_REALTIME, when));
}

int sem_post(sem_t *semaphore)
{
	uint32_t value = __atomic_load_n(&semaphore->value, __ATOMIC_RELAXED);

	do {
		if (value == SEM_VALUE_MAX)
			return fail(EOVERFLOW);
	} while (!__atomic_compare_exchange_n(&semaphore->value, &value, value + 1, false, __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
	__atomic_fetch_add(&semaphore->posts, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&semaphore->waiters, __ATOMIC_SEQ_CST))
		nacre_futex_wake(&semaphore->posts, 1, NULL);
	return 0;
}

int sem_getvalue(sem_t *restrict semaphore, int *restrict value)
{
	*value = (int)__atomic_load_n(&semaphore->value, __ATOMIC_RELAXED);
	return 0;
}
