/* rings.c - what a driver of a virtio device told its device, seen from outside: every descriptor in its rings must lie in its
 * DMA memory. Where the rings and the memory are is looked up while the driver is sound, in its own records (lib/virtio). */
#include "inject.h"
#include "base/bits.h"
#include "base/string.h"
#include "virtio/virtio.h"

enum { QUEUES_MAX = 4, DATA_MAX = 8192 };

struct descriptor {
	uint64_t address;
	uint32_t bytes;
	uint16_t flags, next;
};

static struct dma dma;
static struct {
	uintptr_t at;
	unsigned count;
} queues[QUEUES_MAX];
static unsigned queue_count;
static uint8_t data[DATA_MAX];

static bool is_dma(const struct dma *found)
{
	uintptr_t base = (uintptr_t)found->base;

	return base && base % 4096 == 0 && found->physical && found->physical % 4096 == 0 && found->bytes &&
	       found->bytes % 4096 == 0 && found->bytes <= 256 * 4096 && found->rings && found->rings <= found->used &&
	       found->used <= found->bytes;
}

static bool is_queue(const struct virtio_queue *found, uintptr_t dma_at)
{
	return (uintptr_t)found->dma == dma_at && found->size && found->size <= VIRTIO_QUEUE_MAX && is_power_of_two(found->size) &&
	       found->descriptors < dma.rings;
}

void rings_find(void)
{
	size_t size = min_size(target.data_bytes, sizeof(data));
	uintptr_t first = align_up(target.data, 8), dma_at = 0;

	queue_count = 0;
	if (!target_read(first, data, size - (first - target.data)))
		return;
	for (size_t at = 0; at + sizeof(dma) < size && !dma_at; at += sizeof(uintptr_t)) {
		memcpy(&dma, data + at, sizeof(dma));
		dma_at = is_dma(&dma) ? first + at : 0;
	}
	for (size_t at = 0; dma_at && at + sizeof(struct virtio_queue) < size && queue_count < QUEUES_MAX; at += sizeof(uintptr_t)) {
		struct virtio_queue queue;

		memcpy(&queue, data + at, sizeof(queue));
		if (!is_queue(&queue, dma_at))
			continue;
		queues[queue_count].at = (uintptr_t)dma.base + queue.descriptors;
		queues[queue_count++].count = queue.size;
	}
}

unsigned rings_escapes(void)
{
	struct descriptor ring[VIRTIO_QUEUE_MAX];
	unsigned escapes = 0;

	for (unsigned q = 0; q < queue_count; q++) {
		if (!target_read(queues[q].at, ring, queues[q].count * sizeof(ring[0])))
			return escapes; /* it is gone */
		for (unsigned i = 0; i < queues[q].count; i++)
			escapes += (ring[i].address || ring[i].bytes) &&
				   (ring[i].address < dma.physical || ring[i].address > dma.physical + dma.bytes ||
				    ring[i].bytes > dma.physical + dma.bytes - ring[i].address);
	}
	return escapes;
}

unsigned rings_count(void)
{
	return queue_count;
}
