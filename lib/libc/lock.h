/* lock.h - a lock on a futex that names its owner, so that whoever waits raises whoever holds it.
 *
 *     free --take--> held --somebody waits--> held and waited for
 *       ^______drop____|_________drop, wake all_______|
 *
 * Taking and dropping a free lock is one atomic instruction and two stores, no system call. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/_lock.h>

bool lock_try(struct __lock *lock);

/* 0, ETIMEDOUT, or EDEADLK: this thread holds it, or waits through others for itself. */
int lock_take_until(struct __lock *lock, uint64_t deadline_ns);

/* The same, and handlers of signals run meanwhile. */
int lock_take_with_signals(struct __lock *lock, uint64_t deadline_ns);

void lock_drop(struct __lock *lock);

/* Does somebody wait for it? Who drops one that is waited for and wants it again soon should yield in between. */
bool lock_is_waited_for(const struct __lock *lock);

/* Does this thread hold it? */
bool lock_is_mine(const struct __lock *lock);

/* Waits for ever, where taking cannot fail by the way the lock is used. */
void lock_take(struct __lock *lock);
