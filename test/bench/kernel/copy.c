/* copy.c - calls that carry bytes: to the server, and both ways. */
#include "../bench.h"
#include "nacre/area.h"
#include "peer.h"

enum { MOST = NACRE_LIMIT_COPY_BYTES };

static struct peer peer;
static struct helper helper;
static struct nacre_area area; /* first half: what is sent; second half: what comes back */

/* Answers with as many bytes as came. */
CHILD static void echo(uintptr_t at)
{
	const volatile struct plan *plan = (const volatile struct plan *)at;
	struct nacre_message message;
	struct nacre_received in;
	nacre_err_t error;

	received_clear(&in);
	message_clear(&message);
	message.in_count = 1;
	message.in[0].base = plan->buffer;
	nacre_thread_buffer_set((void *)plan->buffer, plan->size);
	error = nacre_server_receive(plan->server, NACRE_DEADLINE_NEVER, NULL, &in);
	while (!error) {
		message.in[0].size = in.length;
		error = nacre_server_reply_and_receive_message(plan->server, &in.words, in.token, NACRE_DEADLINE_NEVER, &message, &in);
	}
	nacre_process_exit(error);
}

static void begin(void (*run)(uintptr_t))
{
	EXPECT_OK(nacre_area_create(&area, NACRE_PAGES(2 * MOST), NACRE_MEMORY_PRIVATE));
	memset(area.base, 'a', MOST);
	peer_make(&peer);
	peer.plan->buffer = peer_map(&peer, NACRE_PAGES(MOST));
	peer.plan->size = MOST;
	peer_start(&peer, run, PRIORITY);
}

static void end(void)
{
	peer_end(&peer);
	EXPECT_OK(nacre_area_destroy(&area));
}

static void rounds_on(nacre_handle_t connection, size_t size, bool back)
{
	uint8_t *from = area.base, *to = from + MOST;
	struct nacre_message message = { .in_count = 1, .in = { { (uintptr_t)from, size } } };

	if (back) {
		message.out_count = 1;
		message.out[0] = (struct nacre_segment){ (uintptr_t)to, size };
	}
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct nacre_words words = { 1, { 0 } };
		size_t length = 0;
		nacre_err_t error;

		from[0]++;
		MARK_BEGIN;
		error = nacre_connection_call_message(connection, &words, NACRE_DEADLINE_NEVER, &message, &length);
		MARK_END;
		EXPECT_OK(error);
		EXPECT(!back || (length == size && memcmp(from, to, size) == 0));
	}
}

static void rounds(size_t size, bool back)
{
	rounds_on(peer.pair.connection, size, back);
}

TEST(copy, "a call that carries 16 bytes to 64 KiB, and a reply of words")
{
	begin(peer_answer);
	BENCH("copy_16");
	rounds(16, false);
	BENCH("copy_64");
	rounds(64, false);
	BENCH("copy_256");
	rounds(256, false);
	BENCH("copy_1024");
	rounds(1024, false);
	BENCH("copy_4096");
	rounds(4096, false);
	BENCH("copy_16384");
	rounds(16384, false);
	BENCH("copy_65536");
	rounds(65536, false);
	end();
}

TEST(copy_both, "a call that carries 16 bytes to 64 KiB, and a reply that carries them back")
{
	begin(echo);
	BENCH("copy_16_both");
	rounds(16, true);
	BENCH("copy_64_both");
	rounds(64, true);
	BENCH("copy_256_both");
	rounds(256, true);
	BENCH("copy_1024_both");
	rounds(1024, true);
	BENCH("copy_4096_both");
	rounds(4096, true);
	BENCH("copy_16384_both");
	rounds(16384, true);
	BENCH("copy_65536_both");
	rounds(65536, true);
	end();
}

static uint8_t buffer[64];

static void answer_beside(void *server)
{
	nacre_thread_buffer_set(buffer, sizeof buffer);
	answer_words(*(nacre_handle_t *)server);
}

TEST(copy_same_process, "a call that carries 64 bytes, and a reply of words, between two threads of a process")
{
	struct pair pair = pair_make(1, 0, 0);

	EXPECT_OK(nacre_area_create(&area, NACRE_PAGES(2 * MOST), NACRE_MEMORY_PRIVATE));
	helper_start_at(&helper, answer_beside, &pair.server, PRIORITY);
	BENCH("copy_64_same_process");
	rounds_on(pair.connection, 64, false);
	pair_close(&pair);
	helper_join(&helper);
	EXPECT_OK(nacre_area_destroy(&area));
}

TEST(copy_fresh, "a call that carries 4 KiB of a page that has never been touched")
{
	begin(peer_answer);
	BENCH("copy_4096_fresh");
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct nacre_words words = { 1, { 0 } };
		struct nacre_message message = { .in_count = 1 };
		struct nacre_area fresh;
		nacre_err_t error;

		EXPECT_OK(nacre_area_create(&fresh, 1, NACRE_MEMORY_PRIVATE));
		message.in[0] = (struct nacre_segment){ (uintptr_t)fresh.base, 4096 };
		MARK_BEGIN;
		error = nacre_connection_call_message(peer.pair.connection, &words, NACRE_DEADLINE_NEVER, &message, NULL);
		MARK_END;
		EXPECT_OK(error);
		EXPECT_OK(nacre_area_destroy(&fresh));
	}
	end();
}
