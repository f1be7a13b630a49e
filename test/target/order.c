/* order.c - who comes first: priorities of messages and threads, inheritance, time slices and deadlines, seen by
 * programs. This program's own thread is the most urgent one; the others run while it waits.
 * An instruction takes a nanosecond here, and a system call of the kernel that checks itself up to half a millisecond. */
#include "nacre/clock.h"
#include "test/alone.h"
#include "test/child.h"

TEST_ALONE;

enum { HELPERS = 8 };

static struct helper helpers[HELPERS];
static uint32_t never;  /* a word nobody wakes */

/* Lets everybody else run until all wait or this time has passed. */
static void let_run_ns(uint64_t ns)
{
	EXPECT_EQ(nacre_futex_wait(&never, 0, 0, nacre_deadline_in(ns)), NACRE_E_TIMEOUT);
}

static void let_run(void)
{
	let_run_ns(20 * NACRE_MS);
}

static unsigned effective(const struct helper *helper)
{
	struct nacre_thread_state state;

	EXPECT_OK(nacre_thread_info(helper->thread, &state));
	return state.effective;
}

static unsigned state_of(const struct helper *helper)
{
	struct nacre_thread_state state;

	EXPECT_OK(nacre_thread_info(helper->thread, &state));
	return state.state;
}

struct calling {
	nacre_handle_t connection;
	uint64_t deadline_ns;
	nacre_err_t error;
	uintptr_t answer;
	uint64_t ended_ns;
};

static struct calling calls[HELPERS];

static void call_once(void *argument)
{
	struct calling *calling = argument;
	struct nacre_words words = { 1, { 0 } };

	calling->error = nacre_connection_call_message(calling->connection, &words, calling->deadline_ns, NULL, NULL);
	calling->answer = words.word[0];
	calling->ended_ns = nacre_clock_ns();
}

static void caller_start(unsigned n, nacre_handle_t connection, unsigned priority, uint64_t deadline_ns)
{
	calls[n] = (struct calling){ .connection = connection, .deadline_ns = deadline_ns, .error = NACRE_E_BAD_CALL };
	helper_start_at(&helpers[n], call_once, &calls[n], priority);
}

static void receive_now(nacre_handle_t server, struct nacre_received *in)
{
	EXPECT_OK(nacre_server_receive(server, NACRE_DEADLINE_NOW, NULL, in));
}

static void answer(nacre_token_t token, uintptr_t word)
{
	EXPECT_OK(nacre_server_reply(&(struct nacre_words){ 0, { word } }, token, NULL));
}

/* --- queues ------------------------------------------------------------------------------------------------ */

TEST(queue_order, "calls are received by priority, those of one priority in the order in which they came")
{
	static const uint8_t priorities[HELPERS] = { 3, 9, 1, 9, 15, 3, 9, 15 };
	static const uint8_t expected[HELPERS] = { 4, 7, 1, 3, 6, 0, 5, 2 };
	struct nacre_received in = { 0 };
	struct pair pair[HELPERS];
	nacre_handle_t server;

	EXPECT_OK(nacre_server_create(self_budget(), &server));
	for (unsigned i = 0; i < HELPERS; i++) {
		EXPECT_OK(nacre_connection_mint(server, self_budget(), i, 0, 0, 0, &pair[i].connection));
		caller_start(i, pair[i].connection, priorities[i], NACRE_DEADLINE_NEVER);
		let_run();
	}
	for (unsigned i = 0; i < HELPERS; i++) {
		receive_now(server, &in);
		EXPECT_EQ(in.badge, expected[i]);
		answer(in.token, 100 + in.badge);
	}
	for (unsigned i = 0; i < HELPERS; i++) {
		helper_join(&helpers[i]);
		EXPECT_OK(calls[i].error);
		EXPECT_EQ(calls[i].answer, 100 + i);
		EXPECT_OK(nacre_handle_close(pair[i].connection));
	}
	EXPECT_OK(nacre_handle_close(server));
}

TEST(queue_mixed, "signals have the priority set at mint, sends and calls that of their sender, and all wait in one queue")
{
	struct nacre_received in = { 0 };
	struct pair pair = pair_make(1, 1, 0); /* its signals: 10 */
	nacre_handle_t urgent, lazy;

	EXPECT_OK(nacre_connection_mint(pair.server, self_budget(), 2, 0, 0, 28, &urgent));
	EXPECT_OK(nacre_connection_mint(pair.server, self_budget(), 3, 0, 0, 2, &lazy));
	caller_start(0, pair.connection, 12, NACRE_DEADLINE_NEVER);
	caller_start(1, pair.connection, 5, NACRE_DEADLINE_NEVER);
	let_run();
	EXPECT_OK(nacre_connection_signal(lazy, 1));
	EXPECT_OK(nacre_connection_signal(pair.connection, 2));
	EXPECT_OK(nacre_connection_send(pair.connection, &(struct nacre_words){ 7, { 0 } }, NULL)); /* of this thread's */
	EXPECT_OK(nacre_connection_signal(urgent, 4));
	receive_now(pair.server, &in);
	EXPECT_EQ(in.badge, 2);
	receive_now(pair.server, &in);
	EXPECT_EQ(info_kind(&in), NACRE_KIND_SEND);
	receive_now(pair.server, &in);
	EXPECT_EQ(info_kind(&in), NACRE_KIND_CALL);
	answer(in.token, 12);
	receive_now(pair.server, &in);
	EXPECT_EQ(info_kind(&in), NACRE_KIND_SIGNAL);
	EXPECT_EQ(in.badge, 1);
	receive_now(pair.server, &in);
	EXPECT_EQ(info_kind(&in), NACRE_KIND_CALL);
	answer(in.token, 5);
	receive_now(pair.server, &in);
	EXPECT_EQ(in.badge, 3);
	helper_join(&helpers[0]);
	helper_join(&helpers[1]);
	EXPECT_EQ(calls[0].answer, 12);
	EXPECT_EQ(calls[1].answer, 5);
	EXPECT_OK(nacre_handle_close(urgent));
	EXPECT_OK(nacre_handle_close(lazy));
	pair_close(&pair);
}

/* --- inheritance ------------------------------------------------------------------------------------------- */

static uint32_t gate; /* servers work until it opens */

/* Takes one call, works until the gate opens, answers, takes another, and so on until the opcode is 0. */
static void serve(void *argument)
{
	nacre_handle_t server = *(nacre_handle_t *)argument;
	struct nacre_received in = { 0 };

	if (nacre_server_receive(server, NACRE_DEADLINE_NEVER, NULL, &in))
		return;
	while (in.words.opcode) {
		while (!__atomic_load_n(&gate, __ATOMIC_ACQUIRE))
			nacre_futex_wait(&gate, 0, 0, NACRE_DEADLINE_NEVER);
		in.words.word[0] = 77;
		if (nacre_server_reply_and_receive(server, &in.words, in.token, &in))
			return;
	}
	nacre_server_reply(&in.words, in.token, NULL);
}

static void gate_open(void)
{
	__atomic_store_n(&gate, 1, __ATOMIC_RELEASE);
	nacre_futex_wake(&gate, 100, NULL);
}

static void serve_stop(struct pair *pair, struct helper *helper)
{
	EXPECT_OK(nacre_connection_call(pair->connection, &(struct nacre_words){ 0 }));
	helper_join(helper);
	pair_close(pair);
	gate = 0;
}

TEST(inherit_served, "a server runs at its caller's priority while it serves it, and at its own again when it has replied")
{
	struct pair pair = pair_make(1, 0, 0);

	helper_start_at(&helpers[0], serve, &pair.server, 4);
	let_run();
	EXPECT_EQ(effective(&helpers[0]), 4);
	caller_start(1, pair.connection, 15, NACRE_DEADLINE_NEVER);
	let_run();
	EXPECT_EQ(state_of(&helpers[1]), NACRE_STATE_SERVED);
	EXPECT_EQ(effective(&helpers[0]), 15);
	gate_open();
	let_run();
	EXPECT_EQ(effective(&helpers[0]), 4);
	helper_join(&helpers[1]);
	EXPECT_EQ(calls[1].answer, 77);
	serve_stop(&pair, &helpers[0]);
}

TEST(inherit_queued, "the most urgent call in the queue raises the server that is busy with another; its timeout takes that back")
{
	struct pair pair = pair_make(1, 0, 0);

	helper_start_at(&helpers[0], serve, &pair.server, 4);
	caller_start(1, pair.connection, 6, NACRE_DEADLINE_NEVER);
	let_run();
	EXPECT_EQ(effective(&helpers[0]), 6);
	caller_start(2, pair.connection, 12, NACRE_DEADLINE_NEVER);
	caller_start(3, pair.connection, 20, nacre_deadline_in(100 * NACRE_MS));
	let_run();
	EXPECT_EQ(state_of(&helpers[3]), NACRE_STATE_CALLING);
	EXPECT_EQ(effective(&helpers[0]), 20);
	let_run_ns(200 * NACRE_MS);
	EXPECT_ERROR(connection_call_message, TIMEOUT, calls[3].error);
	EXPECT_EQ(effective(&helpers[0]), 12);
	gate_open();
	let_run();
	EXPECT_EQ(effective(&helpers[0]), 4);
	for (unsigned i = 1; i <= 3; i++)
		helper_join(&helpers[i]);
	serve_stop(&pair, &helpers[0]);
}

struct relay {
	nacre_handle_t server, next;
};

/* Answers each call with what the next server says. */
static void relay(void *argument)
{
	const struct relay *relay = argument;
	struct nacre_received in = { 0 };
	struct nacre_words words;

	if (nacre_server_receive(relay->server, NACRE_DEADLINE_NEVER, NULL, &in))
		return;
	while (in.words.opcode) {
		words = (struct nacre_words){ 1, { 0 } };
		nacre_connection_call(relay->next, &words);
		words.opcode = 0;
		if (nacre_server_reply_and_receive(relay->server, &words, in.token, &in))
			return;
	}
	nacre_server_reply(&in.words, in.token, NULL);
}

TEST(inherit_chain, "priority goes through a chain of servers that call each other, and leaves all of them again")
{
	struct pair last = pair_make(1, 0, 0), middle = pair_make(1, 0, 0), first = pair_make(1, 0, 0);
	struct relay relays[2] = { { first.server, middle.connection }, { middle.server, last.connection } };

	helper_start_at(&helpers[0], serve, &last.server, 2);
	helper_start_at(&helpers[1], relay, &relays[1], 3);
	helper_start_at(&helpers[2], relay, &relays[0], 4);
	caller_start(3, first.connection, 5, NACRE_DEADLINE_NEVER);
	let_run();
	EXPECT_EQ(effective(&helpers[0]), 5);
	EXPECT_OK(nacre_thread_priority_set(helpers[3].thread, 19)); /* while it waits */
	for (unsigned i = 0; i < 3; i++)
		EXPECT_EQ(effective(&helpers[i]), 19);
	EXPECT_OK(nacre_thread_priority_set(helpers[3].thread, 1));
	for (unsigned i = 0; i < 3; i++)
		EXPECT_EQ(effective(&helpers[i]), 4); /* the first server's own, which the others inherit */
	EXPECT_OK(nacre_thread_priority_set(helpers[3].thread, 18));
	gate_open();
	let_run();
	for (unsigned i = 0; i < 3; i++)
		EXPECT_EQ(effective(&helpers[i]), 2 + i);
	helper_join(&helpers[3]);
	EXPECT_EQ(calls[3].answer, 77);
	serve_stop(&first, &helpers[2]);
	serve_stop(&middle, &helpers[1]);
	serve_stop(&last, &helpers[0]);
}

static volatile uint32_t spun[2];
static volatile bool spin_on;

static void spin(void *argument)
{
	while (spin_on)
		++*(volatile uint32_t *)argument;
}

TEST(no_inversion, "an urgent caller gets its answer from a lazy server although a thread between them never stops running")
{
	struct pair pair = pair_make(1, 0, 0);

	gate = 1;
	helper_start_at(&helpers[0], serve, &pair.server, 2);
	let_run();
	spin_on = true;
	spun[0] = 0;
	helper_start_at(&helpers[1], spin, (void *)&spun[0], 10);
	let_run();
	EXPECT(spun[0] > 0);
	caller_start(2, pair.connection, 15, nacre_deadline_in(100 * NACRE_MS));
	helper_join(&helpers[2]);
	EXPECT_OK(calls[2].error);
	EXPECT_EQ(calls[2].answer, 77);
	caller_start(2, pair.connection, 5, nacre_deadline_in(5 * NACRE_MS)); /* below the spinner: it never runs */
	let_run_ns(20 * NACRE_MS);
	EXPECT_EQ(calls[2].ended_ns, 0);
	spin_on = false;
	helper_join(&helpers[1]);
	helper_join(&helpers[2]);
	serve_stop(&pair, &helpers[0]);
}

static uint32_t lock_word;

static void hold_lock(void *unused)
{
	(void)unused;
	while (!__atomic_load_n(&gate, __ATOMIC_ACQUIRE))
		nacre_futex_wait(&gate, 0, 0, NACRE_DEADLINE_NEVER);
}

static void want_lock(void *argument)
{
	nacre_futex_wait(&lock_word, 0, helpers[0].thread, *(uint64_t *)argument);
}

TEST(inherit_futex, "who holds a lock runs at the priority of the most urgent thread that waits for it, as long as it waits")
{
	uint64_t never_ns = NACRE_DEADLINE_NEVER, soon_ns = nacre_deadline_in(100 * NACRE_MS);
	uintptr_t woken = 0;

	helper_start_at(&helpers[0], hold_lock, NULL, 3);
	helper_start_at(&helpers[1], want_lock, &never_ns, 7);
	helper_start_at(&helpers[2], want_lock, &soon_ns, 16);
	let_run();
	EXPECT_EQ(effective(&helpers[0]), 16);
	let_run_ns(200 * NACRE_MS); /* the second has given up */
	EXPECT_EQ(effective(&helpers[0]), 7);
	EXPECT_OK(nacre_futex_wake(&lock_word, 1, &woken));
	EXPECT_EQ(woken, 1);
	let_run();
	EXPECT_EQ(effective(&helpers[0]), 3);
	gate_open();
	for (unsigned i = 0; i < 3; i++)
		helper_join(&helpers[i]);
	gate = 0;
}

/* --- slices ------------------------------------------------------------------------------------------------ */

TEST(round_robin, "two threads of one priority that never wait share the processor about evenly")
{
	spin_on = true;
	spun[0] = spun[1] = 0;
	helper_start_at(&helpers[0], spin, (void *)&spun[0], 9);
	helper_start_at(&helpers[1], spin, (void *)&spun[1], 9);
	let_run_ns(200 * NACRE_MS);
	EXPECT(spun[0] > spun[1] / 4 && spun[1] > spun[0] / 4);
	spin_on = false;
	helper_join(&helpers[0]);
	helper_join(&helpers[1]);
}

TEST(strict_priority, "a thread runs only when nobody more urgent can, and at once when nobody can")
{
	uint32_t before;

	spin_on = true;
	spun[0] = spun[1] = 0;
	helper_start_at(&helpers[0], spin, (void *)&spun[0], 9);
	helper_start_at(&helpers[1], spin, (void *)&spun[1], 8);
	let_run_ns(50 * NACRE_MS);
	EXPECT(spun[0] > 0);
	EXPECT_EQ(spun[1], 0);
	EXPECT_OK(nacre_thread_priority_set(helpers[0].thread, 7));
	before = spun[0];
	let_run_ns(50 * NACRE_MS);
	EXPECT(spun[1] > 0);
	EXPECT_EQ(spun[0], before);
	spin_on = false;
	helper_join(&helpers[0]);
	helper_join(&helpers[1]);
}

/* --- deadlines --------------------------------------------------------------------------------------------- */

/* A deadline is met when nothing ended early, and nobody waited more than two milliseconds longer. */
static void expect_met(uint64_t deadline_ns, uint64_t ended_ns)
{
	EXPECT(ended_ns >= deadline_ns);
	EXPECT(ended_ns < deadline_ns + 2 * NACRE_MS);
}

TEST(deadline_order, "calls time out each at its own time, whether queued, taken or parked, in whatever order they came")
{
	static const uint8_t after_ms[6] = { 120, 80, 200, 100, 240, 160 };
	struct pair pair = pair_make(1, 0, 0);
	struct nacre_received in = { 0 };
	uint64_t start_ns = nacre_clock_ns();
	nacre_token_t tokens[2];

	for (unsigned i = 0; i < 6; i++)
		caller_start(i, pair.connection, 10, start_ns + after_ms[i] * NACRE_MS);
	let_run();
	receive_now(pair.server, &in); /* the first, which is parked when the next is received */
	tokens[0] = in.token;
	receive_now(pair.server, &in);
	tokens[1] = in.token;
	let_run_ns(400 * NACRE_MS);
	for (unsigned i = 0; i < 6; i++) {
		helper_join(&helpers[i]);
		EXPECT_ERROR(connection_call_message, TIMEOUT, calls[i].error);
		expect_met(start_ns + after_ms[i] * NACRE_MS, calls[i].ended_ns);
	}
	for (unsigned i = 0; i < 2; i++)
		EXPECT_ERROR(server_token_check, STALE_TOKEN, nacre_server_token_check(tokens[i]));
	receive_now(pair.server, &in); /* a parked call ended early: the badge's signal says so */
	EXPECT_EQ(info_kind(&in), NACRE_KIND_SIGNAL);
	EXPECT_EQ(in.words.word[0], NACRE_SIGNAL_CANCELLED);
	EXPECT_ERROR(server_receive, TIMEOUT, nacre_server_receive(pair.server, NACRE_DEADLINE_NOW, NULL, &in));
	pair_close(&pair);
}

TEST(deadline_receive, "a receive and a wait on a futex end at their deadline, not before and hardly after")
{
	struct pair pair = pair_make(1, 0, 0);
	struct nacre_received in = { 0 };
	uint64_t when;

	for (uint64_t ns = 1; ns < 10 * NACRE_S; ns *= 7) {
		when = nacre_deadline_in(ns);
		EXPECT_ERROR(server_receive, TIMEOUT, nacre_server_receive(pair.server, when, NULL, &in));
		expect_met(when, nacre_clock_ns());
		when = nacre_deadline_in(ns);
		EXPECT_ERROR(futex_wait, TIMEOUT, nacre_futex_wait(&never, 0, 0, when));
		expect_met(when, nacre_clock_ns());
	}
	pair_close(&pair);
}

TEST(deadline_past, "a deadline that has passed does not wait, but takes what is there already")
{
	struct pair pair = pair_make(1, 1, 0);
	struct nacre_received in = { 0 };
	uint64_t before = nacre_clock_ns();

	EXPECT_ERROR(server_receive, TIMEOUT, nacre_server_receive(pair.server, NACRE_DEADLINE_NOW, NULL, &in));
	EXPECT_ERROR(server_receive, TIMEOUT, nacre_server_receive(pair.server, before, NULL, &in));
	EXPECT_ERROR(connection_call_message, TIMEOUT,
		     nacre_connection_call_message(pair.connection, &(struct nacre_words){ 1, { 0 } }, 1, NULL, NULL));
	EXPECT(nacre_clock_ns() < before + 5 * NACRE_MS);
	EXPECT_OK(nacre_connection_send(pair.connection, &(struct nacre_words){ 5, { 0 } }, NULL));
	EXPECT_OK(nacre_server_receive(pair.server, NACRE_DEADLINE_NOW, NULL, &in));
	EXPECT_EQ(in.words.opcode, 5);
	pair_close(&pair);
}

TEST(deadline_never, "without a deadline a thread waits until it is answered, however long that takes")
{
	struct pair pair = pair_make(1, 0, 0);
	struct nacre_received in = { 0 };

	caller_start(0, pair.connection, 10, NACRE_DEADLINE_NEVER);
	let_run_ns(40 * NACRE_S);
	EXPECT_EQ(state_of(&helpers[0]), NACRE_STATE_CALLING);
	receive_now(pair.server, &in);
	let_run_ns(1 * NACRE_S);
	answer(in.token, 3);
	helper_join(&helpers[0]);
	EXPECT_EQ(calls[0].answer, 3);
	pair_close(&pair);
}
