/* register.c - access to registers on the machine itself. */
#include "virtio/register.h"

/* Memory and registers in the order they stand in the program: what the device is told about must be there first, and what
 * it says is done must not have been read earlier. */
static void order(void)
{
	__asm__ volatile("fence iorw, iorw" ::: "memory");
}

uint32_t virtio_register_read(const struct virtio *device, size_t offset, unsigned width)
{
	volatile uint8_t *at = device->registers + offset;
	uint32_t value;

	order();
	if (width == 1)
		value = *at;
	else if (width == 2)
		value = *(volatile uint16_t *)at;
	else
		value = *(volatile uint32_t *)at;
	order();
	return value;
}

void virtio_register_write(const struct virtio *device, size_t offset, uint32_t value)
{
	order();
	*(volatile uint32_t *)(device->registers + offset) = value;
	order();
}

void virtio_register_write_byte(const struct virtio *device, size_t offset, uint8_t value)
{
	order();
	device->registers[offset] = value;
	order();
}
