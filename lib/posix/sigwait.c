/* sigwait.c - waiting for signals: to take them, or for a handler to have run. */
#include <errno.h>
#include <pthread.h>
#include <unistd.h>
#include "abi/nacre_calls.h"
#include "libc/interrupt.h"
#include "nacre/clock.h"
#include "signals.h"

static int fail(int error)
{
	errno = error;
	return -1;
}

/* Until it is woken or the deadline has passed. True: a handler ran. */
static bool wait_once(uint64_t deadline_ns, nacre_err_t *error)
{
	uint32_t word = 0;

	*error = NACRE_E_OK;
	if (!interrupted_before(&word, NACRE_HANDLE_NONE))
		*error = nacre_futex_wait(&word, 0, NACRE_HANDLE_NONE, deadline_ns);
	return interrupted_after();
}

/* A signal of the set, or a negative errno. */
static int take_until(sigset_t set, siginfo_t *info, uint64_t deadline_ns)
{
	struct __pthread *self = pthread_self();
	nacre_err_t error = NACRE_E_OK;
	bool handled = false;
	int signal;

	cancel_point();
	for (;;) {
		/* In the set before it is looked for: what is sent from here on wakes this thread. */
		self->awaited = set;
		signal = signal_take(set, info);
		if (signal || handled || error == NACRE_E_TIMEOUT)
			break;
		handled = wait_once(deadline_ns, &error);
		cancel_point();
	}
	self->awaited = 0;
	return signal ? signal : handled ? -EINTR : -EAGAIN;
}

int sigtimedwait(const sigset_t *restrict set, siginfo_t *restrict info, const struct timespec *restrict patience)
{
	siginfo_t ignored;
	int signal;

	if (patience && (patience->tv_sec < 0 || timespec_check(patience)))
		return fail(EINVAL);
	signal = take_until(*set, info ? info : &ignored,
			    patience ? nacre_deadline_in((uint64_t)patience->tv_sec * NACRE_S + (uint64_t)patience->tv_nsec)
				     : NACRE_DEADLINE_NEVER);
	return signal < 0 ? fail(-signal) : signal;
}

int sigwaitinfo(const sigset_t *restrict set, siginfo_t *restrict info)
{
	return sigtimedwait(set, info, NULL);
}

/* Handlers of other signals may run meanwhile: POSIX lets sigwait go on. */
int sigwait(const sigset_t *restrict set, int *restrict signal)
{
	siginfo_t info;
	int taken;

	do
		taken = take_until(*set, &info, NACRE_DEADLINE_NEVER);
	while (taken == -EINTR);
	*signal = taken;
	return 0;
}

int sigsuspend(const sigset_t *fresh)
{
	sigset_t *mask = signal_mask(), before = *mask;
	nacre_err_t error;

	cancel_point();
	*mask = *fresh & ~signal_bit(SIGKILL) & ~signal_bit(SIGSTOP);
	while (!wait_once(NACRE_DEADLINE_NEVER, &error))
		cancel_point();
	*mask = before;
	return fail(EINTR);
}

int pause(void)
{
	return sigsuspend(signal_mask());
}

/* --- the old names of System V ------------------------------------------------------------------------- */

int sighold(int signal)
{
	sigset_t set = 0;

	return sigaddset(&set, signal) ? -1 : sigprocmask(SIG_BLOCK, &set, NULL);
}

int sigrelse(int signal)
{
	sigset_t set = 0;

	return sigaddset(&set, signal) ? -1 : sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int sigignore(int number)
{
	return signal(number, SIG_IGN) == SIG_ERR ? -1 : 0;
}

int sigpause(int signal)
{
	sigset_t mask = *signal_mask();

	return sigdelset(&mask, signal) ? -1 : sigsuspend(&mask);
}

_sig_func_ptr sigset(int number, _sig_func_ptr handler)
{
	struct sigaction fresh = { .sa_handler = handler }, old;
	bool held = signal_is_valid(number) && *signal_mask() & signal_bit(number);

	if (sigaction(number, handler == SIG_HOLD ? NULL : &fresh, &old))
		return SIG_ERR;
	if (handler == SIG_HOLD)
		sighold(number);
	else
		sigrelse(number);
	return held ? SIG_HOLD : old.sa_handler;
}
