/* main.c - moving N bytes from one process to another: by a call that copies, by a call that lends, through a ring. This
 * program is init and its own child, the server.
 *
 * stream_copy_N, stream_lend_N   a call and its reply of words
 * stream_ring_N                  written into a ring whose reader sleeps, is more urgent, and looks at them in place: he has
 *                                done with them and sleeps again when the writer goes on
 * ..._read                       the server adds up all bytes; without it, it looks at none, since what that costs is the same
 * flow_ring_N                    64 KiB in pieces of N through a ring of 16 KiB to a reader of the same priority
 *
 * What counts is all between the marks, with what the library does: bench.py knows these names by their beginning. */
#include "../bench.h"
#include "nacre/startup.h"
#include "ring/setup.h"
#include "test/again.h"
#include "test/alone.h"
#include "test/helper.h"

TEST_ALONE;

enum { MOST = NACRE_LIMIT_COPY_BYTES, FLOW_RING = 16 << 10, PRIORITY = 24, URGENT = 26 };
static const uint64_t NEVER = NACRE_DEADLINE_NEVER;
static const struct nacre_ring_where HERE = { .priority = URGENT };

/* --- the server ------------------------------------------------------------------------------------------------ */

static volatile uintptr_t total;

static void add_up(const void *bytes, size_t size)
{
	const uintptr_t *word = bytes, *end = word + size / sizeof *word;
	uintptr_t sum = 0;

	for (; word < end; word += 8)
		sum += word[0] + word[1] + word[2] + word[3] + word[4] + word[5] + word[6] + word[7];
	total = sum;
}

/* word[0]: read so many bytes, of the buffer or of the loan. */
static int serve_calls(nacre_handle_t server)
{
	static struct nacre_area buffer;
	struct nacre_received in = { 0 };
	nacre_err_t error;

	if (nacre_area_create(&buffer, NACRE_PAGES(MOST), NACRE_MEMORY_PRIVATE) || nacre_thread_buffer_set(buffer.base, MOST))
		return 1;
	error = nacre_server_receive(server, NEVER, NULL, &in);
	while (!error) {
		if (in.words.word[0])
			add_up(in.loan_pages ? (const void *)in.loan_base : buffer.base, in.words.word[0]);
		error = nacre_server_reply_and_receive(server, &in.words, in.token, &in);
	}
	return 0;
}

/* Offers a ring of the size it is told, and reads until its end. */
static int serve_ring(nacre_handle_t connection, bool reads)
{
	static struct nacre_ring_reader reader;
	struct nacre_words words = { 1, { 0 } };
	struct nacre_message message = { .accept = 1 };
	size_t size;

	if (nacre_connection_call(connection, &words) || nacre_ring_offer(&reader.ring, words.word[0], &HERE))
		return 1;
	message.handle_count = 2;
	message.send[0] = reader.ring.gift[0];
	message.send[1] = reader.ring.gift[1];
	if (nacre_connection_call_message(connection, &words, NEVER, &message, NULL))
		return 2;
	nacre_ring_reader_open(&reader, message.received[0]);
	while (!nacre_ring_wait_data(&reader, 1, NEVER)) {
		const void *bytes = nacre_ring_peek(&reader, &size);

		if (reads)
			add_up(bytes, size);
		nacre_ring_release(&reader, size);
	}
	return 0;
}

int main(int argc, char **argv)
{
	nacre_handle_t given = nacre_startup_handle("given");

	if (nacre_startup()->boot_info)
		return test_main(argc, argv);
	return argv[1][0] == 'c' ? serve_calls(given) : serve_ring(given, argv[1][0] == 'R');
}

/* --- the client ------------------------------------------------------------------------------------------------ */

static struct again again;
static struct pair pair;
static struct nacre_area area;
static struct nacre_ring_writer writer;

static void begin(const char *what, bool calls)
{
	EXPECT_OK(nacre_area_create(&area, NACRE_PAGES(MOST), NACRE_MEMORY_PRIVATE));
	memset(area.base, 'a', MOST);
	pair = pair_make(1, 0, 1);
	if (calls)
		again_start(&again, what, pair.server, NACRE_RIGHT_RECEIVE, PRIORITY);
}

static void end(void)
{
	again_kill(&again);
	pair_close(&pair);
	EXPECT_OK(nacre_area_destroy(&area));
}

static void call_rounds(size_t size, bool lend, bool reads)
{
	struct nacre_message copies = { .in_count = 1, .in = { { (uintptr_t)area.base, size } } };
	struct nacre_message lends = { .pages = NACRE_PAGES_LEND, .page_base = (uintptr_t)area.base, .page_count = NACRE_PAGES(size) };

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct nacre_words words = { 1, { reads ? size : 0 } };
		nacre_err_t error;

		MARK_BEGIN;
		error = nacre_connection_call_message(pair.connection, &words, NEVER, lend ? &lends : &copies, NULL);
		MARK_END;
		EXPECT_OK(error);
	}
}

static void ring_begin(const char *what, size_t size, unsigned priority)
{
	struct nacre_message message = { .accept = 2 }, reply = { .handle_count = 1 };
	struct nacre_received in = { 0 };

	begin(what, false);
	again_start(&again, what, pair.connection, NACRE_RIGHT_CALL, priority);
	EXPECT_OK(nacre_server_receive(pair.server, NEVER, NULL, &in));
	EXPECT_OK(nacre_server_reply(&(struct nacre_words){ 0, { size } }, in.token, NULL));
	EXPECT_OK(nacre_server_receive(pair.server, NEVER, &message, &in));
	EXPECT_EQ(nacre_ring_accept(&writer.ring, size, message.received[0], message.received[1], &HERE), STATUS_OK);
	reply.send[0] = writer.ring.gift[1];
	EXPECT_OK(nacre_server_reply(&(struct nacre_words){ 0 }, in.token, &reply));
	nacre_ring_writer_open(&writer, NACRE_HANDLE_NONE);
}

static void ring_end(void)
{
	nacre_ring_close(&writer.ring);
	end();
}

static void ring_rounds(size_t size)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		nacre_status_t status;

		MARK_BEGIN;
		status = nacre_ring_write(&writer, area.base, size, NEVER, NULL);
		MARK_END;
		EXPECT_EQ(status, STATUS_OK);
		EXPECT_EQ(writer.ring.other->count, writer.ring.count);
	}
}

static void flow_rounds(size_t size)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		nacre_status_t status = STATUS_OK;

		MARK_BEGIN;
		for (size_t at = 0; at < MOST; at += size)
			status |= nacre_ring_write(&writer, (uint8_t *)area.base + at, size, NEVER, NULL);
		MARK_END;
		EXPECT_EQ(status, STATUS_OK);
	}
}

TEST(copy, "64 bytes to 64 KiB by a call that copies")
{
	begin("calls", true);
	BENCH("stream_copy_64");
	call_rounds(64, false, false);
	BENCH("stream_copy_256");
	call_rounds(256, false, false);
	BENCH("stream_copy_1024");
	call_rounds(1024, false, false);
	BENCH("stream_copy_4096");
	call_rounds(4096, false, false);
	BENCH("stream_copy_16384");
	call_rounds(16384, false, false);
	BENCH("stream_copy_65536");
	call_rounds(65536, false, false);
	BENCH("stream_copy_4096_read");
	call_rounds(4096, false, true);
	end();
}

TEST(lend, "64 bytes to 64 KiB by a call that lends the pages they lie in")
{
	begin("calls", true);
	BENCH("stream_lend_64");
	call_rounds(64, true, false);
	BENCH("stream_lend_256");
	call_rounds(256, true, false);
	BENCH("stream_lend_1024");
	call_rounds(1024, true, false);
	BENCH("stream_lend_4096");
	call_rounds(4096, true, false);
	BENCH("stream_lend_16384");
	call_rounds(16384, true, false);
	BENCH("stream_lend_65536");
	call_rounds(65536, true, false);
	BENCH("stream_lend_4096_read");
	call_rounds(4096, true, true);
	end();
}

TEST(ring, "64 bytes to 64 KiB through a ring, to a reader who sleeps")
{
	ring_begin("ring", MOST, URGENT);
	BENCH("stream_ring_64");
	ring_rounds(64);
	BENCH("stream_ring_256");
	ring_rounds(256);
	BENCH("stream_ring_1024");
	ring_rounds(1024);
	BENCH("stream_ring_4096");
	ring_rounds(4096);
	BENCH("stream_ring_16384");
	ring_rounds(16384);
	BENCH("stream_ring_65536");
	ring_rounds(65536);
	ring_end();
	ring_begin("Read", MOST, URGENT);
	BENCH("stream_ring_4096_read");
	ring_rounds(4096);
	ring_end();
}

TEST(flow, "64 KiB in small pieces through a ring of 16 KiB")
{
	ring_begin("ring", FLOW_RING, PRIORITY);
	BENCH("flow_ring_64");
	flow_rounds(64);
	BENCH("flow_ring_256");
	flow_rounds(256);
	BENCH("flow_ring_1024");
	flow_rounds(1024);
	BENCH("flow_ring_4096");
	flow_rounds(4096);
	ring_end();
}
