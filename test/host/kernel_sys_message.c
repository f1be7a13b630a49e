/* kernel_sys_message.c - calls and replies: words, tokens, deadlines, ends, forwarding. What else a message carries is in
 * kernel_sys_copy.c, kernel_sys_loan.c and kernel_sys_move.c. */
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

/* --- Registers. */

TEST(queued, "a call to a server where nobody receives waits until somebody does")
{
	struct got in;

	thread_runs(s);
	EXPECT_BLOCKED(do_futex_wait(s, server->data, 0, 0, soon()));
	EXPECT_BLOCKED(do_call(c, line, 42));
	assert_int_equal(c->state, STATE_CALLING);
	pass_ns(1000000);
	EXPECT_OK(do_receive(s, mailbox));
	in = got(s);
	assert_int_equal(c->state, STATE_SERVED);
	assert_int_equal(in.badge, 7);
	assert_int_equal(in.words[0], 42);
	assert_int_equal(in.words[5], 47);
	assert_int_equal(in.length, 0);
	assert_int_equal(in.loan, 0);
	assert_int_equal(in.info, KIND_CALL);
	EXPECT_OK(do_reply(s, in.token, 5, NULL));
	assert_int_equal(got(c).words[0], 5);
	assert_int_equal(got(c).length, 0);
	world_end();
}

TEST(reply_and_receive, "one call answers a caller and takes the next")
{
	struct program *other = program_new(10);
	handle_t second = connect(server, mailbox, other, 8);

	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call(c, line, 1));
	EXPECT_BLOCKED(do_reply_and_receive(s, mailbox, got(s).token, 11)); /* nobody else: waits */
	assert_ptr_equal(arch_cpu.current, c);                                   /* handed over */
	assert_int_equal(got(c).words[0], 11);
	EXPECT_BLOCKED(do_call(c, line, 2));
	token_t first = got(s).token;
	EXPECT_BLOCKED(do_futex_wait(s, server->data, 0, 0, soon()));
	EXPECT_BLOCKED(do_call(other->thread, second, 3));
	pass_ns(1000000);
	EXPECT_OK(do_reply_and_receive(s, mailbox, first, 12));
	assert_int_equal(got(s).badge, 8);
	assert_int_equal(got(c).words[0], 12);
	world_end();
}

TEST(receive_first, "token 0 receives only")
{
	EXPECT_BLOCKED(do_reply_and_receive(s, mailbox, 0, 0));
	EXPECT_BLOCKED(do_call(c, line, 1));
	assert_int_equal(got(s).info, KIND_CALL);
	world_end();
}

TEST(same_process, "a process may call a server of its own, from another thread")
{
	struct thread *second = program_thread(server, 10);
	handle_t own = connect(server, mailbox, server, 1);

	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call(second, own, 4));
	EXPECT_OK(do_reply(s, got(s).token, 5, NULL));
	assert_int_equal(got(second).words[0], 5);
	world_end();
}

/* --- Tokens. */

TEST(token_once, "a token answers once; after that, after a timeout, and in other processes it is stale")
{
	struct program *other = program_new(10);
	token_t token;

	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call(c, line, 1));
	token = got(s).token;
	EXPECT_OK(do_token_check(s, token));
	EXPECT_ERROR(server_token_check, STALE_TOKEN, do_token_check(other->thread, token)); /* foreign */
	EXPECT_ERROR(server_reply, STALE_TOKEN, do_reply(other->thread, token, 0, NULL));
	EXPECT_ERROR(server_token_check, STALE_TOKEN, do_token_check(s, token + ((token_t)1 << TOKEN_SLOT_BITS))); /* forged */
	EXPECT_ERROR(server_token_check, STALE_TOKEN, do_token_check(s, token ^ 1));
	EXPECT_ERROR(server_token_check, STALE_TOKEN, do_token_check(s, 0));
	EXPECT_ERROR(server_token_check, STALE_TOKEN, do_token_check(s, (token_t)-1));
	EXPECT_OK(do_reply(s, token, 0, NULL));
	EXPECT_ERROR(server_reply, STALE_TOKEN, do_reply(s, token, 0, NULL)); /* twice */
	EXPECT_ERROR(server_token_check, STALE_TOKEN, do_token_check(s, token));
	EXPECT_BLOCKED(do_futex_wait(other->thread, other->data, 0, 0, NEVER));
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call_message(c, line, 1, NULL, soon()));
	EXPECT_ERROR(server_token_check, STALE_TOKEN, do_token_check(s, token)); /* of an earlier call of the same thread */
	pass_ns(1000000);
	EXPECT_ERROR(connection_call_message, TIMEOUT, answer(c));
	world_end();
}

TEST(token_thread_reused, "a new thread in the slot of an old one has another token")
{
	struct thread *brief = program_thread(client, 10);
	token_t token, again;

	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call(brief, line, 1));
	token = got(s).token;
	EXPECT_OK(do_reply(s, token, 0, NULL));
	EXPECT_BLOCKED(do_receive(s, mailbox));
	do_last_call(brief, CALL_THREAD_EXIT, 0);
	brief = program_thread(client, 10);
	EXPECT_BLOCKED(do_call(brief, line, 2));
	again = got(s).token;
	assert_int_equal(again & 0xfffff, token & 0xfffff);
	assert_int_not_equal(again, token);
	EXPECT_ERROR(server_reply, STALE_TOKEN, do_reply(s, token, 0, NULL));
	EXPECT_OK(do_reply(s, again, 0, NULL));
	world_end();
}

TEST(stale_half, "a stale token does not stop the receive half, which says so")
{
	EXPECT_BLOCKED(do_reply_and_receive(s, mailbox, 12345, 0));
	EXPECT_BLOCKED(do_call(c, line, 1));
	assert_int_equal(got(s).info, KIND_CALL | INFO_REPLY_STALE);
	EXPECT_OK(do_reply(s, got(s).token, 0, NULL));
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call(c, line, 1));
	assert_int_equal(got(s).info, KIND_CALL); /* said once */
	world_end();
}

TEST(stale_half_timeout, "a receive that follows a stale reply half which timed out does not say so again")
{
	EXPECT_ERROR(server_reply_and_receive_message, TIMEOUT, do_reply_and_receive_message(s, mailbox, 12345, 0, NULL, 0));
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call(c, line, 1));
	assert_int_equal(got(s).info, KIND_CALL);
	world_end();
}

TEST(park, "calls are parked and answered in any order")
{
	struct program *others[3];
	handle_t lines[3];
	token_t tokens[3];

	for (unsigned i = 0; i < 3; i++) {
		others[i] = program_new(10);
		lines[i] = connect(server, mailbox, others[i], i);
	}
	EXPECT_BLOCKED(do_receive(s, mailbox));
	for (unsigned i = 0; i < 3; i++) {
		EXPECT_BLOCKED(do_call(others[i]->thread, lines[i], 10 * i));
		tokens[i] = got(s).token;
		EXPECT_BLOCKED(do_receive(s, mailbox));
	}
	EXPECT_BLOCKED(do_call(c, line, 1));
	token_t last = got(s).token;
	for (unsigned i = 0; i < 3; i++) {
		unsigned which = (i + 1) % 3;

		EXPECT_OK(do_reply(s, tokens[which], 100 + which, NULL));
		assert_int_equal(got(others[which]->thread).words[0], 100 + which);
	}
	EXPECT_OK(do_reply(s, last, 1, NULL));
	world_end();
}

TEST(other_thread_answers, "any thread of the process may answer what another one took")
{
	struct thread *helper = program_thread(server, 10);

	EXPECT_BLOCKED(do_futex_wait(helper, server->data, 0, 0, soon()));
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call(c, line, 1));
	pass_ns(1000000);
	EXPECT_OK(do_reply(helper, got(s).token, 6, NULL));
	assert_int_equal(got(c).words[0], 6);
	assert_null(s->serving);
	world_end();
}

/* --- Deadlines and ends. */

TEST(call_timeout, "a call times out in the queue and when taken, at its deadline and not before")
{
	EXPECT_BLOCKED(do_futex_wait(s, server->data, 0, 0, soon() + 5000000));
	EXPECT_BLOCKED(do_call_message(c, line, 1, NULL, soon()));
	pass_ns(999999);
	assert_true(is_waiting(c));
	pass_ns(1);
	EXPECT_ERROR(connection_call_message, TIMEOUT, answer(c));
	pass_ns(5000000);
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call_message(c, line, 1, NULL, soon()));
	pass_ns(1000000);
	EXPECT_ERROR(connection_call_message, TIMEOUT, answer(c));
	EXPECT_ERROR(server_reply, STALE_TOKEN, do_reply(s, got(s).token, 0, NULL));
	world_end();
}

TEST(call_no_wait, "a call with deadline 0 where nobody receives times out at once")
{
	EXPECT_BLOCKED(do_futex_wait(s, server->data, 0, 0, NEVER));
	EXPECT_ERROR(connection_call_message, TIMEOUT, do_call_message(c, line, 1, NULL, 0));
	EXPECT_ERROR(connection_call_message, TIMEOUT, do_call_message(c, line, 1, NULL, arch_clock_ns()));
	world_end();
}

TEST(receive_timeout, "a receive times out at its deadline, and at once if that is 0")
{
	EXPECT_ERROR(server_receive, TIMEOUT, do_receive_until(s, mailbox, 0, 4));
	EXPECT_BLOCKED(do_receive_until(s, mailbox, soon(), 4));
	pass_ns(999999);
	assert_true(is_waiting(s));
	pass_ns(1);
	EXPECT_ERROR(server_receive, TIMEOUT, answer(s));
	EXPECT_BLOCKED(do_reply_and_receive_message(s, mailbox, 0, 0, NULL, soon()));
	pass_ns(1000000);
	EXPECT_ERROR(server_reply_and_receive_message, TIMEOUT, answer(s));
	world_end();
}

TEST(timeout_after_reply, "a reply half is done although the receive half times out")
{
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call(c, line, 1));
	EXPECT_ERROR(server_reply_and_receive_message, TIMEOUT, do_reply_and_receive_message(s, mailbox, got(s).token, 9, NULL, 0));
	assert_int_equal(got(c).words[0], 9);
	world_end();
}

TEST(server_gone, "when the last receive right goes, who called, waits or calls later gets PEER_GONE")
{
	struct program *late = program_new(10);
	handle_t late_line = connect(server, mailbox, late, 1);
	struct thread *receiver = program_thread(server, 10), *parked = program_thread(client, 10);

	EXPECT_BLOCKED(do_receive(receiver, mailbox));
	EXPECT_BLOCKED(do_futex_wait(s, server->data, 0, 0, soon()));
	EXPECT_BLOCKED(do_call(parked, line, 1));
	token_t taken = got(receiver).token;
	EXPECT_BLOCKED(do_futex_wait(receiver, server->data, 0, 0, soon()));
	EXPECT_BLOCKED(do_call(c, line, 2));
	pass_ns(1000000);
	EXPECT_OK(CALL(s, HANDLE_CLOSE, mailbox));
	EXPECT_ERROR(connection_call, PEER_GONE, answer(c));
	assert_int_equal(answer(parked), BLOCKED); /* its call was taken: the process still can answer */
	EXPECT_ERROR(connection_call_message, PEER_GONE, do_call_message(late->thread, late_line, 1, NULL, NEVER));
	EXPECT_OK(do_reply(receiver, taken, 3, NULL));
	assert_int_equal(got(parked).words[0], 3);
	world_end();
}

TEST(receiver_wakes, "who receives from a server that is destroyed wakes with PEER_GONE")
{
	struct program *maker = program_new(10);
	handle_t doomed = make_server(maker), here = give(maker, doomed, server);
	struct thread *second = program_thread(server, 10);

	EXPECT_BLOCKED(do_receive(s, here));
	EXPECT_BLOCKED(do_reply_and_receive_message(second, here, 0, 0, NULL, NEVER));
	program_budget_end(maker);
	EXPECT_ERROR(server_receive, PEER_GONE, answer(s));
	EXPECT_ERROR(server_reply_and_receive_message, PEER_GONE, answer(second));
	EXPECT_ERROR(server_receive, PEER_GONE, do_receive(s, here));
	EXPECT_ERROR(server_reply_and_receive, PEER_GONE, do_reply_and_receive(s, here, 0, 0));
	EXPECT_ERROR(server_reply_and_receive_message, PEER_GONE, do_reply_and_receive_message(s, here, 0, 0, NULL, 0));
	world_end();
}

TEST(destroyed, "destroying a connection ends its calls, queued, taken and parked, and revokes every copy")
{
	struct thread *taken = program_thread(client, 10), *queued = program_thread(client, 10);
	struct program *other = program_new(10);
	handle_t other_line = give(client, line, other), here = give(client, line, server);

	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call(c, line, 1)); /* parked */
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call(taken, line, 2));
	EXPECT_BLOCKED(do_futex_wait(s, server->data, 0, 0, soon()));
	EXPECT_BLOCKED(do_call(queued, line, 3));
	EXPECT_BLOCKED(do_call(other->thread, other_line, 4));
	pass_ns(1000000);
	EXPECT_OK(CALL(s, CONNECTION_DESTROY, here));
	EXPECT_ERROR(connection_call, PEER_GONE, answer(c));
	EXPECT_ERROR(connection_call, PEER_GONE, answer(taken));
	EXPECT_ERROR(connection_call, PEER_GONE, answer(queued));
	EXPECT_ERROR(connection_call, PEER_GONE, answer(other->thread));
	EXPECT_ERROR(connection_call, PEER_GONE, do_call(c, line, 5));
	EXPECT_ERROR(connection_signal, PEER_GONE, CALL(c, CONNECTION_SIGNAL, line, 1));
	world_end();
}

TEST(outlives, "a server outlives its process: taken calls end, queued ones wait for the successor")
{
	struct program *successor = program_new(10);
	struct thread *queued = program_thread(client, 10);
	handle_t inherited = give(server, mailbox, successor);

	EXPECT_BLOCKED(do_futex_wait(successor->thread, successor->data, 0, 0, soon()));
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call(c, line, 1));
	EXPECT_BLOCKED(do_futex_wait(s, server->data, 0, 0, NEVER));
	EXPECT_BLOCKED(do_call(queued, line, 2));
	program_kill(server);
	EXPECT_ERROR(connection_call, PEER_GONE, answer(c));
	assert_true(is_waiting(queued));
	pass_ns(1000000);
	EXPECT_OK(do_receive(successor->thread, inherited));
	assert_int_equal(got(successor->thread).words[0], 2);
	EXPECT_OK(do_reply(successor->thread, got(successor->thread).token, 3, NULL));
	assert_int_equal(got(queued).words[0], 3);
	world_end();
}

TEST(mint_refused, "a connection is refused with slots, loans or priority out of range, without pages, or to a dead server")
{
	EXPECT_ERROR(connection_mint, ARGUMENT, CALL(s, CONNECTION_MINT, mailbox, server->budget, 1, LIMIT_SLOTS + 1, 0, 0));
	EXPECT_ERROR(connection_mint, ARGUMENT, CALL(s, CONNECTION_MINT, mailbox, server->budget, 1, 0, LIMIT_LOANS + 1, 0));
	EXPECT_ERROR(connection_mint, ARGUMENT, CALL(s, CONNECTION_MINT, mailbox, server->budget, 1, 0, 0, 32));
	EXPECT_OK(CALL(s, BUDGET_CREATE, server->budget, 2, 5));
	handle_t poor = (handle_t)*thread_a(s, 1);
	EXPECT_ERROR(connection_mint, PRIORITY, CALL(s, CONNECTION_MINT, mailbox, poor, 1, 0, 0, 6));
	EXPECT_ERROR(connection_mint, BUDGET, CALL(s, CONNECTION_MINT, mailbox, poor, 1, 64, 0, 5));
	EXPECT_OK(CALL(s, CONNECTION_MINT, mailbox, server->budget, 1, 64, 31, 31));
	program_budget_end(client);
	struct program *maker = program_new(10);
	handle_t doomed = give(maker, make_server(maker), server);
	program_budget_end(maker);
	EXPECT_ERROR(connection_mint, PEER_GONE, CALL(s, CONNECTION_MINT, doomed, server->budget, 1, 0, 0, 0));
	world_end();
}

/* --- Forwarding. */

TEST(forward, "a forwarded call arrives with the forwarder's words and badge, marked, and is answered by the new server")
{
	struct program *back = program_new(10);
	handle_t back_mailbox = make_server(back), back_line = connect(back, back_mailbox, server, 33);
	token_t token;

	EXPECT_BLOCKED(do_receive(back->thread, back_mailbox));
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call(c, line, 1));
	token = got(s).token;
	EXPECT_OK(do_forward(s, back_line, token, 70));
	assert_int_equal(got(back->thread).badge, 33);
	assert_int_equal(got(back->thread).info, KIND_CALL | INFO_FORWARDED);
	assert_int_equal(got(back->thread).words[0], 70);
	assert_int_equal(got(back->thread).words[5], 75);
	EXPECT_ERROR(server_reply, STALE_TOKEN, do_reply(s, token, 0, NULL));
	EXPECT_ERROR(server_forward, STALE_TOKEN, do_forward(s, back_line, token, 0));
	EXPECT_OK(do_reply(back->thread, got(back->thread).token, 71, NULL));
	assert_int_equal(got(c).words[0], 71);
	world_end();
}

TEST(forward_queued, "a call forwarded to a busy server waits there with its deadline and its reply buffers")
{
	struct program *back = program_new(10);
	handle_t back_mailbox = make_server(back), back_line = connect(back, back_mailbox, server, 33);
	struct abi_message m = { .out_count = 1, .out = { { BUFFER(client), 100 } }, .in_count = 1, .in = { { BUFFER(client), 50 } } };
	struct abi_message r = { .in_count = 1, .in = { { BUFFER(back), 80 } } };

	buffer_set(100);
	EXPECT_BLOCKED(do_futex_wait(back->thread, back->data, 0, 0, soon()));
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, soon() + 5000000));
	assert_int_equal(got(s).length, 50);
	EXPECT_OK(do_forward(s, back_line, got(s).token, 70));
	assert_int_equal(c->state, STATE_CALLING);
	EXPECT_BLOCKED(do_receive(s, mailbox));
	pass_ns(1000000);
	EXPECT_OK(do_receive(back->thread, back_mailbox));
	assert_int_equal(got(back->thread).length, 0); /* the bytes stay with the forwarder */
	assert_int_equal(got(back->thread).words[0], 70);
	pattern_write(back, BUFFER(back), 80, 6);
	EXPECT_OK(do_reply(back->thread, got(back->thread).token, 0, &r));
	assert_int_equal(got(c).length, 80);
	assert_true(pattern_is(client, BUFFER(client), 80, 6));
	/* Once more, and the deadline comes while it is queued there. */
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, soon()));
	EXPECT_BLOCKED(do_futex_wait(back->thread, back->data, 0, 0, NEVER));
	EXPECT_OK(do_forward(s, back_line, got(s).token, 70));
	pass_ns(1000000);
	EXPECT_ERROR(connection_call_message, TIMEOUT, answer(c));
	world_end();
}

TEST(forward_gone, "a forward to a server that is gone is refused, and the forwarder keeps the token")
{
	struct program *back = program_new(10);
	handle_t back_mailbox = make_server(back), back_line = connect(back, back_mailbox, server, 33);
	token_t token;

	EXPECT_OK(CALL(back->thread, HANDLE_CLOSE, back_mailbox));
	EXPECT_BLOCKED(do_receive(back->thread, make_server(back)));
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call(c, line, 1));
	token = got(s).token;
	EXPECT_ERROR(server_forward, PEER_GONE, do_forward(s, back_line, token, 0));
	EXPECT_OK(do_reply(s, token, 5, NULL));
	world_end();
}

TEST(forward_dies, "a caller whose call was forwarded learns when the new server dies, and not when the forwarder does")
{
	struct program *back = program_new(10);
	handle_t back_mailbox = make_server(back), back_line = connect(back, back_mailbox, server, 33);

	EXPECT_BLOCKED(do_receive(back->thread, back_mailbox));
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call(c, line, 1));
	EXPECT_OK(do_forward(s, back_line, got(s).token, 70));
	EXPECT_BLOCKED(do_futex_wait(back->thread, back->data, 0, 0, NEVER));
	program_kill(back);
	EXPECT_ERROR(connection_call, PEER_GONE, answer(c));
	world_end();
}
