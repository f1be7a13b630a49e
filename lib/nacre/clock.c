/* clock.c - deadlines. */
#include "nacre/clock.h"
#include "abi/nacre_calls.h"

uint64_t nacre_clock_ns(void)
{
	uint64_t now = 0;

	nacre_clock_now(&now); /* cannot fail */
	return now;
}

uint64_t nacre_deadline_in(uint64_t ns)
{
	uint64_t now = nacre_clock_ns();

	return ns > NACRE_DEADLINE_NEVER - now ? NACRE_DEADLINE_NEVER : now + ns;
}

/* A word that nobody wakes: only the deadline ends the wait. */
void nacre_sleep_until(uint64_t deadline_ns)
{
	uint32_t word = 0;

	while (nacre_futex_wait(&word, 0, NACRE_HANDLE_NONE, deadline_ns) == NACRE_E_OK)
		continue;
}
