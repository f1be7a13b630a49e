/* pthread_spin.c - spin locks. They do not spin: on one hart whoever holds the lock could not run meanwhile, and with fixed
 * priorities a thread that spins above it would do so for ever. So they are locks that raise their holder, as mutexes are. */
#include <errno.h>
#include <pthread.h>
#include "lock.h"
#include "nacre/clock.h"

int pthread_spin_init(pthread_spinlock_t *spin, int shared)
{
	if (shared != PTHREAD_PROCESS_PRIVATE && shared != PTHREAD_PROCESS_SHARED)
		return EINVAL;
	*spin = (pthread_spinlock_t){ _LOCK_FREE };
	return shared == PTHREAD_PROCESS_SHARED ? ENOTSUP : 0;
}

int pthread_spin_destroy(pthread_spinlock_t *spin)
{
	return spin->lock.word ? EBUSY : 0;
}

int pthread_spin_lock(pthread_spinlock_t *spin)
{
	return lock_is_mine(&spin->lock) ? EDEADLK : lock_take_until(&spin->lock, NACRE_DEADLINE_NEVER);
}

int pthread_spin_trylock(pthread_spinlock_t *spin)
{
	return lock_try(&spin->lock) ? 0 : EBUSY;
}

int pthread_spin_unlock(pthread_spinlock_t *spin)
{
	if (!lock_is_mine(&spin->lock))
		return EPERM;
	lock_drop(&spin->lock);
	return 0;
}
