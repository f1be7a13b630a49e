/* queue.h - what the two halves of lib/virtio share: queue.c knows the rings, device.c the registers. */
#pragma once
#include "virtio/virtio.h"

/* The three parts of a split virtqueue, 2.7: descriptors of 16 bytes; flags, index, a number each and one more; the same
 * with 8 bytes each. */
static inline size_t queue_descriptors_bytes(unsigned size)
{
	return (size_t)size * 16;
}

static inline size_t queue_available_bytes(unsigned size)
{
	return 6 + (size_t)size * 2;
}

static inline size_t queue_used_bytes(unsigned size)
{
	return 6 + (size_t)size * 8;
}

/* --- device.c --- */

/* Chooses the queue that the others speak of, which must not be in use. */
const char *queue_select(const struct virtio *device, uint16_t number, uint32_t *size_max);

/* Tells the device where the rings lie. False: they do not lie in DMA memory, or it does not take them. */
bool queue_place(const struct virtio_queue *queue);
void queue_notify(const struct virtio_queue *queue);
