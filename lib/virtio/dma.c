/* dma.c - the one place that makes addresses for a device. */
#include "virtio/dma.h"
#include "base/bits.h"

bool dma_take(struct dma *dma, size_t bytes, size_t alignment, size_t *offset)
{
	size_t at = align_up(dma->used, alignment);

	if (at > dma->bytes || bytes > dma->bytes - at)
		return false;
	*offset = at;
	dma->used = at + bytes;
	return true;
}

bool dma_address(const struct dma *dma, size_t offset, size_t bytes, uint64_t *address)
{
	if (!bytes || offset > dma->bytes || bytes > dma->bytes - offset)
		return false;
	*address = dma->physical + offset;
	return true;
}
