/* load.c - the clients: threads that ask without a pause until the tour is over. */
#include "load.h"
#include <pthread.h>
#include <semaphore.h>
#include "abi/nacre_calls.h"
#include "nacre/clock.h"

/* All below every server, and below who asks after a kill (main.c). Those of the next victim are ahead of the others, so that it
 * has something to do when it dies. */
enum { AHEAD_PRIORITY = 9, WAIT_PRIORITY = 10, STACK_BYTES = 12 << 10 };

struct client clients[TRADES_MAX][CLIENTS_EACH];
static pthread_t threads[TRADES_MAX][CLIENTS_EACH];
_Atomic bool finished;
static int usual;

static void *run(void *given)
{
	struct client *client = given;

	while (!finished) {
		client->trade->work(client);
		nacre_thread_yield(); /* none of them shall have more of the processor than the others */
	}
	return NULL;
}

static bool start(pthread_t *thread, void *(*run_it)(void *), void *given, int priority)
{
	struct sched_param param = { .sched_priority = priority };
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedparam(&attr, &param);
	return !pthread_create(thread, &attr, run_it, given);
}

/* --- waiting for devices -------------------------------------------------------------------------------------- */

/* Runs while the one who asks after a kill, its server and init have all nothing to do: they wait for a device, which is as fast as
 * the host. Two looks at the clock that are near each other had nothing between them. */
enum { NEAR_NS = 4000 };

static sem_t wanted;
static _Atomic bool waiting;
static uint64_t waited_ns;
static pthread_t waiter;

static void *wait_busily(void *nothing)
{
	while (!sem_wait(&wanted) && !finished)
		for (uint64_t now_ns, before_ns = nacre_clock_ns(); waiting; before_ns = now_ns) {
			now_ns = nacre_clock_ns();
			if (now_ns - before_ns < NEAR_NS)
				waited_ns += now_ns - before_ns;
		}
	return nothing;
}

void wait_begin(void)
{
	waited_ns = 0;
	waiting = true;
	sem_post(&wanted);
}

uint64_t wait_end(void)
{
	waiting = false;
	return waited_ns;
}

/* --- all ------------------------------------------------------------------------------------------------------ */

bool load_open(void)
{
	for (unsigned t = 0; t < trade_count; t++) {
		for (unsigned i = 0; i < CLIENTS_EACH; i++)
			clients[t][i] = (struct client){ .trade = &trades[t], .number = i };
		if (!trades[t].open())
			return false;
	}
	return true;
}

bool load_begin(int priority)
{
	usual = priority;
	finished = false;
	if (sem_init(&wanted, 0, 0) || !start(&waiter, wait_busily, NULL, WAIT_PRIORITY))
		return false;
	for (unsigned t = 0; t < trade_count; t++)
		for (unsigned i = 1; i <= trades[t].clients; i++)
			if (!start(&threads[t][i], run, &clients[t][i], usual)) {
				say("demo: there is no memory for the clients of %s\n", trades[t].service);
				return false;
			}
	return true;
}

void load_ahead(unsigned trade, bool ahead)
{
	for (unsigned i = 1; i <= trades[trade].clients; i++)
		pthread_setschedprio(threads[trade][i], ahead ? AHEAD_PRIORITY : usual);
}

bool load_is_busy(unsigned trade)
{
	for (unsigned i = 1; i <= trades[trade].clients; i++)
		if (clients[trade][i].busy)
			return true;
	return false;
}

void load_end(void)
{
	finished = true;
	for (unsigned t = 0; t < trade_count; t++)
		for (unsigned i = 1; i <= trades[t].clients; i++)
			pthread_join(threads[t][i], NULL);
	sem_post(&wanted);
	pthread_join(waiter, NULL);
}

struct client load_sum(unsigned trade)
{
	struct client sum = { .trade = &trades[trade] };

	for (unsigned i = 0; i < CLIENTS_EACH; i++) {
		const struct client *client = &clients[trade][i];

		sum.requests += client->requests;
		sum.again += client->again;
		sum.lost += client->lost;
	}
	return sum;
}

uint64_t all_requests(void)
{
	uint64_t count = 0;

	for (unsigned t = 0; t < trade_count; t++)
		count += load_sum(t).requests;
	return count;
}
