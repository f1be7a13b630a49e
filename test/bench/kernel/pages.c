/* pages.c - calls that lend pages, or hand memory over. */
#include "../bench.h"
#include "nacre/area.h"
#include "peer.h"

static struct peer peer;
static struct helper helper;
static struct nacre_area area;

static void lend_rounds_on(nacre_handle_t connection, size_t pages, uint32_t how)
{
	struct nacre_message message = { .pages = how, .page_base = (uintptr_t)area.base, .page_count = pages };

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct nacre_words words = { 1, { 0 } };
		nacre_err_t error;

		MARK_BEGIN;
		error = nacre_connection_call_message(connection, &words, NACRE_DEADLINE_NEVER, &message, NULL);
		MARK_END;
		EXPECT_OK(error);
	}
}

static void lend_rounds(size_t pages, uint32_t how)
{
	lend_rounds_on(peer.pair.connection, pages, how);
}

static void lend_begin(void)
{
	EXPECT_OK(nacre_area_create(&area, NACRE_LIMIT_LOAN_PAGES, NACRE_MEMORY_PRIVATE));
	peer_make(&peer);
	peer_start(&peer, peer_answer, PRIORITY);
}

static void lend_end(void)
{
	peer_end(&peer);
	EXPECT_OK(nacre_area_destroy(&area));
}

TEST(lend, "a call that lends 1 to 32 pages for reading, and gets them back with the reply")
{
	lend_begin();
	BENCH("lend_1p");
	lend_rounds(1, NACRE_PAGES_LEND);
	BENCH("lend_4p");
	lend_rounds(4, NACRE_PAGES_LEND);
	BENCH("lend_16p");
	lend_rounds(16, NACRE_PAGES_LEND);
	BENCH("lend_32p");
	lend_rounds(32, NACRE_PAGES_LEND);
	lend_end();
}

TEST(lend_mut, "a call that lends 1 to 32 pages for writing, and gets them back with the reply")
{
	lend_begin();
	BENCH("lend_mut_1p");
	lend_rounds(1, NACRE_PAGES_LEND_MUT);
	BENCH("lend_mut_4p");
	lend_rounds(4, NACRE_PAGES_LEND_MUT);
	BENCH("lend_mut_16p");
	lend_rounds(16, NACRE_PAGES_LEND_MUT);
	BENCH("lend_mut_32p");
	lend_rounds(32, NACRE_PAGES_LEND_MUT);
	lend_end();
}

TEST(lend_fresh, "a call that lends a page that has never been touched nor lent")
{
	lend_begin();
	BENCH("lend_1p_fresh");
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct nacre_words words = { 1, { 0 } };
		struct nacre_message message = { .pages = NACRE_PAGES_LEND, .page_count = 1 };
		struct nacre_area fresh;
		nacre_err_t error;

		EXPECT_OK(nacre_area_create(&fresh, 1, NACRE_MEMORY_PRIVATE));
		message.page_base = (uintptr_t)fresh.base;
		MARK_BEGIN;
		error = nacre_connection_call_message(peer.pair.connection, &words, NACRE_DEADLINE_NEVER, &message, NULL);
		MARK_END;
		EXPECT_OK(error);
		EXPECT_OK(nacre_area_destroy(&fresh));
	}
	lend_end();
}

static void answer_beside(void *server)
{
	answer_words(*(nacre_handle_t *)server);
}

TEST(lend_same_process, "a call that lends a page, between two threads of a process")
{
	struct pair pair = pair_make(1, 0, 1);

	nacre_process_window_create(self_process()); /* it may have one already */
	EXPECT_OK(nacre_area_create(&area, 1, NACRE_MEMORY_PRIVATE));
	helper_start_at(&helper, answer_beside, &pair.server, PRIORITY);
	BENCH("lend_1p_same_process");
	lend_rounds_on(pair.connection, 1, NACRE_PAGES_LEND);
	pair_close(&pair);
	helper_join(&helper);
	EXPECT_OK(nacre_area_destroy(&area));
}

enum { TAKE = 1, CLOSE = 2 };

/* Keeps the handle that comes with a call, and closes it when it is told to, while nobody counts. */
CHILD static void accept_handles(uintptr_t at)
{
	const volatile struct plan *plan = (const volatile struct plan *)at;
	nacre_handle_t kept = NACRE_HANDLE_NONE;
	struct nacre_message message;
	struct nacre_received in;
	nacre_err_t error;

	received_clear(&in);
	message_clear(&message);
	message.accept = 1;
	error = nacre_server_receive(plan->server, NACRE_DEADLINE_NEVER, &message, &in);
	while (!error) {
		if (in.words.opcode == CLOSE)
			nacre_handle_close(kept);
		else
			kept = message.received[0];
		error = nacre_server_reply_and_receive_message(plan->server, &in.words, in.token, NACRE_DEADLINE_NEVER, &message, &in);
	}
	nacre_process_exit(error);
}

static void hand_over(struct nacre_message *message)
{
	struct nacre_words take = { TAKE, { 0 } }, close = { CLOSE, { 0 } };
	nacre_err_t error;

	MARK_BEGIN;
	error = nacre_connection_call_message(peer.pair.connection, &take, NACRE_DEADLINE_NEVER, message, NULL);
	MARK_END;
	EXPECT_OK(error);
	EXPECT_OK(nacre_connection_call(peer.pair.connection, &close));
}

static void accept_begin(void)
{
	peer_make(&peer);
	peer_start(&peer, accept_handles, PRIORITY);
}

static void move_rounds(size_t pages)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct nacre_message message = { .pages = NACRE_PAGES_MOVE };
		nacre_handle_t memory;

		EXPECT_OK(nacre_memory_create(self_budget(), pages, NACRE_MEMORY_PRIVATE, &memory));
		message.page_base = memory;
		hand_over(&message);
	}
}

TEST(move, "a call that hands over memory of 1 and of 256 pages, and its reply")
{
	accept_begin();
	BENCH("move_1p");
	move_rounds(1);
	BENCH("move_256p");
	move_rounds(256);
	peer_end(&peer);
}

TEST(handle_transfer, "a call that carries a handle, and its reply")
{
	accept_begin();
	BENCH("handle_transfer");
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct nacre_message message = { .handle_count = 1, .send = { peer.pair.connection } };

		hand_over(&message);
	}
	peer_end(&peer);
}
