/* signals.h - signals within lib/posix. The kernel knows none: libc keeps what is sent and who may take it.
 *
 *     sent --> pending, for the process or one thread --> taken: a handler runs, or sigwait answers, or the default is done
 *
 * A thread takes what is pending for it where it calls libc: when it waits in a call that signals interrupt, it is woken;
 * otherwise at the next such call. What is sent to the process while no thread can take it runs its handler in the thread
 * that sent it: the caller of kill, or the thread that keeps the timers.
 *
 *   I1  all of this changes under interrupt_lock (libc/interrupt.h) only, but for a thread's mask and what it awaits, which
 *       only the thread itself changes */
#pragma once
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include "libc/thread.h"

/* Sends; thread NULL: to the process. 0 or an errno: EINVAL, EAGAIN (too many are queued). */
int signal_send(int signal, struct __pthread *thread, int code, union sigval value);

/* Takes the next of these that is pending for the calling thread or the process. 0: none. */
int signal_take(sigset_t set, siginfo_t *info);

/* Runs what the calling thread can take now. INTERRUPT_...: was there a handler, and may the call it interrupted go on? */
int signal_run(void);

/* The same for a thread of libc's own: what no other thread could be woken for. */
void signal_run_for_all(void);

/* Has this been sent by a timer, and not been taken yet? */
bool signal_is_queued(int signal, union sigval value);

/* sigaltstack.c: calls the handler on the thread's other stack, if it has one that is not in use. */
void signal_call_aside(const struct sigaction *action, int signal, siginfo_t *info) __attribute__((weak));

bool signal_is_valid(int signal);
static inline sigset_t signal_bit(int signal)
{
	return 1ull << signal;
}

/* What the calling thread does not take now. */
sigset_t *signal_mask(void);

/* How many signals may wait in the queue. */
enum { SIGNALS_QUEUED_MAX = 64 };
