/* main.c - a program without a manifest of its own attacks every server that it can reach, and those that it cannot.
 *
 * It has what any program has that a person starts: its name space, the log, its standard streams, and the names of the
 * system's default manifest. */
#include "base/bits.h"
#include "idl/console.h"
#include "idl/log.h"
#include "idl/names_client.h"
#include "idl/rng.h"
#include "idl/time.h"
#include "nacre/names.h"
#include "../pester.h"
#include "test/child_code.h"
#include "test/count.h"

enum { RNG_BYTES = 200, DEADLINES = 600, PATIENCE_STEP_NS = 100, DEATHS = 40, DEATH_STEP_NS = 9000, CLIENT_PRIORITY = 5 };

static nacre_handle_t names(void)
{
	return nacre_startup_handle("names");
}

static nacre_handle_t reached(const char *path)
{
	nacre_handle_t connection;

	EXPECT_EQ(nacre_connect(path, &connection), STATUS_OK);
	return connection;
}

/* --- names ----------------------------------------------------------------------------------------------------- */

/* Connects and closes again what came. Not by a stub, which takes no NUL. */
static nacre_status_t look_up(const char *path, size_t size)
{
	struct nacre_words words = { .opcode = NAMES_METHOD_LOOKUP, .word = { NAMES_PATIENCE_NOW } };
	nacre_handle_t connection;
	nacre_status_t status = nacre_ask_handle(names(), &words, path, size, &connection);

	if (connection)
		nacre_handle_close(connection);
	return status;
}

TEST(out_of_reach, "names that the manifest does not list lead nowhere, whether they exist or not: lines, devices, init, the clock")
{
	static const char *const paths[] = {
		"irq/0", "irq/8", "irq/10", "irq/11", "irq/4294967295", "irq/-1", "irq/", "irq", "dev/console", "dev/power", "dev/rtc",
		"svc/process", "svc/system", "svc/log-reader", "svc/clock-set", "svc/files", "svc/pipe", "svc/names", "svc", "*", "svc/*",
	};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		EXPECT_EQ(look_up(paths[i], strlen(paths[i])), STATUS_NOT_FOUND);
}

TEST(paths, "paths of no bytes, of too many, of bytes that are no text, and with dots, slashes or NUL are refused")
{
	static const char *const none[] = { "svc/../svc/rng", "./svc/rng", "svc/./rng", "/svc/rng", "svc/rng/", "svc//rng", "..", "SVC/rng" };
	static const char *const malformed[] = { "svc/rn\xff", "svc/\xc0\xaf", "\xed\xa0\x80", "svc/rn\xc3" };
	char longest[NAMES_PATH_BYTES + 1];

	memset(longest, 'x', sizeof(longest));
	EXPECT_EQ(look_up("x", 0), STATUS_MALFORMED);
	EXPECT_EQ(look_up(longest, NAMES_PATH_BYTES), STATUS_NOT_FOUND);
	EXPECT_EQ(look_up(longest, NAMES_PATH_BYTES + 1), STATUS_MALFORMED);
	EXPECT_EQ(look_up("svc/rng\0", 8), STATUS_MALFORMED);
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		EXPECT_EQ(look_up(none[i], strlen(none[i])), STATUS_NOT_FOUND);
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++)
		EXPECT_EQ(look_up(malformed[i], strlen(malformed[i])), STATUS_MALFORMED);
}

TEST(squatting, "a name that somebody serves is nobody else's to publish, nor is one that nobody serves")
{
	struct pair pair = pair_make(1, 0, 0);

	EXPECT_EQ(names_publish(names(), NAMES_KIND_SHARED, pair.connection), STATUS_METHOD);
	EXPECT_EQ(names_unpublish(names()), STATUS_METHOD);
	for (uintptr_t opcode = NAMES_METHOD_DECLARE; opcode <= NAMES_METHOD_PUBLISH_FOR; opcode++) {
		struct nacre_words words = { .opcode = opcode };

		EXPECT_EQ(nacre_ask_bytes(names(), &words, "svc/rng", 7, NULL, 0, NULL), STATUS_METHOD);
	}
	EXPECT_EQ(look_up("svc/rng", 7), STATUS_OK);
	pair_close(&pair);
}

/* --- authority that it does not have ------------------------------------------------------------------------------- */

static void not_a_device(nacre_handle_t handle, nacre_handle_t server)
{
	static const uint32_t lines[] = { 0, 1, 10, 31, 1024, 0x80000000, UINT32_MAX };
	static uint64_t addresses[32];
	nacre_handle_t made;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		EXPECT(nacre_device_interrupt(handle, self_budget(), lines[i], server, 1, 1, &made));
		EXPECT(nacre_device_memory(handle, self_budget(), lines[i], &made));
	}
	EXPECT(nacre_device_pin(handle, (uintptr_t)addresses & ~(uintptr_t)4095, 1, addresses));
	EXPECT(nacre_device_unpin(handle, (uintptr_t)addresses & ~(uintptr_t)4095));
	EXPECT(nacre_device_reset(handle));
	EXPECT(nacre_interrupt_ack(handle));
	EXPECT(nacre_trace_mask_set(handle, 1));
}

TEST(no_device, "no handle that it holds, and no guess, is a device, an interrupt or the trace: no line is bound, nothing is pinned or reset")
{
	const struct nacre_startup *startup = nacre_startup();
	struct pair pair = pair_make(1, 0, 0);

	for (uint32_t i = 0; i < startup->handle_count; i++)
		not_a_device(startup->handles[i].handle, pair.server);
	for (uint32_t slot = 0; slot < 64; slot++)
		for (uint32_t generation = 0; generation < 8; generation++)
			not_a_device(generation << 16 | slot, pair.server);
	pair_close(&pair);
}

TEST(own_limits, "it can neither enlarge nor end the budget that it was given, nor rise above its ceiling, nor be debugged by itself")
{
	struct nacre_budget_state state;
	nacre_handle_t made, thread;
	static char byte;

	EXPECT_OK(nacre_budget_info(self_budget(), &state));
	EXPECT_ERROR(budget_resize, RIGHTS, nacre_budget_resize(self_budget(), state.limit_pages + 1));
	EXPECT_ERROR(budget_cpu_set, RIGHTS, nacre_budget_cpu_set(self_budget(), 0, 1000000));
	EXPECT_ERROR(budget_destroy, RIGHTS, nacre_budget_destroy(self_budget()));
	EXPECT_ERROR(budget_create, PRIORITY, nacre_budget_create(self_budget(), 1, state.ceiling + 1, &made));
	EXPECT_ERROR(budget_create, BUDGET, nacre_budget_create(self_budget(), state.limit_pages, 0, &made));
	EXPECT_ERROR(process_read, RIGHTS, nacre_process_read(self_process(), (uintptr_t)&byte, &byte, 1));
	EXPECT_ERROR(process_kill, RIGHTS, nacre_process_kill(self_process(), 0));
	EXPECT_OK(nacre_thread_self(&thread));
	EXPECT_ERROR(thread_priority_set, PRIORITY, nacre_thread_priority_set(thread, state.ceiling + 1));
	EXPECT_OK(nacre_handle_close(thread));
}

/* --- messages --------------------------------------------------------------------------------------------------------- */

static void pester_path(const char *path, uint32_t protocol)
{
	nacre_handle_t connection = reached(path);

	pester_server(connection, protocol, 0);
	nacre_handle_close(connection);
}

TEST(malformed, "whatever it sends to whom it can reach is answered, and all of them live: names, log, console, time, alarms, random numbers")
{
	pester_server(names(), NAMES_PROTOCOL, 0);
	pester_server(nacre_startup_handle("log"), LOG_PROTOCOL, 0);
	pester_server(nacre_startup_handle("stdout"), CONSOLE_PROTOCOL, 1u << CONSOLE_METHOD_READ);
	test_note("is what the console printed of it"); /* and the next line starts at its beginning */
	pester_path("svc/time", TIME_PROTOCOL);
	pester_path("svc/alarm", TIME_PROTOCOL);
	pester_path("svc/rng", RNG_PROTOCOL);
}

static nacre_err_t ask_random(nacre_handle_t rng, uint64_t deadline_ns)
{
	static uint8_t bytes[RNG_BYTES];
	struct nacre_words words = { .opcode = RNG_METHOD_BYTES, .word = { 0, 0, 0, 0, sizeof(bytes) } };
	struct nacre_message message = { .out_count = 1, .out = { { (uintptr_t)bytes, sizeof(bytes) } } };

	return nacre_connection_call_message(rng, &words, deadline_ns, &message, NULL);
}

TEST(impatience, "a client that gives up at every moment of its call leaves the server as it was")
{
	nacre_handle_t rng = reached("svc/rng");
	struct count before = count_now();
	unsigned late = 0;

	for (uint64_t patience_ns = 0; patience_ns < DEADLINES * PATIENCE_STEP_NS; patience_ns += PATIENCE_STEP_NS) {
		nacre_err_t error = ask_random(rng, nacre_deadline_in(patience_ns));

		EXPECT(error == NACRE_E_OK || error == NACRE_E_TIMEOUT);
		late += error == NACRE_E_TIMEOUT;
	}
	test_note("%u of %u gave up", late, (unsigned)DEADLINES);
	EXPECT(late > 10 && late < DEADLINES);
	EXPECT_OK(ask_random(rng, NACRE_DEADLINE_NEVER));
	expect_all_back(before);
	nacre_handle_close(rng);
}

/* Calls whatever it was given with every opcode, for ever. */
CHILD static void call_for_ever(uintptr_t connection)
{
	struct nacre_message message;
	struct nacre_words words;
	uint8_t bytes[64];

	for (uintptr_t opcode = 0;; opcode = (opcode + 1) & 15) {
		words_clear(&words, opcode);
		words.word[4] = sizeof(bytes);
		message_clear(&message);
		message.in_count = message.out_count = 1;
		message.in[0].base = message.out[0].base = (uintptr_t)bytes;
		message.in[0].size = opcode;
		message.out[0].size = sizeof(bytes);
		message.handle_count = message.accept = opcode & 1;
		message.send[0] = (nacre_handle_t)connection;
		nacre_connection_call_message((nacre_handle_t)connection, &words, NACRE_DEADLINE_NEVER, &message, NULL);
	}
}

/* Runs it for a while, which is a little longer each time, so that it dies at another moment of its calls. */
static void die_calling(nacre_handle_t connection, uint64_t life_ns)
{
	uint32_t never = 0;
	struct child child;

	child_make(&child, CHILD_PAGES);
	child_start(&child, call_for_ever, child_give(&child, connection, NACRE_RIGHT_CALL | NACRE_RIGHT_TRANSFER), CLIENT_PRIORITY);
	EXPECT_EQ(nacre_futex_wait(&never, 0, 0, nacre_deadline_in(life_ns)), NACRE_E_TIMEOUT);
	EXPECT_OK(nacre_process_kill(child.process, 0));
	child_destroy(&child);
}

TEST(deaths, "clients that die at every moment of their calls leave nothing behind at any server, and all of them live")
{
	nacre_handle_t transferable = NACRE_HANDLE_NONE;
	nacre_handle_t victims[] = { reached("svc/rng"), reached("svc/time"), names(), nacre_startup_handle("log") };
	struct count before;

	die_calling(victims[0], DEATH_STEP_NS); /* the code of children stays */
	before = count_now();
	for (unsigned i = 0; i < DEATHS; i++)
		for (unsigned v = 0; v < ARRAY_SIZE(victims); v++)
			if (!nacre_handle_duplicate(victims[v], NACRE_RIGHT_CALL | NACRE_RIGHT_TRANSFER, &transferable)) {
				uintptr_t type, rights;

				EXPECT_OK(nacre_handle_info(transferable, &type, &rights));
				if (rights & NACRE_RIGHT_TRANSFER)
					die_calling(transferable, i * DEATH_STEP_NS);
				nacre_handle_close(transferable);
			}
	expect_all_back(before);
	EXPECT_OK(ask_random(victims[0], NACRE_DEADLINE_NEVER));
	EXPECT_EQ(look_up("svc/time", 8), STATUS_OK);
}

/* --- greed ---------------------------------------------------------------------------------------------------------- */

static unsigned hoard(const char *path, nacre_handle_t *kept, unsigned most, nacre_status_t *refusal)
{
	unsigned count = 0;

	while (count < most && !(*refusal = nacre_connect(path, &kept[count])))
		count++;
	return count;
}

TEST(hoarding, "connections are refused to who has too many, one by one; what others have is not touched, and with them closed all is as before")
{
	static nacre_handle_t kept[400];
	static const char *const paths[] = { "svc/alarm", "svc/rng", "svc/time" };
	struct count before = count_now();
	nacre_status_t refusal;
	unsigned count;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		refusal = STATUS_OK;
		count = hoard(paths[i], kept, ARRAY_SIZE(kept), &refusal);
		test_note("%s: %u connections, then status %u", paths[i], count, (unsigned)refusal);
		EXPECT(count > 0 && (i || refusal == STATUS_FULL));
		while (count)
			EXPECT_OK(nacre_handle_close(kept[--count]));
		EXPECT_EQ(look_up(paths[i], strlen(paths[i])), STATUS_OK);
	}
	EXPECT_EQ(count_now().handles, before.handles);
}
