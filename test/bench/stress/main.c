/* main.c - the stress test: this program runs as init, with nothing around it. */
#include "stress.h"
#include "test/alone.h"

TEST_ALONE;

enum { TICKER_PRIORITY = 30, TICK_MIN_NS = 3000, TICK_MASK = 0x3fff };

struct helper crowd[CROWD];
uint32_t never;
static struct helper ticker;
static volatile bool ticking;

static void tick(void *unused)
{
	uint32_t random = 1;

	(void)unused;
	while (ticking) {
		random = random * 1664525 + 1013904223;
		nacre_futex_wait(&never, 0, 0, nacre_deadline_in(TICK_MIN_NS + (random >> 16 & TICK_MASK)));
	}
}

void ticker_start(void)
{
	ticking = true;
	helper_start_at(&ticker, tick, NULL, TICKER_PRIORITY);
}

void ticker_stop(void)
{
	ticking = false;
	helper_join(&ticker);
}

void crowd_start(void (*run)(void *), void *argument, unsigned count, unsigned priority)
{
	for (unsigned i = 0; i < count; i++)
		helper_start_at(&crowd[i], run, argument, priority);
}

void crowd_join(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		helper_join(&crowd[i]);
}

void rest(void)
{
	nacre_futex_wait(&never, 0, 0, nacre_deadline_in(20 * NACRE_MS));
}
