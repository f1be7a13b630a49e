/* driver.h - what every driver of a virtio device does first, with the handles of its manifest: `device` and `dma`.
 *
 * The order is what makes a restart safe. The predecessor may have been killed in the middle of a transfer; init kept its
 * memory, and the device may still write there:
 *   1  map the registers, reset the device, wait until it says so: from here on it transfers nothing
 *   2  tell the kernel so (device_reset), and only then
 *   3  map the memory, pin it, use it
 * On the other end of a driver's life init does nothing at all: the memory is never closed (server/init/service.h). */
#pragma once
#include <abi/nacre_abi.h>
#include "virtio/virtio.h"

struct virtio_driver {
	struct virtio device;
	struct dma dma;
	nacre_handle_t interrupt;
};

/* Until virtio_open, and the memory. NULL, or a sentence. The interrupt comes to `server` with badge 0 and the program's own
 * priority: what waits at a server raises who attends it, and a driver that hangs must not keep init from noticing. */
const char *virtio_driver_open(struct virtio_driver *driver, uint32_t type, nacre_handle_t server);

/* From here on the interrupt comes to another server: for a driver that asks its device something before it serves anybody. */
const char *virtio_driver_listen(struct virtio_driver *driver, nacre_handle_t server);

/* The device does not keep to the rules or gave up: says so in the log, resets it, and ends this process. Init starts the
 * next one, and clients ask again. */
void virtio_driver_give_up(struct virtio_driver *driver, const char *why) __attribute__((noreturn));
