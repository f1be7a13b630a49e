/* virtio.h - a virtio device behind a region of registers: virtio 1.2, sections 2, 3.1 and 4.2 (version 2, not legacy).
 *
 *     any state --virtio_open--> RESET, DRIVER known --virtio_negotiate--> FEATURES AGREED --virtio_start--> RUNNING
 *                                                            |  virtio_queue_open, once a queue
 *
 *     why = virtio_open(&device, registers, bytes, VIRTIO_BLK);
 *     if (!why) why = virtio_negotiate(&device, BLK_F_FLUSH);
 *     if (!why) why = virtio_queue_open(&queue, &device, 0, &dma, 32);
 *     if (!why) why = virtio_start(&device);
 *
 * Every one of these answers NULL, or a sentence that says what is wrong. After a sentence the device is to be left alone,
 * or opened anew: that resets it.
 *
 * Nothing that a device says is trusted: not its registers, not its configuration, not the rings in memory that it can
 * write. What the driver must remember it remembers in memory of its own (struct virtio_queue) and never reads back.
 *   I1  no loop here depends on what the device answers: each ends after a fixed number of turns
 *   I2  no index, length or address of a device's is used before it was compared with the driver's own record
 *   I3  virtio_queue_take gives each chain back once, and only one that was given to the device
 * What the device does with memory by itself is beyond this: dma.h.
 *
 * Does not: legacy devices (version 1), packed rings, indirect descriptors, event indices, PCI. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "virtio/dma.h"

/* Device types, section 5. */
enum { VIRTIO_NET = 1, VIRTIO_BLK = 2, VIRTIO_CONSOLE = 3, VIRTIO_RNG = 4, VIRTIO_GPU = 16, VIRTIO_INPUT = 18 };

/* Bits of features and of interrupts. */
#define VIRTIO_F_VERSION_1 (1ull << 32)
enum { VIRTIO_INTERRUPT_USED = 1, VIRTIO_INTERRUPT_CONFIG = 2 };

/* Of the most chains a queue can have, here. */
enum { VIRTIO_QUEUE_MAX = 64 };

struct virtio {
	volatile uint8_t *registers;
	size_t bytes;                /* of them */
	uint32_t idle;               /* interrupts since a queue gave something back */
	uint32_t status;             /* as last told to it; what it says itself is not told back */
	uint64_t features;           /* agreed upon */
};

/* Looks whether it is such a device, and resets it: from here on it transfers nothing. */
const char *virtio_open(struct virtio *device, volatile void *registers, size_t bytes, uint32_t type);

/* Takes what is offered of `wanted`: device->features. */
const char *virtio_negotiate(struct virtio *device, uint64_t wanted);

/* The device may use its queues. */
const char *virtio_start(struct virtio *device);

/* Stops it: it transfers nothing from here on. */
const char *virtio_reset(struct virtio *device);

/* Why it interrupted, VIRTIO_INTERRUPT_ bits; that much is acknowledged. Ask before looking at queues. */
uint32_t virtio_interrupts(const struct virtio *device);

/* The same for a driver: *config, its configuration may have changed. NULL, or a sentence that says why it must be reset: it
 * asks for it, or was reset by itself, or interrupts for nothing again and again, which would leave no time for others. */
const char *virtio_interrupted(struct virtio *device, bool *config);

/* Has it given up? It works again only after a reset. */
bool virtio_is_broken(const struct virtio *device);

/* `count` units of `width` bytes (1, 2, 4) from the configuration, all of the same moment. A field of 64 bits is two units
 * of 4. False: it does not lie within the registers, or changed each time it was read. */
bool virtio_config(const struct virtio *device, size_t offset, unsigned width, unsigned count, void *to);

/* Writes a byte of it, where the device's type allows that. False: it does not lie within the registers. */
bool virtio_config_set(const struct virtio *device, size_t offset, uint8_t value);

/* --- queues: split virtqueues, 2.7 ----------------------------------------------------------------------- */

/* A stretch of the data part of DMA memory. What the device writes comes behind what it reads. */
struct virtio_piece {
	size_t offset;
	uint32_t bytes;
	bool device_writes;
};

/* All but the rings themselves lies in memory that the device does not write. */
struct virtio_queue {
	struct virtio *device;
	struct dma *dma;
	uint16_t number, size;
	size_t descriptors, available, used; /* offsets of the rings */
	uint16_t offered, taken;             /* how far either ring has come, modulo 65,536 */
	uint16_t free, free_count;           /* first of the free descriptors, linked by next[] */
	uint16_t in_flight;                  /* chains that the device has */
	uint16_t next[VIRTIO_QUEUE_MAX];
	uint16_t length[VIRTIO_QUEUE_MAX];   /* descriptors of the chain that begins here; 0: none does */
	uint32_t writable[VIRTIO_QUEUE_MAX]; /* bytes of that chain that the device may write */
	const char *fault;                   /* NULL, or what it did wrong: nothing is taken any more */
};

/* Gives queue `number` at most `size` descriptors, a power of two; the device may want fewer: queue->size. */
const char *virtio_queue_open(struct virtio_queue *queue, struct virtio *device, uint16_t number, struct dma *dma, uint16_t size);

/* Gives the device a chain of pieces; *chain, below the queue's size, comes back with it. False: too few descriptors are
 * free, or a piece does not lie in the data part of the DMA memory; nothing has changed. */
bool virtio_queue_add(struct virtio_queue *queue, const struct virtio_piece *pieces, unsigned count, uint16_t *chain);

/* Tells the device that there is something new. */
void virtio_queue_notify(const struct virtio_queue *queue);

enum virtio_taken { VIRTIO_NOTHING, VIRTIO_TAKEN, VIRTIO_BROKEN };

/* Takes a chain that the device is done with, and how many bytes it says it wrote, never more than it could. BROKEN: the
 * device does not keep to the rules; queue->fault says how, and only a reset helps. */
enum virtio_taken virtio_queue_take(struct virtio_queue *queue, uint16_t *chain, uint32_t *written);
