/* queue_double.h - lib/virtio's queue and configuration as a test has them: no rings, only chains, which the test answers as it
 * likes. What lib/virtio itself guarantees (test/host/lib_virtio.c) is kept to: numbers of chains that were given, lengths up to
 * what there was room for. All else, every byte in memory that the device may write, is the test's. */
#pragma once
#include "lib/virtio/virtio.h"
#include "unit.h"

enum { CHAINS = VIRTIO_QUEUE_MAX, PIECES_MAX = 4 };

static struct chain {
	bool given;
	unsigned count;
	struct virtio_piece pieces[PIECES_MAX];
	uint32_t writable;
} chains[CHAINS];

static struct {
	uint16_t chain;
	uint32_t written;
} answers[CHAINS];
static unsigned answer_first, answer_count, notified;
static bool queue_is_broken;
static struct dma dma;
static uint32_t dice_state, seed;

static uint32_t dice(uint32_t sides)
{
	dice_state = dice_state * 1664525 + 1013904223;
	return (dice_state >> 8) % sides;
}

static void double_begin(size_t dma_bytes)
{
	free(dma.base);
	dma = (struct dma){ .base = aligned_alloc(4096, (dma_bytes + 4095) / 4096 * 4096), .physical = 0x8123456000ull, .bytes = dma_bytes };
	memset(dma.base, 0xa5, dma_bytes);
	memset(chains, 0, sizeof(chains));
	answer_first = answer_count = notified = 0;
	queue_is_broken = false;
}

const char *virtio_queue_open(struct virtio_queue *queue, struct virtio *device, uint16_t number, struct dma *of, uint16_t size)
{
	assert_ptr_equal(of, &dma);
	*queue = (struct virtio_queue){ .device = device, .dma = of, .number = number, .size = size, .free_count = size };
	dma.used = dma.rings = 26u * size + 12;
	return NULL;
}

bool virtio_queue_add(struct virtio_queue *queue, const struct virtio_piece *pieces, unsigned count, uint16_t *chain)
{
	assert_true(count && count <= PIECES_MAX);
	if (count > queue->free_count)
		return false;
	*chain = 0;
	while (chains[*chain].given)
		++*chain;
	chains[*chain] = (struct chain){ .given = true, .count = count };
	for (unsigned i = 0; i < count; i++) {
		assert_true(pieces[i].bytes && pieces[i].offset >= dma.rings && pieces[i].offset + pieces[i].bytes <= dma.bytes);
		chains[*chain].pieces[i] = pieces[i];
		chains[*chain].writable += pieces[i].device_writes ? pieces[i].bytes : 0;
	}
	queue->free_count = (uint16_t)(queue->free_count - count);
	queue->in_flight++;
	return true;
}

void virtio_queue_notify(const struct virtio_queue *queue)
{
	(void)queue;
	notified++;
}

enum virtio_taken virtio_queue_take(struct virtio_queue *queue, uint16_t *chain, uint32_t *written)
{
	if (queue_is_broken) {
		queue->fault = "broken";
		return VIRTIO_BROKEN;
	}
	if (!answer_count)
		return VIRTIO_NOTHING;
	*chain = answers[answer_first % CHAINS].chain;
	*written = answers[answer_first++ % CHAINS].written;
	answer_count--;
	assert_true(chains[*chain].given && *written <= chains[*chain].writable);
	chains[*chain].given = false;
	queue->free_count = (uint16_t)(queue->free_count + chains[*chain].count);
	queue->in_flight--;
	return VIRTIO_TAKEN;
}

/* The device is done with a chain. */
static void answer(uint16_t chain, uint32_t written)
{
	answers[(answer_first + answer_count++) % CHAINS].chain = chain;
	answers[(answer_first + answer_count - 1) % CHAINS].written = written;
}
