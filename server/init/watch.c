/* watch.c - the thread that looks after init's main thread. The two share words that are written whole, and handles that are
 * stale at worst: so neither ever waits for the other. */
#include "watch.h"
#include <pthread.h>
#include "abi/nacre_calls.h"
#include "nacre/clock.h"
#include "say.h"

enum { WATCH_PRIORITY = 31, LATE_MS = 50 };

static uint32_t turns, due_ms; /* the main thread's: how often it came, when it will come again */

static uint32_t now_ms(void)
{
	return (uint32_t)(nacre_clock_ns() / NACRE_MS);
}

static bool is_high(const struct service *service)
{
	return service->program->heartbeat_ms && service->program->priority >= INIT_PRIORITY;
}

/* Sets the priority of its threads that have at least `from`; false: there is none that also runs, where that is asked for. */
static bool threads_set(nacre_handle_t process, uint32_t from, uint32_t to, bool running)
{
	struct nacre_thread_state state;
	bool found = false;

	for (uint32_t i = 0; nacre_process_thread(process, i, &state) == NACRE_E_OK; i++) {
		if (state.priority < from || (running && state.state != NACRE_STATE_READY))
			continue;
		found |= nacre_process_priority_set(process, i, to) == NACRE_E_OK;
	}
	return found;
}

static void lower(struct service *service)
{
	const struct process *process = service->process;

	if (!process || !is_high(service))
		return;
	if (service->lowered) /* and still: it is raised by who calls it */
		nacre_process_kill(process->process, 0);
	else if (threads_set(process->process, INIT_PRIORITY, INIT_PRIORITY - 1, true))
		service->lowered = true;
}

void watch_answered(struct service *service)
{
	if (!service->lowered)
		return;
	threads_set(service->process->process, INIT_PRIORITY - 1, service->process->priority, false);
	service->lowered = false;
}

void watch_turn(uint64_t due_ns)
{
	uint32_t due = due_ns == NACRE_DEADLINE_NEVER ? now_ms() + (1u << 30) : (uint32_t)(due_ns / NACRE_MS);

	__atomic_store_n(&due_ms, due, __ATOMIC_RELAXED);
	__atomic_fetch_add(&turns, 1, __ATOMIC_RELAXED);
}

static bool is_late(uint32_t seen)
{
	return __atomic_load_n(&turns, __ATOMIC_RELAXED) == seen &&
	       (int32_t)(now_ms() - __atomic_load_n(&due_ms, __ATOMIC_RELAXED)) > LATE_MS;
}

static void *watch(void *nothing)
{
	nacre_handle_t self;

	(void)nothing;
	if (nacre_thread_self(&self) || nacre_thread_priority_set(self, WATCH_PRIORITY))
		return NULL;
	for (;;) {
		uint32_t seen = __atomic_load_n(&turns, __ATOMIC_RELAXED);

		nacre_sleep_until(nacre_deadline_in(2 * LATE_MS * NACRE_MS));
		for (size_t i = 0; is_late(seen) && i < service_count; i++)
			lower(&services[i]);
	}
	return NULL;
}

void watch_start(void)
{
	pthread_t thread;
	bool wanted = false;

	for (size_t i = 0; i < service_count; i++)
		wanted |= is_high(&services[i]);
	if (wanted && pthread_create(&thread, NULL, watch, NULL))
		say_loudly("there is no memory to watch services above init's priority; their hangs will not be noticed");
}
