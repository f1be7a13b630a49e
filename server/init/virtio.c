/* virtio.c - what is in the slots for virtio devices. All slots are alike in the device tree; only their registers tell
 * (virtio 1.2, 4.2.2). Init reads three of them, once, and never writes one: all else is the driver's. */
#include "machine.h"
#include "nacre/area.h"
#include "abi/nacre_calls.h"

enum { DEVICES_MAX = 64, UNKNOWN = 0xffff };

/* As indices of words. */
enum { MAGIC = 0, DEVICE_ID = 2, MAGIC_VALUE = 0x74726976 };

bool device_is_virtio(size_t device)
{
	return device_is_compatible(device_node(device), "virtio,mmio", 11);
}

/* Registers in the middle of a page cannot be told from those of the neighbours: no driver is given such a slot. */
static bool begins_a_page(size_t device)
{
	struct fdt_range range;

	return fdt_reg(&machine.tree, device_node(device), 0, &range) && !(range.start % NACRE_PAGE_BYTES);
}

static uint32_t type_read(size_t device)
{
	nacre_handle_t memory;
	struct nacre_area area;
	uint32_t type = 0;

	if (!begins_a_page(device) || nacre_device_memory(device_handle(device), machine.boot->budget, 0, &memory))
		return 0;
	if (nacre_area_map(&area, memory, 0, 1, NACRE_PROT_READ) == NACRE_E_OK) {
		const volatile uint32_t *registers = area.base;

		type = registers[MAGIC] == MAGIC_VALUE ? registers[DEVICE_ID] : 0;
		nacre_area_unmap(&area);
	}
	nacre_handle_close(memory);
	return type < UNKNOWN ? type : 0;
}

uint32_t device_virtio_type(size_t device)
{
	static uint16_t types[DEVICES_MAX]; /* 0: not read yet, UNKNOWN: nothing is there */

	if (device >= DEVICES_MAX || !device_is_virtio(device))
		return 0;
	if (!types[device])
		types[device] = (uint16_t)type_read(device);
	if (!types[device])
		types[device] = UNKNOWN;
	return types[device] == UNKNOWN ? 0 : types[device];
}
