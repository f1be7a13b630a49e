/* threads.c - C11 threads in terms of POSIX threads. */
#include <threads.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

static int result_of(int error)
{
	switch (error) {
	case 0:
		return thrd_success;
	case EBUSY:
		return thrd_busy;
	case ENOMEM:
	case EAGAIN:
		return thrd_nomem;
	case ETIMEDOUT:
		return thrd_timedout;
	}
	return thrd_error;
}

/* --- threads ----------------------------------------------------------------------------------------------- */

struct start {
	thrd_start_t run;
	void *argument;
};

static void *start(void *given)
{
	struct start at = *(struct start *)given;

	free(given);
	return (void *)(intptr_t)at.run(at.argument);
}

int thrd_create(thrd_t *thread, thrd_start_t run, void *argument)
{
	struct start *at = malloc(sizeof(*at));
	int error;

	if (!at)
		return thrd_nomem;
	*at = (struct start){ run, argument };
	error = pthread_create(thread, NULL, start, at);
	if (error)
		free(at);
	return result_of(error);
}

thrd_t thrd_current(void)
{
	return pthread_self();
}

int thrd_detach(thrd_t thread)
{
	return result_of(pthread_detach(thread));
}

int thrd_equal(thrd_t one, thrd_t other)
{
	return pthread_equal(one, other);
}

_Noreturn void thrd_exit(int result)
{
	pthread_exit((void *)(intptr_t)result);
}

int thrd_join(thrd_t thread, int *result)
{
	void *value;
	int error = pthread_join(thread, &value);

	if (!error && result)
		*result = (int)(intptr_t)value;
	return result_of(error);
}

int thrd_sleep(const struct timespec *time, struct timespec *rest)
{
	return nanosleep(time, rest);
}

void thrd_yield(void)
{
	sched_yield();
}

void call_once(once_flag *flag, void (*run)(void))
{
	pthread_once(flag, run);
}

/* --- mutexes ----------------------------------------------------------------------------------------------- */

int mtx_init(mtx_t *mutex, int type)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	if (type & mtx_recursive)
		pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	return result_of(pthread_mutex_init(mutex, &attr));
}

void mtx_destroy(mtx_t *mutex)
{
	pthread_mutex_destroy(mutex);
}

int mtx_lock(mtx_t *mutex)
{
	return result_of(pthread_mutex_lock(mutex));
}

int mtx_timedlock(mtx_t *restrict mutex, const struct timespec *restrict when)
{
	return result_of(pthread_mutex_timedlock(mutex, when));
}

int mtx_trylock(mtx_t *mutex)
{
	return result_of(pthread_mutex_trylock(mutex));
}

int mtx_unlock(mtx_t *mutex)
{
	return result_of(pthread_mutex_unlock(mutex));
}

/* --- conditions -------------------------------------------------------------------------------------------- */

int cnd_init(cnd_t *condition)
{
	return result_of(pthread_cond_init(condition, NULL));
}

void cnd_destroy(cnd_t *condition)
{
	pthread_cond_destroy(condition);
}

int cnd_wait(cnd_t *condition, mtx_t *mutex)
{
	return result_of(pthread_cond_wait(condition, mutex));
}

int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict when)
{
	return result_of(pthread_cond_timedwait(condition, mutex, when));
}

int cnd_signal(cnd_t *condition)
{
	return result_of(pthread_cond_signal(condition));
}

int cnd_broadcast(cnd_t *condition)
{
	return result_of(pthread_cond_broadcast(condition));
}

/* --- thread-specific values -------------------------------------------------------------------------------- */

int tss_create(tss_t *key, tss_dtor_t destroy)
{
	return result_of(pthread_key_create(key, destroy));
}

void tss_delete(tss_t key)
{
	pthread_key_delete(key);
}

void *tss_get(tss_t key)
{
	return pthread_getspecific(key);
}

int tss_set(tss_t key, void *value)
{
	return result_of(pthread_setspecific(key, value));
}
