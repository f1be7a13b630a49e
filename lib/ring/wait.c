/* wait.c - sleeping until the other side has done something, and never a moment longer. */
#include "nacre/clock.h"
#include "ring/ring.h"
#include "ring/parts.h"

static void wants(struct nacre_ring *ring, uint32_t least)
{
	__atomic_store_n(&ring->own->wants, least, __ATOMIC_RELAXED);
}

bool nacre_ring_arm(struct nacre_ring *ring, nacre_ring_amount *amount, uint32_t least)
{
	wants(ring, least);
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* `wants` is seen before the count is read: nacre_ring_advance does the reverse */
	if (amount(ring, least) < least && !ring->broken)
		return true;
	wants(ring, 0);
	return false;
}

/* Once round the loop a wake-up or the deadline ends the sleep. A side that is woken over and over for nothing looks at the
 * clock itself: the kernel gives messages precedence over a deadline. */
nacre_status_t nacre_ring_wait(struct nacre_ring *ring, nacre_ring_amount *amount, uint32_t least, uint64_t deadline_ns)
{
	while (amount(ring, least) < least) {
		nacre_status_t status = nacre_ring_state(ring);

		if (status)
			return status;
		if (deadline_ns == NACRE_DEADLINE_NOW)
			return NACRE_E_TIMEOUT;
		if (!nacre_ring_arm(ring, amount, least))
			continue;
		status = nacre_ring_sleep(ring, deadline_ns);
		wants(ring, 0);
		if (amount(ring, least) >= least)
			return STATUS_OK;
		if (status)
			return status;
		if (deadline_ns != NACRE_DEADLINE_NEVER && nacre_clock_ns() >= deadline_ns)
			deadline_ns = NACRE_DEADLINE_NOW;
	}
	return STATUS_OK;
}

static bool is_too_much(const struct nacre_ring *ring, size_t least)
{
	return least > ring->size / 2;
}

nacre_status_t nacre_ring_wait_room(struct nacre_ring_writer *writer, size_t least, uint64_t deadline_ns)
{
	if (is_too_much(&writer->ring, least))
		return NACRE_E_ARGUMENT;
	return nacre_ring_wait(&writer->ring, nacre_ring_free, (uint32_t)least, deadline_ns);
}

nacre_status_t nacre_ring_wait_data(struct nacre_ring_reader *reader, size_t least, uint64_t deadline_ns)
{
	if (is_too_much(&reader->ring, least))
		return NACRE_E_ARGUMENT;
	return nacre_ring_wait(&reader->ring, nacre_ring_there, (uint32_t)least, deadline_ns);
}

bool nacre_ring_writer_arm(struct nacre_ring_writer *writer, size_t least)
{
	return !is_too_much(&writer->ring, least) && nacre_ring_arm(&writer->ring, nacre_ring_free, (uint32_t)least);
}

bool nacre_ring_reader_arm(struct nacre_ring_reader *reader, size_t least)
{
	return !is_too_much(&reader->ring, least) && nacre_ring_arm(&reader->ring, nacre_ring_there, (uint32_t)least);
}

/* A writer who has to wait fills the ring first, and then waits for half of it: so a stream of small reads does not wake
 * him for each. */
nacre_status_t nacre_ring_write(struct nacre_ring_writer *writer, const void *bytes, size_t size, uint64_t deadline_ns, size_t *done)
{
	size_t written = nacre_ring_try_write(writer, bytes, size);
	nacre_status_t status = STATUS_OK;

	while (written < size && !status) {
		size_t left = size - written, half = writer->ring.size / 2;

		status = nacre_ring_wait_room(writer, left < half ? left : half, deadline_ns);
		if (!status)
			written += nacre_ring_try_write(writer, (const uint8_t *)bytes + written, left);
	}
	if (done)
		*done = written;
	return status;
}

nacre_status_t nacre_ring_read(struct nacre_ring_reader *reader, void *bytes, size_t room, uint64_t deadline_ns, size_t *done)
{
	nacre_status_t status = STATUS_OK;

	*done = nacre_ring_try_read(reader, bytes, room);
	if (*done || !room)
		return STATUS_OK;
	status = nacre_ring_wait_data(reader, 1, deadline_ns);
	if (!status)
		*done = nacre_ring_try_read(reader, bytes, room);
	return status;
}
