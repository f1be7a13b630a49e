/* disk.c - the disk. */
#include "disk.h"
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "nacre/log.h"

enum { QUEUE_SIZE = 16, PIECES = 3 };

/* Features, 5.2.3, and fields of the configuration, 5.2.4. */
#define FEATURE_READ_ONLY (1ull << 5)
#define FEATURE_BLOCK_SIZE (1ull << 6)
#define FEATURE_FLUSH (1ull << 9)
enum { CONFIG_CAPACITY = 0, CONFIG_BLOCK_BYTES = 20 };

enum { BLOCK_BYTES_MAX = 4096 };

/* Byte offsets of sectors must fit into 64 bits, with room. */
#define SECTORS_MAX (1ull << 54)

/* In front of the data and behind them, 5.2.6. */
struct header {
	uint32_t operation, reserved;
	uint64_t sector;
};

enum { STATUS_SOUND = 0, STATUS_NONE = 0xff };

struct disk disk;

static struct buffer {
	size_t header, status, data;  /* offsets in DMA memory */
	uint32_t writes;              /* bytes that the device must say it wrote */
	uint16_t chain;
	bool asked;
} buffers[BUFFERS];

/* --- opening --------------------------------------------------------------------------------------------- */

static bool buffers_take(struct dma *dma)
{
	for (unsigned i = 0; i < BUFFERS; i++)
		if (!dma_take(dma, sizeof(struct header), 8, &buffers[i].header) || !dma_take(dma, 1, 1, &buffers[i].status))
			return false;
	for (unsigned i = 0; i < BUFFERS; i++)
		if (!dma_take(dma, BUFFER_BYTES, 4096, &buffers[i].data))
			return false;
	return true;
}

static const char *capacity_read(void)
{
	uint64_t sectors;

	if (!virtio_config(&disk.driver.device, CONFIG_CAPACITY, 4, 2, &sectors))
		return "the disk never tells the same size twice; it cannot be used";
	if (sectors > SECTORS_MAX)
		return "the disk says that it has more sectors than any disk can have; it cannot be used";
	disk.geometry.sectors = sectors;
	return NULL;
}

static const char *geometry_read(void)
{
	uint64_t features = disk.driver.device.features;
	uint32_t bytes = BLOCK_SECTOR_BYTES;

	if (features & FEATURE_BLOCK_SIZE && !virtio_config(&disk.driver.device, CONFIG_BLOCK_BYTES, 4, 1, &bytes))
		return "the disk never tells the same block size twice; it cannot be used";
	if (bytes < BLOCK_SECTOR_BYTES || bytes > BLOCK_BYTES_MAX || !is_power_of_two(bytes))
		return "the disk has a block size that is none of 512, 1024, 2048 and 4096 bytes; it cannot be used";
	disk.geometry.block_bytes = bytes;
	disk.geometry.properties = (features & FEATURE_READ_ONLY ? BLOCK_PROPERTY_READ_ONLY : 0) |
			       (features & FEATURE_FLUSH ? BLOCK_PROPERTY_CACHED : 0);
	return capacity_read();
}

const char *disk_open(nacre_handle_t server)
{
	struct virtio_driver *driver = &disk.driver;
	const char *why = virtio_driver_open(driver, VIRTIO_BLK, server);

	if (!why)
		why = virtio_negotiate(&driver->device, FEATURE_READ_ONLY | FEATURE_BLOCK_SIZE | FEATURE_FLUSH);
	if (!why)
		why = virtio_queue_open(&disk.queue, &driver->device, 0, &driver->dma, QUEUE_SIZE);
	if (!why && disk.queue.size < PIECES)
		why = "the disk has too small a queue for a single request; it cannot be used";
	if (!why && !buffers_take(&driver->dma))
		why = "the DMA memory is too small for the disk's buffers; `dma` in the manifest must be 17";
	if (!why)
		why = geometry_read();
	return why ? why : virtio_start(&driver->device);
}

/* --- asking ---------------------------------------------------------------------------------------------- */

bool disk_buffer_find(unsigned *buffer)
{
	for (*buffer = 0; *buffer < BUFFERS; ++*buffer)
		if (!buffers[*buffer].asked)
			return disk.queue.free_count >= PIECES;
	return false;
}

uint8_t *disk_buffer(unsigned buffer)
{
	return disk.driver.dma.base + buffers[buffer].data;
}

static volatile uint8_t *status_of(const struct buffer *buffer)
{
	return disk.driver.dma.base + buffer->status;
}

void disk_ask(unsigned number, enum disk_operation operation, uint64_t sector, uint32_t bytes)
{
	struct buffer *buffer = &buffers[number];
	struct virtio_piece pieces[PIECES] = { { buffer->header, sizeof(struct header), false } };
	unsigned count = 1;

	*(struct header *)(void *)(disk.driver.dma.base + buffer->header) = (struct header){ .operation = operation, .sector = sector };
	*status_of(buffer) = STATUS_NONE;
	if (bytes)
		pieces[count++] = (struct virtio_piece){ buffer->data, bytes, operation == DISK_READ };
	pieces[count++] = (struct virtio_piece){ buffer->status, 1, true };
	if (!virtio_queue_add(&disk.queue, pieces, count, &buffer->chain))
		virtio_driver_give_up(&disk.driver, "the driver lost count of its buffers; it is started anew");
	buffer->writes = operation == DISK_READ ? bytes + 1 : 1;
	buffer->asked = true;
	disk.asked++;
	virtio_queue_notify(&disk.queue);
}

/* --- the device is done ---------------------------------------------------------------------------------- */

static bool buffer_of(uint16_t chain, unsigned *number)
{
	for (*number = 0; *number < BUFFERS; ++*number)
		if (buffers[*number].asked && buffers[*number].chain == chain)
			return true;
	return false;
}

bool disk_take(unsigned *number, bool *sound)
{
	uint32_t written;
	uint16_t chain;

	switch (virtio_queue_take(&disk.queue, &chain, &written)) {
	case VIRTIO_NOTHING:
		return false;
	case VIRTIO_BROKEN:
		virtio_driver_give_up(&disk.driver, disk.queue.fault);
	case VIRTIO_TAKEN:
		break;
	}
	if (!buffer_of(chain, number))
		virtio_driver_give_up(&disk.driver, "the driver lost count of its buffers; it is started anew");
	/* A read that wrote less leaves bytes of an earlier one in the buffer, which are somebody else's. */
	*sound = *status_of(&buffers[*number]) == STATUS_SOUND && written == buffers[*number].writes;
	buffers[*number].asked = false;
	disk.asked--;
	return true;
}

void disk_interrupted(void)
{
	bool config;
	const char *why = virtio_interrupted(&disk.driver.device, &config);

	if (!why && config)
		why = capacity_read();
	if (why)
		virtio_driver_give_up(&disk.driver, why);
}

void disk_interrupt_end(void)
{
	nacre_interrupt_ack(disk.driver.interrupt);
}
