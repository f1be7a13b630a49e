/* kernel_sys_copy.c - bytes and handles that a call and its reply carry, and all that may be wrong with them. */
#include "unit.h"

#include "fixture.h"

/* A server and a client of the same priority; what priorities do is another file's. */
static struct program *server, *client;
static struct thread *s, *c;
static handle_t mailbox, line;

UNIT_SETUP
{
	world_start();
	server = program_new(10);
	client = program_new(10);
	s = server->thread;
	c = client->thread;
	mailbox = make_server(server);
	line = connect(server, mailbox, client, 7);
}

enum { BUFFER_PAGES = 17 }; /* LIMIT_COPY_BYTES and a bit; from page 2 of the data */
#define BUFFER(program) ((program)->data + 2 * P)

static void buffer_set(size_t size)
{
	EXPECT_OK(CALL(s, THREAD_BUFFER_SET, size ? BUFFER(server) : 0, size));
}

/* --- Bytes. */

struct piece {
	size_t offset, size;
};

/* Fills both segment lists: pieces of the sender's buffer, pieces of the receiver's. */
static void segments(struct abi_segment *to, uint8_t *count, const struct program *program, const struct piece *pieces, unsigned n)
{
	*count = (uint8_t)n;
	for (unsigned i = 0; i < n; i++)
		to[i] = (struct abi_segment){ BUFFER(program) + pieces[i].offset, pieces[i].size };
}

/* Sends `size` bytes there, and `back` bytes back, in these pieces, and compares. */
static void round_trip(const struct piece *in, unsigned in_count, const struct piece *out, unsigned out_count, size_t back)
{
	struct abi_message m = { 0 }, r = { .in_count = 1, .in = { { BUFFER(server), back } } };
	uint8_t bytes[65536 + 4096], there[65536];
	size_t size = 0;

	segments(m.in, &m.in_count, client, in, in_count);
	segments(m.out, &m.out_count, client, out, out_count);
	pattern_write(client, BUFFER(client), BUFFER_PAGES * P, 1);
	pattern_write(server, BUFFER(server), BUFFER_PAGES * P, 2);
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, NEVER));
	peek(client, BUFFER(client), bytes, sizeof bytes);
	peek(server, BUFFER(server), there, sizeof there);
	for (unsigned i = 0; i < in_count; i++) {
		assert_memory_equal(there + size, bytes + in[i].offset, in[i].size);
		size += in[i].size;
	}
	assert_int_equal(got(s).length, size);
	pattern_write(server, BUFFER(server), BUFFER_PAGES * P, 3);
	peek(server, BUFFER(server), there, sizeof there);
	EXPECT_OK(do_reply(s, got(s).token, 0, &r));
	assert_int_equal(got(c).length, back);
	peek(client, BUFFER(client), bytes, sizeof bytes);
	for (unsigned i = 0, done = 0; i < out_count && done < back; i++) {
		size_t here = min_size(out[i].size, back - done);

		assert_memory_equal(bytes + out[i].offset, there + done, here);
		done += (unsigned)here;
	}
}

TEST(copy, "bytes are gathered from up to four segments and scattered into up to four, of any size from 0 to 64 KiB")
{
	static const struct piece one[] = { { 0, 10 } }, empty[] = { { 5, 0 } };
	static const struct piece odd[] = { { 4090, 13 }, { 1, 0 }, { 20000, 4097 }, { 65535, 4000 } };
	static const struct piece most[] = { { 3, 65536 } };
	static const struct piece quarters[] = { { 0, 16384 }, { 16385, 16384 }, { 32770, 16384 }, { 49155, 16384 } };
	static const struct piece zeros[] = { { 0, 0 }, { 0, 0 }, { 9, 1 }, { 0, 0 } };

	buffer_set(65536);
	round_trip(one, 1, one, 1, 10);
	round_trip(one, 1, odd, 4, 13);
	round_trip(odd, 4, one, 1, 0);
	round_trip(odd, 4, odd, 4, 8110);
	round_trip(most, 1, quarters, 4, 65536);
	round_trip(quarters, 4, most, 1, 65535);
	round_trip(zeros, 4, zeros, 4, 1);
	round_trip(empty, 1, NULL, 0, 0);
	round_trip(NULL, 0, most, 1, 4096);
	world_end();
}

TEST(copy_random, "random segments arrive as they were sent")
{
	buffer_set(65536);
	for (unsigned i = 0; i < 60; i++) {
		struct piece in[4], out[4];
		unsigned in_count = dice(5), out_count = dice(5);
		size_t room = 0;

		for (unsigned j = 0; j < 4; j++) {
			size_t most = dice(2) ? 64 : 16384;

			in[j] = (struct piece){ dice(50000), dice((uint32_t)most) };
			out[j] = (struct piece){ j * 17000 + dice(600), dice((uint32_t)most) };
			room += j < out_count ? out[j].size : 0;
		}
		round_trip(in, in_count, out, out_count, room ? dice((uint32_t)room + 1) : 0);
	}
	world_end();
}

TEST(copy_preempted, "a copy that is interrupted at every piece arrives whole, both ways")
{
	static const struct piece most[] = { { 3, 65536 } };
	static const struct piece quarters[] = { { 0, 16384 }, { 16385, 16384 }, { 32770, 16384 }, { 49155, 16384 } };

	buffer_set(65536);
	host_preempt_every(1);
	round_trip(most, 1, quarters, 4, 65536);
	round_trip(quarters, 4, most, 1, 65536);
	host_preempt_every(2);
	round_trip(most, 1, quarters, 4, 65536);
	world_end();
}

/* While the client's copy is interrupted, other things happen to both. */
static struct program *third;
static handle_t third_line;
static unsigned interruptions;

static void third_calls(struct thread *thread)
{
	struct abi_message m = { .in_count = 1, .in = { { BUFFER(third), 5000 } } };

	if (thread != c || ++interruptions != 3)
		return;
	host_preempt_every(0);
	between_steps = NULL;
	pattern_write(third, BUFFER(third), 5000, 9);
	EXPECT_BLOCKED(do_call_message(third->thread, third_line, 50, &m, NEVER)); /* overtakes: the receiver still waits */
	assert_int_equal(got(s).words[0], 50);
	assert_true(pattern_is(server, BUFFER(server), 5000, 9));
	EXPECT_BLOCKED(do_reply_and_receive(s, mailbox, got(s).token, 0));
	host_preempt_every(1);
}

TEST(copy_overtaken, "a call that overtakes an interrupted copy changes nothing of it: it starts again and arrives whole")
{
	struct abi_message m = { .in_count = 1, .in = { { BUFFER(client), 60000 } } };

	third = program_new(10);
	third_line = connect(server, mailbox, third, 3);
	buffer_set(65536);
	pattern_write(client, BUFFER(client), 60000, 4);
	EXPECT_BLOCKED(do_receive(s, mailbox));
	host_preempt_every(1);
	between_steps = third_calls;
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, NEVER));
	assert_int_equal(got(s).badge, 7);
	assert_int_equal(got(s).length, 60000);
	assert_true(pattern_is(server, BUFFER(server), 60000, 4));
	world_end();
}

static void server_dies(struct thread *thread)
{
	if (thread != c || ++interruptions != 3)
		return;
	between_steps = NULL;
	program_kill(server);
}

TEST(copy_receiver_dies, "a receiver that dies in the middle of a copy is PEER_GONE to the sender")
{
	struct abi_message m = { .in_count = 1, .in = { { BUFFER(client), 60000 } } };

	buffer_set(65536);
	EXPECT_BLOCKED(do_receive(s, mailbox));
	host_preempt_every(1);
	between_steps = server_dies;
	do_call_message(c, line, 1, &m, NEVER);
	EXPECT_ERROR(connection_call_message, PEER_GONE, answer(c));
	world_end();
}

static void reply_times_out(struct thread *thread)
{
	if (thread != s || ++interruptions != 3)
		return;
	between_steps = NULL;
	host_preempt_every(0);
	pass_ns(2000000);
}

TEST(reply_caller_leaves, "a caller that times out in the middle of a reply's copy makes the token stale")
{
	struct abi_message m = { .out_count = 1, .out = { { BUFFER(client), 60000 } } };
	struct abi_message r = { .in_count = 1, .in = { { BUFFER(server), 60000 } } };

	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, soon()));
	host_preempt_every(1);
	between_steps = reply_times_out;
	do_reply(s, got(s).token, 0, &r);
	EXPECT_ERROR(server_reply, STALE_TOKEN, answer(s));
	EXPECT_ERROR(connection_call_message, TIMEOUT, answer(c));
	world_end();
}

TEST(queued_preempted, "a queued call's copy is interrupted and gone on with by the receiver")
{
	struct abi_message m = { .in_count = 1, .in = { { BUFFER(client), 60000 } } };

	buffer_set(65536);
	pattern_write(client, BUFFER(client), 60000, 8);
	EXPECT_BLOCKED(do_futex_wait(s, server->data, 0, 0, soon()));
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, NEVER));
	pass_ns(1000000);
	host_preempt_every(1);
	EXPECT_OK(do_receive(s, mailbox));
	assert_true(pattern_is(server, BUFFER(server), 60000, 8));
	world_end();
}

TEST(call_too_long, "more bytes than LIMIT_COPY_BYTES, or than the receiver's buffer holds, are refused before any moves")
{
	struct abi_message m = { .in_count = 2, .in = { { BUFFER(client), 65536 }, { BUFFER(client), 1 } } };

	buffer_set(100);
	pattern_write(client, BUFFER(client), 200, 5);
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_ERROR(connection_call_message, TOO_LONG, do_call_message(c, line, 1, &m, NEVER));
	m.in[0].size = (size_t)-1;
	m.in[1].size = 2;
	EXPECT_ERROR(connection_call_message, TOO_LONG, do_call_message(c, line, 1, &m, NEVER));
	m.in[0].size = 100;
	m.in[1].size = 1;
	EXPECT_ERROR(connection_call_message, TOO_LONG, do_call_message(c, line, 1, &m, NEVER));
	assert_int_equal(peek_word(server, BUFFER(server)), 0);
	m.in[1].size = 0;
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, NEVER));
	assert_true(pattern_is(server, BUFFER(server), 100, 5));
	world_end();
}

TEST(call_too_long_queued, "a queued call that is too long for who receives is answered, and the next one taken")
{
	struct program *other = program_new(10);
	handle_t second = connect(server, mailbox, other, 8);
	struct abi_message m = { .in_count = 1, .in = { { BUFFER(client), 101 } } };

	buffer_set(100);
	EXPECT_BLOCKED(do_futex_wait(s, server->data, 0, 0, soon()));
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, NEVER));
	EXPECT_BLOCKED(do_call(other->thread, second, 2));
	pass_ns(1000000);
	EXPECT_OK(do_receive(s, mailbox));
	assert_int_equal(got(s).badge, 8);
	EXPECT_ERROR(connection_call_message, TOO_LONG, answer(c));
	world_end();
}

TEST(reply_too_long, "a reply longer than the caller's segments is refused, and the token stays good")
{
	struct abi_message m = { .out_count = 2, .out = { { BUFFER(client), 10 }, { BUFFER(client), 5 } } };
	struct abi_message r = { .in_count = 1, .in = { { BUFFER(server), 16 } } };
	token_t token;

	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, NEVER));
	token = got(s).token;
	EXPECT_ERROR(server_reply, TOO_LONG, do_reply(s, token, 0, &r));
	EXPECT_ERROR(server_reply_and_receive_message, TOO_LONG, do_reply_and_receive_message(s, mailbox, token, 0, &r, NEVER));
	r.in[0].size = 65537;
	EXPECT_ERROR(server_reply, TOO_LONG, do_reply(s, token, 0, &r));
	r.in[0].size = 15;
	EXPECT_OK(do_reply(s, token, 0, &r));
	assert_int_equal(got(c).length, 15);
	world_end();
}

TEST(call_arguments, "counts and options out of range are refused")
{
	struct abi_message m = { .in_count = 5 };

	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_ERROR(connection_call_message, ARGUMENT, do_call_message(c, line, 1, &m, NEVER));
	m = (struct abi_message){ .out_count = 5 };
	EXPECT_ERROR(connection_call_message, ARGUMENT, do_call_message(c, line, 1, &m, NEVER));
	m = (struct abi_message){ .handle_count = 5 };
	EXPECT_ERROR(connection_call_message, ARGUMENT, do_call_message(c, line, 1, &m, NEVER));
	m = (struct abi_message){ .accept = 5 };
	EXPECT_ERROR(connection_call_message, ARGUMENT, do_call_message(c, line, 1, &m, NEVER));
	m = (struct abi_message){ .pages = 4 };
	EXPECT_ERROR(connection_call_message, ARGUMENT, do_call_message(c, line, 1, &m, NEVER));
	m = (struct abi_message){ .pages = PAGES_MOVE, .handle_count = 4 };
	EXPECT_ERROR(connection_call_message, ARGUMENT, do_call_message(c, line, 1, &m, NEVER));
	assert_int_equal(s->state, STATE_RECEIVING);
	world_end();
}

TEST(call_queued_arguments, "a call whose header goes bad while it waits in the queue is answered, unseen by the server")
{
	struct abi_message m = { .in_count = 1, .in = { { BUFFER(client), 10 } } };

	EXPECT_BLOCKED(do_futex_wait(s, server->data, 0, 0, soon()));
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, NEVER));
	m.in_count = 9;
	poke(client, header_place(c), &m, sizeof m);
	pass_ns(1000000);
	EXPECT_ERROR(server_receive, TIMEOUT, do_receive_until(s, mailbox, 0, 0));
	EXPECT_ERROR(connection_call_message, ARGUMENT, answer(c));
	world_end();
}

TEST(call_address, "a header or segment that is not the caller's memory is the caller's error")
{
	struct abi_message m = { .in_count = 1, .in = { { 8, 10 } } };
	struct message_registers in = { line, 1, 1, NEVER, 8 };

	buffer_set(4096);
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_ERROR(connection_call_message, ADDRESS, do_message_ecall(c, CALL_CONNECTION_CALL_MESSAGE, &in));
	in.header = client->data + DATA_PAGES * P - sizeof m + 1;
	EXPECT_ERROR(connection_call_message, ADDRESS, do_message_ecall(c, CALL_CONNECTION_CALL_MESSAGE, &in));
	EXPECT_ERROR(connection_call_message, ADDRESS, do_call_message(c, line, 1, &m, NEVER));
	m.in[0] = (struct abi_segment){ client->data + DATA_PAGES * P - 9, 10 };
	EXPECT_ERROR(connection_call_message, ADDRESS, do_call_message(c, line, 1, &m, NEVER));
	m.in[0] = (struct abi_segment){ (uintptr_t)-4, 10 };
	EXPECT_ERROR(connection_call_message, ADDRESS, do_call_message(c, line, 1, &m, NEVER));
	assert_int_equal(s->state, STATE_RECEIVING);
	world_end();
}

TEST(call_peer_fault, "a receive buffer that was unmapped is the receiver's fault, and said so")
{
	struct abi_message m = { .in_count = 1, .in = { { BUFFER(client), 100 } } };

	EXPECT_OK(CALL(s, THREAD_BUFFER_SET, map_memory(server, make_memory(server, 1, 0), 1, RW), 4096));
	EXPECT_OK(CALL(s, MAP_REMOVE, server->self, s->buffer.address, 1));
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_ERROR(connection_call_message, PEER_FAULT, do_call_message(c, line, 1, &m, NEVER));
	assert_int_equal(s->state, STATE_RECEIVING);
	world_end();
}

TEST(reply_peer_fault, "out segments that were unmapped are the caller's ADDRESS and the server's PEER_FAULT; nobody hangs")
{
	struct abi_message m = { .out_count = 1, .out = { { 8, 100 } } };
	struct abi_message r = { .in_count = 1, .in = { { BUFFER(server), 10 } } };

	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, NEVER));
	assert_int_equal(do_reply(s, got(s).token, 0, &r), E_PEER_FAULT);
	EXPECT_ERROR(server_reply, PEER_FAULT, s->registers.x[X_A0]);
	EXPECT_ERROR(connection_call_message, ADDRESS, answer(c));
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, NEVER));
	assert_int_equal(do_reply_and_receive_message(s, mailbox, got(s).token, 0, &r, NEVER), E_PEER_FAULT);
	EXPECT_ERROR(server_reply_and_receive_message, PEER_FAULT, s->registers.x[X_A0]);
	EXPECT_ERROR(connection_call_message, ADDRESS, answer(c));
	world_end();
}

static void header_gone(struct abi_message m, uintptr_t replied, uintptr_t answered)
{
	struct message_registers in = { line, 1, 1, NEVER, map_memory(client, make_memory(client, 1, 0), 1, RW) };
	struct thread *helper = program_thread(client, 10);

	assert_int_equal(host_user_write(client->process->space.root, in.header, &m, sizeof m), 0);
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_message_ecall(c, CALL_CONNECTION_CALL_MESSAGE, &in));
	EXPECT_BLOCKED(do_futex_wait(s, server->data, 0, 0, soon()));
	EXPECT_OK(CALL(helper, MAP_REMOVE, client->self, in.header, 1));
	pass_ns(1000000);
	assert_int_equal(do_reply(s, thread_by_slot(c->token & 0xfffff)->token, 0, NULL), replied);
	assert_int_equal(answer(c), answered);
	world_end();
}

TEST(reply_header_gone, "a caller whose header was unmapped before the reply gets ADDRESS, where the reply needs it: for handles")
{
	header_gone((struct abi_message){ .accept = 1 }, E_PEER_FAULT, E_ADDRESS);
}

TEST(reply_header_gone_segments, "or for more segments than one")
{
	header_gone((struct abi_message){ .out_count = 2 }, E_PEER_FAULT, E_ADDRESS);
}

TEST(reply_header_not_needed, "a header that the reply does not need may go")
{
	header_gone((struct abi_message){ .out_count = 1, .out = { { BUFFER(client), 4 } } }, E_OK, E_OK);
}

TEST(reply_refused, "a reply with a bad header, segment, count or handle is refused and the token stays good")
{
	struct abi_message m = { .out_count = 1, .out = { { BUFFER(client), 100 } }, .accept = 2 }, r = { .in_count = 5 };
	struct message_registers in = { 1, 0, 0, NEVER, 8 };
	handle_t fixed;
	token_t token;

	EXPECT_OK(CALL(s, HANDLE_DUPLICATE, server->self, RIGHT_ALL & ~RIGHT_TRANSFER));
	fixed = (handle_t)*thread_a(s, 1);
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, NEVER));
	in.token = token = got(s).token;
	EXPECT_ERROR(server_reply, ARGUMENT, do_reply(s, token, 0, &r));
	EXPECT_ERROR(server_reply_and_receive_message, ARGUMENT, do_reply_and_receive_message(s, mailbox, token, 0, &r, 0));
	r = (struct abi_message){ .pages = PAGES_LEND };
	EXPECT_ERROR(server_reply, ARGUMENT, do_reply(s, token, 0, &r));
	r = (struct abi_message){ .accept = 5 };
	EXPECT_ERROR(server_reply_and_receive_message, ARGUMENT, do_reply_and_receive_message(s, mailbox, token, 0, &r, 0));
	EXPECT_ERROR(server_receive, ARGUMENT, do_message_ecall(s, CALL_SERVER_RECEIVE, &(struct message_registers){
		mailbox, 0, 1, 0, header_write(s, &r) }));
	EXPECT_ERROR(server_reply, ADDRESS, do_message_ecall(s, CALL_SERVER_REPLY, &in));
	in.receiver = mailbox;
	EXPECT_ERROR(server_reply_and_receive_message, ADDRESS, do_message_ecall(s, CALL_SERVER_REPLY_AND_RECEIVE_MESSAGE, &in));
	r = (struct abi_message){ .in_count = 1, .in = { { 8, 50 } } };
	EXPECT_ERROR(server_reply, ADDRESS, do_reply(s, token, 0, &r));
	EXPECT_ERROR(server_reply_and_receive_message, ADDRESS, do_reply_and_receive_message(s, mailbox, token, 0, &r, 0));
	r = (struct abi_message){ .handle_count = 3, .send = { server->self, server->self, server->self } };
	EXPECT_ERROR(server_reply, HANDLE_ROOM, do_reply(s, token, 0, &r));
	EXPECT_ERROR(server_reply_and_receive_message, HANDLE_ROOM, do_reply_and_receive_message(s, mailbox, token, 0, &r, 0));
	r = (struct abi_message){ .handle_count = 2, .send = { server->self, 0x55555 } };
	EXPECT_ERROR(server_reply, BAD_HANDLE, do_reply(s, token, 0, &r));
	EXPECT_ERROR(server_reply_and_receive_message, BAD_HANDLE, do_reply_and_receive_message(s, mailbox, token, 0, &r, 0));
	r.send[1] = fixed;
	EXPECT_ERROR(server_reply, RIGHTS, do_reply(s, token, 0, &r));
	EXPECT_ERROR(server_reply_and_receive_message, RIGHTS, do_reply_and_receive_message(s, mailbox, token, 0, &r, 0));
	r.send[1] = mailbox; /* carries RECEIVE */
	EXPECT_ERROR(server_reply, RIGHTS, do_reply(s, token, 0, &r));
	EXPECT_OK(do_reply(s, token, 9, NULL));
	assert_int_equal(got(c).words[0], 9);
	world_end();
}

TEST(receive_refused, "a receive needs a header it may write and room for the handles it accepts")
{
	struct abi_message m = { .accept = 1 };
	struct message_registers in = { mailbox, 0, 1, 0, 8 };
	vaddr_t page = map_memory(server, make_memory(server, 1, 0), 1, RW);

	EXPECT_ERROR(server_receive, ADDRESS, do_message_ecall(s, CALL_SERVER_RECEIVE, &in));
	poke(server, page, &m, sizeof m);
	EXPECT_OK(CALL(s, MAP_PROTECT, server->self, page, 1, PROT_READ));
	in.header = page;
	EXPECT_ERROR(server_receive, ADDRESS, do_message_ecall(s, CALL_SERVER_RECEIVE, &in));
	while (server->process->handles.free_count)
		EXPECT_OK(CALL(s, HANDLE_DUPLICATE, server->self, RIGHT_ALL));
	EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, server->boss_budget, program_account(server)->account.charged));
	EXPECT_ERROR(server_receive, BUDGET, do_receive_until(s, mailbox, 0, 1));
	EXPECT_ERROR(server_reply_and_receive_message, BUDGET, do_reply_and_receive_message(s, mailbox, 0, 0, &m, 0));
	world_end();
}

/* --- Handles. */

TEST(handles, "a call carries up to four handles with their rights, and its reply too")
{
	struct abi_message m = { .handle_count = 4, .accept = 4, .send = { client->self, client->budget, line, client->data_memory } };
	struct abi_message r = { .handle_count = 4, .send = { server->self, server->budget, server->self, 0 } }, back;
	handle_t weak;

	EXPECT_OK(CALL(s, HANDLE_DUPLICATE, server->budget, RIGHT_TRANSFER | RIGHT_INSPECT));
	weak = r.send[3] = (handle_t)*thread_a(s, 1);
	EXPECT_BLOCKED(do_receive_until(s, mailbox, NEVER, 4));
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, NEVER));
	assert_int_equal(got(s).handles, 4);
	back = header_read(s);
	for (unsigned i = 0; i < 4; i++)
		assert_ptr_equal(object_named(server, back.received[i]), object_named(client, m.send[i]));
	EXPECT_OK(do_reply(s, got(s).token, 0, &r));
	back = header_read(c);
	for (unsigned i = 0; i < 4; i++)
		assert_ptr_equal(object_named(client, back.received[i]), object_named(server, r.send[i]));
	assert_int_equal(handle_entry(client->process, back.received[3])->rights, handle_entry(server->process, weak)->rights);
	world_end();
}

TEST(handles_few, "fewer handles than accepted leave the rest of the list 0 and of the room free")
{
	struct abi_message m = { .handle_count = 1, .accept = 3, .send = { client->self } };

	EXPECT_BLOCKED(do_receive_until(s, mailbox, NEVER, 4));
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, NEVER));
	assert_int_equal(got(s).handles, 1);
	assert_int_not_equal(header_read(s).received[0], 0);
	assert_int_equal(header_read(s).received[1], 0);
	assert_int_equal(server->process->handles.reserved, 0);
	assert_int_equal(client->process->handles.reserved, 3);
	EXPECT_OK(do_reply(s, got(s).token, 0, NULL));
	assert_int_equal(client->process->handles.reserved, 0);
	world_end();
}

TEST(handles_refused, "handles beyond what the receiver accepts, bad ones and those not to be sent are refused")
{
	struct abi_message m = { .handle_count = 1, .send = { client->self } };
	handle_t own = make_server(client);

	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_ERROR(connection_call_message, HANDLE_ROOM, do_call_message(c, line, 1, &m, NEVER));
	EXPECT_BLOCKED(do_call(c, line, 0));
	EXPECT_BLOCKED(do_reply_and_receive_message(s, mailbox, got(s).token, 0, &(struct abi_message){ .accept = 2 }, NEVER));
	m.send[0] = 0x44444;
	EXPECT_ERROR(connection_call_message, BAD_HANDLE, do_call_message(c, line, 1, &m, NEVER));
	m.send[0] = own;
	EXPECT_ERROR(connection_call_message, RIGHTS, do_call_message(c, line, 1, &m, NEVER));
	EXPECT_OK(CALL(c, HANDLE_DUPLICATE, client->self, RIGHT_ALL & ~RIGHT_TRANSFER));
	m.send[0] = (handle_t)*thread_a(c, 1);
	EXPECT_ERROR(connection_call_message, RIGHTS, do_call_message(c, line, 1, &m, NEVER));
	m.handle_count = 3;
	EXPECT_ERROR(connection_call_message, HANDLE_ROOM, do_call_message(c, line, 1, &m, NEVER));
	assert_int_equal(s->state, STATE_RECEIVING);
	world_end();
}

TEST(handles_header_gone, "a receiver whose header was unmapped while it waited is at fault, and no handle moves")
{
	struct abi_message m = { .handle_count = 1, .send = { client->self } }, accept = { .accept = 1 };
	struct message_registers in = { mailbox, 0, 1, NEVER, map_memory(server, make_memory(server, 1, 0), 1, RW) };
	struct thread *helper = program_thread(server, 10);

	poke(server, in.header, &accept, sizeof accept);
	EXPECT_BLOCKED(do_message_ecall(s, CALL_SERVER_RECEIVE, &in));
	EXPECT_OK(CALL(helper, MAP_REMOVE, server->self, in.header, 1));
	EXPECT_BLOCKED(do_futex_wait(helper, server->data, 0, 0, NEVER));
	EXPECT_ERROR(connection_call_message, PEER_FAULT, do_call_message(c, line, 1, &m, NEVER));
	world_end();
}

TEST(handles_copy_only, "what arrives is a copy: the sender's handle lives on, and can be closed by itself")
{
	struct abi_message m = { .handle_count = 1, .send = { client->budget } };
	handle_t there;
	token_t token;

	EXPECT_BLOCKED(do_receive_until(s, mailbox, NEVER, 1));
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, NEVER));
	there = header_read(s).received[0];
	token = got(s).token;
	EXPECT_OK(CALL(s, HANDLE_CLOSE, there));
	EXPECT_OK(do_reply(s, token, 0, NULL));
	EXPECT_OK(CALL(c, BUDGET_INFO, client->budget, client->data + P));
	world_end();
}
