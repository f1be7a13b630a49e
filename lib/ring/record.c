/* record.c - records, each in one piece.
 *
 *     | size 0 | bytes ... up to a multiple of 8 | size 0 | bytes ... | SKIP 0 | unused, up to the end of the buffer |
 *
 * A record that does not fit in front of the buffer's end begins at its start, behind a header that says SKIP. The two are
 * committed together. Every length that comes from the other side is read once and checked against what is there. */
#include <string.h>
#include "ring/ring.h"
#include "ring/parts.h"

enum { HEADER = 8 };
#define SKIP UINT32_MAX

static uint32_t offset(const struct nacre_ring *ring)
{
	return ring->count & (ring->size - 1);
}

static uint32_t whole(size_t size)
{
	return (uint32_t)(HEADER + (size + 7) / 8 * 8);
}

/* Unused bytes in front of a record of this length, if it were written now. */
static uint32_t skip_for(const struct nacre_ring *ring, size_t size)
{
	uint32_t to_end = ring->size - offset(ring);

	return whole(size) > to_end ? to_end : 0;
}

static void header_write(const struct nacre_ring *ring, uint32_t at, uint32_t size)
{
	const uint32_t header[2] = { size, 0 };

	memcpy(ring->bytes + at, header, sizeof header);
}

void *nacre_ring_record_reserve(struct nacre_ring_writer *writer, size_t size)
{
	struct nacre_ring *ring = &writer->ring;
	uint32_t skip, needed;

	writer->reserved = 0;
	if (size > nacre_ring_record_most(ring) || offset(ring) % 8)
		return NULL;
	skip = skip_for(ring, size);
	needed = skip + whole(size);
	if (nacre_ring_free(ring, needed) < needed)
		return NULL;
	writer->skip = skip;
	writer->reserved = whole(size);
	return ring->bytes + (skip ? 0 : offset(ring)) + HEADER;
}

/* Reserved room stays: the reader only ever adds to what is free, as far as this side believes him. */
void nacre_ring_record_commit(struct nacre_ring_writer *writer, size_t size)
{
	struct nacre_ring *ring = &writer->ring;
	uint32_t skip = writer->skip;

	if (size > nacre_ring_record_most(ring) || whole(size) > writer->reserved)
		return;
	if (skip)
		header_write(ring, offset(ring), SKIP);
	header_write(ring, skip ? 0 : offset(ring), (uint32_t)size);
	writer->skip = writer->reserved = 0;
	nacre_ring_advance(ring, skip + whole(size), true);
}

static const void *malformed(struct nacre_ring *ring)
{
	ring->broken = STATUS_MALFORMED;
	return NULL;
}

static uint32_t header_read(const struct nacre_ring *ring)
{
	return *(const volatile uint32_t *)(ring->bytes + offset(ring));
}

const void *nacre_ring_record_peek(struct nacre_ring_reader *reader, size_t *size)
{
	struct nacre_ring *ring = &reader->ring;
	uint32_t there = nacre_ring_there(ring, HEADER), length, to_end;

	if (there < HEADER)
		return there ? malformed(ring) : NULL; /* the writer moves by whole records */
	if (offset(ring) % 8)
		return malformed(ring);
	to_end = ring->size - offset(ring);
	length = header_read(ring);
	if (length == SKIP && to_end < ring->size) {
		if (there < to_end + HEADER)
			return malformed(ring);
		ring->count += to_end; /* told of when the record behind it is released */
		there -= to_end;
		to_end = ring->size;
		length = header_read(ring);
	}
	if (length > nacre_ring_record_most(ring) || whole(length) > there || whole(length) > to_end)
		return malformed(ring);
	reader->record = whole(length);
	*size = length;
	return ring->bytes + offset(ring) + HEADER;
}

void nacre_ring_record_release(struct nacre_ring_reader *reader)
{
	uint32_t record = reader->record;

	reader->record = 0;
	if (record && !reader->ring.broken)
		nacre_ring_advance(&reader->ring, record, false);
}

/* Waiting for room, the writer may want more than half: a reader of records never wants more than a header (I5). */
nacre_status_t nacre_ring_record_write(struct nacre_ring_writer *writer, const void *bytes, size_t size, uint64_t deadline_ns)
{
	struct nacre_ring *ring = &writer->ring;
	nacre_status_t status;
	void *place;

	if (size > nacre_ring_record_most(ring))
		return NACRE_E_TOO_LONG;
	status = nacre_ring_wait(ring, nacre_ring_free, skip_for(ring, size) + whole(size), deadline_ns);
	if (status)
		return status;
	place = nacre_ring_record_reserve(writer, size);
	if (!place)
		return STATUS_MALFORMED;
	memcpy(place, bytes, size);
	nacre_ring_record_commit(writer, size);
	return nacre_ring_state(ring) == STATUS_MALFORMED ? STATUS_MALFORMED : STATUS_OK;
}

nacre_status_t nacre_ring_record_read(struct nacre_ring_reader *reader, void *bytes, size_t room, uint64_t deadline_ns, size_t *size)
{
	struct nacre_ring *ring = &reader->ring;
	nacre_status_t status = nacre_ring_wait(ring, nacre_ring_there, HEADER, deadline_ns);
	const void *record;

	*size = 0;
	if (status)
		return status;
	record = nacre_ring_record_peek(reader, size);
	if (!record)
		return STATUS_MALFORMED;
	if (*size > room)
		return NACRE_E_TOO_LONG;
	memcpy(bytes, record, *size);
	nacre_ring_record_release(reader);
	return STATUS_OK;
}
