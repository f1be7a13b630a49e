/* hostile_names.c - a program that wants to get between a client and its server, or out of its name space; limits,
 * narrowed name spaces and process trees (system/hostile.toml). Each attempt must get the right error and change nothing. */
#include <pthread.h>
#include "base/string.h"
#include "idl/log_client.h"
#include "idl/names_client.h"
#include "idl/process_client.h"
#include "idl/system_client.h"
#include "idl/tally_client.h"
#include "nacre/clock.h"
#include "nacre/names.h"
#include "nacre/server.h"
#include "nacre/startup.h"
#include "test/test.h"

static nacre_handle_t names(void)
{
	return nacre_startup_handle("names");
}

static nacre_handle_t publisher(void)
{
	return nacre_startup_handle("publish/test/evil");
}

static nacre_handle_t process(void)
{
	static nacre_handle_t connection;

	if (!connection)
		EXPECT_EQ(process_connect("svc/process", &connection), STATUS_OK);
	return connection;
}

/* A mailbox of this program's own, and a connection to it. */
static struct {
	nacre_handle_t server, connection;
} trap;

static void trap_set(void)
{
	if (trap.server)
		return;
	EXPECT_OK(nacre_server_create(nacre_self_budget(), &trap.server));
	EXPECT_OK(nacre_connection_mint(trap.server, nacre_self_budget(), INTERFACE_BADGE_PUBLISHED, 4, 0, 0, &trap.connection));
}

/* Whatever was tried: the name still leads to its server. */
static void expect_first(void)
{
	nacre_handle_t first;
	uint32_t value;

	EXPECT_EQ(tally_connect("test/first", &first), STATUS_OK);
	EXPECT_EQ(tally_read(first, &value, NULL), STATUS_OK);
	nacre_handle_close(first);
}

/* --- getting in between ------------------------------------------------------------------------------------ */

TEST(control, "what init tells names, nobody else can: declare, allow, publish for others, narrow, limit, gone, done")
{
	trap_set();
	EXPECT_EQ(names_declare(names(), 60, "test/new"), STATUS_METHOD);
	EXPECT_EQ(names_allow(names(), 1, 0, "svc/*"), STATUS_METHOD);
	EXPECT_EQ(names_publish_for(names(), 2, NAMES_KIND_SHARED, 1, trap.connection), STATUS_METHOD);
	EXPECT_EQ(names_narrow(names(), 1, 1, "x", 2), STATUS_METHOD);
	EXPECT_EQ(names_limit(names(), 2, 0), STATUS_METHOD);
	EXPECT_EQ(names_gone(names(), 1), STATUS_METHOD);
	EXPECT_EQ(names_done(names()), STATUS_METHOD);
	EXPECT_EQ(names_declare(publisher(), 60, "test/new"), STATUS_METHOD);
	EXPECT_EQ(names_publish_for(publisher(), 2, NAMES_KIND_SHARED, 1, trap.connection), STATUS_METHOD);
	expect_first();
}

TEST(publish, "without its publish connection a name is not published, and one connection publishes no other name")
{
	nacre_handle_t evil;

	trap_set();
	EXPECT_EQ(names_publish(names(), NAMES_KIND_SHARED, trap.connection), STATUS_METHOD);
	EXPECT_EQ(names_unpublish(names()), STATUS_METHOD);
	for (uintptr_t kind = 0; kind < 2; kind++) {
		EXPECT_EQ(names_publish(publisher(), (enum names_kind)kind, trap.connection), STATUS_OK);
		expect_first();
	}
	EXPECT_EQ(names_publish(publisher(), NAMES_KIND_SHARED, trap.connection), STATUS_OK);
	EXPECT_EQ(nacre_connect_now("test/evil", &evil), STATUS_OK); /* its own, that is its right */
	nacre_handle_close(evil);
	EXPECT_EQ(names_unpublish(publisher()), STATUS_OK);
	EXPECT_EQ(nacre_connect_now("test/evil", &evil), STATUS_NOT_READY);
	expect_first();
}

TEST(gap, "while a server is dead, nobody else is found under its name")
{
	nacre_handle_t overview, first;
	struct system_process each;
	uint32_t value;

	EXPECT_EQ(system_connect("svc/system", &overview), STATUS_OK);
	EXPECT_EQ(system_stop(overview, "first"), STATUS_OK);
	trap_set();
	EXPECT_EQ(names_publish(names(), NAMES_KIND_SHARED, trap.connection), STATUS_METHOD);
	EXPECT_EQ(names_publish(publisher(), NAMES_KIND_SHARED, trap.connection), STATUS_OK);
	EXPECT_EQ(nacre_connect_now("test/first", &first), STATUS_OK);
	EXPECT_EQ(tally_read_until(first, nacre_deadline_in(20 * NACRE_MS), &value, NULL), NACRE_E_TIMEOUT);
	for (uint32_t number = 0; system_process(overview, number, &each, NULL, NULL) == STATUS_OK; number = each.number + 1)
		EXPECT(!string_equal(each.label, "first"));
	EXPECT_EQ(system_start(overview, "first"), STATUS_OK);
	EXPECT_EQ(tally_read(first, &value, NULL), STATUS_OK);
	EXPECT_EQ(names_unpublish(publisher()), STATUS_OK);
	nacre_handle_close(first);
	nacre_handle_close(overview);
}

/* A call of this program's other thread, which this one receives and forwards where it likes. */
static void *call_trap(void *words)
{
	nacre_connection_call(trap.connection, words);
	return NULL;
}

/* Forwards a `connect` for another process through a connection to a server; answers what the server said to it. */
static nacre_status_t forge_connect(nacre_handle_t connection, uintptr_t victim)
{
	struct nacre_words words = { .opcode = 77 }, forged = { .opcode = INTERFACE_CONNECT, .word = { victim } };
	struct nacre_received received = { 0 };
	pthread_t thread;

	EXPECT_EQ(pthread_create(&thread, NULL, call_trap, &words), 0);
	EXPECT_OK(nacre_server_receive(trap.server, NACRE_DEADLINE_NEVER, NULL, &received));
	EXPECT_OK(nacre_server_forward(connection, &forged, received.token));
	EXPECT_EQ(pthread_join(thread, NULL), 0);
	return (nacre_status_t)words.opcode;
}

TEST(connect, "a connect in another process's name is refused: straight, and forwarded as names would")
{
	static const char *const paths[] = { "test/first", "svc/process", "svc/system", "svc/log-reader", "svc/time", "svc/alarm", "svc/rng" };
	struct nacre_words words;

	trap_set();
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		nacre_handle_t connection;

		EXPECT_EQ(nacre_connect(paths[i], &connection), STATUS_OK);
		for (uintptr_t victim = 0; victim < 12; victim++) {
			nacre_status_t status;

			words = (struct nacre_words){ .opcode = INTERFACE_CONNECT, .word = { victim } };
			status = nacre_ask(connection, &words);
			EXPECT(status == STATUS_METHOD || status == STATUS_DENIED);
			status = forge_connect(connection, victim);
			EXPECT(status == STATUS_METHOD || status == STATUS_DENIED);
		}
		nacre_handle_close(connection);
	}
}

TEST(spelling, "no spelling of a path leads around the manifest")
{
	static const char *const paths[] = { "test/first/", "/test/first", "test//first", "test/./first", "test/x/../first", "TEST/FIRST",
					     "svc/clock-set", "svc/*", "*", "dev/console", "dev/power", "irq/8", "svc/log",
					     "test/firs", "test/firsts", "test", "svc" };
	nacre_handle_t connection;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		EXPECT(nacre_connect_now(paths[i], &connection) == STATUS_NOT_FOUND);
	expect_first();
}

TEST(identity, "an ID that is known connects nobody whose manifest does not say so")
{
	nacre_handle_t connection;
	uint32_t id[4];

	EXPECT_EQ(names_identify(names(), "test/first", id), STATUS_OK);
	EXPECT_EQ(names_resolve(names(), id, &connection), STATUS_DENIED);
	EXPECT_EQ(names_identify(names(), "dev/power", id), STATUS_NOT_FOUND);
}

TEST(init_is_done, "init has said all there is to say")
{
	uint32_t published, declared;
	bool done;

	EXPECT_EQ(names_trusted_init_done(names(), &done), STATUS_OK);
	EXPECT(done);
	EXPECT_EQ(names_ready(names(), &published, &declared), STATUS_OK);
	EXPECT(published < declared); /* test/evil is not published now */
}

TEST(audit, "a refusal is a line in the log with process and path; hundreds are a few lines and a number")
{
	char text[LOG_TEXT_BYTES + 1];
	struct log_record record;
	nacre_handle_t log, connection;
	uint32_t from = 0, lines = 0, paths = 0, more = 0;

	EXPECT_EQ(log_connect("svc/log-reader", &log), STATUS_OK);
	nacre_sleep_until(nacre_deadline_in(2 * NACRE_S));
	EXPECT_EQ(nacre_connect_now("dev/rtc", &connection), STATUS_NOT_FOUND); /* tells of what was before */
	nacre_sleep_until(nacre_deadline_in(2 * NACRE_S));
	while (log_read(log, from, LOG_LEVEL_DEBUG, 0, "names", &record, text, sizeof(text), NULL) == STATUS_OK)
		from = record.number + 1;
	for (unsigned i = 0; i < 300; i++)
		EXPECT_EQ(nacre_connect_now("dev/power", &connection), STATUS_NOT_FOUND);
	nacre_sleep_until(nacre_deadline_in(2 * NACRE_S));
	EXPECT_EQ(nacre_connect_now("svc/clock-set", &connection), STATUS_NOT_FOUND);
	for (; log_read(log, from, LOG_LEVEL_WARNING, 0, "names", &record, text, sizeof(text), NULL) == STATUS_OK; from = record.number + 1) {
		more += string_equal(text, "292 more were refused");
		paths += string_equal(text + string_length(text) - 9, "dev/power");
		lines++;
	}
	EXPECT_EQ(paths, 8);
	EXPECT_EQ(more, 1);
	EXPECT_EQ(lines, 10);
	nacre_handle_close(log);
}

/* --- limits, narrowed name spaces, trees ------------------------------------------------------------------- */

static size_t text_size(const char *strings, uint32_t count)
{
	size_t at = 0;

	for (uint32_t i = 0; i < count; i++)
		at += string_length(strings + at) + 1;
	return at;
}

/* Starts a looker with so many words, which follow one another, each with its NUL; `within`: one pattern, or NULL. */
static nacre_status_t look(const char *words, uint32_t count, const char *within, uint32_t *number)
{
	struct process_start head = { .argument_count = count };
	size_t size = text_size(words, count);
	char strings[128] = "looker";

	memcpy(strings + 7, words, size);
	if (!within)
		return process_start_quiet(process(), &head, strings, 7 + size, number);
	return process_start_narrow(process(), &head, strings, 7 + size, within, string_length(within) + 1, 0, 0, 0, 0, number);
}

/* How it ends. */
static uint32_t look_and_wait(const char *words, uint32_t count, const char *within)
{
	uint32_t number, cause, code;

	EXPECT_EQ(look(words, count, within, &number), STATUS_OK);
	EXPECT_EQ(process_wait(process(), number, &cause, &code), STATUS_OK);
	EXPECT_EQ(cause, NACRE_CAUSE_EXIT);
	return code;
}

TEST(limit, "a name that takes two processes refuses the third, and has room again when one has ended")
{
	uint32_t number, cause, code;

	expect_first(); /* this program is the first, and stays */
	EXPECT_EQ(look("hold\0test/first", 2, NULL, &number), STATUS_OK);
	while ((code = look_and_wait("test/first", 1, NULL)) == STATUS_OK)
		nacre_sleep_until(nacre_deadline_in(NACRE_MS)); /* it may not have come to it yet */
	EXPECT_EQ(code, STATUS_FULL);
	expect_first();
	EXPECT_EQ(process_kill(process(), number, 0), STATUS_OK);
	EXPECT_EQ(process_wait(process(), number, &cause, &code), STATUS_OK);
	EXPECT_EQ(look_and_wait("test/first", 1, NULL), STATUS_OK);
}

TEST(narrow, "a narrowed program reaches what both its manifest and its patterns allow; its children no more, however they are started")
{
	EXPECT_EQ(look_and_wait("svc/rng", 1, NULL), STATUS_OK);
	EXPECT_EQ(look_and_wait("svc/rng", 1, "svc/rng"), STATUS_OK);
	EXPECT_EQ(look_and_wait("svc/rng", 1, "svc/*"), STATUS_OK);
	EXPECT_EQ(look_and_wait("svc/rng", 1, "svc/time"), STATUS_NOT_FOUND);
	EXPECT_EQ(look_and_wait("svc/alarm", 1, "svc/*"), STATUS_NOT_FOUND);
	EXPECT_EQ(look_and_wait("child\0svc/rng", 2, NULL), STATUS_OK);
	EXPECT_EQ(look_and_wait("child\0test/first", 2, "svc/*"), STATUS_NOT_FOUND);
	EXPECT_EQ(look_and_wait("child\0child\0test/first", 3, "svc/*"), STATUS_NOT_FOUND);
	EXPECT_EQ(look_and_wait("child\0svc/rng", 2, "svc/*"), STATUS_OK);
	EXPECT_EQ(look_and_wait("widen\0test/*\0test/first", 3, "svc/*"), STATUS_DENIED);
	EXPECT_EQ(look_and_wait("widen\0svc/rng\0svc/rng", 3, "svc/*"), STATUS_OK);
	EXPECT_EQ(look_and_wait("widen\0svc/rng\0svc/time", 3, "svc/*"), STATUS_NOT_FOUND);
}

TEST(narrow_stays, "names that were restarted know who was narrowed")
{
	uint32_t number, cause, code;
	nacre_handle_t overview;
	struct system_process each;

	EXPECT_EQ(system_connect("svc/system", &overview), STATUS_OK);
	EXPECT_EQ(look("hold\0svc/time", 2, "svc/time", &number), STATUS_OK);
	for (uint32_t at = 0; system_process(overview, at, &each, NULL, NULL) == STATUS_OK; at = each.number + 1)
		if (string_equal(each.label, "names"))
			EXPECT_EQ(system_kill(overview, each.number, 0), STATUS_OK);
	EXPECT_EQ(look_and_wait("svc/rng", 1, "svc/time"), STATUS_NOT_FOUND);
	EXPECT_EQ(look_and_wait("svc/rng", 1, "svc/rng"), STATUS_OK);
	EXPECT_EQ(process_kill(process(), number, 0), STATUS_OK);
	EXPECT_EQ(process_wait(process(), number, &cause, &code), STATUS_OK);
	nacre_handle_close(overview);
}

TEST(narrow_limit, "so many may be narrowed at a time, one more is refused, and nothing of it stays")
{
	uint32_t numbers[NAMES_NARROWED_MAX], more, cause, code;

	for (unsigned i = 0; i < NAMES_NARROWED_MAX; i++)
		EXPECT_EQ(look("hold\0svc/time", 2, "svc/time", &numbers[i]), STATUS_OK);
	EXPECT_EQ(look("hold\0svc/time", 2, "svc/time", &more), STATUS_FULL);
	EXPECT_EQ(look_and_wait("svc/rng", 1, NULL), STATUS_OK);
	for (unsigned i = 0; i < NAMES_NARROWED_MAX; i++) {
		EXPECT_EQ(process_kill(process(), numbers[i], 0), STATUS_OK);
		EXPECT_EQ(process_wait(process(), numbers[i], &cause, &code), STATUS_OK);
	}
	EXPECT_EQ(look_and_wait("svc/rng", 1, "svc/rng"), STATUS_OK);
}

static unsigned count_lookers(nacre_handle_t overview)
{
	struct system_process each;
	unsigned count = 0;

	for (uint32_t at = 0; system_process(overview, at, &each, NULL, NULL) == STATUS_OK; at = each.number + 1)
		count += string_equal(each.label, "looker") && each.cause == NACRE_CAUSE_NONE;
	return count;
}

TEST(tree, "what a program starts on its own budget dies with it")
{
	struct process_start head = { .argument_count = 1, .pages = 160 };
	uint32_t number, cause, code;
	nacre_handle_t overview;

	EXPECT_EQ(system_connect("svc/system", &overview), STATUS_OK);
	EXPECT_EQ(process_start_quiet(process(), &head, "looker\0tree", 12, &number), STATUS_OK);
	while (count_lookers(overview) < 2)
		nacre_sleep_until(nacre_deadline_in(NACRE_MS));
	EXPECT_EQ(process_kill(process(), number, 0), STATUS_OK);
	EXPECT_EQ(process_wait(process(), number, &cause, &code), STATUS_OK);
	while (count_lookers(overview))
		nacre_sleep_until(nacre_deadline_in(NACRE_MS));
	nacre_handle_close(overview);
}
