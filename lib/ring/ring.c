/* ring.c - counts, and bytes in and out. No system call is made here. */
#include "ring/ring.h"
#include "ring/parts.h"
#include <string.h>

_Static_assert(sizeof(struct nacre_ring_memory) == 2 * NACRE_RING_LINE_BYTES, "the bytes begin on a line of their own");

static void end_init(struct nacre_ring *ring, struct nacre_ring_side *own, struct nacre_ring_side *other, void *memory, uint32_t size)
{
	ring->own = own;
	ring->other = other;
	ring->bytes = (uint8_t *)memory + sizeof(struct nacre_ring_memory);
	ring->size = size;
	ring->count = ring->seen = 0;
	ring->broken = STATUS_OK;
	ring->gone = false;
}

void nacre_ring_writer_init(struct nacre_ring_writer *writer, void *memory, uint32_t size)
{
	struct nacre_ring_memory *shared = memory;

	end_init(&writer->ring, &shared->writer, &shared->reader, memory, size);
	writer->skip = writer->reserved = 0;
}

void nacre_ring_reader_init(struct nacre_ring_reader *reader, void *memory, uint32_t size)
{
	struct nacre_ring_memory *shared = memory;

	end_init(&reader->ring, &shared->reader, &shared->writer, memory, size);
	reader->record = 0;
}

nacre_status_t nacre_ring_state(const struct nacre_ring *ring)
{
	if (ring->broken)
		return ring->broken;
	return ring->gone ? NACRE_E_PEER_GONE : STATUS_OK;
}

/* --- how much there is --------------------------------------------------------------------------------------- */

/* Acquires: what the other side did before it moved its count has happened for us, too. */
static uint32_t look(const struct nacre_ring *ring)
{
	return __atomic_load_n(&ring->other->count, __ATOMIC_ACQUIRE);
}

uint32_t nacre_ring_free(struct nacre_ring *ring, uint32_t least)
{
	if (ring->size - (ring->count - ring->seen) < least && !ring->broken) {
		uint32_t read = look(ring);

		if (ring->count - read > ring->size)
			ring->broken = STATUS_MALFORMED;
		else
			ring->seen = read;
	}
	return ring->broken ? 0 : ring->size - (ring->count - ring->seen);
}

uint32_t nacre_ring_there(struct nacre_ring *ring, uint32_t least)
{
	if (ring->seen - ring->count < least && !ring->broken) {
		uint32_t written = look(ring);

		if (written - ring->count > ring->size)
			ring->broken = STATUS_MALFORMED;
		else
			ring->seen = written;
	}
	return ring->broken ? 0 : ring->seen - ring->count;
}

/* --- moving the own count ------------------------------------------------------------------------------------ */

/* What the other side waits for, seen from here: its count did not move since it went to sleep. */
static uint32_t amount_for_other(const struct nacre_ring *ring, bool writes)
{
	uint32_t other = look(ring);

	return writes ? ring->count - other : ring->size - (other - ring->count);
}

void nacre_ring_advance(struct nacre_ring *ring, uint32_t bytes, bool writes)
{
	uint32_t wants;

	ring->count += bytes;
	__atomic_store_n(&ring->own->count, ring->count, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* the count is seen before `wants` is read: nacre_ring_arm does the reverse */
	wants = __atomic_load_n(&ring->other->wants, __ATOMIC_ACQUIRE);
	if (!wants || amount_for_other(ring, writes) < wants)
		return;
	/* Cleared, so that it is signalled once, and seen to be before it is woken: late, this would wipe out what it wants when it
	 * sleeps again. Should the two cross before, the signal makes it look once more. */
	__atomic_store_n(&ring->other->wants, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	nacre_ring_wake(ring);
}

/* --- bytes --------------------------------------------------------------------------------------------------- */

static uint32_t offset(const struct nacre_ring *ring)
{
	return ring->count & (ring->size - 1);
}

static uint32_t at_most(size_t size, uint32_t limit)
{
	return size < limit ? (uint32_t)size : limit;
}

/* Up to the end of the buffer. */
static uint32_t in_one_piece(const struct nacre_ring *ring, uint32_t amount)
{
	return at_most(amount, ring->size - offset(ring));
}

size_t nacre_ring_try_write(struct nacre_ring_writer *writer, const void *bytes, size_t size)
{
	struct nacre_ring *ring = &writer->ring;
	uint32_t wanted = at_most(size, ring->size), amount = at_most(wanted, nacre_ring_free(ring, wanted));
	uint32_t first = in_one_piece(ring, amount);

	if (!amount)
		return 0;
	memcpy(ring->bytes + offset(ring), bytes, first);
	if (amount > first)
		memcpy(ring->bytes, (const uint8_t *)bytes + first, amount - first);
	nacre_ring_advance(ring, amount, true);
	return amount;
}

size_t nacre_ring_try_read(struct nacre_ring_reader *reader, void *bytes, size_t room)
{
	struct nacre_ring *ring = &reader->ring;
	uint32_t wanted = at_most(room, ring->size), amount = at_most(wanted, nacre_ring_there(ring, wanted));
	uint32_t first = in_one_piece(ring, amount);

	if (!amount)
		return 0;
	memcpy(bytes, ring->bytes + offset(ring), first);
	if (amount > first)
		memcpy((uint8_t *)bytes + first, ring->bytes, amount - first);
	nacre_ring_advance(ring, amount, false);
	return amount;
}

void *nacre_ring_reserve(struct nacre_ring_writer *writer, size_t *room)
{
	struct nacre_ring *ring = &writer->ring;

	*room = in_one_piece(ring, nacre_ring_free(ring, ring->size));
	return ring->bytes + offset(ring);
}

void nacre_ring_commit(struct nacre_ring_writer *writer, size_t size)
{
	struct nacre_ring *ring = &writer->ring;
	uint32_t amount = at_most(size, in_one_piece(ring, nacre_ring_free(ring, 0)));

	if (amount)
		nacre_ring_advance(ring, amount, true);
}

const void *nacre_ring_peek(struct nacre_ring_reader *reader, size_t *size)
{
	struct nacre_ring *ring = &reader->ring;

	*size = in_one_piece(ring, nacre_ring_there(ring, ring->size));
	return ring->bytes + offset(ring);
}

void nacre_ring_release(struct nacre_ring_reader *reader, size_t size)
{
	struct nacre_ring *ring = &reader->ring;
	uint32_t amount = at_most(size, in_one_piece(ring, nacre_ring_there(ring, 0)));

	if (amount)
		nacre_ring_advance(ring, amount, false);
}
