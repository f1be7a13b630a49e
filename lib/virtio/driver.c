/* driver.c - what every driver of a virtio device does first, and last. */
#include "virtio/driver.h"
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "nacre/area.h"
#include "nacre/error.h"
#include "nacre/log.h"
#include "nacre/startup.h"

enum { PIN_PAGES = 32 };

static const char *device_open(struct virtio_driver *driver, nacre_handle_t handle, uint32_t type)
{
	static struct nacre_area area;
	nacre_handle_t memory = NACRE_HANDLE_NONE;
	nacre_err_t error = nacre_device_memory(handle, nacre_self_budget(), 0, &memory);

	if (!error)
		error = nacre_area_map(&area, memory, 0, 1, NACRE_PROT_READ | NACRE_PROT_WRITE);
	if (error)
		return nacre_error_sentence(error);
	return virtio_open(&driver->device, area.base, NACRE_PAGE_BYTES, type);
}

/* Contiguous memory: the first page's address is the address of all, which is checked. */
static nacre_err_t pin(struct dma *dma, nacre_handle_t device, size_t pages)
{
	uint64_t addresses[PIN_PAGES];

	for (size_t at = 0; at < pages; at += PIN_PAGES) {
		size_t count = min_size(pages - at, PIN_PAGES);
		nacre_err_t error = nacre_device_pin(device, (uintptr_t)dma->base + at * NACRE_PAGE_BYTES, (uint32_t)count, addresses);

		if (error)
			return error;
		if (!at)
			dma->physical = addresses[0];
		for (size_t i = 0; i < count; i++)
			if (addresses[i] != dma->physical + (at + i) * NACRE_PAGE_BYTES)
				return NACRE_E_FRAGMENTED;
	}
	return NACRE_E_OK;
}

static nacre_err_t memory_open(struct dma *dma, nacre_handle_t device)
{
	static struct nacre_area area;
	nacre_handle_t memory = nacre_startup_handle("dma");
	uintptr_t pages = 0, options;
	nacre_err_t error = nacre_device_reset(device);

	if (!error)
		error = nacre_memory_info(memory, &pages, &options);
	if (!error)
		error = nacre_area_map(&area, memory, 0, pages, NACRE_PROT_READ | NACRE_PROT_WRITE);
	if (error)
		return error;
	*dma = (struct dma){ .base = area.base, .bytes = pages * NACRE_PAGE_BYTES };
	return pin(dma, device, pages);
}

static nacre_err_t interrupt_open(struct virtio_driver *driver, nacre_handle_t device, nacre_handle_t server)
{
	return nacre_device_interrupt(device, nacre_self_budget(), 0, server, 0, nacre_startup()->priority, &driver->interrupt);
}

const char *virtio_driver_open(struct virtio_driver *driver, uint32_t type, nacre_handle_t server)
{
	nacre_handle_t device = nacre_startup_handle("device");
	const char *why = device_open(driver, device, type);
	nacre_err_t error;

	if (why)
		return why;
	error = memory_open(&driver->dma, device);
	if (!error)
		error = interrupt_open(driver, device, server);
	return error ? nacre_error_sentence(error) : NULL;
}

/* What was asserted and not acknowledged meanwhile fires anew when the line is bound. */
const char *virtio_driver_listen(struct virtio_driver *driver, nacre_handle_t server)
{
	nacre_err_t error = nacre_handle_close(driver->interrupt);

	if (!error)
		error = interrupt_open(driver, nacre_startup_handle("device"), server);
	return error ? nacre_error_sentence(error) : NULL;
}

void virtio_driver_give_up(struct virtio_driver *driver, const char *why)
{
	nacre_log(LOG_ERROR, "%s", why);
	why = virtio_reset(&driver->device);
	if (why)
		nacre_log(LOG_ERROR, "%s", why);
	nacre_process_exit(1);
	__builtin_unreachable();
}
