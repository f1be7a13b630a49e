/* send.c - messages that nobody waits for: sends and signals. */
#include "../bench.h"
#include "peer.h"

static struct peer peer;
static struct helper helper;

/* Ends a measurement with each message. */
CHILD static void receive_all(uintptr_t at)
{
	const volatile struct plan *plan = (const volatile struct plan *)at;
	struct nacre_received in;

	while (!nacre_server_receive(plan->server, NACRE_DEADLINE_NEVER, NULL, &in))
		MARK_END;
	nacre_process_exit(1);
}

TEST(one_way, "a send and a signal to a waiting thread that is more urgent, until it runs")
{
	struct nacre_words words = { 1, { 0 } };

	peer_make(&peer);
	peer_start(&peer, receive_all, URGENT);
	BENCH("send_wake");
	for (unsigned round = 0; round < ROUNDS; round++) {
		MARK_BEGIN;
		nacre_connection_send(peer.pair.connection, &words, NULL);
	}
	BENCH("signal_wake");
	for (unsigned round = 0; round < ROUNDS; round++) {
		MARK_BEGIN;
		nacre_connection_signal(peer.pair.connection, 1);
	}
	peer_end(&peer);
}

static void receive_beside(void *server)
{
	struct nacre_received in;

	while (!nacre_server_receive(*(nacre_handle_t *)server, NACRE_DEADLINE_NEVER, NULL, &in))
		MARK_END;
}

TEST(one_way_same_process, "the same to a thread of the same process")
{
	struct pair pair = pair_make(1, 4, 0);
	struct nacre_words words = { 1, { 0 } };

	helper_start_at(&helper, receive_beside, &pair.server, URGENT);
	BENCH("send_wake_same_process");
	for (unsigned round = 0; round < ROUNDS; round++) {
		MARK_BEGIN;
		nacre_connection_send(pair.connection, &words, NULL);
	}
	BENCH("signal_wake_same_process");
	for (unsigned round = 0; round < ROUNDS; round++) {
		MARK_BEGIN;
		nacre_connection_signal(pair.connection, 1);
	}
	pair_close(&pair);
	helper_join(&helper);
}

static void receive(nacre_handle_t server)
{
	struct nacre_received in = { 0 };

	EXPECT_OK(nacre_server_receive(server, NACRE_DEADLINE_NOW, NULL, &in));
}

TEST(one_way_busy, "a send and a signal while nobody waits, until the sender goes on")
{
	struct pair pair = pair_make(1, 4, 0);
	struct nacre_words words = { 1, { 0 } };
	nacre_err_t error;

	BENCH("send_busy");
	for (unsigned round = 0; round < ROUNDS; round++) {
		MARK_BEGIN;
		error = nacre_connection_send(pair.connection, &words, NULL);
		MARK_END;
		EXPECT_OK(error);
		receive(pair.server);
	}
	BENCH("signal_busy");
	for (unsigned round = 0; round < ROUNDS; round++) {
		MARK_BEGIN;
		error = nacre_connection_signal(pair.connection, 1);
		MARK_END;
		EXPECT_OK(error);
		receive(pair.server);
	}
	pair_close(&pair);
}
