/* pin.h - pages held for DMA: they keep their frames whatever happens to mapping or loan, until unpin or device reset. */
#pragma once
#include "object/device.h"
#include "object/process.h"

#define PIN_PAGES 32

struct pin {
	struct list device_link, process_link;
	struct device *device;
	struct process *process;
	vaddr_t base;
	uint8_t pages;
	paddr_t frames[PIN_PAGES];
};

err_t pin_make(struct device *device, struct process *process, vaddr_t base, unsigned pages, struct pin **out) must_use;
struct pin *pin_find(const struct device *device, const struct process *process, vaddr_t base);
bool pin_overlaps(const struct process *process, vaddr_t base, size_t pages);
void pin_drop(struct pin *pin);
bool pins_step(struct process *process);  /* drops one; true: none left */
bool pins_step_device(struct device *device);
/* A loan of pinned pages ends: the frame stays with the driver. Gives a fresh copy for the lender, paid by the pin, or 0 if
 * this very frame is not pinned there: an older pin at the same address, of a loan that ended long ago, does not count. */
paddr_t pin_replace(struct process *borrower, vaddr_t page, paddr_t frame);
