/* kernel_sys_fast.c - short ways and long way give the same answers: each conversation of client and server, most of them wrong in
 * some way, is held twice, the first time with the short ways forbidden. */
#include "unit.h"

#include "fixture.h"

static struct program *server, *client;
static struct thread *s, *c;
static handle_t mailbox, line;
static vaddr_t fixed, registers; /* the client's: memory that cannot be written, and a device's */

UNIT_SETUP
{
	handle_t memory;

	world_start();
	server = program_new(10);
	client = program_new(10);
	s = server->thread;
	c = client->thread;
	mailbox = make_server(server);
	line = connect_with(server, mailbox, client, 7, 2, 2, 10);
	EXPECT_OK(CALL(s, PROCESS_WINDOW_CREATE, server->self));
	fixed = map_memory(client, make_memory(client, 1, 0), 1, PROT_READ);
	EXPECT_OK(CALL(c, DEVICE_MEMORY, give(&boss, boss_device, client), client->budget, 0));
	memory = (handle_t)*thread_a(c, 1);
	registers = map_memory(client, memory, 1, RW);
}

#define PICK(...)                                                       \
	({                                                              \
		const uintptr_t pick_from_[] = { __VA_ARGS__ };         \
		pick_from_[dice(ARRAY_SIZE(pick_from_))];               \
	})
#define BUFFER(program) ((program)->data + 2 * P)

/* What is said, and how. */
struct conversation {
	struct abi_message call, reply;
	vaddr_t call_header, reply_header; /* 0: none */
	uintptr_t buffer, buffer_size;
	unsigned accept;
	bool call_until, receive_until;
};

/* All that the two programs see of it. */
struct transcript {
	uintptr_t call, reply, answer;
	struct got received, answered;
	uint8_t there[3 * P], back[3 * P];
	size_t reserved;
};

static unsigned short_calls; /* how many did not take the long way */

static struct abi_segment segment_any(const struct program *program)
{
	vaddr_t odd = PICK(fixed, registers, 0x1000, USER_END, ~(vaddr_t)0, program->data + 19 * P);

	return (struct abi_segment){ dice(8) ? BUFFER(program) + PICK(0, 0, 0, 8, 4, 1, 4000, 4095) : odd,
	                             PICK(0, 1, 8, 63, 64, 64, 128, 129, 256, 4095, 4096, 4097) };
}

static vaddr_t header_any(const struct program *program)
{
	vaddr_t end = program->data + P;

	if (dice(6))
		return program->data + PICK(0, 0, 64);
	return PICK(0, program->data + 1, program->data + 4, end - sizeof(struct abi_message), end - 8, fixed, registers, 8, USER_END - 8, USER_END,
	            ~(vaddr_t)7);
}

static struct abi_message message_any(const struct program *program)
{
	struct abi_message message = { .in_count = (uint8_t)PICK(0, 1, 1, 1, 2), .out_count = (uint8_t)PICK(0, 1, 1, 2) };

	for (unsigned i = 0; i < 2; i++) {
		message.in[i] = segment_any(program);
		message.out[i] = segment_any(program);
	}
	if (!dice(8))
		message.handle_count = (uint8_t)PICK(1, 5, 255);
	if (!dice(6))
		message.accept = (uint8_t)PICK(1, 4, 5);
	if (!dice(3)) {
		message.pages = (uint32_t)PICK(PAGES_LEND, PAGES_LEND, PAGES_LEND_MUT, PAGES_LEND_MUT, PAGES_MOVE, 4);
		message.page_base = PICK(program->data + 6 * P, program->data + 6 * P, program->data + 7, fixed, registers, USER_END);
		message.page_count = PICK(1, 1, 2, 14, 15, 0, 33, UINTPTR_MAX);
		if (dice(3))
			message.in_count = message.out_count = 0;
	}
	return message;
}

static void conversation_any(struct conversation *talk)
{
	*talk = (struct conversation){ .call = message_any(client), .reply = message_any(server), .call_header = header_any(client),
	                               .reply_header = header_any(server), .buffer = BUFFER(server) + PICK(0, 0, 8, 1, 4000),
	                               .buffer_size = PICK(0, 64, 4096, 8000), .accept = (unsigned)PICK(0, 0, 1),
	                               .call_until = dice(2), .receive_until = dice(2) };
	talk->reply.out_count = 0;
	if (dice(2))
		talk->reply.pages = PAGES_NONE;
}

static void header_put(const struct program *program, vaddr_t at, const struct abi_message *message)
{
	if (at >= program->data && at < program->data + 2 * P)
		poke(program, at, message, sizeof *message);
}

/* Both run again, whatever they wait for. */
static void settle(void)
{
	if (is_waiting(s)) {
		if (!is_waiting(c))
			EXPECT_BLOCKED(do_call(c, line, 99));
		assert_false(is_waiting(s));
	}
	if (is_waiting(c))
		EXPECT_OK(do_reply(s, c->token, 0, NULL));
}

static void hold(const struct conversation *talk, struct transcript *heard)
{
	struct message_registers call = { line, 1, 0, talk->call_until ? soon() : NEVER, talk->call_header };
	struct message_registers reply = { mailbox, 2, 0, talk->receive_until ? soon() : NEVER, talk->reply_header };
	struct abi_message accept = { .accept = (uint8_t)talk->accept };

	const struct mailbox *at = &CONTAINER_OF(object_named(server, mailbox), struct server, object)->mailbox;

	memset(heard, 0, sizeof *heard);
	pattern_write(client, BUFFER(client), 3 * P, 1);
	pattern_write(server, BUFFER(server), 3 * P, 2);
	EXPECT_OK(CALL(s, THREAD_BUFFER_SET, talk->buffer_size ? talk->buffer : 0, talk->buffer_size));
	EXPECT_BLOCKED(do_reply_and_receive_message(s, mailbox, 0, 0, &accept, reply.deadline_ns));
	header_put(client, talk->call_header, &talk->call);
	heard->call = do_message_ecall(c, CALL_CONNECTION_CALL_MESSAGE, &call);
	short_calls += at->donor || at->lender;
	peek(server, BUFFER(server), heard->there, sizeof heard->there);
	if (!is_waiting(s)) {
		heard->received = got(s);
		reply.token = heard->received.token;
		header_put(server, talk->reply_header, &talk->reply);
		heard->reply = do_message_ecall(s, CALL_SERVER_REPLY_AND_RECEIVE_MESSAGE, &reply);
	}
	if (!is_waiting(c)) {
		heard->answer = answer(c);
		if (heard->answer == E_OK)
			heard->answered = got(c);
	}
	heard->reserved = counters_read().reserved;
	peek(client, BUFFER(client), heard->back, sizeof heard->back);
	heard->received.token = heard->answered.token = 0;
	settle();
}

/* What a refused call leaves in buffers is nobody's business. */
static void forget_unheard(struct transcript *heard)
{
	if (heard->call != BLOCKED)
		memset(heard->there, 0, sizeof heard->there);
	if (heard->reply != BLOCKED)
		memset(heard->back, 0, sizeof heard->back);
}

static void same_answers(unsigned rounds)
{
	static struct conversation talk;
	static struct transcript longer, shorter;
	unsigned lent = 0, copied = 0;

	for (unsigned round = 0; round < rounds; round++) {
		conversation_any(&talk);
		arch_fast_forbid(FAST_BOOT, true);
		hold(&talk, &longer);
		arch_fast_forbid(FAST_BOOT, false);
		hold(&talk, &shorter);
		forget_unheard(&longer);
		forget_unheard(&shorter);
		if (memcmp(longer.there, shorter.there, sizeof longer.there) || memcmp(longer.back, shorter.back, sizeof longer.back))
			fail_msg("round %u: other bytes", round);
		if (memcmp(&longer, &shorter, sizeof longer))
			fail_msg("round %u: long way %#zx %#zx %#zx, short way %#zx %#zx %#zx", round, longer.call, longer.reply,
			        longer.answer, shorter.call, shorter.reply, shorter.answer);
		lent += shorter.received.loan_pages != 0;
		copied += shorter.answered.length != 0;
	}
	assert_in_range(short_calls, rounds / 20, rounds);
	assert_in_range(lent, rounds / 100, rounds);
	assert_in_range(copied, rounds / 100, rounds);
}

TEST(same_answers, "a thousand conversations with headers, bytes, loans, deadlines and every mistake end the same on both ways")
{
	same_answers(1000);
	world_end();
}

TEST(same_answers_other_region, "the same where the client's memory lies far apart")
{
	EXPECT_OK(CALL(c, MAP_RESERVE, client->self, 2 * TABLE_PAGES));
	fixed = map_memory(client, make_memory(client, 2, 0), 2, PROT_READ);
	same_answers(200);
	world_end();
}

TEST(whole_mapping, "pages up to the last of their mapping are lent on the short way, once something of it was lent")
{
	static struct transcript heard;
	struct conversation talk = { .call = { .pages = PAGES_LEND, .page_base = client->data + 6 * P, .page_count = DATA_PAGES - 6 },
	                             .call_header = client->data };

	hold(&talk, &heard);
	short_calls = 0;
	hold(&talk, &heard);
	assert_int_equal(heard.received.loan_pages, DATA_PAGES - 6);
	assert_int_equal(short_calls, 1);
	talk.call.page_count++;
	hold(&talk, &heard);
	assert_int_equal(heard.call, E_ADDRESS);
	assert_int_equal(short_calls, 1);
	world_end();
}
