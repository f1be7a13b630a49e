/* lib_server.c - a server's loop and its table of methods (nacre/table.h), and the client's side, between two threads of one
 * process. What the interface compiler makes is tested in interface_probe/. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include "nacre/area.h"
#include "nacre/client.h"
#include "nacre/clock.h"
#include "nacre/random.h"
#include "nacre/table.h"
#include "test/alone.h"

TEST_ALONE;

enum { PROTOCOL = 0x74657374, VERSION = 1 << 16 | 3 };
enum { CONNECT = INTERFACE_CONNECT, ADD, ECHO, GIVE, TAKE, FILL, PARK, RELEASE, TELL, TOO_MUCH, METHODS };
enum { OUR_BADGE = 7, ECHO_BYTES = 40 };

static struct {
	nacre_token_t parked;
	volatile uintptr_t told, signalled, closed, cancelled, alarms, connects;
} seen;

static nacre_status_t do_connect(struct nacre_request *request, struct nacre_reply *reply)
{
	(void)request, (void)reply;
	seen.connects++;
	return STATUS_OK;
}

static nacre_status_t do_add(struct nacre_request *request, struct nacre_reply *reply)
{
	reply->word[0] = request->words.word[0] + request->words.word[1];
	reply->word[1] = request->badge;
	return STATUS_OK;
}

static nacre_status_t do_echo(struct nacre_request *request, struct nacre_reply *reply)
{
	reply->data = request->data;
	reply->size = request->size;
	return STATUS_OK;
}

static nacre_status_t do_give(struct nacre_request *request, struct nacre_reply *reply)
{
	(void)request;
	if (nacre_memory_create(nacre_self_budget(), 1, NACRE_MEMORY_SHARED, &reply->handle[0]))
		return STATUS_FULL;
	reply->handle_count = 1;
	reply->close_handles = true;
	return STATUS_OK;
}

static nacre_status_t do_take(struct nacre_request *request, struct nacre_reply *reply)
{
	uintptr_t type = 0, rights;

	nacre_handle_info(request->handle[0], &type, &rights);
	reply->word[0] = type;
	return STATUS_OK;
}

static nacre_status_t do_fill(struct nacre_request *request, struct nacre_reply *reply)
{
	(void)reply;
	memset(request->loan, (int)request->words.word[0], request->loan_size);
	return STATUS_OK;
}

static nacre_status_t do_park(struct nacre_request *request, struct nacre_reply *reply)
{
	(void)reply;
	seen.parked = request->token;
	return NACRE_LATER;
}

static nacre_status_t do_release(struct nacre_request *request, struct nacre_reply *reply)
{
	struct nacre_reply answer = { .word = { request->words.word[0] } };

	reply->word[0] = nacre_server_answer(seen.parked, STATUS_NOT_READY, &answer);
	return STATUS_OK;
}

static nacre_status_t do_tell(struct nacre_request *request, struct nacre_reply *reply)
{
	(void)reply;
	seen.told += request->size;
	return STATUS_OK;
}

static nacre_status_t do_too_much(struct nacre_request *request, struct nacre_reply *reply)
{
	static const char text[100];

	(void)request;
	reply->data = text;
	reply->size = sizeof(text);
	return STATUS_OK;
}

static const struct nacre_method methods[METHODS] = {
	[CONNECT] = { .handle = do_connect },
	[ADD] = { .handle = do_add },
	[ECHO] = { .handle = do_echo, .size_min = 1, .size_max = ECHO_BYTES, .answers_bytes = true },
	[GIVE] = { .handle = do_give },
	[TAKE] = { .handle = do_take, .handles_min = 1, .handles_max = 1 },
	[FILL] = { .handle = do_fill, .loan = NACRE_LOAN_WRITE },
	[PARK] = { .handle = do_park },
	[RELEASE] = { .handle = do_release },
	[TELL] = { .handle = do_tell, .size_max = 64, .by_send = true },
	[TOO_MUCH] = { .handle = do_too_much },
};
static const struct nacre_table table = NACRE_TABLE(methods);
static const struct nacre_protocol protocol = NACRE_TABLE_PROTOCOL(PROTOCOL, VERSION, &table);

static void on_signal(uintptr_t badge, uintptr_t bits)
{
	seen.signalled |= badge == OUR_BADGE ? bits : 0;
}

static void on_closed(uintptr_t badge)
{
	seen.closed = badge;
}

static void on_cancelled(uintptr_t badge)
{
	seen.cancelled += badge == OUR_BADGE && nacre_server_token_check(seen.parked) == NACRE_E_STALE_TOKEN;
}

static void on_alarm(struct nacre_server *server)
{
	seen.alarms++;
	server->deadline_ns = nacre_deadline_in(5 * NACRE_MS);
}

static nacre_handle_t server_handle;

static void *serve(void *unused)
{
	static uint64_t buffer[32];
	struct nacre_server server = {
		.handle = server_handle, .protocol = &protocol, .buffer = buffer, .buffer_size = sizeof(buffer),
		.closed = on_closed, .cancelled = on_cancelled, .signalled = on_signal, .alarm = on_alarm,
		.deadline_ns = nacre_deadline_in(5 * NACRE_MS),
	};

	(void)unused;
	return (void *)(uintptr_t)nacre_server_run(&server);
}

static nacre_handle_t mint(uintptr_t badge)
{
	nacre_handle_t connection;

	EXPECT_OK(nacre_connection_mint(server_handle, nacre_self_budget(), badge, 4, 1, 0, &connection));
	return connection;
}

/* The connection that most tests use; the first to ask starts the server. */
static nacre_handle_t ours(void)
{
	static nacre_handle_t connection;
	pthread_t thread;

	if (connection)
		return connection;
	EXPECT_OK(nacre_server_create(nacre_self_budget(), &server_handle));
	EXPECT_OK(nacre_process_window_create(nacre_self_process()));
	EXPECT_EQ(pthread_create(&thread, NULL, serve, NULL), 0);
	connection = mint(OUR_BADGE);
	return connection;
}

static nacre_status_t ask(uintptr_t method, uintptr_t first)
{
	struct nacre_words words = { .opcode = method, .word = { first } };

	return nacre_ask(ours(), &words);
}

static uint32_t handles_in_use(void)
{
	struct nacre_process_state state = { 0 };

	EXPECT_OK(nacre_process_info(nacre_self_process(), &state));
	return state.handles;
}

/* --- what works --------------------------------------------------------------------------------------------- */

TEST(words, "words go to a method and come back, with the badge")
{
	struct nacre_words words = { .opcode = ADD, .word = { 40, 2 } };

	EXPECT_EQ(nacre_ask(ours(), &words), STATUS_OK);
	EXPECT_EQ(words.word[0], 42);
	EXPECT_EQ(words.word[1], OUR_BADGE);
}

TEST(info, "method 0 tells protocol and version, and the check accepts older clients only")
{
	EXPECT_EQ(nacre_interface_check(ours(), PROTOCOL, VERSION), STATUS_OK);
	EXPECT_EQ(nacre_interface_check(ours(), PROTOCOL, VERSION - 1), STATUS_OK);
	EXPECT_EQ(nacre_interface_check(ours(), PROTOCOL, VERSION + 1), STATUS_METHOD);
	EXPECT_EQ(nacre_interface_check(ours(), PROTOCOL, 2 << 16), STATUS_METHOD);
	EXPECT_EQ(nacre_interface_check(ours(), PROTOCOL + 1, VERSION), STATUS_NOT_FOUND);
}

TEST(bytes, "bytes go there and back")
{
	struct nacre_words words = { .opcode = ECHO };
	char back[ECHO_BYTES] = "";
	size_t length = 0;

	EXPECT_EQ(nacre_ask_bytes(ours(), &words, "nacre", 6, back, sizeof(back), &length), STATUS_OK);
	EXPECT_EQ(length, 6);
	EXPECT_TEXT(back, "nacre");
}

TEST(bytes_cut, "a reply is cut to the room that word 4 states")
{
	struct nacre_words words = { .opcode = ECHO };
	char back[3];
	size_t length = 0;

	EXPECT_EQ(nacre_ask_bytes(ours(), &words, "nacre", 6, back, sizeof(back), &length), STATUS_OK);
	EXPECT_EQ(length, 3);
	EXPECT(!memcmp(back, "nac", 3));
}

TEST(handle_back, "a handle comes back, and the server keeps none")
{
	uint32_t before = handles_in_use();
	uintptr_t type = 0, rights;
	nacre_handle_t handle = 0;
	struct nacre_words words = { .opcode = GIVE };

	EXPECT_EQ(nacre_ask_handle(ours(), &words, NULL, 0, &handle), STATUS_OK);
	EXPECT_OK(nacre_handle_info(handle, &type, &rights));
	EXPECT_EQ(type, NACRE_OBJECT_MEMORY);
	EXPECT_OK(nacre_handle_close(handle));
	EXPECT_EQ(handles_in_use(), before);
}

static nacre_status_t ask_with_handles(uintptr_t method, uint8_t count, struct nacre_words *words)
{
	struct nacre_message message = { .handle_count = count };

	for (unsigned i = 0; i < count; i++)
		message.send[i] = nacre_self_budget();
	words->opcode = method;
	return nacre_ask_message(ours(), words, &message, NULL);
}

TEST(handle_there, "a handle that a method does not take is closed after it")
{
	uint32_t before;
	struct nacre_words words = { 0 };

	EXPECT_EQ(ask_with_handles(TAKE, 1, &words), STATUS_OK); /* the table may grow once */
	before = handles_in_use();
	EXPECT_EQ(ask_with_handles(TAKE, 1, &words), STATUS_OK);
	EXPECT_EQ(words.word[0], NACRE_OBJECT_BUDGET);
	EXPECT_EQ(handles_in_use(), before);
}

TEST(loan, "a method writes to pages that were lent to it")
{
	struct nacre_words words = { .opcode = FILL, .word = { 'x' } };
	struct nacre_message message = { .pages = NACRE_PAGES_LEND_MUT, .page_count = 2 };
	struct nacre_area area;

	EXPECT_OK(nacre_area_create(&area, 2, NACRE_MEMORY_PRIVATE));
	message.page_base = (uintptr_t)area.base;
	EXPECT_EQ(nacre_ask_message(ours(), &words, &message, NULL), STATUS_OK);
	EXPECT_EQ(((char *)area.base)[0], 'x');
	EXPECT_EQ(((char *)area.base)[2 * NACRE_PAGE_BYTES - 1], 'x');
	EXPECT_OK(nacre_area_destroy(&area));
}

static void *park(void *words)
{
	return (void *)(uintptr_t)nacre_ask(ours(), words);
}

TEST(later, "a call that was parked is answered later, with status and words")
{
	struct nacre_words words = { .opcode = PARK };
	pthread_t thread;
	void *status;

	EXPECT_EQ(ask(ADD, 0), STATUS_OK);
	EXPECT_EQ(pthread_create(&thread, NULL, park, &words), 0);
	while (!seen.parked)
		usleep(100);
	EXPECT_EQ(ask(RELEASE, 99), STATUS_OK);
	EXPECT_EQ(pthread_join(thread, &status), 0);
	EXPECT_EQ((uintptr_t)status, STATUS_NOT_READY);
	EXPECT_EQ(words.word[0], 99);
}

TEST(cancelled, "a parked call that times out is told of, and its answer finds nobody")
{
	struct nacre_words words = { .opcode = PARK };
	struct nacre_message message = { 0 };

	EXPECT_ERROR(connection_call_message, TIMEOUT,
		     nacre_connection_call_message(ours(), &words, nacre_deadline_in(5 * NACRE_MS), &message, NULL));
	EXPECT_EQ(ask(ADD, 0), STATUS_OK);
	EXPECT_EQ(seen.cancelled, 1);
	words = (struct nacre_words){ .opcode = RELEASE };
	EXPECT_EQ(nacre_ask(ours(), &words), STATUS_OK);
	EXPECT_EQ(words.word[0], NACRE_E_STALE_TOKEN);
}

TEST(send, "what may be sent arrives without an answer, in order with calls")
{
	struct nacre_words words = { .opcode = TELL };

	seen.told = 0;
	EXPECT_EQ(nacre_tell_bytes(ours(), &words, "12345", 5), STATUS_OK);
	EXPECT_EQ(nacre_tell_bytes(ours(), &words, "123", 3), STATUS_OK);
	EXPECT_EQ(ask(ADD, 0), STATUS_OK);
	EXPECT_EQ(seen.told, 8);
}

TEST(signal, "signals arrive with their bits")
{
	EXPECT_OK(nacre_connection_signal(ours(), 0x21));
	EXPECT_EQ(ask(ADD, 0), STATUS_OK);
	EXPECT_EQ(seen.signalled, 0x21);
}

TEST(closed, "the last message of a badge says that its client has gone")
{
	EXPECT_EQ(ask(ADD, 0), STATUS_OK);
	EXPECT_OK(nacre_handle_close(mint(33)));
	EXPECT_EQ(ask(ADD, 0), STATUS_OK);
	EXPECT_EQ(seen.closed, 33);
}

TEST(alarm, "the alarm goes off again and again, while idle and while busy")
{
	uintptr_t before;

	EXPECT_EQ(ask(ADD, 0), STATUS_OK);
	before = seen.alarms;
	usleep(20000);
	EXPECT(seen.alarms >= before + 2);
	before = seen.alarms;
	for (uint64_t end = nacre_deadline_in(20 * NACRE_MS); nacre_clock_ns() < end;)
		EXPECT_EQ(ask(ADD, 0), STATUS_OK);
	EXPECT(seen.alarms >= before + 1);
}

/* --- what is refused ---------------------------------------------------------------------------------------- */

TEST(unknown_method, "a method that does not exist is STATUS_METHOD")
{
	EXPECT_EQ(ask(METHODS, 0), STATUS_METHOD);
	EXPECT_EQ(ask(UINTPTR_MAX, 0), STATUS_METHOD);
}

TEST(connect_unforwarded, "a connect that nobody forwarded is refused")
{
	EXPECT_EQ(ask(INTERFACE_CONNECT, 0), STATUS_METHOD);
	EXPECT_EQ(seen.connects, 0);
}

TEST(wrong_size, "too few or too many bytes are malformed")
{
	struct nacre_words words = { .opcode = ECHO };
	static const char text[ECHO_BYTES + 1];

	EXPECT_EQ(nacre_ask_bytes(ours(), &words, NULL, 0, NULL, 0, NULL), STATUS_MALFORMED);
	words.opcode = ECHO;
	EXPECT_EQ(nacre_ask_bytes(ours(), &words, text, sizeof(text), NULL, 0, NULL), STATUS_MALFORMED);
	words.opcode = ADD;
	EXPECT_EQ(nacre_ask_bytes(ours(), &words, text, 1, NULL, 0, NULL), STATUS_MALFORMED);
}

TEST(wrong_handles, "handles where none belong, or none where one does, are malformed and closed")
{
	uint32_t before = handles_in_use();
	struct nacre_words words = { 0 };

	EXPECT_EQ(ask(TAKE, 0), STATUS_MALFORMED);
	EXPECT_EQ(ask_with_handles(ADD, 1, &words), STATUS_MALFORMED);
	EXPECT_EQ(handles_in_use(), before);
}

TEST(wrong_loan, "a loan where none belongs, none where one does, or one that cannot be written, is malformed")
{
	struct nacre_message message = { .pages = NACRE_PAGES_LEND, .page_count = 1 };
	struct nacre_words words = { .opcode = FILL };
	struct nacre_area area;

	EXPECT_EQ(ask(FILL, 0), STATUS_MALFORMED);
	EXPECT_OK(nacre_area_create(&area, 1, NACRE_MEMORY_PRIVATE));
	message.page_base = (uintptr_t)area.base;
	EXPECT_EQ(nacre_ask_message(ours(), &words, &message, NULL), STATUS_MALFORMED);
	words.opcode = ADD;
	EXPECT_EQ(nacre_ask_message(ours(), &words, &message, NULL), STATUS_MALFORMED);
	EXPECT_OK(nacre_area_destroy(&area));
}

TEST(answer_too_long, "a caller without room for the answer hears TOO_LONG, and the server lives")
{
	EXPECT_EQ(ask(TOO_MUCH, 0), NACRE_E_TOO_LONG);
	EXPECT_EQ(ask(ADD, 0), STATUS_OK);
}

TEST(answer_unwritable, "a caller whose room cannot be written to hears of it, and the server lives")
{
	struct nacre_message message = { .out_count = 1, .out = { { (uintptr_t)"constant", 100 } } };
	struct nacre_words words = { .opcode = TOO_MUCH };

	EXPECT(nacre_ask_message(ours(), &words, &message, NULL) == NACRE_E_ADDRESS);
	EXPECT_EQ(ask(ADD, 0), STATUS_OK);
}

TEST(answer_handle_refused, "a caller that accepts no handle hears HANDLE_ROOM, and the server keeps none")
{
	uint32_t before = handles_in_use();

	EXPECT_EQ(ask(GIVE, 0), NACRE_E_HANDLE_ROOM);
	EXPECT_EQ(ask(ADD, 0), STATUS_OK);
	EXPECT_EQ(handles_in_use(), before);
}

TEST(send_refused, "a send of what must be called is dropped")
{
	struct nacre_words words = { .opcode = ADD };

	EXPECT_EQ(nacre_tell_bytes(ours(), &words, NULL, 0), STATUS_OK);
	words.opcode = 12345;
	EXPECT_EQ(nacre_tell_bytes(ours(), &words, "x", 1), STATUS_OK);
	EXPECT_EQ(ask(ADD, 0), STATUS_OK);
}

/* A random message of any shape, as far as the kernel lets it through. */
static void throw_anything(void *page)
{
	static char out[64];
	struct nacre_words words;
	struct nacre_message message;
	uint8_t dice[8];

	nacre_random_fill(&words, sizeof(words));
	nacre_random_fill(dice, sizeof(dice));
	if (dice[0] % 4)
		words.opcode %= METHODS + 2;
	if (words.opcode == PARK)
		return; /* nobody would release it */
	message = (struct nacre_message){
		.in_count = dice[1] % 5, .out_count = dice[2] % 2, .handle_count = dice[3] % 3, .accept = dice[4] % 3,
		.pages = dice[5] % 3, .page_base = (uintptr_t)page, .page_count = dice[6] % 3,
		.out = { { (uintptr_t)out, dice[7] % sizeof(out) } },
		.send = { nacre_self_budget(), ours() },
	};
	for (unsigned i = 0; i < message.in_count; i++)
		message.in[i] = (struct nacre_segment){ (uintptr_t)out, dice[7] % 20 };
	if (nacre_connection_call_message(ours(), &words, NACRE_DEADLINE_NEVER, &message, NULL) == NACRE_E_OK)
		for (unsigned i = 0; i < message.accept; i++)
			if (message.received[i])
				nacre_handle_close(message.received[i]);
}

TEST(anything, "five hundred random messages leave the server alive and no handle behind")
{
	struct nacre_area area;
	uint32_t before;

	EXPECT_OK(nacre_area_create(&area, 3, NACRE_MEMORY_PRIVATE));
	EXPECT_EQ(ask(ADD, 0), STATUS_OK);
	before = handles_in_use();
	for (int i = 0; i < 500; i++)
		throw_anything(area.base);
	EXPECT_EQ(ask(ADD, 0), STATUS_OK);
	EXPECT_EQ(handles_in_use(), before);
	EXPECT_OK(nacre_area_destroy(&area));
}
