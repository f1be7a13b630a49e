/* lock.c - a lock on a futex that names its owner. */
#include "lock.h"
#include <errno.h>
#include "abi/nacre_calls.h"
#include "interrupt.h"
#include "nacre/clock.h"
#include "nacre/tls.h"
#include "thread.h"

enum { FREE, HELD, WAITED_FOR };

static void own(struct __lock *lock)
{
	const struct nacre_tcb *tcb = nacre_tcb();
	const struct __pthread *thread = tcb->thread;

	lock->thread = thread ? thread->handle : NACRE_HANDLE_NONE;
	__atomic_store_n(&lock->owner, (uintptr_t)tcb, __ATOMIC_RELEASE);
}

bool lock_is_mine(const struct __lock *lock)
{
	return __atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE) == (uintptr_t)nacre_tcb();
}

bool lock_is_waited_for(const struct __lock *lock)
{
	return __atomic_load_n(&lock->word, __ATOMIC_RELAXED) == WAITED_FOR;
}

bool lock_try(struct __lock *lock)
{
	uint32_t free = FREE;

	if (!__atomic_compare_exchange_n(&lock->word, &free, HELD, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
	own(lock);
	return true;
}

/* Waits without knowing whom to raise, and so only for a while before the caller looks again. */
static nacre_err_t wait_blindly(struct __lock *lock, uint64_t patience_ns, uint64_t deadline_ns)
{
	uint64_t soon = nacre_deadline_in(patience_ns);
	nacre_err_t error = nacre_futex_wait(&lock->word, WAITED_FOR, NACRE_HANDLE_NONE,
					     soon < deadline_ns ? soon : deadline_ns);

	return error == NACRE_E_TIMEOUT && soon < deadline_ns ? NACRE_E_OK : error;
}

/* The holder's name is written after the lock is taken and wiped before it is dropped: who comes in between finds
 * none. It may also name a thread that ended without dropping the lock. */
static nacre_err_t wait(struct __lock *lock, uint64_t deadline_ns)
{
	nacre_err_t error;

	if (!__atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE))
		return wait_blindly(lock, NACRE_MS, deadline_ns);
	error = nacre_futex_wait(&lock->word, WAITED_FOR, lock->thread, deadline_ns);
	/* A ring that a deadline will break is no deadlock; but nobody in it can be raised. */
	if (error == NACRE_E_DEADLOCK && deadline_ns != NACRE_DEADLINE_NEVER)
		error = nacre_futex_wait(&lock->word, WAITED_FOR, NACRE_HANDLE_NONE, deadline_ns);
	if (error == NACRE_E_BAD_HANDLE || error == NACRE_E_WRONG_TYPE || error == NACRE_E_ARGUMENT || error == NACRE_E_PEER_GONE)
		return wait_blindly(lock, 20 * NACRE_MS, deadline_ns);
	return error;
}

/* A thread that was woken and has not looked again yet may seem to wait for one that holds nothing any more; so a ring counts only
 * if it is still there a little later. */
static bool is_deadlock(struct __lock *lock, unsigned *rings)
{
	enum { RINGS = 4 };

	if (++*rings == RINGS)
		return true;
	wait_blindly(lock, NACRE_MS, NACRE_DEADLINE_NEVER);
	return false;
}

static int take_until(struct __lock *lock, uint64_t deadline_ns, bool signals)
{
	nacre_err_t error = NACRE_E_OK;
	unsigned rings = 0;

	if (lock_try(lock))
		return 0;
	while (__atomic_exchange_n(&lock->word, WAITED_FOR, __ATOMIC_ACQUIRE) != FREE) {
		if (lock_is_mine(lock))
			return EDEADLK;
		error = NACRE_E_OK;
		if (!signals || !interrupted_before_lock(&lock->word))
			error = wait(lock, deadline_ns);
		if (signals)
			interrupted_after();
		if (error == NACRE_E_TIMEOUT)
			return ETIMEDOUT;
		if (error == NACRE_E_DEADLOCK && is_deadlock(lock, &rings))
			return EDEADLK;
		/* Any other error: the holder changed while we looked. */
	}
	own(lock);
	return 0;
}

int lock_take_until(struct __lock *lock, uint64_t deadline_ns)
{
	return take_until(lock, deadline_ns, false);
}

int lock_take_with_signals(struct __lock *lock, uint64_t deadline_ns)
{
	return take_until(lock, deadline_ns, true);
}

void lock_take(struct __lock *lock)
{
	while (lock_take_until(lock, NACRE_DEADLINE_NEVER) != 0)
		nacre_thread_yield();
}

void lock_drop(struct __lock *lock)
{
	lock->owner = 0;
	lock->thread = NACRE_HANDLE_NONE;
	/* All of them: who went on waiting would go on raising this thread, and seem to wait for it. */
	if (__atomic_exchange_n(&lock->word, FREE, __ATOMIC_RELEASE) == WAITED_FOR)
		nacre_futex_wake(&lock->word, UINT32_MAX, NULL);
}
