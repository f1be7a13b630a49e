/* call.c - the round trip: a call without memory, and its reply. */
#include "../bench.h"
#include "nacre/clock.h"
#include "peer.h"

static struct peer peer;
static struct helper helper;

static void rounds(nacre_handle_t connection, unsigned words)
{
	struct nacre_words given = { 1, { 0 } };

	for (unsigned i = 0; i < words; i++)
		given.word[i] = i + 1;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct nacre_words taken = given;
		nacre_err_t error;

		MARK_BEGIN;
		error = nacre_connection_call(connection, &taken);
		MARK_END;
		EXPECT_OK(error);
		EXPECT(memcmp(&taken, &given, sizeof taken) == 0);
	}
}

static void rounds_until(nacre_handle_t connection, uint64_t deadline_ns)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct nacre_words words = { 1, { 0 } };
		nacre_err_t error;

		MARK_BEGIN;
		error = nacre_connection_call_message(connection, &words, deadline_ns, NULL, NULL);
		MARK_END;
		EXPECT_OK(error);
	}
}

TEST(call_two_processes, "call and reply between two processes, of 0 to 5 words")
{
	peer_make(&peer);
	peer_start(&peer, peer_answer, PRIORITY);
	BENCH("call_reply_w0");
	rounds(peer.pair.connection, 0);
	BENCH("call_reply_w1");
	rounds(peer.pair.connection, 1);
	BENCH("call_reply_w2");
	rounds(peer.pair.connection, 2);
	BENCH("call_reply_w3");
	rounds(peer.pair.connection, 3);
	BENCH("call_reply_w4");
	rounds(peer.pair.connection, 4);
	BENCH("call_reply_w5");
	rounds(peer.pair.connection, 5);
	peer_end(&peer);
}

static void answer_beside(void *server)
{
	answer_words(*(nacre_handle_t *)server);
}

TEST(call_same_process, "call and reply between two threads of a process")
{
	struct pair pair = pair_make(1, 0, 0);

	helper_start_at(&helper, answer_beside, &pair.server, PRIORITY);
	BENCH("call_reply_same_process_w0");
	rounds(pair.connection, 0);
	pair_close(&pair);
	helper_join(&helper);
}

TEST(call_first, "the first call through a connection, and its reply")
{
	nacre_handle_t connections[ROUNDS];

	peer_make(&peer);
	peer_start(&peer, peer_answer, PRIORITY);
	BENCH("call_reply_first_w0");
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct nacre_words words = { 1, { 0 } };
		nacre_err_t error;

		EXPECT_OK(nacre_connection_mint(peer.pair.server, self_budget(), round, 0, 0, 10, &connections[round]));
		MARK_BEGIN;
		error = nacre_connection_call(connections[round], &words);
		MARK_END;
		EXPECT_OK(error);
	}
	for (unsigned round = 0; round < ROUNDS; round++)
		EXPECT_OK(nacre_handle_close(connections[round]));
	peer_end(&peer);
}

/* Of the caller: the machine's budget, so the server's is below it, and the caller's pays. Most of the machine, so it lasts. */
enum { SHARE_NS = 9900000, PERIOD_NS = 10000000 };

TEST(call_share, "call and reply where the caller has a share of CPU time, where the server has one, and where both have")
{
	peer_make(&peer);
	peer_start(&peer, peer_answer, PRIORITY);
	EXPECT_OK(nacre_budget_cpu_set(self_budget(), SHARE_NS, PERIOD_NS));
	BENCH("call_reply_share_w0");
	rounds(peer.pair.connection, 0);
	EXPECT_OK(nacre_budget_cpu_set(peer.child.budget, SHARE_NS / 2, PERIOD_NS));
	BENCH("call_reply_share_both_w0");
	rounds(peer.pair.connection, 0);
	EXPECT_OK(nacre_budget_cpu_set(self_budget(), 0, 0));
	BENCH("call_reply_share_server_w0");
	rounds(peer.pair.connection, 0);
	peer_end(&peer);
}

TEST(call_urgent_server, "call and reply where the server is more urgent, and where it is less urgent, than the caller")
{
	peer_make(&peer);
	peer_start(&peer, peer_answer, URGENT);
	BENCH("call_reply_urgent_server_w0");
	rounds(peer.pair.connection, 0);
	peer_end(&peer);
	peer_make(&peer);
	peer_start(&peer, peer_answer, LAZY);
	BENCH("call_reply_lazy_server_w0");
	rounds(peer.pair.connection, 0);
	peer_end(&peer);
}

CHILD static void answer_until(uintptr_t at)
{
	const volatile struct plan *plan = (const volatile struct plan *)at;
	nacre_handle_t server = plan->server;
	uint64_t deadline_ns = plan->deadline_ns;
	struct nacre_received in;
	nacre_err_t error;

	received_clear(&in);
	error = nacre_server_receive(server, deadline_ns, NULL, &in);
	while (!error)
		error = nacre_server_reply_and_receive_message(server, &in.words, in.token, deadline_ns, NULL, &in);
	nacre_process_exit(error);
}

TEST(call_deadline, "a call with a deadline, and one to a server that receives with a deadline as well")
{
	uint64_t deadline_ns = nacre_deadline_in(50000 * NACRE_MS);

	peer_make(&peer);
	peer_start(&peer, peer_answer, PRIORITY);
	BENCH("call_message_w0");
	rounds_until(peer.pair.connection, NACRE_DEADLINE_NEVER);
	BENCH("call_deadline_w0");
	rounds_until(peer.pair.connection, deadline_ns);
	peer_end(&peer);
	peer_make(&peer);
	peer.plan->deadline_ns = deadline_ns;
	peer_start(&peer, answer_until, PRIORITY);
	BENCH("call_deadline_both_w0");
	rounds_until(peer.pair.connection, deadline_ns);
	peer_end(&peer);
}

/* Receives one call and leaves it unanswered. */
CHILD static void park_and_answer(uintptr_t at)
{
	const volatile struct plan *plan = (const volatile struct plan *)at;
	struct nacre_received in;

	if (!nacre_server_receive(plan->server, NACRE_DEADLINE_NEVER, NULL, &in))
		answer_words(plan->server);
	nacre_process_exit(1);
}

static void call_once(void *connection)
{
	struct nacre_words words = { 1, { 0 } };

	nacre_connection_call(*(nacre_handle_t *)connection, &words);
}

TEST(call_parked, "call and reply with a server that has parked somebody else's call")
{
	peer_make(&peer);
	peer_start(&peer, park_and_answer, PRIORITY);
	helper_start_at(&helper, call_once, &peer.pair.connection, URGENT);
	BENCH("call_reply_parked_w0");
	rounds(peer.pair.connection, 0);
	child_destroy(&peer.child); /* ends the parked call, and with it the helper */
	helper_join(&helper);
	EXPECT_OK(nacre_map_remove(self_process(), (uintptr_t)peer.plan, 1));
	EXPECT_OK(nacre_handle_close(peer.memory));
	pair_close(&peer.pair);
}
