/* main.c - a client of protocol version 1.1: asks a server of its own version for everything, and one of version 1.0 for
 * what that has and for what it has not. `counter-client old` says that the server is the old one. One line a check, for
 * tool/test/part_versions.py. */
#include <stdio.h>
#include <string.h>
#include "nacre/clock.h"
#include "nacre/startup.h"
#include "v2/idl/counter_client.h"

enum { OLDEST = 1 << 16, EVENT_SLOTS = 2 };

static nacre_handle_t counter;

static void check(const char *name, bool good)
{
	printf("%s %s\n", good ? "good" : "bad", name);
}

/* --- what both versions have ------------------------------------------------------------------------------------ */

static void words(void)
{
	uint64_t value = 0;

	check("add", counter_add(counter, "one", 40, &value) == STATUS_OK && value == 40 &&
		     counter_add(counter, "one", 2, &value) == STATUS_OK && value == 42);
	check("tick", counter_tick(counter, 7) == STATUS_OK && counter_add(counter, "tick", 0, &value) == STATUS_OK && value == 7);
	check("refusal", counter_get(counter, "none", NULL, NULL, 0, NULL) == STATUS_NOT_FOUND);
}

/* With nothing of the new in it. */
static void set_old(void)
{
	const struct counter_state given = { .overflow = COUNTER_OVERFLOW_STOP, .value = 1ull << 40, .limit = 9, .label = "label" };
	struct counter_state state;
	char note[41];

	check("set", counter_set(counter, "one", &given, COUNTER_WAY_LOUD) == STATUS_OK &&
		     counter_get(counter, "one", &state, note, sizeof(note), NULL) == STATUS_OK && state.value == given.value &&
		     state.overflow == given.overflow && !strcmp(state.label, "label") && !strcmp(note, "counts aloud"));
}

/* --- an old server ------------------------------------------------------------------------------------------------ */

static void connect_old(void)
{
	nacre_handle_t refused = 1;

	check("connect_refused", counter_connect("svc/counter", &refused) == STATUS_METHOD && refused == NACRE_HANDLE_NONE &&
				 strstr(nacre_error_sentence(STATUS_METHOD), "in this version"));
	check("connect_older", counter_connect_version("svc/counter", OLDEST, &counter) == STATUS_OK);
}

/* The old server's struct is shorter: its note must not end up in the fields that it does not know. */
static void get_old(void)
{
	struct counter_state state;
	char note[41];

	memset(&state, 0xee, sizeof(state));
	check("get", counter_get(counter, "one", &state, note, sizeof(note), NULL) == STATUS_OK && state.value == 1ull << 40 &&
		     !strcmp(note, "counts aloud"));
	check("get_zeroes", state.size < sizeof(state) && state.resets == 0 && state.step == 0 && state.made_ns == 0);
}

static nacre_status_t set_with(struct counter_state state, uint32_t way)
{
	return counter_set(counter, "one", &state, way);
}

static void too_new(void)
{
	uint64_t value = 0;

	check("new_field", set_with((struct counter_state){ .step = 2 }, 0) == STATUS_NEWER);
	check("new_field_last", set_with((struct counter_state){ .made_ns = 1ull << 63 }, 0) == STATUS_NEWER);
	check("new_value", set_with((struct counter_state){ .overflow = COUNTER_OVERFLOW_SIGNAL }, 0) == STATUS_NEWER);
	check("new_flag", set_with((struct counter_state){ .value = 5 }, COUNTER_WAY_KEPT) == STATUS_NEWER);
	check("new_method", counter_watch(counter, "one", counter) == STATUS_METHOD);
	check("sentence", strstr(nacre_error_sentence(STATUS_NEWER), "older version") != NULL);
	/* Nothing of it was done, and it is the same process still: it remembers. */
	check("lives", counter_add(counter, "one", 1, &value) == STATUS_OK && value == (1ull << 40) + 1);
}

/* --- a new server -------------------------------------------------------------------------------------------------- */

static void set_new(void)
{
	const struct counter_state given = { .overflow = COUNTER_OVERFLOW_SIGNAL, .value = 5, .resets = 1, .step = 2,
					     .made_ns = UINT64_MAX };
	struct counter_state state;
	char note[41];

	check("get_fields", counter_get(counter, "one", &state, NULL, 0, NULL) == NACRE_E_TOO_LONG &&
			    counter_get(counter, "tick", &state, NULL, 0, NULL) == STATUS_OK && state.step == 1 && state.made_ns);
	check("set_fields", counter_set(counter, "one", &given, COUNTER_WAY_KEPT) == STATUS_OK &&
			    counter_get(counter, "one", &state, note, sizeof(note), NULL) == STATUS_OK &&
			    state.overflow == COUNTER_OVERFLOW_SIGNAL && state.resets == 1 && state.step == 2 &&
			    state.made_ns == UINT64_MAX && !strcmp(note, "is kept"));
}

static uint64_t heard;

static nacre_status_t changed(struct nacre_request *request, const struct counter_changed_in *in)
{
	heard = in->value;
	request->server->deadline_ns = NACRE_DEADLINE_NOW + 1; /* enough was heard */
	return STATUS_OK;
}

/* Nobody else has a handle to the mailbox, so closing it ends nacre_server_run. */
static void enough(struct nacre_server *server)
{
	nacre_handle_close(server->handle);
}

static void event(void)
{
	static const struct counter_event_handlers handlers = { .changed = changed };
	static const struct nacre_protocol protocol = COUNTER_EVENTS_SERVED_BY(&handlers);
	static uint64_t buffer[COUNTER_EVENTS_BUFFER_BYTES / 8];
	struct nacre_server mailbox = { .protocol = &protocol, .buffer = buffer, .buffer_size = sizeof(buffer), .alarm = enough,
					.deadline_ns = nacre_deadline_in(5 * NACRE_S) };
	nacre_handle_t to;

	check("watch", !nacre_server_create(nacre_self_budget(), &mailbox.handle) &&
		       !nacre_connection_mint(mailbox.handle, nacre_self_budget(), 1, EVENT_SLOTS, 0, 0, &to) &&
		       counter_watch(counter, "one", to) == STATUS_OK && counter_watch(counter, "one", to) == COUNTER_WATCHED);
	counter_add(counter, "one", 6, NULL);
	nacre_server_run(&mailbox);
	check("event", heard == 11);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "old")) {
		connect_old();
		words();
		set_old();
		get_old();
		too_new();
		return 0;
	}
	check("connect", counter_connect("svc/counter", &counter) == STATUS_OK);
	words();
	set_old();
	set_new();
	event();
	return 0;
}
