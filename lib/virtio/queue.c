/* queue.c - split virtqueues: virtio 1.2, 2.7.
 *
 * Three rings in DMA memory. The descriptors and the available ring are written and never read: the device could have
 * changed them. Of the used ring each value is read once and compared with what was given. */
#include "virtio/queue.h"
#include "base/bits.h"
#include "base/string.h"

struct descriptor {
	uint64_t address;
	uint32_t bytes;
	uint16_t flags, next;
};

enum { DESCRIPTOR_NEXT = 1, DESCRIPTOR_WRITE = 2, USED_NO_NOTIFY = 1 };

struct used {
	uint32_t id, bytes;
};

/* Ours and the device's view of memory: what was written before is there before what is written behind. */
static void order(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static volatile uint16_t *half_at(const struct virtio_queue *queue, size_t ring, size_t n)
{
	return (volatile uint16_t *)(void *)(queue->dma->base + ring) + n;
}

/* --- opening --------------------------------------------------------------------------------------------- */

static bool rings_take(struct virtio_queue *queue)
{
	struct dma *dma = queue->dma;

	/* Rings come first: what was handed out as data would else lie among them. */
	if (dma->used != dma->rings || !dma_take(dma, queue_descriptors_bytes(queue->size), 16, &queue->descriptors) ||
	    !dma_take(dma, queue_available_bytes(queue->size), 2, &queue->available) ||
	    !dma_take(dma, queue_used_bytes(queue->size), 4, &queue->used))
		return false;
	dma->rings = dma->used;
	memset(dma->base + queue->descriptors, 0, dma->rings - queue->descriptors);
	return true;
}

static void free_all(struct virtio_queue *queue)
{
	for (uint16_t i = 0; i < queue->size; i++)
		queue->next[i] = (uint16_t)(i + 1);
	queue->free_count = queue->size;
}

const char *virtio_queue_open(struct virtio_queue *queue, struct virtio *device, uint16_t number, struct dma *dma, uint16_t size)
{
	uint32_t most;
	const char *why;

	*queue = (struct virtio_queue){ .device = device, .dma = dma, .number = number };
	why = queue_select(device, number, &most);
	if (why)
		return why;
	if (!most)
		return "the virtio device lacks a queue that its type must have; it cannot be used";
	queue->size = (uint16_t)min_size(size, VIRTIO_QUEUE_MAX);
	if (most < queue->size)
		queue->size = (uint16_t)(1u << bit_highest(most));
	if (!rings_take(queue))
		return "the DMA memory is too small for the queues of the virtio device; raise `dma` in the driver's manifest";
	free_all(queue);
	return queue_place(queue) ? NULL : "the virtio device does not take the queue it was given; it cannot be used";
}

/* --- giving ---------------------------------------------------------------------------------------------- */

static bool piece_fits(const struct virtio_queue *queue, const struct virtio_piece *piece)
{
	uint64_t address;

	return piece->offset >= queue->dma->rings && dma_address(queue->dma, piece->offset, piece->bytes, &address);
}

static bool pieces_fit(const struct virtio_queue *queue, const struct virtio_piece *pieces, unsigned count)
{
	bool writes = false;

	if (!count || count > queue->free_count || queue->fault)
		return false;
	for (unsigned i = 0; i < count; i++) {
		if (!piece_fits(queue, &pieces[i]) || (writes && !pieces[i].device_writes))
			return false;
		writes = pieces[i].device_writes;
	}
	return true;
}

/* The only function that writes a descriptor. The address comes from dma_address and so lies in the DMA memory. */
static void descriptor_write(const struct virtio_queue *queue, uint16_t n, const struct virtio_piece *piece, bool is_last)
{
	volatile struct descriptor *descriptor = (volatile struct descriptor *)(void *)(queue->dma->base + queue->descriptors) + n;
	uint64_t address = 0;
	bool fits = dma_address(queue->dma, piece->offset, piece->bytes, &address);

	descriptor->address = address;
	descriptor->bytes = fits ? piece->bytes : 0;
	descriptor->flags = (piece->device_writes ? DESCRIPTOR_WRITE : 0) | (is_last ? 0 : DESCRIPTOR_NEXT);
	descriptor->next = is_last ? 0 : queue->next[n];
}

static void offer(struct virtio_queue *queue, uint16_t chain)
{
	*half_at(queue, queue->available, 2u + queue->offered % queue->size) = chain;
	order();
	*half_at(queue, queue->available, 1) = ++queue->offered;
}

bool virtio_queue_add(struct virtio_queue *queue, const struct virtio_piece *pieces, unsigned count, uint16_t *chain)
{
	uint16_t head = queue->free;

	if (!pieces_fit(queue, pieces, count))
		return false;
	queue->writable[head] = 0;
	for (unsigned i = 0; i < count; i++) {
		uint16_t n = queue->free;

		descriptor_write(queue, n, &pieces[i], i + 1 == count);
		queue->writable[head] += pieces[i].device_writes ? pieces[i].bytes : 0;
		queue->free = queue->next[n];
	}
	queue->length[head] = (uint16_t)count;
	queue->free_count = (uint16_t)(queue->free_count - count);
	queue->in_flight++;
	offer(queue, head);
	*chain = head;
	return true;
}

void virtio_queue_notify(const struct virtio_queue *queue)
{
	order();
	if (!(*half_at(queue, queue->used, 0) & USED_NO_NOTIFY))
		queue_notify(queue);
}

/* --- taking ---------------------------------------------------------------------------------------------- */

static enum virtio_taken broken(struct virtio_queue *queue, const char *fault)
{
	queue->fault = fault;
	return VIRTIO_BROKEN;
}

static void chain_free(struct virtio_queue *queue, uint16_t head)
{
	uint16_t last = head;

	for (uint16_t i = 1; i < queue->length[head]; i++)
		last = queue->next[last];
	queue->next[last] = queue->free;
	queue->free = head;
	queue->free_count = (uint16_t)(queue->free_count + queue->length[head]);
	queue->length[head] = 0;
	queue->in_flight--;
}

enum virtio_taken virtio_queue_take(struct virtio_queue *queue, uint16_t *chain, uint32_t *written)
{
	volatile struct used *used = (volatile struct used *)(void *)(queue->dma->base + queue->used + 4);
	uint16_t waiting = (uint16_t)(*half_at(queue, queue->used, 1) - queue->taken);
	uint32_t id, bytes;

	if (queue->fault)
		return VIRTIO_BROKEN;
	if (!waiting)
		return VIRTIO_NOTHING;
	if (waiting > queue->in_flight)
		return broken(queue, "the virtio device says that it is done with more requests than it was given");
	order();
	id = used[queue->taken % queue->size].id;
	bytes = used[queue->taken % queue->size].bytes;
	if (id >= queue->size || !queue->length[id])
		return broken(queue, "the virtio device says that it is done with a request that it was not given");
	if (bytes > queue->writable[id])
		return broken(queue, "the virtio device says that it wrote more than there was room for");
	queue->taken++;
	queue->device->idle = 0;
	*chain = (uint16_t)id;
	*written = bytes;
	chain_free(queue, *chain);
	return VIRTIO_TAKEN;
}
