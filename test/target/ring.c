/* ring.c - rings between two processes: bytes and records, deaths, lies, and what a ring is made of.
 *
 * This program is init and its own child. The child offers a ring: it calls the test, which accepts. That is how any client
 * and server do it (ring/setup.h). */
#include "nacre/clock.h"
#include "nacre/startup.h"
#include "ring/setup.h"
#include "test/again.h"
#include "test/alone.h"
#include "test/count.h"

TEST_ALONE;

enum { BYTES = 50000, RECORDS = 2000, SIZE = 256, BADGE = 7, PRIORITY = 24 };
static const struct nacre_ring_where HERE = { .priority = PRIORITY };
static const uint64_t NEVER = NACRE_DEADLINE_NEVER;

static uint8_t pattern(size_t at)
{
	return (uint8_t)(at * 151 + (at >> 8));
}

/* --- the child ------------------------------------------------------------------------------------------------- */

/* Calls whoever accepts, with memory and bell there and a bell back. */
static nacre_err_t hand_over(struct nacre_ring *ring, nacre_handle_t *bell)
{
	struct nacre_words words = { 1, { ring->size } };
	struct nacre_message message = { .handle_count = 2, .send = { ring->gift[0], ring->gift[1] }, .accept = 1 };
	nacre_err_t error = nacre_connection_call_message(nacre_startup_handle("given"), &words, NEVER, &message, NULL);

	*bell = message.received[0];
	return error ? error : (nacre_err_t)words.opcode;
}

static int child_write(struct nacre_ring_writer *writer)
{
	uint8_t bytes[97];

	for (size_t at = 0; at < BYTES;) {
		size_t size = 1 + at % sizeof bytes, done;

		if (size > BYTES - at)
			size = BYTES - at;
		for (size_t i = 0; i < size; i++)
			bytes[i] = pattern(at + i);
		if (nacre_ring_write(writer, bytes, size, NEVER, &done))
			return 2;
		at += done;
	}
	return 0;
}

static int child_records(struct nacre_ring_writer *writer)
{
	uint8_t bytes[100];

	for (unsigned i = 0; i < RECORDS; i++) {
		memset(bytes, pattern(i), sizeof bytes);
		if (nacre_ring_record_write(writer, bytes, i % sizeof bytes, NEVER))
			return 2;
	}
	return 0;
}

static int child_read(struct nacre_ring_reader *reader)
{
	uint8_t bytes[61];
	size_t at = 0, done;

	while (!nacre_ring_read(reader, bytes, 1 + at % sizeof bytes, NEVER, &done))
		for (size_t i = 0; i < done; i++, at++)
			if (bytes[i] != pattern(at))
				return 2;
	return at == BYTES ? 0 : 3;
}

/* Wakes the other side again and again, and never says anything. */
static int child_noise(const struct nacre_ring *ring)
{
	while (!nacre_connection_signal(ring->bell, 1))
		nacre_thread_yield();
	return 0;
}

static int child_lie(struct nacre_ring *ring, uint32_t count)
{
	ring->own->count = count;
	nacre_connection_signal(ring->bell, 1);
	nacre_sleep_until(NEVER);
	return 0;
}

static int as_writer(char what)
{
	struct nacre_ring_writer writer;
	nacre_handle_t bell;

	if (nacre_ring_offer(&writer.ring, SIZE, &HERE) || hand_over(&writer.ring, &bell))
		return 1;
	nacre_ring_writer_open(&writer, bell);
	switch (what) {
	case 'w': return child_write(&writer);
	case 'r': return child_records(&writer);
	case 'd': /* dies with ten bytes written */
		nacre_ring_write(&writer, "ten bytes.", 10, NEVER, NULL);
		return 17;
	case 's': /* says nothing */
		nacre_sleep_until(NEVER);
		return 0;
	case 'n': return child_noise(&writer.ring);
	case 'l': return child_lie(&writer.ring, SIZE + 1);
	case 'c': /* closes, and lives on */
		nacre_ring_close(&writer.ring);
		nacre_sleep_until(NEVER);
		return 0;
	default: return 99;
	}
}

static int as_reader(char what)
{
	struct nacre_ring_reader reader;
	nacre_handle_t bell;
	uint8_t bytes[10];
	size_t done;

	if (nacre_ring_offer(&reader.ring, SIZE, &HERE) || hand_over(&reader.ring, &bell))
		return 1;
	nacre_ring_reader_open(&reader, bell);
	switch (what) {
	case 'r': return child_read(&reader);
	case 'd': /* dies in the middle, while the writer waits for room */
		while (nacre_ring_wait_data(&reader, SIZE / 2, NEVER))
			continue;
		nacre_ring_read(&reader, bytes, sizeof bytes, NEVER, &done);
		return 17;
	case 'l': return child_lie(&reader.ring, SIZE + 1);
	default: return 99;
	}
}

int main(int argc, char **argv)
{
	if (nacre_startup()->boot_info)
		return test_main(argc, argv);
	return argv[1][0] == 'W' ? as_writer(argv[1][1]) : as_reader(argv[1][1]);
}

/* --- the test's end of it -------------------------------------------------------------------------------------- */

static struct again again;

/* Starts the child and accepts what it offers. */
static void meet(struct nacre_ring *ring, const char *what, const struct nacre_ring_where *where)
{
	struct pair pair = pair_make(1, 0, 0);
	struct nacre_received in = { 0 };
	struct nacre_message message = { .accept = 2 }, reply = { .handle_count = 1 };

	again_start(&again, what, pair.connection, NACRE_RIGHT_CALL, PRIORITY);
	EXPECT_OK(nacre_server_receive(pair.server, NEVER, &message, &in));
	EXPECT_EQ(in.words.word[0], SIZE);
	EXPECT_EQ(nacre_ring_accept(ring, in.words.word[0], message.received[0], message.received[1], where), STATUS_OK);
	reply.send[0] = ring->gift[1];
	EXPECT_OK(nacre_server_reply(&(struct nacre_words){ 0 }, in.token, &reply));
	pair_close(&pair);
}

static void meet_writer(struct nacre_ring_reader *reader, const char *what)
{
	meet(&reader->ring, what, &HERE);
	nacre_ring_reader_open(reader, NACRE_HANDLE_NONE);
}

static void meet_reader(struct nacre_ring_writer *writer, const char *what)
{
	meet(&writer->ring, what, &HERE);
	nacre_ring_writer_open(writer, NACRE_HANDLE_NONE);
}

TEST(reads, "what another process writes comes byte for byte, and its end is told of behind the last one")
{
	struct nacre_ring_reader reader;
	uint8_t bytes[83];
	size_t at = 0, done;

	meet_writer(&reader, "Ww");
	while (!nacre_ring_read(&reader, bytes, 1 + at % sizeof bytes, NEVER, &done))
		for (size_t i = 0; i < done; i++, at++)
			EXPECT_EQ(bytes[i], pattern(at));
	EXPECT_EQ(at, BYTES);
	EXPECT_EQ(nacre_ring_state(&reader.ring), NACRE_E_PEER_GONE);
	EXPECT_EQ(again_end(&again), 0);
	nacre_ring_close(&reader.ring);
}

TEST(writes, "what is written to another process comes byte for byte, and closing is its end")
{
	struct count before = count_now();
	struct nacre_ring_writer writer;
	uint8_t bytes[211];

	meet_reader(&writer, "Rr");
	for (size_t at = 0; at < BYTES;) {
		size_t size = BYTES - at < sizeof bytes ? BYTES - at : sizeof bytes, done;

		for (size_t i = 0; i < size; i++)
			bytes[i] = pattern(at + i);
		EXPECT_EQ(nacre_ring_write(&writer, bytes, size, NEVER, &done), STATUS_OK);
		at += done;
	}
	nacre_ring_close(&writer.ring);
	EXPECT_EQ(again_end(&again), 0);
	expect_all_back(before);
}

TEST(records, "records of another process come whole and in order, read in place")
{
	struct nacre_ring_reader reader;
	unsigned number = 0;

	meet_writer(&reader, "Wr");
	for (; !nacre_ring_wait_data(&reader, 8, NEVER); number++) {
		size_t size = 0;
		const uint8_t *record = nacre_ring_record_peek(&reader, &size);

		EXPECT(record);
		EXPECT_EQ(size, number % 100);
		for (size_t i = 0; i < size; i++)
			EXPECT_EQ(record[i], pattern(number));
		nacre_ring_record_release(&reader);
	}
	EXPECT_EQ(number, RECORDS);
	EXPECT_EQ(again_end(&again), 0);
	nacre_ring_close(&reader.ring);
}

TEST(writer_dies, "a reader that sleeps is woken by the writer's death, and has what it had written")
{
	struct nacre_ring_reader reader;
	uint8_t bytes[64];
	size_t done;

	meet_writer(&reader, "Wd");
	EXPECT_EQ(nacre_ring_wait_data(&reader, 11, NEVER), NACRE_E_PEER_GONE);
	EXPECT_EQ(again_end(&again), 17);
	EXPECT_EQ(nacre_ring_read(&reader, bytes, sizeof bytes, NEVER, &done), STATUS_OK);
	EXPECT(done == 10 && memcmp(bytes, "ten bytes.", 10) == 0);
	EXPECT_EQ(nacre_ring_read(&reader, bytes, sizeof bytes, NEVER, &done), NACRE_E_PEER_GONE);
	nacre_ring_close(&reader.ring);
}

TEST(reader_dies, "a writer that waits for room is woken by the reader's death")
{
	struct nacre_ring_writer writer;
	uint8_t bytes[2 * SIZE] = { 0 };
	size_t done = 0;

	meet_reader(&writer, "Rd");
	EXPECT_EQ(nacre_ring_write(&writer, bytes, sizeof bytes, NEVER, &done), NACRE_E_PEER_GONE);
	EXPECT(done >= SIZE && done <= SIZE + 10);
	EXPECT_EQ(again_end(&again), 17);
	nacre_ring_close(&writer.ring);
}

TEST(killed, "after the other side is killed the memory is still there, and both ends give all back")
{
	struct count before = count_now();
	struct nacre_ring_reader reader;
	uint8_t byte;
	size_t done;

	meet_writer(&reader, "Ws");
	EXPECT_EQ(nacre_ring_read(&reader, &byte, 1, nacre_deadline_in(NACRE_MS), &done), NACRE_E_TIMEOUT);
	again_kill(&again);
	EXPECT_EQ(nacre_ring_read(&reader, &byte, 1, NEVER, &done), NACRE_E_PEER_GONE);
	EXPECT_EQ(reader.ring.own->count + reader.ring.other->count, 0);
	nacre_ring_close(&reader.ring);
	expect_all_back(before);
}

TEST(closed, "closing one end is told to the other, though the process lives on")
{
	struct nacre_ring_reader reader;
	uint8_t byte;
	size_t done;

	meet_writer(&reader, "Wc");
	EXPECT_EQ(nacre_ring_read(&reader, &byte, 1, NEVER, &done), NACRE_E_PEER_GONE);
	again_kill(&again);
	nacre_ring_close(&reader.ring);
}

TEST(noise, "a side that is woken over and over for nothing still keeps its deadline")
{
	struct nacre_ring_reader reader;
	uint8_t byte;
	size_t done;

	meet_writer(&reader, "Wn");
	EXPECT_EQ(nacre_ring_read(&reader, &byte, 1, nacre_deadline_in(NACRE_MS), &done), NACRE_E_TIMEOUT);
	again_kill(&again);
	nacre_ring_close(&reader.ring);
}

TEST(lies, "a count that cannot be breaks the ring, for a reader and for a writer who waits")
{
	struct nacre_ring_reader reader;
	struct nacre_ring_writer writer;
	uint8_t bytes[2 * SIZE] = { 0 };
	size_t done;

	meet_writer(&reader, "Wl");
	EXPECT_EQ(nacre_ring_read(&reader, bytes, 1, NEVER, &done), STATUS_MALFORMED);
	again_kill(&again);
	nacre_ring_close(&reader.ring);
	meet_reader(&writer, "Rl"); /* it says that it has read what was not there yet */
	EXPECT_EQ(nacre_ring_write(&writer, bytes, sizeof bytes, NEVER, &done), STATUS_MALFORMED);
	EXPECT_EQ(done, SIZE);
	again_kill(&again);
	nacre_ring_close(&writer.ring);
}

TEST(own_loop, "a server's own loop gets a signal once there is what it armed for, and CLOSED behind the last")
{
	struct nacre_ring_reader reader;
	struct nacre_received in = { 0 };
	struct pair pair = pair_make(1, 0, 0);
	uint8_t bytes[16];
	size_t done;

	meet(&reader.ring, "Wd", &(struct nacre_ring_where){ .server = pair.server, .badge = BADGE, .priority = PRIORITY });
	nacre_ring_reader_open(&reader, NACRE_HANDLE_NONE);
	if (nacre_ring_reader_arm(&reader, 10)) {
		EXPECT_OK(nacre_server_receive(pair.server, NEVER, NULL, &in));
		EXPECT_EQ(info_kind(&in), NACRE_KIND_SIGNAL);
		EXPECT_EQ(in.badge, BADGE);
	}
	EXPECT_EQ(nacre_ring_try_read(&reader, bytes, sizeof bytes), 10);
	while (!(in.words.word[0] & NACRE_SIGNAL_CLOSED)) {
		EXPECT_EQ(nacre_ring_try_read(&reader, bytes, sizeof bytes), 0);
		EXPECT_OK(nacre_server_receive(pair.server, NEVER, NULL, &in));
	}
	EXPECT_EQ(nacre_ring_read(&reader, bytes, 1, NEVER, &done), NACRE_E_STATE); /* it has no mailbox to wait in */
	EXPECT_EQ(again_end(&again), 17);
	nacre_ring_close(&reader.ring);
	pair_close(&pair);
}

/* --- what is accepted ------------------------------------------------------------------------------------------ */

/* Accepts `pages` of memory made so, for that many bytes; both handles are used up. */
static nacre_status_t try_accept(size_t pages, uint32_t options, size_t bytes)
{
	struct pair pair = pair_make(1, 0, 0);
	struct nacre_ring ring;
	nacre_handle_t memory;
	nacre_status_t status;

	EXPECT_OK(nacre_memory_create(nacre_self_budget(), pages, options, &memory));
	status = nacre_ring_accept(&ring, bytes, memory, pair.connection, &HERE);
	if (!status)
		nacre_ring_close(&ring);
	EXPECT_OK(nacre_handle_close(pair.server));
	return status;
}

TEST(accepts, "memory that is too small or of another kind, and a size that is no power of two, are refused; nothing is left")
{
	struct count before = count_now();
	struct nacre_ring ring;
	struct pair pair;

	EXPECT_EQ(try_accept(2, NACRE_MEMORY_SHARED, 4096), STATUS_OK);
	EXPECT_EQ(try_accept(1, NACRE_MEMORY_SHARED, 2048), STATUS_OK);
	EXPECT_EQ(try_accept(1, NACRE_MEMORY_SHARED, 4096), NACRE_E_ARGUMENT);
	EXPECT_EQ(try_accept(2, NACRE_MEMORY_PRIVATE, 4096), NACRE_E_ARGUMENT);
	EXPECT_EQ(try_accept(2, NACRE_MEMORY_SHARED, 4095), NACRE_E_ARGUMENT);
	EXPECT_EQ(try_accept(2, NACRE_MEMORY_SHARED, 32), NACRE_E_ARGUMENT);
	EXPECT_EQ(try_accept(2, NACRE_MEMORY_SHARED, 0), NACRE_E_ARGUMENT);
	EXPECT_EQ(try_accept(2, NACRE_MEMORY_SHARED, (size_t)1 << 31), NACRE_E_ARGUMENT);
	pair = pair_make(1, 0, 0);
	EXPECT_EQ(nacre_ring_accept(&ring, 4096, pair.connection, pair.server, &HERE), NACRE_E_WRONG_TYPE);
	EXPECT_EQ(nacre_ring_accept(&ring, 4096, NACRE_HANDLE_NONE, NACRE_HANDLE_NONE, &HERE), NACRE_E_BAD_HANDLE);
	expect_all_back(before);
}

TEST(offers, "an offer gives memory and a bell with no more rights than they need, and is taken back whole")
{
	struct count before = count_now();
	struct nacre_ring ring;
	uintptr_t rights = 0, type = 0;

	EXPECT_EQ(nacre_ring_offer(&ring, 4096, &HERE), STATUS_OK);
	EXPECT_OK(nacre_handle_info(ring.gift[0], &type, &rights));
	EXPECT_EQ(rights, NACRE_RIGHT_READ | NACRE_RIGHT_WRITE | NACRE_RIGHT_INSPECT | NACRE_RIGHT_TRANSFER);
	EXPECT_OK(nacre_handle_info(ring.gift[1], &type, &rights));
	EXPECT_EQ(rights, NACRE_RIGHT_SIGNAL | NACRE_RIGHT_TRANSFER);
	nacre_ring_close(&ring);
	EXPECT_EQ(nacre_ring_offer(&ring, 100, &HERE), NACRE_E_ARGUMENT);
	EXPECT_EQ(nacre_ring_offer(&ring, 1 << 30, &HERE), NACRE_E_BUDGET);
	EXPECT_EQ(nacre_ring_offer(&ring, 4096, &(struct nacre_ring_where){ .priority = 99 }), NACRE_E_ARGUMENT);
	expect_all_back(before);
}
