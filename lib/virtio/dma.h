/* dma.h - memory that a device reads and writes by itself, and the one place where its addresses are told.
 *
 *     base                rings                                  bytes
 *      | rings of queues ... | data: what pieces of requests name ... |
 *
 * There is no IOMMU: an address that reaches a device reaches all memory. So drivers name what they give to a device by
 * offset in this memory, and dma_address alone makes an address of an offset, after it has seen that all of it lies inside.
 * Three files call it: queue.c for descriptors, device.c for the places of rings, and driver/virtio-gpu/gpu.c, whose
 * device must be told where the picture lies. Nobody else writes an address.
 *
 *   I1  physical .. physical + bytes is RAM that is this driver's alone, for as long as the device may run: init keeps it
 *       beyond the driver's death, and the successor resets the device before it uses the memory (doc/devices.md)
 *   I2  rings <= used <= bytes; no piece of a request lies below `rings` */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dma {
	uint8_t *base;
	uint64_t physical;
	size_t bytes;
	size_t rings;                /* end of the rings */
	size_t used;                 /* what was handed out */
};

/* Hands out `bytes` at a multiple of `alignment`, a power of two. False: there is no room. */
bool dma_take(struct dma *dma, size_t bytes, size_t alignment, size_t *offset);

/* The address that the device must be told. False: some of it is not in this memory. */
bool dma_address(const struct dma *dma, size_t offset, size_t bytes, uint64_t *address);
