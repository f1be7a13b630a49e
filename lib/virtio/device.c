/* device.c - the registers of a virtio device: 4.2.2 in version 2, and the order of 3.1.1. */
#include "virtio/queue.h"
#include "virtio/register.h"

enum {
	MAGIC = 0x000, VERSION = 0x004, DEVICE_ID = 0x008,
	DEVICE_FEATURES = 0x010, DEVICE_FEATURES_SELECT = 0x014, DRIVER_FEATURES = 0x020, DRIVER_FEATURES_SELECT = 0x024,
	QUEUE_SELECT = 0x030, QUEUE_SIZE_MAX = 0x034, QUEUE_SIZE = 0x038, QUEUE_READY = 0x044, QUEUE_NOTIFY = 0x050,
	INTERRUPT_STATUS = 0x060, INTERRUPT_ACKNOWLEDGE = 0x064, STATUS = 0x070,
	QUEUE_DESCRIPTORS = 0x080, QUEUE_AVAILABLE = 0x090, QUEUE_USED = 0x0a0, /* low half; the high one 4 behind */
	CONFIG_GENERATION = 0x0fc, CONFIG = 0x100,
};

enum { MAGIC_VALUE = 0x74726976, VERSION_VALUE = 2 };

/* Bits of STATUS, 2.1. */
enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8, NEEDS_RESET = 64, FAILED = 128 };

/* How often a device is asked before it is given up. A read of a register takes a bus cycle at least, so the first is about
 * a hundredth of a second on the slowest chip; QEMU's devices answer the first time. */
enum { RESET_READS = 100000, CONFIG_READS = 16 };

/* Interrupts in a row with nothing behind them. A sound device has one or two, when what it did was seen before they came, and
 * some more when its configuration changes often. */
enum { IDLE_MAX = 10000 };

static uint32_t read(const struct virtio *device, size_t offset)
{
	return virtio_register_read(device, offset, 4);
}

static void write(const struct virtio *device, size_t offset, uint32_t value)
{
	virtio_register_write(device, offset, value);
}

/* The driver's own bits, none of the device's. */
static void status_add(struct virtio *device, uint32_t bits)
{
	device->status |= bits;
	write(device, STATUS, device->status);
}

const char *virtio_reset(struct virtio *device)
{
	device->features = device->status = 0;
	write(device, STATUS, 0);
	for (unsigned i = 0; i < RESET_READS; i++)
		if (!read(device, STATUS))
			return NULL;
	return "the virtio device does not answer the reset; switch the machine off and on";
}

const char *virtio_open(struct virtio *device, volatile void *registers, size_t bytes, uint32_t type)
{
	const char *why;

	*device = (struct virtio){ .registers = registers, .bytes = bytes };
	if (bytes < CONFIG || read(device, MAGIC) != MAGIC_VALUE)
		return "there is no virtio device at these registers; the device tree is wrong";
	if (read(device, VERSION) != VERSION_VALUE)
		return "the virtio device is of the legacy version 1; with QEMU pass -global virtio-mmio.force-legacy=false";
	if (read(device, DEVICE_ID) != type)
		return "the virtio device is of another type than this driver drives; check `virtio` in its manifest";
	why = virtio_reset(device);
	if (!why)
		status_add(device, ACKNOWLEDGE | DRIVER);
	return why;
}

/* --- features -------------------------------------------------------------------------------------------- */

static uint64_t offered(const struct virtio *device)
{
	uint64_t features = 0;

	for (unsigned half = 2; half--;) {
		write(device, DEVICE_FEATURES_SELECT, half);
		features = features << 32 | read(device, DEVICE_FEATURES);
	}
	return features;
}

const char *virtio_negotiate(struct virtio *device, uint64_t wanted)
{
	uint64_t features = offered(device) & (wanted | VIRTIO_F_VERSION_1);

	if (!(features & VIRTIO_F_VERSION_1))
		return "the virtio device offers only the legacy interface; with QEMU pass -global virtio-mmio.force-legacy=false";
	for (unsigned half = 0; half < 2; half++) {
		write(device, DRIVER_FEATURES_SELECT, half);
		write(device, DRIVER_FEATURES, (uint32_t)(features >> 32 * half));
	}
	status_add(device, FEATURES_OK);
	if (!(read(device, STATUS) & FEATURES_OK))
		return "the virtio device refuses the features that it offers; it cannot be used";
	device->features = features;
	return NULL;
}

const char *virtio_start(struct virtio *device)
{
	status_add(device, DRIVER_OK);
	if (!virtio_is_broken(device))
		return NULL;
	virtio_reset(device); /* it has its queues already */
	return "the virtio device gave up when it was started; it cannot be used";
}

/* A device that was reset by itself has forgotten that it runs. */
bool virtio_is_broken(const struct virtio *device)
{
	return (read(device, STATUS) & (NEEDS_RESET | FAILED | DRIVER_OK)) != DRIVER_OK;
}

uint32_t virtio_interrupts(const struct virtio *device)
{
	uint32_t bits = read(device, INTERRUPT_STATUS) & (VIRTIO_INTERRUPT_USED | VIRTIO_INTERRUPT_CONFIG);

	if (bits)
		write(device, INTERRUPT_ACKNOWLEDGE, bits);
	return bits;
}

const char *virtio_interrupted(struct virtio *device, bool *config)
{
	uint32_t bits = virtio_interrupts(device);

	*config = bits & VIRTIO_INTERRUPT_CONFIG;
	if (bits != VIRTIO_INTERRUPT_USED && virtio_is_broken(device))
		return "the virtio device gave up and must be reset";
	return ++device->idle > IDLE_MAX ? "the virtio device interrupts again and again for nothing; it is reset" : NULL;
}

/* --- configuration, 2.5 and 4.2.2.2 ---------------------------------------------------------------------- */

static void config_read(const struct virtio *device, size_t offset, unsigned width, unsigned count, uint8_t *to)
{
	for (unsigned i = 0; i < count; i++) {
		uint32_t value = virtio_register_read(device, CONFIG + offset + i * width, width);

		for (unsigned byte = 0; byte < width; byte++)
			*to++ = (uint8_t)(value >> 8 * byte);
	}
}

bool virtio_config(const struct virtio *device, size_t offset, unsigned width, unsigned count, void *to)
{
	size_t room = device->bytes - CONFIG;

	if (offset % width || offset > room || count > (room - offset) / width)
		return false;
	for (unsigned i = 0; i < CONFIG_READS; i++) {
		uint32_t generation = read(device, CONFIG_GENERATION);

		config_read(device, offset, width, count, to);
		if (read(device, CONFIG_GENERATION) == generation)
			return true;
	}
	return false;
}

bool virtio_config_set(const struct virtio *device, size_t offset, uint8_t value)
{
	if (offset >= device->bytes - CONFIG)
		return false;
	virtio_register_write_byte(device, CONFIG + offset, value);
	return true;
}

/* --- queues, 4.2.3.2 ------------------------------------------------------------------------------------- */

const char *queue_select(const struct virtio *device, uint16_t number, uint32_t *size_max)
{
	write(device, QUEUE_SELECT, number);
	if (read(device, QUEUE_READY))
		return "the virtio device has a queue in use after its reset; it cannot be used";
	*size_max = read(device, QUEUE_SIZE_MAX);
	return NULL;
}

static bool place(const struct virtio_queue *queue, size_t at, size_t offset, size_t bytes)
{
	uint64_t address;

	if (!dma_address(queue->dma, offset, bytes, &address))
		return false;
	write(queue->device, at, (uint32_t)address);
	write(queue->device, at + 4, (uint32_t)(address >> 32));
	return true;
}

bool queue_place(const struct virtio_queue *queue)
{
	write(queue->device, QUEUE_SIZE, queue->size);
	if (!place(queue, QUEUE_DESCRIPTORS, queue->descriptors, queue_descriptors_bytes(queue->size)) ||
	    !place(queue, QUEUE_AVAILABLE, queue->available, queue_available_bytes(queue->size)) ||
	    !place(queue, QUEUE_USED, queue->used, queue_used_bytes(queue->size)))
		return false;
	write(queue->device, QUEUE_READY, 1);
	return read(queue->device, QUEUE_READY) == 1;
}

void queue_notify(const struct virtio_queue *queue)
{
	write(queue->device, QUEUE_NOTIFY, queue->number);
}
