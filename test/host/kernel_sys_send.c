/* kernel_sys_send.c - messages nobody waits for: sends, signals, CANCELLED, CLOSED. */
#include "unit.h"

#include "fixture.h"

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
	line = connect_with(server, mailbox, client, 7, 3, 1, 10);
}

#define BUFFER(program) ((program)->data + 2 * P)

static uintptr_t receive_now(void)
{
	return do_receive_until(s, mailbox, 0, 0);
}

static uintptr_t send_signal(uintptr_t bits)
{
	return CALL(c, CONNECTION_SIGNAL, line, bits);
}

static void expect_signal(uintptr_t badge, uintptr_t bits)
{
	EXPECT_OK(receive_now());
	assert_int_equal(got(s).kind, KIND_SIGNAL);
	assert_int_equal(got(s).badge, badge);
	assert_int_equal(got(s).words[0], 0);
	assert_int_equal(got(s).words[1], bits);
	assert_int_equal(got(s).token, 0);
}

static void expect_nothing(void)
{
	assert_int_equal(receive_now(), E_TIMEOUT);
}

/* --- Sends. */

TEST(send, "a send arrives with its words, bytes and handles, and waits for nobody")
{
	struct abi_message m = { .in_count = 2, .in = { { BUFFER(client), 40 }, { BUFFER(client) + 100, 24 } },
	                         .handle_count = 2, .send = { client->self, client->budget } };
	uint8_t sent[200], there[64];

	EXPECT_OK(CALL(s, THREAD_BUFFER_SET, BUFFER(server), 64));
	pattern_write(client, BUFFER(client), 200, 1);
	peek(client, BUFFER(client), sent, sizeof sent);
	EXPECT_OK(do_send(c, line, 20, &m));
	EXPECT_OK(do_receive_until(s, mailbox, NEVER, 4));
	assert_int_equal(got(s).info, KIND_SEND | 2 << INFO_HANDLES_SHIFT);
	assert_int_equal(got(s).badge, 7);
	assert_int_equal(got(s).token, 0);
	assert_int_equal(got(s).words[0], 20);
	assert_int_equal(got(s).words[5], 25);
	assert_int_equal(got(s).length, 64);
	peek(server, BUFFER(server), there, sizeof there);
	assert_memory_equal(there, sent, 40);
	assert_memory_equal(there + 40, sent + 100, 24);
	assert_ptr_equal(object_named(server, header_read(s).received[1]), object_named(client, client->budget));
	world_end();
}

TEST(send_to_waiting, "a send to a server that waits is there at once, and its slot is free again")
{
	EXPECT_BLOCKED(do_receive(s, mailbox));
	for (unsigned i = 0; i < 5; i++) {
		EXPECT_OK(do_send(c, line, i, NULL));
		assert_int_equal(got(s).words[0], i);
		EXPECT_BLOCKED(do_receive(s, mailbox));
	}
	world_end();
}

TEST(send_order, "sends of one connection arrive in order, and survive their sender")
{
	for (unsigned i = 0; i < 3; i++)
		EXPECT_OK(do_send(c, line, i, NULL));
	program_kill(client);
	program_budget_end(client);
	for (unsigned i = 0; i < 3; i++) {
		EXPECT_OK(receive_now());
		assert_int_equal(got(s).kind, KIND_SEND);
		assert_int_equal(got(s).words[0], i);
	}
	expect_signal(7, SIGNAL_CLOSED);
	expect_nothing();
	world_end();
}

TEST(queue_full, "with all slots taken a send is refused and nothing has moved")
{
	handle_t memory = make_memory(client, 1, 0);
	struct abi_message m = { .pages = PAGES_MOVE, .page_base = memory, .handle_count = 1, .send = { client->self } };

	for (unsigned i = 0; i < 3; i++)
		EXPECT_OK(do_send(c, line, i, NULL));
	EXPECT_ERROR(connection_send, QUEUE_FULL, do_send(c, line, 3, NULL));
	EXPECT_ERROR(connection_send, QUEUE_FULL, do_send(c, line, 3, &m));
	EXPECT_OK(CALL(c, HANDLE_INFO, memory));
	EXPECT_OK(receive_now());
	EXPECT_OK(do_send(c, line, 3, &m));
	EXPECT_ERROR(handle_info, BAD_HANDLE, CALL(c, HANDLE_INFO, memory));
	world_end();
}

TEST(no_slots, "a connection without slots takes no send, but calls and signals")
{
	handle_t bare = connect_with(server, mailbox, client, 8, 0, 0, 10);

	EXPECT_ERROR(connection_send, QUEUE_FULL, do_send(c, bare, 1, NULL));
	EXPECT_OK(CALL(c, CONNECTION_SIGNAL, bare, 4));
	expect_signal(8, 4);
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call(c, bare, 1));
	world_end();
}

TEST(send_refused, "a send is refused for its header, its length, its handles, or for asking something back")
{
	struct abi_message m = { .in_count = 1, .in = { { BUFFER(client), 65 } } };
	struct message_registers in = { line, 1, 1, 1, 8 };
	handle_t fixed, own = make_server(client), shared = make_memory(client, 1, MEMORY_SHARED);

	EXPECT_OK(CALL(c, HANDLE_DUPLICATE, client->self, RIGHT_ALL & ~RIGHT_TRANSFER));
	fixed = (handle_t)*thread_a(c, 1);
	EXPECT_ERROR(connection_send, TOO_LONG, do_send(c, line, 1, &m));
	m.in[0] = (struct abi_segment){ 8, 10 };
	EXPECT_ERROR(connection_send, ADDRESS, do_send(c, line, 1, &m));
	EXPECT_ERROR(connection_send, ADDRESS, do_message_ecall(c, CALL_CONNECTION_SEND, &in));
	m = (struct abi_message){ .out_count = 1 };
	EXPECT_ERROR(connection_send, ARGUMENT, do_send(c, line, 1, &m));
	m = (struct abi_message){ .accept = 1 };
	EXPECT_ERROR(connection_send, ARGUMENT, do_send(c, line, 1, &m));
	m = (struct abi_message){ .pages = PAGES_LEND, .page_base = BUFFER(client), .page_count = 1 };
	EXPECT_ERROR(connection_send, ARGUMENT, do_send(c, line, 1, &m));
	m.pages = PAGES_LEND_MUT;
	EXPECT_ERROR(connection_send, ARGUMENT, do_send(c, line, 1, &m));
	m = (struct abi_message){ .handle_count = 1, .send = { 0x12345 } };
	EXPECT_ERROR(connection_send, BAD_HANDLE, do_send(c, line, 1, &m));
	m.send[0] = fixed;
	EXPECT_ERROR(connection_send, RIGHTS, do_send(c, line, 1, &m));
	m.send[0] = own;
	EXPECT_ERROR(connection_send, RIGHTS, do_send(c, line, 1, &m));
	m = (struct abi_message){ .pages = PAGES_MOVE, .page_base = client->self };
	EXPECT_ERROR(connection_send, WRONG_TYPE, do_send(c, line, 1, &m));
	m.page_base = shared;
	EXPECT_ERROR(connection_send, BUSY, do_send(c, line, 1, &m));
	m.page_base = client->data_memory;
	EXPECT_ERROR(connection_send, BUSY, do_send(c, line, 1, &m));
	expect_nothing();
	world_end();
}

TEST(send_gone, "a send to a server that is gone is refused")
{
	EXPECT_OK(CALL(s, HANDLE_CLOSE, mailbox));
	EXPECT_ERROR(connection_send, PEER_GONE, do_send(c, line, 1, NULL));
	EXPECT_ERROR(connection_signal, PEER_GONE, send_signal(1));
	EXPECT_ERROR(connection_call, PEER_GONE, do_call(c, line, 1));
	world_end();
}

TEST(send_accept, "handles the receiver does not accept are dropped, and the count tells")
{
	struct abi_message m = { .handle_count = 3, .send = { client->self, client->budget, line } };

	EXPECT_OK(do_send(c, line, 1, &m));
	EXPECT_OK(do_receive_until(s, mailbox, NEVER, 2));
	assert_int_equal(got(s).handles, 2);
	EXPECT_OK(do_send(c, line, 1, &m));
	EXPECT_OK(receive_now());
	assert_int_equal(got(s).handles, 0);
	assert_int_equal(server->process->handles.reserved, 0);
	world_end();
}

TEST(send_small_buffer, "bytes that do not fit the receiver's buffer are dropped, and the length tells")
{
	struct abi_message m = { .in_count = 1, .in = { { BUFFER(client), 64 } } };

	EXPECT_OK(do_send(c, line, 1, &m));
	EXPECT_OK(receive_now());
	assert_int_equal(got(s).length, 0);
	EXPECT_OK(CALL(s, THREAD_BUFFER_SET, BUFFER(server), 10));
	EXPECT_OK(do_send(c, line, 1, &m));
	EXPECT_OK(receive_now());
	assert_int_equal(got(s).length, 10);
	world_end();
}

TEST(send_buffer_gone, "a receiver whose buffer or header is unmapped gets the words, and no handle nobody would know")
{
	struct abi_message m = { .in_count = 1, .in = { { BUFFER(client), 64 } }, .handle_count = 1, .send = { client->self } };
	vaddr_t page = map_memory(server, make_memory(server, 1, 0), 1, RW);
	struct abi_message accept = { .accept = 1 };
	struct message_registers in = { mailbox, 0, 1, NEVER, page };
	struct thread *helper = program_thread(server, 10);
	uint32_t used;

	poke(server, page, &accept, sizeof accept);
	EXPECT_OK(CALL(s, THREAD_BUFFER_SET, page + 512, 64));
	EXPECT_BLOCKED(do_message_ecall(s, CALL_SERVER_RECEIVE, &in));
	EXPECT_OK(CALL(helper, MAP_REMOVE, server->self, page, 1));
	used = server->process->handles.used;
	EXPECT_OK(do_send(c, line, 9, &m));
	assert_int_equal(got(s).words[0], 9);
	assert_int_equal(got(s).length, 0);
	assert_int_equal(server->process->handles.used, used);
	world_end();
}

TEST(in_transit, "an object that dies while its handle is in transit arrives as handle 0")
{
	handle_t budget = make_budget(client, 8);
	struct abi_message m = { .handle_count = 2, .send = { budget, client->self } };

	EXPECT_OK(do_send(c, line, 1, &m));
	EXPECT_OK(CALL(c, BUDGET_DESTROY, budget));
	EXPECT_OK(do_receive_until(s, mailbox, NEVER, 2));
	assert_int_equal(header_read(s).received[0], 0);
	assert_ptr_equal(object_named(server, header_read(s).received[1]), &client->process->object);
	assert_int_equal(server->process->handles.reserved, 0);
	world_end();
}

TEST(in_transit_last, "the last handle to an object may be the one in transit, and the object lives by it")
{
	handle_t budget = make_budget(client, 8);
	struct abi_message m = { .handle_count = 1, .send = { budget } };

	EXPECT_OK(do_send(c, line, 1, &m));
	EXPECT_OK(CALL(c, HANDLE_CLOSE, budget));
	EXPECT_OK(do_receive_until(s, mailbox, NEVER, 1));
	EXPECT_OK(CALL(s, HANDLE_INFO, header_read(s).received[0]));
	world_end();
}

TEST(in_transit_dropped, "handles in transit go with the connection")
{
	size_t left = account_left(&program_account(client)->account);
	handle_t budget = make_budget(client, 8);
	struct abi_message m = { .handle_count = 1, .send = { budget } };

	EXPECT_OK(do_send(c, line, 1, &m));
	EXPECT_OK(CALL(c, HANDLE_CLOSE, budget));
	EXPECT_OK(CALL(c, CONNECTION_DESTROY, line));
	pass_ns(1);
	assert_int_equal(account_left(&program_account(client)->account), left);
	expect_nothing();
	world_end();
}

TEST(own_handle_in_transit, "a connection whose only handle lies in its own slot is not closed until that is received")
{
	struct abi_message m = { .handle_count = 1, .send = { line } };
	handle_t back;

	EXPECT_OK(do_send(c, line, 1, &m));
	EXPECT_OK(CALL(c, HANDLE_CLOSE, line));
	EXPECT_OK(do_receive_until(s, mailbox, 0, 1));
	back = header_read(s).received[0];
	expect_nothing();
	EXPECT_OK(CALL(s, HANDLE_CLOSE, back));
	expect_signal(7, SIGNAL_CLOSED);
	world_end();
}

TEST(move, "MOVE by send takes the memory away from the sender, and gives its handle to the receiver")
{
	handle_t memory = make_memory(client, 3, 0), here;
	struct abi_message m = { .pages = PAGES_MOVE, .page_base = memory };
	vaddr_t base = map_memory(client, memory, 3, RW);

	pattern_write(client, base, 3 * P, 5);
	EXPECT_ERROR(connection_send, BUSY, do_send(c, line, 1, &m));
	EXPECT_OK(CALL(c, MAP_REMOVE, client->self, base, 3));
	EXPECT_OK(do_send(c, line, 1, &m));
	EXPECT_ERROR(handle_info, BAD_HANDLE, CALL(c, HANDLE_INFO, memory));
	EXPECT_OK(do_receive_until(s, mailbox, NEVER, 1));
	here = header_read(s).received[0];
	EXPECT_ERROR(map_add, BUSY, CALL(s, MAP_ADD, server->self, 0, here, 0, 3, RW)); /* not claimed yet */
	EXPECT_OK(CALL(s, MEMORY_CLAIM, here, server->budget));
	assert_true(pattern_is(server, map_memory(server, here, 3, RW), 3 * P, 5));
	world_end();
}

/* --- Signals. */

TEST(signal, "signals coalesce into one message that holds all bits set since the last")
{
	EXPECT_OK(send_signal(1));
	EXPECT_OK(send_signal(6));
	EXPECT_OK(send_signal(2));
	expect_signal(7, 7);
	expect_nothing();
	EXPECT_OK(send_signal(0x3fffffff));
	expect_signal(7, 0x3fffffff);
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_OK(send_signal(8));
	assert_int_equal(got(s).words[1], 8);
	world_end();
}

TEST(signal_arguments, "no bit, or one of the kernel's, cannot be signalled")
{
	EXPECT_ERROR(connection_signal, ARGUMENT, send_signal(0));
	EXPECT_ERROR(connection_signal, ARGUMENT, send_signal(SIGNAL_CANCELLED));
	EXPECT_ERROR(connection_signal, ARGUMENT, send_signal(SIGNAL_CLOSED | 1));
	EXPECT_ERROR(connection_signal, ARGUMENT, send_signal((uintptr_t)1 << 40));
	world_end();
}

TEST(signal_priority, "signals are queued at the priority set when the connection was minted")
{
	handle_t urgent = connect_with(server, mailbox, client, 30, 0, 0, 30), idle = connect_with(server, mailbox, client, 1, 0, 0, 1);

	EXPECT_OK(CALL(c, CONNECTION_SIGNAL, idle, 1));
	EXPECT_OK(do_send(c, line, 5, NULL)); /* at the sender's: 10 */
	EXPECT_OK(CALL(c, CONNECTION_SIGNAL, urgent, 1));
	EXPECT_OK(receive_now());
	assert_int_equal(got(s).badge, 30);
	EXPECT_OK(receive_now());
	assert_int_equal(got(s).badge, 7);
	EXPECT_OK(receive_now());
	assert_int_equal(got(s).badge, 1);
	world_end();
}

/* --- CANCELLED and CLOSED. */

TEST(cancelled, "a parked call that times out is told by CANCELLED on its badge, and token_check finds which")
{
	struct thread *second = program_thread(client, 10);
	token_t first, other;

	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call_message(c, line, 1, NULL, soon()));
	first = got(s).token;
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call(second, line, 2));
	other = got(s).token;
	EXPECT_BLOCKED(do_receive(s, mailbox)); /* both parked */
	pass_ns(1000000);
	assert_int_equal(got(s).kind, KIND_SIGNAL);
	assert_int_equal(got(s).words[1], SIGNAL_CANCELLED);
	assert_int_equal(answer(c), E_TIMEOUT);
	EXPECT_ERROR(server_token_check, STALE_TOKEN, do_token_check(s, first));
	EXPECT_OK(do_token_check(s, other));
	world_end();
}

TEST(cancelled_death, "a parked call whose thread's process dies is told by CANCELLED, then CLOSED comes last")
{
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call(c, line, 1));
	EXPECT_BLOCKED(do_receive(s, mailbox));
	program_kill(client);
	assert_true(got(s).words[1] & SIGNAL_CANCELLED);
	if (!(got(s).words[1] & SIGNAL_CLOSED))
		expect_signal(7, SIGNAL_CLOSED);
	expect_nothing();
	world_end();
}

TEST(not_cancelled, "a call that is being served, or still queued, ends without CANCELLED")
{
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call_message(c, line, 1, NULL, soon()));
	pass_ns(1000000); /* served: its thread finds the token stale */
	expect_nothing();
	EXPECT_BLOCKED(do_call_message(c, line, 1, NULL, soon()));
	pass_ns(1000000); /* queued: never seen */
	expect_nothing();
	world_end();
}

TEST(destroyed_parked, "of a connection that is destroyed nothing arrives any more, CANCELLED of a parked call neither")
{
	struct thread *second = program_thread(server, 10);
	handle_t here = give(client, line, server);

	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call(c, line, 1));
	EXPECT_BLOCKED(do_receive(s, mailbox)); /* parked */
	EXPECT_OK(CALL(second, CONNECTION_DESTROY, here));
	EXPECT_ERROR(connection_call, PEER_GONE, answer(c));
	assert_true(is_waiting(s));
	world_end();
}

TEST(closed, "CLOSED comes when the last handle with CALL or SIGNAL goes; one with neither does not count")
{
	handle_t keeper, signaller;

	EXPECT_OK(CALL(c, HANDLE_DUPLICATE, line, RIGHT_ALL & ~(RIGHT_CALL | RIGHT_SIGNAL)));
	keeper = (handle_t)*thread_a(c, 1);
	EXPECT_OK(CALL(c, HANDLE_DUPLICATE, line, RIGHT_SIGNAL));
	signaller = (handle_t)*thread_a(c, 1);
	EXPECT_OK(CALL(c, HANDLE_CLOSE, line));
	expect_nothing();
	EXPECT_OK(CALL(c, HANDLE_CLOSE, signaller));
	expect_signal(7, SIGNAL_CLOSED);
	expect_nothing();
	EXPECT_ERROR(connection_destroy, PEER_GONE, CALL(c, CONNECTION_DESTROY, keeper));
	world_end();
}

TEST(closed_waiting, "CLOSED reaches a server that waits, and everything of the connection is returned")
{
	size_t before;

	EXPECT_BLOCKED(do_receive(s, mailbox));
	before = program_account(server)->account.charged;
	EXPECT_OK(CALL(c, HANDLE_CLOSE, line));
	assert_int_equal(got(s).words[1], SIGNAL_CLOSED);
	assert_int_equal(got(s).badge, 7);
	pass_ns(1);
	EXPECT_OK(CALL(s, THREAD_YIELD, 0));
	assert_true(program_account(server)->account.charged < before);
	world_end();
}

TEST(closed_last, "CLOSED is the badge's last message: after signals and sends that wait, and alone or with the last bits")
{
	uintptr_t bits = 0;

	EXPECT_OK(do_send(c, line, 1, NULL));
	EXPECT_OK(send_signal(2));
	EXPECT_OK(do_send(c, line, 3, NULL));
	EXPECT_OK(CALL(c, HANDLE_CLOSE, line));
	for (unsigned sends = 0, closed = 0; !closed;) {
		EXPECT_OK(receive_now());
		assert_int_equal(got(s).badge, 7);
		if (got(s).kind == KIND_SEND)
			sends++;
		else
			bits |= got(s).words[1];
		closed = (bits & SIGNAL_CLOSED) != 0;
		assert_true(!closed || sends == 2);
	}
	assert_int_equal(bits, SIGNAL_CLOSED | 2);
	expect_nothing();
	world_end();
}

TEST(closed_calls, "closing the last handle ends calls in progress on it before CLOSED comes")
{
	struct thread *second = program_thread(client, 10), *queued = program_thread(client, 10);

	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call(second, line, 1));
	EXPECT_BLOCKED(do_futex_wait(s, server->data, 0, 0, soon()));
	EXPECT_BLOCKED(do_call(queued, line, 2));
	EXPECT_OK(CALL(c, HANDLE_CLOSE, line));
	EXPECT_ERROR(connection_call, PEER_GONE, answer(second));
	EXPECT_ERROR(connection_call, PEER_GONE, answer(queued));
	pass_ns(1000000);
	expect_signal(7, SIGNAL_CLOSED);
	expect_nothing();
	world_end();
}

TEST(closed_many, "calls of a closed connection are found in whatever thread slots they are, in interrupted steps")
{
	struct thread *callers[12];
	struct program *many;

	world_start_with(1500, 400);
	many = program_new(10);
	EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, many->boss_budget, 700));
	EXPECT_OK(CALL(boss.thread, PROCESS_STOP, many->boss_process));
	for (unsigned i = 0; i < 370; i++) /* slots are taken from the lowest: give the first ones away */
		assert_int_equal(thread_new(many->process, 1, &callers[i % 12]), E_OK);
	server = program_new(10);
	client = program_new(10);
	s = server->thread;
	c = client->thread;
	mailbox = make_server(server);
	line = connect_with(server, mailbox, client, 7, 3, 1, 10);
	for (unsigned i = 0; i < 12; i++) {
		callers[i] = program_thread(client, 10);
		EXPECT_BLOCKED(do_call(callers[i], line, i));
	}
	host_preempt_every(1);
	EXPECT_OK(CALL(c, HANDLE_CLOSE, line));
	for (unsigned i = 0; i < 12; i++)
		EXPECT_ERROR(connection_call, PEER_GONE, answer(callers[i]));
	expect_signal(7, SIGNAL_CLOSED);
	world_end();
}

TEST(closed_never, "a connection that never had a client handle posts nothing")
{
	EXPECT_OK(CALL(s, CONNECTION_MINT, mailbox, server->budget, 50, 0, 0, 0));
	handle_t minted = (handle_t)*thread_a(s, 1);

	EXPECT_OK(CALL(s, CONNECTION_DESTROY, minted));
	expect_nothing();
	world_end();
}

TEST(closed_full, "CLOSED needs no room: it comes though every slot is taken, after they are read")
{
	for (unsigned i = 0; i < 3; i++)
		EXPECT_OK(do_send(c, line, i, NULL));
	EXPECT_OK(CALL(c, HANDLE_CLOSE, line));
	for (unsigned i = 0; i < 3; i++) {
		EXPECT_OK(receive_now());
		assert_int_equal(got(s).kind, KIND_SEND);
	}
	expect_signal(7, SIGNAL_CLOSED);
	world_end();
}

TEST(closed_server_dies, "a closed connection whose server dies before CLOSED is read goes with it")
{
	EXPECT_OK(do_send(c, line, 1, NULL));
	EXPECT_OK(CALL(c, HANDLE_CLOSE, line));
	EXPECT_OK(CALL(s, HANDLE_CLOSE, mailbox));
	world_end();
}

TEST(destroyed_queue, "destroying a connection drops its queued sends and signals")
{
	EXPECT_OK(do_send(c, line, 1, NULL));
	EXPECT_OK(send_signal(1));
	EXPECT_OK(CALL(c, CONNECTION_DESTROY, line));
	expect_nothing();
	EXPECT_ERROR(connection_send, PEER_GONE, do_send(c, line, 1, NULL));
	world_end();
}

TEST(payer_gone, "when a connection's payer goes, its calls end and its messages vanish")
{
	handle_t budget = make_budget(server, 8), paid;

	EXPECT_OK(CALL(s, CONNECTION_MINT, mailbox, budget, 60, 2, 0, 0));
	paid = pass(server, (handle_t)*thread_a(s, 1), client);
	EXPECT_OK(do_send(c, paid, 1, NULL));
	EXPECT_BLOCKED(do_call(c, paid, 2));
	EXPECT_OK(CALL(s, BUDGET_DESTROY, budget));
	EXPECT_ERROR(connection_call, PEER_GONE, answer(c));
	expect_nothing();
	world_end();
}
