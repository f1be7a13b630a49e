/* interrupt.h - how signals and cancellation reach a thread that waits. A program that uses neither does without, and nothing of
 * this costs it more than a test for that.
 *
 *     interrupted_before(word, mailbox) -> true: a signal is there already, do not wait
 *     ... wait for the word to change, or in the mailbox ...
 *     interrupted_after() -> a handler ran: POSIX wants EINTR where the call is one that signals interrupt, but for
 *                            some calls not if all were installed with SA_RESTART
 *     cancel_point()
 *
 * The second is called whatever the first one answered. The word must be one that may be counted up at any time. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "abi/nacre_abi.h"

struct __lock;
struct __pthread;

/* What interrupted_after answers. */
enum { INTERRUPT_NONE, INTERRUPT_RESTART, INTERRUPT_END };

/* interrupt.c */
bool interrupt_begin(uint32_t *futex, bool is_lock, nacre_handle_t mailbox) __attribute__((weak));
int interrupt_end(void) __attribute__((weak));

/* pthread_cancel.c: ends the calling thread if somebody asked for that and it is willing. */
void cancel_act(void) __attribute__((weak));
bool cancel_wanted(void) __attribute__((weak)); /* would it? */

/* lib/posix/signal.c. Under interrupt_lock: could this thread take a signal now? */
bool signal_is_there(const struct __pthread *thread) __attribute__((weak));
int signal_run(void) __attribute__((weak));

/* For those two alone. The lock covers who waits for what, and what is pending. */
extern struct __lock interrupt_lock;
void interrupt_wake(struct __pthread *thread);
bool interrupt_can_wake(const struct __pthread *thread);

static inline bool interrupted_before(uint32_t *futex, nacre_handle_t mailbox)
{
	return interrupt_begin && interrupt_begin(futex, false, mailbox);
}

/* The same for a word that means something: it is woken, and not counted up. A signal that comes in the instant before the
 * wait is then taken only after it. */
static inline bool interrupted_before_lock(uint32_t *futex)
{
	return interrupt_begin && interrupt_begin(futex, true, NACRE_HANDLE_NONE);
}

static inline int interrupted_after(void)
{
	return interrupt_end ? interrupt_end() : INTERRUPT_NONE;
}

static inline void cancel_point(void)
{
	if (cancel_act)
		cancel_act();
}
