/* sigset.c - sets of signals: a bit each, bit 0 unused. */
#include <errno.h>
#include "signals.h"

bool signal_is_valid(int signal)
{
	return signal > 0 && signal < NSIG;
}

static int fail(void)
{
	errno = EINVAL;
	return -1;
}

int sigemptyset(sigset_t *set)
{
	*set = 0;
	return 0;
}

int sigfillset(sigset_t *set)
{
	*set = ~1ull;
	return 0;
}

int sigaddset(sigset_t *set, int signal)
{
	if (!signal_is_valid(signal))
		return fail();
	*set |= signal_bit(signal);
	return 0;
}

int sigdelset(sigset_t *set, int signal)
{
	if (!signal_is_valid(signal))
		return fail();
	*set &= ~signal_bit(signal);
	return 0;
}

int sigismember(const sigset_t *set, int signal)
{
	return signal_is_valid(signal) ? (*set & signal_bit(signal)) != 0 : fail();
}
