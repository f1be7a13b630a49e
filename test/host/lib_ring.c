/* lib_ring.c - rings: two ends in one process, two threads, and sides that lie. Signals and time are doubles of their own. */
#include "nacre/clock.h"
#include "ring/parts.h"
#include "ring/ring.h"
#include "unit.h"
#include <pthread.h>

/* --- doubles: a mailbox and a bell each, numbered; time that goes on when somebody looks -------------------------- */

struct box {
	bool rung, closed;
	unsigned rings;       /* signals that came */
};

enum { WRITER = 1, READER = 2, BOXES };
static struct box boxes[BOXES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool threads;        /* sleeping waits; without it, it is the deadline at once unless something is there */
static uint64_t now_ns;
static bool noisy;          /* every sleep is woken for nothing */

uint64_t nacre_clock_ns(void)
{
	return __atomic_add_fetch(&now_ns, 1, __ATOMIC_RELAXED);
}

void nacre_ring_wake(struct nacre_ring *ring)
{
	pthread_mutex_lock(&lock);
	boxes[ring->bell].rung = true;
	boxes[ring->bell].rings++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

nacre_status_t nacre_ring_sleep(struct nacre_ring *ring, uint64_t deadline_ns)
{
	struct box *box = &boxes[ring->mailbox];
	nacre_status_t status = NACRE_E_TIMEOUT;

	pthread_mutex_lock(&lock);
	while (threads && !box->rung && !box->closed && deadline_ns == NACRE_DEADLINE_NEVER)
		pthread_cond_wait(&changed, &lock);
	if (box->rung || noisy) {
		box->rung = false;
		status = STATUS_OK;
	} else if (box->closed) {
		ring->gone = true;
		status = NACRE_E_PEER_GONE;
	}
	pthread_mutex_unlock(&lock);
	return status;
}

static void hang_up(unsigned box)
{
	pthread_mutex_lock(&lock);
	boxes[box].closed = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

/* --- two ends: on exactly as much memory as there is, so that the sanitizer sees every byte beyond --------------- */

static struct nacre_ring_memory *memory;
static struct nacre_ring_writer writer;
static struct nacre_ring_reader reader;
static const uint64_t NEVER = NACRE_DEADLINE_NEVER;

static void make(uint32_t size)
{
	free(memory);
	memory = calloc(1, sizeof *memory + size);
	writer = (struct nacre_ring_writer){ .ring = { .mailbox = WRITER, .bell = READER } };
	reader = (struct nacre_ring_reader){ .ring = { .mailbox = READER, .bell = WRITER } };
	nacre_ring_writer_init(&writer, memory, size);
	nacre_ring_reader_init(&reader, memory, size);
}

/* As after that many bytes. */
static void start_at(uint32_t count)
{
	writer.ring.count = writer.ring.seen = reader.ring.count = reader.ring.seen = count;
	memory->writer.count = memory->reader.count = count;
	writer.skip = writer.reserved = reader.record = 0;
}

UNIT_SETUP
{
	make(64);
}

static uint8_t pattern(uint32_t at)
{
	return (uint8_t)(at * 151 + (at >> 8));
}

static uint32_t random_state = 1;

static uint32_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

/* --- bytes ----------------------------------------------------------------------------------------------------- */

TEST(all_steps, "bytes come out as they went in, for every size and every place of the ring, past 2^32 bytes too")
{
	uint8_t bytes[80];
	uint32_t in, out;

	start_at(UINT32_MAX - 2000);
	in = out = writer.ring.count;
	for (unsigned round = 0; round < 20000; round++) {
		size_t size = random_next() % 80, done;

		for (size_t i = 0; i < size; i++)
			bytes[i] = pattern(in + (uint32_t)i);
		done = nacre_ring_try_write(&writer, bytes, size);
		assert_int_equal(done, size < 64 - (in - out) ? size : 64 - (in - out));
		in += (uint32_t)done;
		done = nacre_ring_try_read(&reader, bytes, random_next() % 80);
		for (size_t i = 0; i < done; i++)
			assert_int_equal(bytes[i], pattern(out + (uint32_t)i));
		out += (uint32_t)done;
		assert_true(in - out <= 64);
	}
	assert_true(in < 1u << 30); /* it went past the end */
}

TEST(full_and_empty, "a ring holds all of its size, then nothing more; and nothing comes out of an empty one")
{
	uint8_t bytes[65] = { 0 };
	size_t done = 1;

	assert_int_equal(nacre_ring_try_write(&writer, bytes, 65), 64);
	assert_int_equal(nacre_ring_try_write(&writer, bytes, 1), 0);
	assert_int_equal(nacre_ring_write(&writer, bytes, 1, NACRE_DEADLINE_NOW, &done), NACRE_E_TIMEOUT);
	assert_int_equal(done, 0);
	assert_int_equal(nacre_ring_try_read(&reader, bytes, 65), 64);
	assert_int_equal(nacre_ring_try_read(&reader, bytes, 1), 0);
	assert_int_equal(nacre_ring_read(&reader, bytes, 1, NACRE_DEADLINE_NOW, &done), NACRE_E_TIMEOUT);
	assert_int_equal(nacre_ring_read(&reader, bytes, 0, NEVER, &done), STATUS_OK);
}

TEST(in_place, "bytes written and read in place lie in one piece up to the end of the buffer")
{
	size_t room;
	uint8_t *to;
	const uint8_t *from;

	start_at(40);
	to = nacre_ring_reserve(&writer, &room);
	assert_int_equal(room, 24);
	memset(to, 'a', 24);
	nacre_ring_commit(&writer, 24);
	to = nacre_ring_reserve(&writer, &room);
	assert_int_equal(room, 40);
	to[0] = 'b';
	nacre_ring_commit(&writer, 1);
	from = nacre_ring_peek(&reader, &room);
	assert_int_equal(room, 24);
	assert_int_equal(from[23], 'a');
	nacre_ring_release(&reader, 24);
	from = nacre_ring_peek(&reader, &room);
	assert_int_equal(room, 1);
	assert_int_equal(from[0], 'b');
}

TEST(cut_off, "committing or releasing more than there is moves no count past the other")
{
	size_t room;

	nacre_ring_reserve(&writer, &room);
	nacre_ring_commit(&writer, SIZE_MAX);
	assert_int_equal(writer.ring.count, 64);
	nacre_ring_commit(&writer, 1);
	assert_int_equal(writer.ring.count, 64);
	nacre_ring_peek(&reader, &room);
	nacre_ring_release(&reader, SIZE_MAX);
	nacre_ring_release(&reader, 1);
	assert_int_equal(reader.ring.count, 64);
}

/* --- records --------------------------------------------------------------------------------------------------- */

TEST(records, "records of every length come out whole, aligned and in order, at every place of the ring")
{
	uint8_t bytes[64], got[64];
	uint32_t in = 0, out = 0;

	make(128);
	start_at(UINT32_MAX - 127);
	for (unsigned round = 0; round < 20000; round++) {
		size_t size = random_next() % 57, length = 0;
		const void *place;

		memset(bytes, pattern(in), size);
		if (!nacre_ring_record_write(&writer, bytes, size, NACRE_DEADLINE_NOW))
			in++;
		if (random_next() % 2)
			continue;
		place = nacre_ring_record_peek(&reader, &length);
		assert_true(!place == (in == out));
		if (!place)
			continue;
		assert_int_equal((uintptr_t)place % 8, 0);
		assert_int_equal(nacre_ring_record_read(&reader, got, 64, NACRE_DEADLINE_NOW, &size), STATUS_OK);
		assert_int_equal(size, length);
		memset(bytes, pattern(out++), size);
		assert_memory_equal(got, bytes, size);
	}
	assert_true(in > 3000 && in - out < 16);
}

TEST(record_too_long, "a record longer than half the ring is refused; one longer than the reader's room stays where it is")
{
	uint8_t bytes[64] = { 'x' };
	size_t size = 0;

	assert_int_equal(nacre_ring_record_most(&writer.ring), 24);
	assert_int_equal(nacre_ring_record_write(&writer, bytes, 25, NEVER), NACRE_E_TOO_LONG);
	assert_null(nacre_ring_record_reserve(&writer, SIZE_MAX));
	assert_int_equal(nacre_ring_record_write(&writer, bytes, 24, NEVER), STATUS_OK);
	assert_int_equal(nacre_ring_record_read(&reader, bytes, 23, NEVER, &size), NACRE_E_TOO_LONG);
	assert_int_equal(size, 24);
	assert_int_equal(nacre_ring_record_read(&reader, bytes, 24, NEVER, &size), STATUS_OK);
}

TEST(record_shorter, "a record may become shorter than what was reserved, and not longer")
{
	size_t size = 0;

	nacre_ring_record_commit(&writer, 1); /* nothing is reserved */
	assert_int_equal(writer.ring.count, 0);
	assert_non_null(nacre_ring_record_reserve(&writer, 20));
	nacre_ring_record_commit(&writer, 25);
	assert_int_equal(writer.ring.count, 0);
	nacre_ring_record_commit(&writer, 3);
	assert_int_equal(writer.ring.count, 16);
	assert_non_null(nacre_ring_record_peek(&reader, &size));
	assert_int_equal(size, 3);
}

TEST(longest_records, "the longest record finds room in an empty ring, wherever that begins")
{
	uint8_t bytes[24] = { 0 };

	for (uint32_t at = 0; at < 64; at += 8) {
		size_t size;

		make(64);
		start_at(at);
		assert_int_equal(nacre_ring_record_write(&writer, bytes, 24, NACRE_DEADLINE_NOW), STATUS_OK);
		assert_int_equal(nacre_ring_record_read(&reader, bytes, 24, NACRE_DEADLINE_NOW, &size), STATUS_OK);
	}
}

/* --- waking ---------------------------------------------------------------------------------------------------- */

TEST(no_signal_awake, "no signal is sent to a side that is awake")
{
	uint8_t bytes[64] = { 0 };

	for (unsigned i = 0; i < 10; i++) {
		nacre_ring_try_write(&writer, bytes, 64);
		nacre_ring_try_read(&reader, bytes, 64);
	}
	assert_int_equal(boxes[WRITER].rings + boxes[READER].rings, 0);
}

TEST(one_signal, "a side that sleeps gets one signal, and only when there is as much as it wants")
{
	uint8_t bytes[64] = { 0 };

	assert_true(nacre_ring_reader_arm(&reader, 8));
	nacre_ring_try_write(&writer, bytes, 7);
	assert_int_equal(boxes[READER].rings, 0);
	nacre_ring_try_write(&writer, bytes, 1);
	nacre_ring_try_write(&writer, bytes, 56);
	assert_int_equal(boxes[READER].rings, 1);
	assert_true(nacre_ring_writer_arm(&writer, 32));
	nacre_ring_try_read(&reader, bytes, 31);
	assert_int_equal(boxes[WRITER].rings, 0);
	nacre_ring_try_read(&reader, bytes, 1);
	nacre_ring_try_read(&reader, bytes, 1);
	assert_int_equal(boxes[WRITER].rings, 1);
}

TEST(arm_looks_again, "arming where there is enough already says so, and no signal is asked for")
{
	uint8_t bytes[64] = { 0 };

	nacre_ring_try_write(&writer, bytes, 8);
	assert_false(nacre_ring_reader_arm(&reader, 8));
	assert_int_equal(memory->reader.wants, 0);
	assert_true(nacre_ring_reader_arm(&reader, 9));
	assert_int_equal(memory->reader.wants, 9);
}

TEST(wants_half, "wanting more than half of the ring is refused, since both might then wait for ever")
{
	assert_int_equal(nacre_ring_wait_data(&reader, 33, NEVER), NACRE_E_ARGUMENT);
	assert_int_equal(nacre_ring_wait_room(&writer, 33, NEVER), NACRE_E_ARGUMENT);
	assert_false(nacre_ring_reader_arm(&reader, 33));
	assert_false(nacre_ring_writer_arm(&writer, SIZE_MAX));
	assert_int_equal(memory->reader.wants + memory->writer.wants, 0);
}

TEST(peer_gone, "a reader gets all that a writer left before it is told that he is gone; a writer is told where he would wait")
{
	uint8_t bytes[64] = { 0 };
	size_t done;

	nacre_ring_try_write(&writer, bytes, 10);
	hang_up(READER);
	hang_up(WRITER);
	assert_int_equal(nacre_ring_wait_data(&reader, 11, NEVER), NACRE_E_PEER_GONE);
	assert_int_equal(nacre_ring_read(&reader, bytes, 64, NEVER, &done), STATUS_OK);
	assert_int_equal(done, 10);
	assert_int_equal(nacre_ring_read(&reader, bytes, 64, NEVER, &done), NACRE_E_PEER_GONE);
	nacre_ring_try_write(&writer, bytes, 64);
	assert_int_equal(nacre_ring_write(&writer, bytes, 64, NEVER, &done), NACRE_E_PEER_GONE);
}

/* --- a side that lies ------------------------------------------------------------------------------------------ */

TEST(hostile_counts, "a count that cannot be breaks the ring for good, and moves nothing")
{
	static const uint32_t lies[] = { 65, 128, 1u << 31, UINT32_MAX, UINT32_MAX - 63 };
	uint8_t bytes[64];
	size_t size;

	for (unsigned i = 0; i < sizeof lies / sizeof lies[0]; i++) {
		make(64);
		memory->writer.count = lies[i];
		assert_int_equal(nacre_ring_try_read(&reader, bytes, 64), 0);
		assert_int_equal(nacre_ring_state(&reader.ring), STATUS_MALFORMED);
		memory->writer.count = 8; /* too late to behave */
		assert_int_equal(nacre_ring_read(&reader, bytes, 64, NEVER, &size), STATUS_MALFORMED);
		nacre_ring_peek(&reader, &size);
		assert_int_equal(size, 0);
		assert_null(nacre_ring_record_peek(&reader, &size));
		nacre_ring_try_write(&writer, bytes, 64);
		memory->reader.count = lies[i];
		assert_int_equal(nacre_ring_write(&writer, bytes, 1, NEVER, &size), lies[i] == 64 ? STATUS_OK : STATUS_MALFORMED);
		assert_null(nacre_ring_record_reserve(&writer, 1));
	}
}

TEST(hostile_records, "a record's length that cannot be breaks the ring")
{
	static const struct {
		uint32_t at, written, length;
	} lies[] = {
		{ 0, 8, 1 }, { 0, 16, 9 }, { 0, 64, 25 }, { 0, 64, UINT32_MAX }, { 0, 64, UINT32_MAX - 7 }, { 0, 7, 0 }, { 4, 8, 0 },
		{ 40, 24, UINT32_MAX }, { 40, 28, UINT32_MAX }, { 48, 16, 9 }, { 56, 64, 1 }, { 0, 64, 0x80000000u },
	};
	size_t size;

	for (unsigned i = 0; i < sizeof lies / sizeof lies[0]; i++) {
		make(64);
		start_at(lies[i].at);
		memory->writer.count += lies[i].written;
		memcpy(reader.ring.bytes + lies[i].at, &lies[i].length, 4);
		assert_null(nacre_ring_record_peek(&reader, &size));
		assert_int_equal(nacre_ring_state(&reader.ring), STATUS_MALFORMED);
		nacre_ring_record_release(&reader);
		assert_int_equal(memory->reader.count, lies[i].at);
	}
}

TEST(hostile_skip, "a skip that leads to a skip breaks the ring")
{
	size_t size;

	start_at(32);
	memset(reader.ring.bytes, 0xff, 64);
	memory->writer.count = 96;
	assert_null(nacre_ring_record_peek(&reader, &size));
	assert_int_equal(nacre_ring_state(&reader.ring), STATUS_MALFORMED);
}

/* Writes nonsense, now likely, now not, into all that is shared. */
static void scribble(uint32_t size)
{
	uint32_t *words = (uint32_t *)memory;

	for (unsigned i = 0; i < 4; i++) {
		uint32_t value = random_next();

		if (value & 1)
			value = (random_next() & 1 ? writer.ring.count : reader.ring.count) + random_next() % (size + 9) / 8 * 8;
		words[(unsigned[]){ 0, 1, 16, 17 }[random_next() % 4]] = value;
		words[32 + random_next() % (size / 4)] = random_next() % 3 ? random_next() % 64 : UINT32_MAX;
	}
}

TEST(hostile_anything, "whatever is written into the shared memory between any two steps, no step leaves the buffer or goes on for ever")
{
	uint8_t bytes[256] = { 0 };

	for (unsigned round = 0; round < 200000; round++) {
		size_t size = random_next() % 200, length;
		void *place;

		if (round % 16 == 0)
			make(64u << random_next() % 3);
		start_at(random_next());
		scribble(writer.ring.size);
		switch (random_next() % 10) {
		case 0: nacre_ring_try_write(&writer, bytes, size); break;
		case 1: nacre_ring_try_read(&reader, bytes, size); break;
		case 2: nacre_ring_write(&writer, bytes, size, NACRE_DEADLINE_NOW, NULL); break;
		case 3: nacre_ring_read(&reader, bytes, size, 1, &length); break;
		case 4:
			place = nacre_ring_reserve(&writer, &length);
			scribble(writer.ring.size);
			memset(place, 1, length);
			nacre_ring_commit(&writer, size);
			break;
		case 5:
			place = (void *)(uintptr_t)nacre_ring_peek(&reader, &length);
			memcpy(bytes, place, length);
			scribble(writer.ring.size);
			nacre_ring_release(&reader, size);
			break;
		case 6: nacre_ring_record_write(&writer, bytes, size, 1); break;
		case 7: nacre_ring_record_read(&reader, bytes, size, 1, &length); break;
		case 8:
			place = nacre_ring_record_reserve(&writer, size);
			scribble(writer.ring.size);
			if (place)
				memset(place, 1, size);
			nacre_ring_record_commit(&writer, size);
			break;
		default:
			place = (void *)(uintptr_t)nacre_ring_record_peek(&reader, &length);
			if (place)
				memcpy(bytes, place, length);
			scribble(writer.ring.size);
			nacre_ring_record_release(&reader);
		}
	}
}

TEST(hostile_bell, "a side that is woken over and over for nothing still keeps its deadline")
{
	uint8_t byte;
	size_t done;

	noisy = true;
	assert_int_equal(nacre_ring_read(&reader, &byte, 1, 1000, &done), NACRE_E_TIMEOUT);
	assert_in_range(now_ns, 1000, 1001);
}

/* --- two threads ----------------------------------------------------------------------------------------------- */

enum { MANY = 4000000, RECORDS = 300000 };

static void *write_bytes(void *unused)
{
	uint8_t bytes[256];
	uint32_t at = 0, seed = 7;

	while (at < MANY) {
		size_t size = (seed = seed * 1664525 + 1013904223) >> 24, done = 0;

		if (size > MANY - at)
			size = MANY - at;
		for (size_t i = 0; i < size; i++)
			bytes[i] = pattern(at + (uint32_t)i);
		if (nacre_ring_write(&writer, bytes, size, NEVER, &done))
			break;
		at += (uint32_t)done;
	}
	hang_up(READER);
	return unused;
}

TEST(two_threads, "a writer and a reader at once: every byte comes, in order, and both always wake again")
{
	pthread_t thread;
	uint8_t bytes[256];
	uint32_t at = 0;
	size_t done;

	threads = true;
	assert_int_equal(pthread_create(&thread, NULL, write_bytes, NULL), 0);
	while (!nacre_ring_read(&reader, bytes, 1 + random_next() % 200, NEVER, &done))
		for (size_t i = 0; i < done; i++, at++)
			if (bytes[i] != pattern(at))
				fail_msg("byte %u", at);
	pthread_join(thread, NULL);
	assert_int_equal(at, MANY);
}

static void *write_records(void *unused)
{
	uint8_t bytes[64];
	uint32_t seed = 7;

	for (uint32_t i = 0; i < RECORDS; i++) {
		size_t size = (seed = seed * 1664525 + 1013904223) >> 24;

		memset(bytes, pattern(i), sizeof bytes);
		if (nacre_ring_record_write(&writer, bytes, size % 56, NEVER))
			break;
	}
	hang_up(READER);
	return unused;
}

TEST(two_threads_records, "the same with records, read in place")
{
	pthread_t thread;
	uint32_t number = 0;

	make(128);
	threads = true;
	assert_int_equal(pthread_create(&thread, NULL, write_records, NULL), 0);
	while (!nacre_ring_wait_data(&reader, 8, NEVER)) {
		size_t size = 0;
		const uint8_t *record = nacre_ring_record_peek(&reader, &size);

		assert_non_null(record);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(record[i], pattern(number));
		number++;
		nacre_ring_record_release(&reader);
	}
	pthread_join(thread, NULL);
	assert_int_equal(number, RECORDS);
}

static bool stop;

static void *scribble_on(void *unused)
{
	volatile uint32_t *words = (volatile uint32_t *)memory;
	uint32_t seed = 99;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		seed = seed * 1664525 + 1013904223;
		words[seed >> 26] = seed >> 8 & 1 ? seed : seed >> 20 & 127;
	}
	return unused;
}

TEST(two_threads_hostile, "while another thread scribbles over the shared memory, no step leaves the buffer or waits past its deadline")
{
	pthread_t thread;
	uint8_t bytes[128] = { 0 };
	uint64_t some = 5;
	size_t size;

	make(128);
	assert_int_equal(pthread_create(&thread, NULL, scribble_on, NULL), 0);
	for (unsigned i = 0; i < 300000; i++) {
		writer.ring.broken = reader.ring.broken = STATUS_OK;
		nacre_ring_write(&writer, bytes, random_next() % 128, some, NULL);
		nacre_ring_read(&reader, bytes, random_next() % 128, some, &size);
		writer.ring.count &= ~7u;
		reader.ring.count &= ~7u;
		reader.ring.seen = reader.ring.count;
		writer.ring.seen = writer.ring.count;
		nacre_ring_record_write(&writer, bytes, random_next() % 64, some);
		nacre_ring_record_read(&reader, bytes, 128, some, &size);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
}
