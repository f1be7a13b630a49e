/* pthread_rwlock.c - locks for many readers or one writer. A writer that waits goes before readers that come later. */
#include <errno.h>
#include "nacre/clock.h"
#include "thread.h"

enum { WRITER = -1 };

int pthread_rwlockattr_init(pthread_rwlockattr_t *attr)
{
	attr->unused = 0;
	return 0;
}

int pthread_rwlockattr_destroy(pthread_rwlockattr_t *attr)
{
	(void)attr;
	return 0;
}

int pthread_rwlockattr_setpshared(pthread_rwlockattr_t *attr, int shared)
{
	(void)attr;
	return shared == PTHREAD_PROCESS_PRIVATE ? 0 : shared == PTHREAD_PROCESS_SHARED ? ENOTSUP : EINVAL;
}

int pthread_rwlockattr_getpshared(const pthread_rwlockattr_t *attr, int *shared)
{
	(void)attr;
	*shared = PTHREAD_PROCESS_PRIVATE;
	return 0;
}

int pthread_rwlock_init(pthread_rwlock_t *lock, const pthread_rwlockattr_t *attr)
{
	(void)attr;
	*lock = (pthread_rwlock_t)_PTHREAD_RWLOCK_INITIALIZER;
	return 0;
}

int pthread_rwlock_destroy(pthread_rwlock_t *lock)
{
	return lock->readers ? EBUSY : 0;
}

/* A reader goes before writers who wait only where it is more urgent than all of them. */
static bool may_read(const pthread_rwlock_t *lock)
{
	return lock->readers != WRITER &&
	       (!lock->writers_waiting || pthread_self()->priority > lock->writers_priority);
}

static void writer_waits(pthread_rwlock_t *lock)
{
	unsigned priority = pthread_self()->priority;

	if (!lock->writers_waiting++ || priority > lock->writers_priority)
		lock->writers_priority = priority;
}

static bool may_write(const pthread_rwlock_t *lock)
{
	return lock->readers == 0;
}

static int wait_for_change(pthread_rwlock_t *lock, const struct timespec *when)
{
	return when ? pthread_cond_timedwait(&lock->changed, &lock->mutex, when)
		    : pthread_cond_wait(&lock->changed, &lock->mutex);
}

static int read_until(pthread_rwlock_t *lock, const struct timespec *when)
{
	int error = 0;

	pthread_mutex_lock(&lock->mutex);
	if (lock->writer == pthread_self())
		error = EDEADLK;
	while (!error && !may_read(lock))
		error = wait_for_change(lock, when);
	if (!error)
		lock->readers++;
	pthread_mutex_unlock(&lock->mutex);
	return error;
}

static int write_until(pthread_rwlock_t *lock, const struct timespec *when)
{
	int error = 0;

	pthread_mutex_lock(&lock->mutex);
	if (lock->writer == pthread_self())
		error = EDEADLK;
	writer_waits(lock);
	while (!error && !may_write(lock))
		error = wait_for_change(lock, when);
	lock->writers_waiting--;
	if (!error) {
		lock->readers = WRITER;
		lock->writer = pthread_self();
	} else {
		pthread_cond_broadcast(&lock->changed); /* readers waited for us */
	}
	pthread_mutex_unlock(&lock->mutex);
	return error;
}

int pthread_rwlock_rdlock(pthread_rwlock_t *lock)
{
	return read_until(lock, NULL);
}

int pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
	return write_until(lock, NULL);
}

int pthread_rwlock_timedrdlock(pthread_rwlock_t *lock, const struct timespec *when)
{
	return read_until(lock, when);
}

int pthread_rwlock_timedwrlock(pthread_rwlock_t *lock, const struct timespec *when)
{
	return write_until(lock, when);
}

static int try_as(pthread_rwlock_t *lock, bool (*may)(const pthread_rwlock_t *lock), int writer)
{
	bool taken;

	pthread_mutex_lock(&lock->mutex);
	taken = may(lock);
	if (taken) {
		lock->readers = writer ? WRITER : lock->readers + 1;
		lock->writer = writer ? pthread_self() : NULL;
	}
	pthread_mutex_unlock(&lock->mutex);
	return taken ? 0 : EBUSY;
}

int pthread_rwlock_tryrdlock(pthread_rwlock_t *lock)
{
	return try_as(lock, may_read, 0);
}

int pthread_rwlock_trywrlock(pthread_rwlock_t *lock)
{
	return try_as(lock, may_write, 1);
}

int pthread_rwlock_unlock(pthread_rwlock_t *lock)
{
	int error = 0;

	pthread_mutex_lock(&lock->mutex);
	if (lock->readers == 0)
		error = EPERM;
	else
		lock->readers = lock->readers == WRITER ? 0 : lock->readers - 1;
	lock->writer = NULL;
	if (lock->readers == 0)
		pthread_cond_broadcast(&lock->changed);
	pthread_mutex_unlock(&lock->mutex);
	return error;
}
