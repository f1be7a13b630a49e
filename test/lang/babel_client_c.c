/* babel_client_c.c - asks a server of test/lang/babel.nid for everything, and checks every answer.
 * babel-client-c PATH: the server's name. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "abi/nacre_calls.h"
#include "idl/awkward_client.h"
#include "idl/awkward_server.h"
#include "idl/babel_client.h"
#include "nacre/area.h"
#include "nacre/clock.h"
#include "nacre/startup.h"

static nacre_handle_t babel;
static const char *path;

#define EXPECT(condition) expect((condition), #condition, __LINE__)
#define EXPECT_STATUS(call, status) expect_status((call), (status), #call, __LINE__)
#define EXPECT_OK(call) EXPECT_STATUS(call, STATUS_OK)

static void expect(bool is_so, const char *condition, int line)
{
	if (is_so)
		return;
	printf("not so, line %d: %s\n", line, condition);
	exit(EXIT_FAILURE);
}

static void expect_status(nacre_status_t status, nacre_status_t wanted, const char *call, int line)
{
	if (status == wanted)
		return;
	printf("line %d: %s answered %s and not %s\n", line, call, nacre_error_name(status), nacre_error_name(wanted));
	exit(EXIT_FAILURE);
}

static struct babel_record record(uint16_t small)
{
	return (struct babel_record){
		.small = small, .colour = BABEL_COLOUR_BLUE, .ready = true, .big = 0x123456789abcdef0, .delta = -5000000000,
		.who = { 1, 0xffffffff, 3, 4 }, .label = "Grüße", .mode = BABEL_MODE_QUICK | BABEL_MODE_LOUD,
		.counts = { 10, 20, 30, 0x80000000 }, .halves = { 1, 2, 0xffff }, .tail = -3, .added = 77,
	};
}

static bool same(const struct babel_record *a, const struct babel_record *b)
{
	struct babel_record copy = *b;

	copy.size = a->size;
	return a->size == sizeof(*a) && !memcmp(a, &copy, sizeof(copy));
}

static void numbers(void)
{
	uint8_t a = 0;
	int8_t b = 0;
	uint16_t c = 0;
	int16_t d = 0;
	bool e = false;
	uint64_t sum = 0;
	int64_t difference = 0;
	int32_t twice = 0;
	uint32_t turned[4] = { 0 }, others = 0;
	static const uint32_t who[4] = { 1, 2, 0xfffffffe, 4 };
	enum babel_colour next = BABEL_COLOUR_RED;

	EXPECT_OK(babel_small(babel, 255, -128, 65535, 32767, false, &a, &b, &c, &d, &e));
	EXPECT(a == 0 && b == -127 && c == 0 && d == -32768 && e);
	EXPECT_OK(babel_small(babel, 1, -1, 0x8000, -32768, true, &a, &b, &c, &d, &e));
	EXPECT(a == 2 && b == 0 && c == 0x8001 && d == -32767 && !e);
	EXPECT_OK(babel_wide(babel, UINT64_MAX, INT64_MIN, &sum, &difference));
	EXPECT(sum == INT64_MAX && difference == INT64_MAX);
	EXPECT_OK(babel_wide(babel, 1ull << 40, -1, &sum, &difference));
	EXPECT(sum == (1ull << 40) - 1 && difference == (1ll << 40) + 1);
	EXPECT_OK(babel_mixed(babel, who, -1000000000, turned, &twice));
	EXPECT(turned[0] == 4 && turned[1] == 0xfffffffe && turned[2] == 2 && turned[3] == 1 && twice == -2000000000);
	EXPECT_OK(babel_choose(babel, BABEL_COLOUR_GREEN, BABEL_MODE_LOUD, &next, &others));
	EXPECT(next == BABEL_COLOUR_BLUE && others == (BABEL_MODE_QUICK | BABEL_MODE_QUIET));
	EXPECT_OK(babel_choose(babel, BABEL_COLOUR_BLUE, 0, &next, &others));
	EXPECT(next == BABEL_COLOUR_RED && others & BABEL_MODE_LOUD);
}

static void structs(void)
{
	struct babel_record sent = { 0 }, came = { 0 };
	char name[BABEL_NAME_BYTES], text[BABEL_TEXT_BYTES + 1] = "";
	size_t length = 0;
	uint32_t count = 0;

	for (uint16_t i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "record %u", i);
		sent = record(i);
		EXPECT_OK(babel_store(babel, &sent, name, &count));
		EXPECT(count >= i + 1u && count <= 4);
		EXPECT_OK(babel_load(babel, name, &came));
		EXPECT(same(&came, &sent));
	}
	EXPECT_STATUS(babel_store(babel, &sent, "one too many", NULL), STATUS_FULL);
	EXPECT_STATUS(babel_load(babel, "nothing", NULL), STATUS_NOT_FOUND);
	EXPECT_OK(babel_describe(babel, "record 3", &came, text, sizeof(text), &length));
	EXPECT(same(&came, &sent) && !strcmp(text, "[record 3]") && length == 10);
	EXPECT_STATUS(babel_describe(babel, "record 3", &came, text, 5, &length), NACRE_E_TOO_LONG);
}

static void runs(void)
{
	static uint8_t seven[BABEL_DATA_BYTES], room[BABEL_DATA_BYTES];
	char words[BABEL_TEXT_BYTES + 1];
	size_t length = 0;
	uint32_t count = 0;

	memset(seven, 7, sizeof(seven));
	EXPECT_OK(babel_join(babel, "äb", "\0\1\2", 3, room, sizeof(room), &length));
	EXPECT(length == 6 && !memcmp(room, "äb\0\1\2", 6));
	EXPECT_OK(babel_join(babel, "", seven, sizeof(seven), room, sizeof(room), &length));
	EXPECT(length == sizeof(seven) && !memcmp(room, seven, sizeof(seven)));
	EXPECT_STATUS(babel_join(babel, "x", seven, sizeof(seven), room, sizeof(room), &length), NACRE_E_TOO_LONG);
	EXPECT_STATUS(babel_join(babel, "", seven, 0, room, sizeof(room), &length), STATUS_MALFORMED);
	EXPECT_STATUS(babel_load(babel, "", NULL), STATUS_MALFORMED);
	EXPECT_OK(babel_list(babel, "one\0\0drei", 10, words, sizeof(words), &length, &count));
	EXPECT(count == 3 && length == 10 && !memcmp(words, "drei\0\0one", 10));
	EXPECT_OK(babel_list(babel, "", 0, words, sizeof(words), &length, &count));
	EXPECT(count == 0 && length == 0);
}

static uint32_t first_word(nacre_handle_t memory)
{
	struct nacre_area area = { 0 };
	uint32_t word;

	EXPECT_OK(nacre_area_map(&area, memory, 0, 1, NACRE_PROT_READ));
	memcpy(&word, area.base, sizeof(word));
	EXPECT_OK(nacre_area_unmap(&area));
	nacre_handle_close(memory);
	return word;
}

static void pages(void)
{
	struct nacre_area area = { 0 };
	uint8_t *bytes;
	uint32_t total = 0;

	EXPECT_OK(nacre_area_create(&area, 4, NACRE_MEMORY_PRIVATE));
	bytes = area.base;
	for (unsigned i = 0; i < BABEL_AREA_BYTES; i++)
		bytes[i] = (uint8_t)i;
	EXPECT_OK(babel_sum(babel, 5, bytes, 300, &total));
	EXPECT(total == 5 + 255 * 128 + 43 * 44 / 2);
	EXPECT_OK(babel_sum(babel, 0, bytes, BABEL_AREA_BYTES, &total));
	EXPECT(total == 64 * 255 * 128);
	EXPECT_STATUS(babel_sum(babel, 0, bytes, 0, &total), STATUS_MALFORMED);
	EXPECT_OK(babel_fill(babel, bytes, 5000, 0xee));
	EXPECT(bytes[0] == 0xee && bytes[4999] == 0xee && bytes[5000] == (uint8_t)5000);
	EXPECT_OK(nacre_area_destroy(&area));
	EXPECT_OK(nacre_area_create(&area, 1, NACRE_MEMORY_PRIVATE));
	memcpy((char *)area.base + 100, "\1\2\3\4", 4);
	EXPECT_OK(nacre_area_unmap(&area));
	EXPECT_OK(babel_take(babel, 100, area.memory, &total));
	EXPECT(total == 0x04030201);
	EXPECT_STATUS(nacre_handle_close(area.memory), NACRE_E_BAD_HANDLE);
}

static void handles(void)
{
	nacre_handle_t server = 0, connection = 0, weak = 0, memory = 0, second = 0;
	uint32_t kind = 0, other = 0;

	EXPECT_OK(nacre_server_create(nacre_self_budget(), &server));
	EXPECT_OK(nacre_connection_mint(server, nacre_self_budget(), 1, 0, 0, 0, &connection));
	EXPECT_OK(babel_show(babel, connection, nacre_self_budget(), &kind, &other));
	EXPECT(kind == NACRE_OBJECT_CONNECTION && other == NACRE_OBJECT_BUDGET);
	EXPECT_OK(babel_show(babel, connection, NACRE_HANDLE_NONE, &kind, &other));
	EXPECT(other == 0);
	EXPECT_OK(nacre_handle_duplicate(connection, NACRE_RIGHT_CALL | NACRE_RIGHT_TRANSFER, &weak));
	EXPECT_STATUS(babel_show(babel, weak, NACRE_HANDLE_NONE, &kind, &other), STATUS_MALFORMED);
	EXPECT_OK(babel_make(babel, 0xdeadbeef, true, &memory, &second));
	EXPECT(first_word(memory) == 0xdeadbeef && first_word(second) == 0xdeadbef0);
	EXPECT_OK(babel_make(babel, 1, false, &memory, &second));
	EXPECT(second == NACRE_HANDLE_NONE);
	nacre_handle_close(memory);
	nacre_handle_close(weak);
	nacre_handle_close(connection);
	nacre_handle_close(server);
}

static struct {
	uintptr_t signals;
	uint32_t events;
	uint64_t count;
	char note[BABEL_NOTE_BYTES];
	size_t note_size;
} heard;
static nacre_handle_t mailbox;

static void heard_enough(void)
{
	if (heard.events == 2 && heard.signals)
		nacre_handle_close(mailbox); /* which ends nacre_server_run */
}

static nacre_status_t on_ticked(struct nacre_request *request, const struct babel_ticked_in *in)
{
	(void)request;
	heard.events += in->colour == BABEL_COLOUR_GREEN;
	heard.count = in->count;
	heard.note_size = in->note_size;
	memcpy(heard.note, in->note, in->note_size);
	heard_enough();
	return STATUS_OK;
}

static void on_signal(uintptr_t badge, uintptr_t bits)
{
	(void)badge;
	heard.signals |= bits;
	heard_enough();
}

static void listen_to_ticks(uint64_t before)
{
	static const struct babel_event_handlers handlers = { .ticked = on_ticked };
	static const struct nacre_protocol protocol = BABEL_EVENTS_SERVED_BY(&handlers);
	static uint64_t buffer[(BABEL_EVENTS_BUFFER_BYTES + 7) / 8];
	nacre_handle_t connection = 0;
	struct nacre_server server = { .protocol = &protocol, .buffer = buffer, .buffer_size = sizeof(buffer), .signalled = on_signal };

	EXPECT_OK(nacre_server_create(nacre_self_budget(), &mailbox));
	EXPECT_OK(nacre_connection_mint(mailbox, nacre_self_budget(), 7, 4, 0, 0, &connection));
	EXPECT_OK(babel_listen(babel, connection));
	nacre_handle_close(connection);
	EXPECT_OK(babel_tick(babel, 1, "", 0));
	EXPECT_OK(babel_tick(babel, 2, "heard", 5));
	server.handle = mailbox;
	nacre_server_run(&server); /* its mailbox goes while it serves: BAD_HANDLE is how it ends */
	EXPECT_OK(nacre_thread_buffer_set(NULL, 0));
	EXPECT(heard.signals == BABEL_SIGNAL_TICKED && heard.count == before + 3);
	EXPECT(heard.note_size == 5 && !memcmp(heard.note, "heard", 5));
}

enum { GOAL = 5 };

/* Another thread, whose call is answered later. */
static void *wait_for_ticks(void *text)
{
	static uint64_t reached;
	size_t length;

	EXPECT_OK(babel_reach(babel, GOAL, &reached, text, BABEL_NOTE_BYTES + 1, &length));
	return &reached;
}

static void answered_later(void)
{
	static char text[BABEL_NOTE_BYTES + 1];
	void *reached = NULL;
	pthread_t thread;

	EXPECT(pthread_create(&thread, NULL, wait_for_ticks, text) == 0);
	nacre_thread_yield(); /* its call is with the server now, which has the higher priority */
	EXPECT_STATUS(babel_reach(babel, UINT64_MAX, NULL, text, 0, NULL), NACRE_E_BUSY);
	EXPECT_OK(babel_tick(babel, GOAL, "", 0));
	EXPECT(pthread_join(thread, &reached) == 0);
	EXPECT(reached && *(uint64_t *)reached >= GOAL && !strcmp(text, "reached"));
}

static void counting(void)
{
	char room[BABEL_NOTE_BYTES + 1];
	uint64_t before = 0, count = 0;
	size_t length = 0;

	EXPECT_OK(babel_tick(babel, 5, "first", 5));
	EXPECT_OK(babel_ticks(babel, &before, room, sizeof(room), &length));
	EXPECT_OK(babel_tick_send(babel, 1u << 31, "sent", 4));
	EXPECT_OK(babel_ticks(babel, &count, room, sizeof(room), &length));
	EXPECT(count == before + (1u << 31) && length == 4 && !memcmp(room, "sent", 4));
	listen_to_ticks(count);
	EXPECT_STATUS(babel_reach_until(babel, nacre_deadline_in(5 * NACRE_MS), UINT64_MAX, &count, room, sizeof(room), &length),
		      NACRE_E_TIMEOUT);
	EXPECT_OK(babel_reach(babel, 1, &count, room, sizeof(room), &length));
	EXPECT(!strcmp(room, "there"));
}

static void errors(void)
{
	nacre_handle_t other = 0;
	uint32_t number = 0;

	EXPECT_OK(babel_fail(babel, 0));
	EXPECT_STATUS(babel_fail(babel, BABEL_BROKEN), BABEL_BROKEN);
	EXPECT(!strcmp(babel_error_sentence(BABEL_BROKEN), "this is broken on purpose"));
	EXPECT_STATUS(babel_fail(babel, STATUS_NOT_FOUND), STATUS_NOT_FOUND);
	EXPECT_OK(babel_newest(babel, &number));
	EXPECT(number == BABEL_VERSION);
	EXPECT_STATUS(babel_connect_version(path, 1 << 16 | 3, &other), STATUS_METHOD);
	EXPECT_STATUS(babel_connect_version(path, 2 << 16, &other), STATUS_METHOD);
	EXPECT_STATUS(nacre_interface_check(babel, 0x1234, 1 << 16), STATUS_NOT_FOUND);
}

/* A handle that nobody closed would be in use still. */
static uint32_t in_use(void)
{
	struct nacre_process_state state = { 0 };

	EXPECT_OK(nacre_process_info(nacre_self_process(), &state));
	return state.handles;
}

int main(int argc, char **argv)
{
	uint32_t before = in_use();

	if (argc != 2) {
		fprintf(stderr, "babel-client-c: say one path, as in test/babel-rust.\n");
		return EXIT_FAILURE;
	}
	path = argv[1];
	EXPECT_OK(babel_connect(path, &babel));
	numbers();
	structs();
	runs();
	pages();
	handles();
	counting();
	errors();
	nacre_handle_close(babel);
	EXPECT(in_use() == before);
	EXPECT_OK(babel_connect(path, &babel));
	answered_later(); /* last: the thread library keeps handles of its own */
	printf("C at %s: all as it should be\n", path);
	return EXIT_SUCCESS;
}
