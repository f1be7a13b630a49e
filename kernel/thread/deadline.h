/* deadline.h - threads that wait until a time, earliest first. Expiry wakes a bounded number per timer interrupt.
 *
 * Most waits are over before their deadline, and the next one's is later. So clearing leaves the thread in the heap, and setting
 * a later one leaves it where it is: the timer is then early once, and finds out. Neither moves the timer. */
#pragma once
#include "thread/thread.h"

void deadline_set(struct thread *thread, uint64_t when_ns); /* NEVER_NS: none */
void deadline_clear(struct thread *thread);
void deadline_forget(struct thread *thread); /* the thread ends: nothing of it stays in the heap */
/* Is the thread in the heap, and early enough? Then setting this deadline is to note it. Not in the heap, its key is NEVER_NS. */
static inline bool deadline_is_covered(const struct thread *thread, uint64_t when_ns)
{
	return thread->deadline.key <= when_ns;
}
uint64_t deadline_next_ns(void);            /* NEVER_NS: none */
void deadlines_expire(uint64_t now_ns);     /* calls deadline_expired for each that is due */
extern void (*deadline_expired)(struct thread *thread); /* ends its wait with E_TIMEOUT; set by boot */
