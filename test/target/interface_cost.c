/* interface_cost.c - what a call through a stub and a skeleton costs beside one that is written by hand, in instructions.
 *
 * QEMU's deterministic mode makes an instruction of a nanosecond, so the kernel's clock counts them, in steps of the
 * machine's timebase. Client and server are two threads of one process: no address space is switched on the way. */
#include <pthread.h>
#include "idl/probe_client.h"
#include "idl/probe_server.h"
#include "nacre/clock.h"
#include "nacre/startup.h"
#include "test/alone.h"

TEST_ALONE;

enum { ROUNDS = 2000, OVERHEAD_MAX = 420, OVERHEAD_HEADER_MAX = 900 };

/* --- servers ---------------------------------------------------------------------------------------------------- */

/* Adds by hand what `large` answers by skeleton: the least that a server can do. */
static void *serve_by_hand(void *given)
{
	nacre_handle_t mailbox = (nacre_handle_t)(uintptr_t)given;
	struct nacre_received received = { 0 };
	struct nacre_words answer = { 0 };

	while (!nacre_server_reply_and_receive(mailbox, &answer, received.token, &received)) {
		const uintptr_t *word = received.words.word;

		answer = (struct nacre_words){ STATUS_OK, { word[4], word[2], word[3], word[0], word[1] } };
	}
	return NULL;
}

static nacre_status_t large(struct nacre_request *request, const struct probe_large_in *in, struct probe_large_out *out)
{
	(void)request;
	*out = (struct probe_large_out){ in->c, in->b, in->a };
	return STATUS_OK;
}

static void *serve_by_skeleton(void *given)
{
	static const struct probe_handlers handlers = { .large = large };
	/* No handles: then words alone are received, as by hand. */
	static const struct nacre_protocol protocol = { PROBE_PROTOCOL, PROBE_VERSION, probe_serve_, &handlers, 0 };
	static uint64_t buffer[PROBE_BUFFER_BYTES / 8];
	struct nacre_server server = { .handle = (nacre_handle_t)(uintptr_t)given, .protocol = &protocol, .buffer = buffer,
				       .buffer_size = sizeof(buffer) };

	return (void *)(uintptr_t)nacre_server_run(&server);
}

static void *serve_with_handles(void *given)
{
	static const struct probe_handlers handlers = { .large = large };
	static const struct nacre_protocol protocol = PROBE_SERVED_BY(&handlers);
	static uint64_t buffer[PROBE_BUFFER_BYTES / 8];
	struct nacre_server server = { .handle = (nacre_handle_t)(uintptr_t)given, .protocol = &protocol, .buffer = buffer,
				       .buffer_size = sizeof(buffer) };

	return (void *)(uintptr_t)nacre_server_run(&server);
}

static nacre_handle_t start(void *(*serve)(void *))
{
	nacre_handle_t mailbox, connection;
	pthread_t thread;

	EXPECT_OK(nacre_server_create(nacre_self_budget(), &mailbox));
	EXPECT_OK(nacre_connection_mint(mailbox, nacre_self_budget(), 1, 0, 0, 0, &connection));
	EXPECT_EQ(pthread_create(&thread, NULL, serve, (void *)(uintptr_t)mailbox), 0);
	return connection;
}

/* --- clients ---------------------------------------------------------------------------------------------------- */

static void ask_by_hand(nacre_handle_t connection)
{
	struct nacre_words words = { PROBE_METHOD_LARGE, { 1, 2, 3, 4, 5 } };

	EXPECT_OK(nacre_connection_call(connection, &words));
	EXPECT_EQ(words.word[0], 5);
}

static void ask_by_stub(nacre_handle_t connection)
{
	uint64_t a;
	int64_t b;
	uint8_t c;

	EXPECT_EQ(probe_large(connection, 1ull | 2ull << 32, 3, 5, &c, &b, &a), STATUS_OK);
	EXPECT_EQ(c, 5);
}

/* Instructions of one round. */
static unsigned cost(nacre_handle_t connection, void (*ask)(nacre_handle_t connection))
{
	uint64_t begin;

	ask(connection); /* whatever happens once */
	begin = nacre_clock_ns();
	for (unsigned i = 0; i < ROUNDS; i++)
		ask(connection);
	return (unsigned)((nacre_clock_ns() - begin) / ROUNDS);
}

TEST(overhead, "a call with words alone costs little more through stub and skeleton than by hand")
{
	unsigned by_hand = cost(start(serve_by_hand), ask_by_hand), stub = cost(start(serve_by_hand), ask_by_stub);
	unsigned skeleton = cost(start(serve_by_skeleton), ask_by_hand), both = cost(start(serve_by_skeleton), ask_by_stub);
	unsigned header = cost(start(serve_with_handles), ask_by_stub);

	test_note("by hand %u, stub %u, skeleton %u, both %u, both where handles may come %u instructions", by_hand, stub, skeleton,
		  both, header);
	EXPECT(both <= by_hand + OVERHEAD_MAX);
	EXPECT(header <= by_hand + OVERHEAD_HEADER_MAX);
}
