/* locks.c - newlib's locks (sys/lock.h): those it names, and those it makes for each open file. */
#include <stdlib.h>
#include <sys/lock.h>
#include "lock.h"

#define LOCK(name) extern struct __lock __lock_##name; struct __lock __lock_##name;
LOCK(__sinit_recursive_mutex)
LOCK(__sfp_recursive_mutex)
LOCK(__atexit_recursive_mutex)
LOCK(__at_quick_exit_mutex)
LOCK(__malloc_recursive_mutex)
LOCK(__env_recursive_mutex)
LOCK(__tz_mutex)
LOCK(__dd_hash_mutex)
LOCK(__arc4random_mutex)

/* newlib cannot be told that there was no memory; all its nameless locks may then share one. */
static struct __lock last_resort;

void __retarget_lock_init(_LOCK_T *lock)
{
	*lock = calloc(1, sizeof(**lock));
	if (!*lock)
		*lock = &last_resort;
}

void __retarget_lock_init_recursive(_LOCK_T *lock)
{
	__retarget_lock_init(lock);
}

void __retarget_lock_close(_LOCK_T lock)
{
	if (lock != &last_resort)
		free(lock);
}

void __retarget_lock_close_recursive(_LOCK_T lock)
{
	__retarget_lock_close(lock);
}

void __retarget_lock_acquire(_LOCK_T lock)
{
	lock_take(lock);
}

int __retarget_lock_try_acquire(_LOCK_T lock)
{
	return lock_try(lock);
}

void __retarget_lock_release(_LOCK_T lock)
{
	lock_drop(lock);
}

void __retarget_lock_acquire_recursive(_LOCK_T lock)
{
	if (lock_is_mine(lock))
		lock->depth++;
	else
		lock_take(lock);
}

int __retarget_lock_try_acquire_recursive(_LOCK_T lock)
{
	if (!lock_is_mine(lock))
		return lock_try(lock);
	lock->depth++;
	return 1;
}

void __retarget_lock_release_recursive(_LOCK_T lock)
{
	if (lock->depth)
		lock->depth--;
	else
		lock_drop(lock);
}
