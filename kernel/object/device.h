/* device.h - a device-tree node's registers and interrupt lines, made at boot, given to init. */
#pragma once
#include "object/object.h"

#define DEVICE_REGIONS 4
#define DEVICE_LINES 4

struct device {
	struct object object;
	uint32_t node;          /* offset in the device tree */
	uint8_t region_count, line_count;
	struct { paddr_t base; size_t bytes; } regions[DEVICE_REGIONS];
	uint32_t lines[DEVICE_LINES];
	struct list pins;       /* struct pin.device_link */
};
extern const struct object_type device_type;
void device_check(const struct object *object);
