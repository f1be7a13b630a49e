/* device.c - devices as objects. */
#include "object/device.h"
#include "object/pin.h"

static void device_mark(struct object *object)
{
	(void)object; /* only boot makes devices, and the machine's budget pays: they go with their last handle */
}

static bool device_step(struct object *object)
{
	return pins_step_device(CONTAINER_OF(object, struct device, object));
}

void device_check(const struct object *object)
{
	struct device *device = CONTAINER_OF(object, struct device, object);

	assert(device->region_count <= DEVICE_REGIONS && device->line_count <= DEVICE_LINES);
	LIST_FOR_EACH(node, &device->pins)
		assert(LIST_ENTRY(node, struct pin, device_link)->device == device);
}

const struct object_type device_type = { .mark = device_mark, .step = device_step };
