/* ring.h - a ring of bytes with one writer and one reader, over a buffer whose size is a power of two.
 *
 * `written` and `read` count all bytes that ever went through and are never wrapped to the buffer: their difference
 * is what lies in it, so that full and empty differ and no byte is wasted. Writer and reader may be a thread and an
 * interrupt on one hart; across harts the caller adds the fences. */
#pragma once
#include "base/bits.h"

struct ring {
	uint8_t *bytes;
	uint32_t size;              /* power of two */
	uint32_t written, read;     /* I1  0 <= written - read <= size, modulo 2^32 */
};

#define RING(buffer) { .bytes = (buffer), .size = sizeof(buffer) }

static inline uint32_t ring_used(const struct ring *ring)
{
	return ring->written - ring->read;
}

static inline uint32_t ring_free(const struct ring *ring)
{
	return ring->size - ring_used(ring);
}

/* False, and nothing happens, where the ring is full. */
static inline bool ring_put(struct ring *ring, uint8_t byte)
{
	if (!ring_free(ring))
		return false;
	ring->bytes[ring->written & (ring->size - 1)] = byte;
	ring->written++;
	return true;
}

/* As ring_put, but a full ring loses its oldest byte: for logs. Writer and reader must not run at once. */
static inline void ring_put_over(struct ring *ring, uint8_t byte)
{
	if (!ring_free(ring))
		ring->read++;
	ring_put(ring, byte);
}

static inline bool ring_get(struct ring *ring, uint8_t *byte)
{
	if (!ring_used(ring))
		return false;
	*byte = ring->bytes[ring->read & (ring->size - 1)];
	ring->read++;
	return true;
}
