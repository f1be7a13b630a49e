/* hostile_greed.c - a program that takes all it can of one thing, says how much that was, and keeps it until it is killed.
 * Its own name, behind the `-`, says of what. For test/scenario/hostile_greed.toml. */
#include <stdio.h>
#include <string.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "idl/log_client.h"
#include "idl/time_client.h"
#include "nacre/clock.h"
#include "nacre/names.h"
#include "nacre/startup.h"

/* Of each kind no more than this is tried: what is not refused before costs nobody anything. */
enum { MOST = 4000, STACK_BYTES = 256, STACKS = 64, PRIORITY = 1 };

static void wait_for_ever(void)
{
	static uint32_t never;

	for (;;)
		nacre_futex_wait(&never, 0, 0, NACRE_DEADLINE_NEVER);
}

/* Its stack is hardly used, and never again, so they may share some. */
static nacre_err_t take_thread(unsigned n)
{
	static _Alignas(16) char stacks[STACKS][STACK_BYTES];
	nacre_handle_t thread;
	void *tls;

	__asm__("mv %0, tp" : "=r"(tls));
	return nacre_thread_create(nacre_self_process(), (uintptr_t)wait_for_ever, (uintptr_t)(stacks[n % STACKS] + STACK_BYTES), 0,
				   (uintptr_t)tls, PRIORITY, &thread);
}

static nacre_err_t take_handle(unsigned n)
{
	nacre_handle_t handle;

	(void)n;
	return nacre_handle_duplicate(nacre_self_budget(), NACRE_RIGHT_ALL, &handle);
}

/* A server, and as many messages with handles in its queue as go into it. */
static nacre_err_t take_server(unsigned n)
{
	nacre_handle_t server, connection, budget = nacre_self_budget();
	struct nacre_message message = { .handle_count = 4, .send = { budget, budget, budget, budget } };
	nacre_err_t error = nacre_server_create(budget, &server);

	if (!error)
		error = nacre_connection_mint(server, budget, n, NACRE_LIMIT_SLOTS, NACRE_LIMIT_LOANS, 0, &connection);
	while (!error && !nacre_connection_send(connection, &(struct nacre_words){ n, { 0 } }, &message))
		;
	return error;
}

static nacre_err_t take_memory(unsigned n)
{
	nacre_handle_t memory;
	uintptr_t base;
	nacre_err_t error = nacre_memory_create(nacre_self_budget(), 1, n % 2 ? NACRE_MEMORY_SHARED : NACRE_MEMORY_PRIVATE, &memory);

	if (!error)
		error = nacre_map_add(nacre_self_process(), 0, memory, 0, 1, NACRE_PROT_READ, &base);
	return error ? error : nacre_map_reserve(nacre_self_process(), 1, &base);
}

/* Processes and budgets inside its own, as deep as they go. */
static nacre_err_t take_process(unsigned n)
{
	static nacre_handle_t inner;
	nacre_handle_t budget, process;
	nacre_err_t error;

	if (!inner || nacre_budget_create(inner, 8, PRIORITY, &budget))
		inner = NACRE_HANDLE_NONE;
	error = inner ? NACRE_E_OK : nacre_budget_create(nacre_self_budget(), 8 + n % 4, PRIORITY, &budget);
	if (!error)
		error = nacre_process_create(nacre_self_budget(), budget, &process);
	inner = budget;
	return error;
}

static nacre_err_t take_connection(unsigned n)
{
	static const char *const paths[] = { "svc/alarm", "svc/rng", "svc/time" };
	static unsigned refused;
	nacre_handle_t connection;
	nacre_err_t error = nacre_connect(paths[n % ARRAY_SIZE(paths)], &connection);

	refused = error ? refused + 1 : 0;
	return refused == ARRAY_SIZE(paths) ? error : NACRE_E_OK;
}

static nacre_err_t take_alarm(unsigned n)
{
	static nacre_handle_t alarms, server, connection;
	nacre_err_t error = NACRE_E_OK;

	if (!alarms)
		error = nacre_connect("svc/alarm", &alarms);
	if (!error && !server)
		error = nacre_server_create(nacre_self_budget(), &server);
	if (!error && !connection)
		error = nacre_connection_mint(server, nacre_self_budget(), 1, 0, 0, 0, &connection);
	return error ? error : time_alarm(alarms, NACRE_DEADLINE_NEVER - 1 - n, 1, connection, NULL);
}

/* Nobody refuses to log a line; it takes the place of an older one. */
static nacre_err_t take_log(unsigned n)
{
	return n < 500 ? log_write(nacre_startup_handle("log"), LOG_LEVEL_ERROR, "all mine") : NACRE_E_LIMIT;
}

static const struct greed {
	const char *name;
	nacre_err_t (*take)(unsigned n);
} greeds[] = {
	{ "threads", take_thread }, { "handles", take_handle },         { "servers", take_server }, { "memory", take_memory },
	{ "process", take_process }, { "connect", take_connection }, { "alarms", take_alarm },   { "log", take_log },
};

int main(int argc, char **argv)
{
	const char *dash = argc ? strchr(argv[0], '-') : NULL;
	unsigned n = 0;

	for (size_t i = 0; dash && i < ARRAY_SIZE(greeds); i++) {
		if (strcmp(dash + 1, greeds[i].name) != 0)
			continue;
		puts(greeds[i].name); /* while there is memory to print with */
		while (n < MOST && !greeds[i].take(n))
			n++;
		printf("%s: refused after %u\n", greeds[i].name, n);
		fflush(stdout);
		wait_for_ever();
	}
	puts("usage: greed-WHAT, where the file's name says what");
	return 2;
}
