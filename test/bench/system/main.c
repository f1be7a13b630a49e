/* main.c - the base system's servers as a program sees them (system/bench.toml: a service that measures once). */
#include "../bench.h"
#include "abi/nacre_calls.h"
#include "nacre/client.h"
#include "nacre/clock.h"
#include "nacre/log.h"
#include "nacre/names.h"
#include "nacre/startup.h"

/* Until all that starts with the system waits. */
enum { SETTLED_MS = 2000 };

static void connect_rounds(void)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		nacre_handle_t connection = 0;

		MARK_BEGIN;
		nacre_connect("svc/rng", &connection);
		MARK_END;
		nacre_handle_close(connection);
		nacre_sleep_until(nacre_deadline_in(NACRE_MS));
	}
}

/* A method that every server has and that does nothing, asked about a protocol that it does not speak: client and server
 * as the libraries make them. */
static void ask_rounds(nacre_handle_t connection)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		MARK_BEGIN;
		(void)nacre_interface_check(connection, 0, 0);
		MARK_END;
	}
}

static void log_rounds(void)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		MARK_BEGIN;
		nacre_log(LOG_INFO, "line %u", round);
		MARK_END;
		nacre_sleep_until(nacre_deadline_in(NACRE_MS));
	}
}

int main(void)
{
	nacre_handle_t rng = 0;

	nacre_sleep_until(nacre_deadline_in(SETTLED_MS * NACRE_MS));
	BENCH("names_connect");
	connect_rounds();
	nacre_connect("svc/rng", &rng);
	BENCH("ask_server");
	ask_rounds(rng);
	BENCH("log_line");
	log_rounds();
	BENCH("end");
	return 0;
}
