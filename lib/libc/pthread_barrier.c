/* pthread_barrier.c - a point that threads pass only together. */
#include <errno.h>
#include <pthread.h>

int pthread_barrierattr_init(pthread_barrierattr_t *attr)
{
	attr->unused = 0;
	return 0;
}

int pthread_barrierattr_destroy(pthread_barrierattr_t *attr)
{
	(void)attr;
	return 0;
}

int pthread_barrierattr_setpshared(pthread_barrierattr_t *attr, int shared)
{
	(void)attr;
	return shared == PTHREAD_PROCESS_PRIVATE ? 0 : shared == PTHREAD_PROCESS_SHARED ? ENOTSUP : EINVAL;
}

int pthread_barrierattr_getpshared(const pthread_barrierattr_t *attr, int *shared)
{
	(void)attr;
	*shared = PTHREAD_PROCESS_PRIVATE;
	return 0;
}

int pthread_barrier_init(pthread_barrier_t *barrier, const pthread_barrierattr_t *attr, unsigned count)
{
	(void)attr;
	if (!count)
		return EINVAL;
	*barrier = (pthread_barrier_t){ .count = count };
	return 0;
}

int pthread_barrier_destroy(pthread_barrier_t *barrier)
{
	return barrier->arrived ? EBUSY : 0;
}

/* The round tells those who wait that the last one came, even if it comes here again before they have looked. */
int pthread_barrier_wait(pthread_barrier_t *barrier)
{
	int result = 0;
	unsigned round;

	pthread_mutex_lock(&barrier->mutex);
	round = barrier->round;
	if (++barrier->arrived == barrier->count) {
		barrier->arrived = 0;
		barrier->round++;
		pthread_cond_broadcast(&barrier->all_here);
		result = PTHREAD_BARRIER_SERIAL_THREAD;
	}
	while (round == barrier->round)
		pthread_cond_wait(&barrier->all_here, &barrier->mutex);
	pthread_mutex_unlock(&barrier->mutex);
	return result;
}
