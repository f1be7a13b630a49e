/* kernel_sys_death.c - every kind of message, at every stage of its life, and somebody goes: the client, the server, the one
 * it was forwarded to, a budget, the connection, or the client's patience. Whoever is left knows, and nothing is left behind.
 *
 * Each combination gets a world of its own; what it is stands on standard error. */
#include "unit.h"

#include "fixture.h"

enum kind { WORDS, COPY, LEND, LEND_MUT, MOVE, HANDLES, KINDS };
static const char *const kind_names[] = { "words", "copy", "lend", "lend_mut", "move", "handles" };

enum stage { QUEUED, TAKING, TAKING_QUEUED, TAKEN, PARKED, REPLYING, FORWARD_QUEUED, FORWARDED, STAGES };
static const char *const stage_names[] = { "queued", "half copied by the caller", "half copied by the receiver", "taken", "parked",
	                                   "half replied", "queued at the second server", "taken by the second server" };

enum strike { CLIENT, SERVER, BACK, CLIENT_BUDGET, SERVER_BUDGET, BACK_BUDGET, RECEIVE_RIGHT, CONNECTION, PATIENCE, STRIKES };
static const char *const strike_names[] = { "the client", "the server", "the second server", "the client's budget",
	                                    "the server's budget", "the second server's budget", "the last receive right",
	                                    "the connection", "the client's patience" };

#define BUFFER(program) ((program)->data + 2 * P)
enum { BYTES = 60000, PATIENCE_NS = 5000000 };

static struct program *server, *client, *back;
static struct thread *s, *c, *b, *closer;
static handle_t mailbox, line, keeper, back_mailbox, back_line, moved;
static vaddr_t lent;
static struct abi_message message;
static enum kind kind;
static token_t token;

static void people_make(void)
{
	world_start();
	server = program_new(10);
	client = program_new(10);
	back = program_new(10);
	s = server->thread;
	c = client->thread;
	b = back->thread;
	closer = program_thread(server, 10);
	mailbox = make_server(server);
	line = connect_with(server, mailbox, client, 7, 4, 2, 10);
	keeper = give(client, line, &boss);
	back_mailbox = make_server(back);
	back_line = connect_with(back, back_mailbox, server, 8, 0, 2, 10);
	EXPECT_OK(CALL(s, PROCESS_WINDOW_CREATE, server->self));
	EXPECT_OK(CALL(b, PROCESS_WINDOW_CREATE, back->self));
	EXPECT_OK(CALL(s, THREAD_BUFFER_SET, BUFFER(server), 65536));
	EXPECT_OK(CALL(closer, THREAD_BUFFER_SET, 0, 0));
	lent = map_memory(client, make_memory(client, 4, 0), 4, RW);
	moved = make_memory(client, 2, 0);
	pattern_write(client, lent, 4 * P, 1);
}

static void message_make(void)
{
	message = (struct abi_message){ .accept = 1, .out_count = 1, .out = { { BUFFER(client), BYTES } } };
	if (kind == COPY) {
		message.in_count = 1;
		message.in[0] = (struct abi_segment){ BUFFER(client), BYTES };
	} else if (kind == LEND || kind == LEND_MUT) {
		message.pages = kind == LEND ? PAGES_LEND : PAGES_LEND_MUT;
		message.page_base = lent;
		message.page_count = 3;
	} else if (kind == MOVE) {
		message.pages = PAGES_MOVE;
		message.page_base = moved;
	} else if (kind == HANDLES) {
		message.handle_count = 3;
		message.send[0] = client->self;
		message.send[1] = client->budget;
		message.send[2] = line;
	}
}

/* --- Getting there. */

static struct message_registers call_registers(void)
{
	return (struct message_registers){ line, 40, 1, arch_clock_ns() + PATIENCE_NS, header_write(c, &message) };
}

static void server_sleeps(void)
{
	EXPECT_BLOCKED(do_futex_wait(s, server->data + P, 0, 0, NEVER));
}

static void server_wakes(void)
{
	assert_true(futex_wake_one(server->process, server->data + P));
}

static void reach_queued(void)
{
	struct message_registers in = call_registers();

	server_sleeps();
	EXPECT_BLOCKED(do_message_ecall(c, CALL_CONNECTION_CALL_MESSAGE, &in));
}

static void reach_taking(void)
{
	struct message_registers in = call_registers();

	EXPECT_BLOCKED(do_receive_until(s, mailbox, NEVER, 4));
	do_message_start(c, CALL_CONNECTION_CALL_MESSAGE, &in);
	host_preempt_every(1);
	for (unsigned i = 0; i < 3; i++)
		assert_false(do_step(c));
	host_preempt_every(0);
}

static void reach_taking_queued(void)
{
	struct abi_message accept = { .accept = 4 };

	reach_queued();
	server_wakes();
	do_message_start(s, CALL_SERVER_RECEIVE, &(struct message_registers){ mailbox, 0, 1, NEVER, header_write(s, &accept) });
	host_preempt_every(1);
	for (unsigned i = 0; i < 3; i++)
		assert_false(do_step(s));
	host_preempt_every(0);
}

static void reach_taken(void)
{
	struct message_registers in = call_registers();

	EXPECT_BLOCKED(do_receive_until(s, mailbox, NEVER, 4));
	EXPECT_BLOCKED(do_message_ecall(c, CALL_CONNECTION_CALL_MESSAGE, &in));
	token = got(s).token;
}

static void reach_parked(void)
{
	reach_taken();
	EXPECT_BLOCKED(do_receive_until(s, mailbox, NEVER, 4));
}

static void reach_replying(void)
{
	struct abi_message r = { .in_count = 1, .in = { { BUFFER(server), BYTES } }, .handle_count = 1, .send = { server->self } };

	reach_taken();
	do_message_start(s, CALL_SERVER_REPLY, &(struct message_registers){ 1, 5, token, 1, header_write(s, &r) });
	host_preempt_every(1);
	for (unsigned i = 0; i < 3; i++)
		assert_false(do_step(s));
	host_preempt_every(0);
}

static void reach_forward_queued(void)
{
	EXPECT_BLOCKED(do_futex_wait(b, back->data, 0, 0, NEVER));
	reach_taken();
	EXPECT_OK(do_forward(s, back_line, token, 50));
}

static void reach_forwarded(void)
{
	EXPECT_BLOCKED(do_receive_until(b, back_mailbox, NEVER, 4));
	reach_taken();
	EXPECT_OK(do_forward(s, back_line, token, 50));
	assert_int_equal(got(b).badge, 8);
}

static void (*const reach[STAGES])(void) = {
	reach_queued, reach_taking, reach_taking_queued, reach_taken, reach_parked, reach_replying, reach_forward_queued, reach_forwarded,
};

/* --- The strike. */

static bool client_lives, server_lives, back_lives;

static void strike_do(enum strike strike)
{
	client_lives = strike != CLIENT && strike != CLIENT_BUDGET;
	server_lives = strike != SERVER && strike != SERVER_BUDGET;
	back_lives = strike != BACK && strike != BACK_BUDGET;
	switch (strike) {
	case CLIENT: program_kill(client); break;
	case SERVER: program_kill(server); break;
	case BACK: program_kill(back); break;
	case CLIENT_BUDGET: program_budget_end(client); break;
	case SERVER_BUDGET: program_budget_end(server); break;
	case BACK_BUDGET: program_budget_end(back); break;
	case RECEIVE_RIGHT: EXPECT_OK(CALL(closer, HANDLE_CLOSE, mailbox)); break;
	case CONNECTION: EXPECT_OK(CALL(boss.thread, CONNECTION_DESTROY, keeper)); break;
	default: pass_ns(PATIENCE_NS);
	}
}

/* What a client that lives is told; BLOCKED: nothing yet, its call goes on. */
static uintptr_t fate(enum stage stage, enum strike strike)
{
	bool forwarded = stage == FORWARD_QUEUED || stage == FORWARDED;
	bool taken = stage == TAKEN || stage == PARKED || stage == REPLYING || forwarded;

	switch (strike) {
	case PATIENCE:
		return E_TIMEOUT;
	case SERVER: /* with the process goes the only receive right, or the connection it forwarded through */
	case SERVER_BUDGET:
		return E_PEER_GONE;
	case BACK:
	case BACK_BUDGET:
		return forwarded ? E_PEER_GONE : BLOCKED;
	case RECEIVE_RIGHT:
		return taken ? BLOCKED : E_PEER_GONE;
	default:
		return forwarded ? BLOCKED : E_PEER_GONE;
	}
}

/* --- What is left. */

static void finish(struct thread *thread)
{
	while (thread->registers.x[X_A7] && !is_waiting(thread) && !do_step(thread))
		continue;
}

static void client_left_check(enum stage stage, enum strike strike)
{
	uintptr_t wanted = fate(stage, strike);

	if (stage == TAKING && strike == PATIENCE)
		return; /* it was still calling: its deadline counts when it waits */
	expect_result(answer(c), wanted, "the client's answer", __FILE__, __LINE__);
	if (wanted == BLOCKED)
		return;
	assert_true(can_write(client, lent)); /* home */
	assert_true(pattern_is(client, lent, 4 * P, 1));
	assert_int_equal(client->process->handles.reserved, 0);
}

static void server_left_check(enum stage stage)
{
	while (answer(s) == BLOCKED && s->state == STATE_RECEIVING)
		return; /* waits for the next message, as it should */
	if (s->state == STATE_FUTEX)
		server_wakes();
	if (token && stage >= TAKEN && !client_lives)
		assert_int_equal(do_token_check(s, token), E_STALE_TOKEN);
	for (unsigned i = 0; i < 8; i++) { /* SIGNALs may wait; then there is nothing more, or the server is gone */
		uintptr_t error = do_receive_until(s, mailbox, 0, 4);

		if (error)
			return;
	}
	fail();
}

static bool makes_sense(enum stage stage, enum strike strike)
{
	bool copying = stage == TAKING || stage == TAKING_QUEUED || stage == REPLYING;
	bool forwarded = stage == FORWARD_QUEUED || stage == FORWARDED;

	if (copying && kind != COPY)
		return false;
	return forwarded || (strike != BACK && strike != BACK_BUDGET);
}

/* Half of all runs take every preemption point while things are taken apart. */
static void combination(enum stage stage, enum strike strike, bool preempted)
{
	fprintf(stderr, "%s, %s: %s goes\n", kind_names[kind], stage_names[stage], strike_names[strike]);
	people_make();
	message_make();
	token = 0;
	reach[stage]();
	host_preempt_every(preempted);
	strike_do(strike);
	if (client_lives && stage == TAKING)
		finish(c);
	if (server_lives && (stage == REPLYING || stage == TAKING_QUEUED))
		finish(s);
	if (client_lives && !(stage == REPLYING && server_lives && strike == RECEIVE_RIGHT))
		client_left_check(stage, strike);
	if (server_lives)
		server_left_check(stage);
	if (client_lives && is_waiting(c))
		pass_ns(PATIENCE_NS);
	if (client_lives)
		assert_false(is_waiting(c));
	world_end();
}

static void all(enum kind which)
{
	kind = which;
	for (unsigned stage = 0; stage < STAGES; stage++)
		for (unsigned strike = 0; strike < STRIKES; strike++)
			if (makes_sense(stage, strike)) {
				combination(stage, strike, false);
				combination(stage, strike, true);
			}
}

TEST(words, "a register call: somebody goes at any stage")
{
	all(WORDS);
}

TEST(copy, "a call that copies 60,000 bytes: somebody goes at any stage, also in the middle of the copies")
{
	all(COPY);
}

TEST(lend, "a call that lends: somebody goes at any stage")
{
	all(LEND);
}

TEST(lend_mut, "a call that lends writable: somebody goes at any stage")
{
	all(LEND_MUT);
}

TEST(move, "a call that moves memory: somebody goes at any stage")
{
	all(MOVE);
}

TEST(handles, "a call that carries handles: somebody goes at any stage")
{
	all(HANDLES);
}

/* --- Sends and signals: they wait in the connection, for whoever is left. */

static void send_combination(enum strike strike)
{
	struct abi_message m = message;

	fprintf(stderr, "send of %s: %s goes\n", kind_names[kind], strike_names[strike]);
	people_make();
	message_make();
	m = message;
	m.accept = m.out_count = 0;
	if (kind == COPY)
		m.in[0].size = 64;
	server_sleeps();
	EXPECT_OK(do_send(c, line, 1, &m));
	EXPECT_OK(do_send(c, line, 2, NULL));
	EXPECT_OK(CALL(c, CONNECTION_SIGNAL, line, 5));
	strike_do(strike);
	if (server_lives) {
		bool arrives = strike != RECEIVE_RIGHT && strike != CONNECTION;

		server_wakes();
		for (unsigned i = 1; i <= 2; i++) {
			uintptr_t error = do_receive_until(s, mailbox, 0, 4);

			assert_int_equal(error == E_OK, arrives);
			if (arrives)
				assert_int_equal(got(s).words[0], i);
		}
		server_left_check(QUEUED);
	}
	world_end();
}

TEST(sends, "a send of any kind survives its sender, and goes with server, connection and their budgets")
{
	static const enum strike strikes[] = { CLIENT, SERVER, CLIENT_BUDGET, SERVER_BUDGET, RECEIVE_RIGHT, CONNECTION };
	static const enum kind kinds[] = { WORDS, COPY, MOVE, HANDLES };

	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
		for (unsigned j = 0; j < ARRAY_SIZE(strikes); j++) {
			kind = kinds[i];
			send_combination(strikes[j]);
		}
}

/* --- Faults: the client's thread faults, the server handles it. */

static void fault_combination(bool taken, enum strike strike)
{
	handle_t here;

	fprintf(stderr, "fault, %s: %s goes\n", taken ? "taken" : "queued", strike_names[strike]);
	people_make();
	here = give(server, mailbox, &boss);
	EXPECT_OK(CALL(boss.thread, PROCESS_FAULT_SET, client->boss_process, here, 9));
	EXPECT_OK(CALL(boss.thread, HANDLE_CLOSE, here));
	if (taken)
		EXPECT_BLOCKED(do_receive(s, mailbox));
	else
		server_sleeps();
	thread_fault(c, CAUSE_READ, 8);
	if (taken)
		token = got(s).token;
	strike_do(strike);
	pass_ns(1);
	if (client_lives && (!server_lives || (strike == RECEIVE_RIGHT && !taken)))
		assert_int_equal(client->process->phase, PROCESS_ENDED);
	if (server_lives && taken)
		assert_int_equal(do_reply(s, token, 0, NULL), client_lives ? E_OK : E_STALE_TOKEN);
	world_end();
}

TEST(faults, "a fault, queued or taken: the faulting process, its fault server or that one's receive right goes")
{
	static const enum strike strikes[] = { CLIENT, SERVER, CLIENT_BUDGET, SERVER_BUDGET, RECEIVE_RIGHT, CONNECTION };

	for (unsigned taken = 0; taken < 2; taken++)
		for (unsigned i = 0; i < ARRAY_SIZE(strikes); i++)
			fault_combination(taken, strikes[i]);
}
