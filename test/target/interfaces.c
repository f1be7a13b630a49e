/* interfaces.c - every server of a whole system is thrown the requests that it must refuse: allowed but for one thing
 * (tool/idl/hostile.py makes them of idl/), on every path that a program can look up (system/interfaces.toml). Each must
 * be answered with the status that doc/interfaces.md asks for, and the server must live. What it must also refuse, and
 * only its handlers can see, is in the tests of the servers themselves.
 *
 * A service that publishes several paths serves some methods on each; the others it answers with METHOD, whatever they
 * bring. */
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "idl/interface.h"
#include "nacre/area.h"
#include "nacre/client.h"
#include "nacre/clock.h"
#include "nacre/names.h"
#include "nacre/startup.h"
#include "test/hostile.h"
#include "test/test.h"

enum { DATA_PAGES = 2, LOAN_PAGES = 32, METHODS_MAX = 256, PROTOCOLS = ARRAY_SIZE(hostile_protocols) };

static struct nacre_area data, loan;

/* By protocol and method: is it served on some path? */
static bool served_somewhere[PROTOCOLS][METHODS_MAX];

/* --- what is sent ------------------------------------------------------------------------------------------ */

/* A handle of that type with all the rights that this program can have; 0: it can have none. */
static nacre_handle_t whole(uint8_t object)
{
	static nacre_handle_t server, connection, process;

	if (!server) {
		EXPECT_OK(nacre_server_create(nacre_self_budget(), &server));
		EXPECT_OK(nacre_process_create(nacre_self_budget(), nacre_self_budget(), &process));
		EXPECT_OK(nacre_connection_mint(server, nacre_self_budget(), 1, 0, 0, 0, &connection));
	}
	switch (object) {
	case NACRE_OBJECT_MEMORY:
		return loan.memory;
	case NACRE_OBJECT_BUDGET:
		return nacre_self_budget();
	case NACRE_OBJECT_SERVER:
		return server;
	case NACRE_OBJECT_CONNECTION:
		return connection;
	case NACRE_OBJECT_PROCESS:
		return process;
	}
	return NACRE_HANDLE_NONE;
}

static void handles_put(const struct hostile_message *hostile, struct nacre_message *message)
{
	for (unsigned i = 0; i < hostile->handle_count; i++) {
		nacre_handle_t handle = whole(hostile->handle[i].object);

		EXPECT(handle); /* the table has a type that this test has nothing of */
		EXPECT_OK(nacre_handle_duplicate(handle, hostile->handle[i].rights | NACRE_RIGHT_TRANSFER, &message->send[i]));
	}
	message->handle_count = hostile->handle_count;
}

static void data_put(const struct hostile_message *hostile, struct nacre_message *message)
{
	uint32_t size = hostile->size + hostile->fill;

	EXPECT(size <= data.pages * NACRE_PAGE_BYTES);
	if (hostile->size)
		memcpy(data.base, hostile->data, hostile->size);
	memset((uint8_t *)data.base + hostile->size, 'a', hostile->fill);
	message->in_count = size != 0;
	message->in[0] = (struct nacre_segment){ (uintptr_t)data.base, size };
}

static void loan_put(const struct hostile_message *hostile, struct nacre_message *message)
{
	if (!hostile->loan)
		return;
	message->pages = hostile->loan_writable ? NACRE_PAGES_LEND_MUT : NACRE_PAGES_LEND;
	message->page_base = (uintptr_t)loan.base;
	message->page_count = NACRE_PAGES(hostile->loan);
}

static void words_put(const struct hostile_message *hostile, struct nacre_words *words)
{
	words->opcode = hostile->opcode;
	for (unsigned i = 0; i < 5; i++)
		words->word[i] = (uintptr_t)((uint64_t)hostile->wide[i] << 32 | hostile->word[i]);
}

/* Calls with it; and sends it, for which no answer comes. */
static nacre_status_t throw(nacre_handle_t connection, const struct hostile_message *hostile)
{
	static uint8_t answer[NACRE_PAGE_BYTES];
	struct nacre_message message = { .out_count = 1, .out = { { (uintptr_t)answer, sizeof(answer) } } };
	struct nacre_words words = { 0 };
	nacre_err_t error;

	words_put(hostile, &words);
	data_put(hostile, &message);
	handles_put(hostile, &message);
	loan_put(hostile, &message);
	error = nacre_connection_call_message(connection, &words, nacre_deadline_in(1000 * NACRE_MS), &message, NULL);
	if (!error)
		error = (nacre_err_t)words.opcode;
	if (!hostile->loan) {
		words_put(hostile, &words);
		message.out_count = 0;
		nacre_connection_send(connection, &words, &message);
	}
	for (unsigned i = 0; i < hostile->handle_count; i++)
		nacre_handle_close(message.send[i]);
	return (nacre_status_t)error;
}

/* --- what must come -------------------------------------------------------------------------------------------- */

static const struct hostile_protocol *protocol_of(nacre_handle_t connection)
{
	struct nacre_words words = { .opcode = 0 };

	EXPECT_EQ(nacre_ask(connection, &words), STATUS_OK);
	for (unsigned i = 0; i < PROTOCOLS; i++)
		if (hostile_protocols[i].number == words.word[0]) {
			EXPECT_EQ(words.word[1], hostile_protocols[i].version);
			return &hostile_protocols[i];
		}
	test_fail(__FILE_NAME__, __LINE__, "there is a protocol %#x that idl/ does not have", (unsigned)words.word[0]);
}

static bool is_right(const struct hostile_message *hostile, nacre_status_t status)
{
	if (hostile->expect)
		return status == hostile->expect;
	/* The kernel's errors stand below; but a server that is gone, or that lets the caller wait, has not refused. */
	return status != STATUS_OK && status != NACRE_E_PEER_GONE && status != NACRE_E_TIMEOUT;
}

struct seen {
	bool served[METHODS_MAX], unserved[METHODS_MAX];
};

static bool is_for_this_width(const struct hostile_message *hostile)
{
	return !hostile->only64 || sizeof(uintptr_t) == 8;
}

/* Only the server can have answered it: it is well known that the method is served, or is not. */
static bool tells(const struct hostile_message *hostile)
{
	return hostile->method[0] && hostile->expect && is_for_this_width(hostile);
}

/* What is not served on this path is METHOD whatever it brings; what is served is never METHOD. */
static void judge(struct seen *seen, const char *path, const struct hostile_message *hostile, nacre_status_t status)
{
	if (tells(hostile) && status == STATUS_METHOD && !seen->served[hostile->opcode]) {
		seen->unserved[hostile->opcode] = true;
		return;
	}
	if (!is_right(hostile, status) || (tells(hostile) && seen->unserved[hostile->opcode]))
		test_fail(__FILE_NAME__, __LINE__, "%s, method %s, %s: status %u, expected %u (0: any refusal)", path,
			  hostile->method, hostile->why, (unsigned)status, (unsigned)hostile->expect);
	if (tells(hostile))
		seen->served[hostile->opcode] = true;
}

static void attack_on(nacre_handle_t connection, const char *path)
{
	const struct hostile_protocol *protocol = protocol_of(connection);
	struct seen seen = { 0 };

	if (!data.base) {
		EXPECT_OK(nacre_area_create(&data, DATA_PAGES, NACRE_MEMORY_PRIVATE));
		EXPECT_OK(nacre_area_create(&loan, LOAN_PAGES, NACRE_MEMORY_PRIVATE));
	}
	for (uint32_t i = 0; i < protocol->count; i++)
		if (is_for_this_width(&protocol->messages[i]))
			judge(&seen, path, &protocol->messages[i], throw(connection, &protocol->messages[i]));
	EXPECT(protocol_of(connection) == protocol);
	for (unsigned i = 0; i < METHODS_MAX; i++)
		served_somewhere[protocol - hostile_protocols][i] |= seen.served[i];
}

static void attack(const char *path)
{
	nacre_handle_t connection;

	EXPECT_EQ(nacre_connect(path, &connection), STATUS_OK);
	attack_on(connection, path);
	nacre_handle_close(connection);
}

TEST(process, "svc/process refuses every malformed request of its protocol, and lives")
{
	attack("svc/process");
}

TEST(system, "svc/system refuses every malformed request of its protocol, and lives")
{
	attack("svc/system");
}

TEST(irq, "irq/8 refuses every malformed request of its protocol, and lives")
{
	attack("irq/8");
}

TEST(log, "svc/log refuses every malformed request of its protocol, and lives")
{
	attack("svc/log");
}

TEST(log_reader, "svc/log-reader refuses every malformed request of its protocol, and lives")
{
	attack("svc/log-reader");
}

TEST(time, "svc/time refuses every malformed request of its protocol, and lives")
{
	attack("svc/time");
}

TEST(clock_set, "svc/clock-set refuses every malformed request of its protocol, and lives")
{
	attack("svc/clock-set");
}

TEST(alarm, "svc/alarm refuses every malformed request of its protocol, and lives")
{
	attack("svc/alarm");
}

TEST(rng, "svc/rng refuses every malformed request of its protocol, and lives")
{
	attack("svc/rng");
}

TEST(rng_noise, "svc/rng-noise refuses every malformed request of its protocol, and lives")
{
	attack("svc/rng-noise");
}

TEST(console, "dev/console refuses every malformed request of its protocol, and lives")
{
	attack("dev/console");
}

TEST(rtc, "dev/rtc refuses every malformed request of its protocol, and lives")
{
	attack("dev/rtc");
}

TEST(power, "dev/power refuses every malformed request of its protocol, and the machine stays on")
{
	attack("dev/power");
}

TEST(block, "dev/block0 refuses every malformed request of its protocol, and lives")
{
	attack("dev/block0");
}

TEST(net, "dev/net0 refuses every malformed request of its protocol, and lives")
{
	attack("dev/net0");
}

TEST(display, "dev/display0 refuses every malformed request of its protocol, and lives")
{
	attack("dev/display0");
}

TEST(input, "dev/input0 refuses every malformed request of its protocol, and lives")
{
	attack("dev/input0");
}

TEST(serial, "dev/serial0 refuses every malformed request of its protocol, and lives")
{
	attack("dev/serial0");
}

TEST(files, "svc/files refuses every malformed request of its protocol, and lives")
{
	attack("svc/files");
}

TEST(pipe, "svc/pipe refuses every malformed request of its protocol, and lives")
{
	attack("svc/pipe");
}

TEST(cores, "svc/cores refuses every malformed request of its protocol, and lives")
{
	attack("svc/cores");
}

TEST(names, "the name server refuses every malformed request of its protocol, and lives")
{
	attack_on(nacre_startup_handle("names"), "names");
}

/* Served to init or to a publisher alone, which no program can be. */
static bool is_out_of_reach(const char *protocol, const char *method)
{
	static const char *const names[][2] = {
		{ "log", "label" }, { "rng", "seed" }, { "names", "publish" }, { "names", "unpublish" },
		{ "names", "declare" }, { "names", "allow" }, { "names", "publish_for" }, { "names", "narrow" }, { "names", "limit" },
		{ "names", "gone" }, { "names", "done" }, { "cores", "take" },
	};

	/* Only services are connected to it, by init: keeping.c attacks it through one. */
	if (!strcmp(protocol, "keeper"))
		return true;

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(protocol, names[i][0]) && !strcmp(method, names[i][1]))
			return true;
	return false;
}

TEST(all_methods, "every method that a program can reach was served on some path, so the tests above attacked it")
{
	for (unsigned p = 0; p < PROTOCOLS; p++)
		for (uint32_t i = 0; i < hostile_protocols[p].count; i++) {
			const struct hostile_message *hostile = &hostile_protocols[p].messages[i];

			if (tells(hostile) && !served_somewhere[p][hostile->opcode] &&
			    !is_out_of_reach(hostile_protocols[p].name, hostile->method))
				test_fail(__FILE_NAME__, __LINE__, "nobody serves %s.%s", hostile_protocols[p].name, hostile->method);
		}
}
