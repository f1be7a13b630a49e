/* machine.c - a polled UART and the power switch, straight from the device tree. */
#include "test/machine.h"
#include "base/fdt.h"
#include "test/test.h"

static volatile uint8_t *uart;
static volatile uint32_t *power;
static struct fdt tree;

const struct nacre_boot_info *machine_info(void)
{
	return nacre_startup()->boot_info;
}

static void *map(nacre_handle_t memory, size_t pages, uint32_t protection)
{
	uintptr_t base = 0;

	if (nacre_map_add(machine_info()->process, 0, memory, 0, pages, protection, &base))
		return NULL;
	return (void *)base;
}

static bool tree_open(void)
{
	const struct nacre_boot_info *info = machine_info();
	size_t pages = (info->tree_offset + info->tree_bytes + 4095) / 4096;
	char *memory = map(info->device_tree, pages, NACRE_PROT_READ);

	return memory && !fdt_open(&tree, memory + info->tree_offset, info->tree_bytes);
}

nacre_handle_t machine_device(const char *compatible)
{
	const struct nacre_boot_info *info = machine_info();
	const nacre_handle_t *devices = (const nacre_handle_t *)info->devices;
	struct nacre_device_state state;

	for (uint32_t i = 0; i < info->device_count; i++) {
		if (nacre_device_info(devices[i], &state))
			continue;
		if (fdt_is_compatible(&tree, (const struct fdt_node *)(tree.blob + state.node), compatible))
			return devices[i];
	}
	return 0;
}

static void *device_map(const char *compatible)
{
	nacre_handle_t device = machine_device(compatible), memory;

	if (!device || nacre_device_memory(device, machine_info()->budget, 0, &memory))
		return NULL;
	return map(memory, 1, NACRE_PROT_READ | NACRE_PROT_WRITE);
}

static void uart_write(const char *text, size_t size)
{
	enum { DATA = 0, LINE_STATUS = 5, TRANSMIT_EMPTY = 0x20 };

	for (; uart && size; size--, text++) {
		while (!(uart[LINE_STATUS] & TRANSMIT_EMPTY))
			continue;
		uart[DATA] = (uint8_t)*text;
	}
}

void machine_start(void)
{
	if (!tree_open())
		nacre_process_exit(90);
	uart = device_map("ns16550a");
	power = device_map("sifive,test1");
	test_output = uart_write;
}

void machine_end(int failed)
{
	enum { PASS = 0x5555, FAIL = 0x3333, STATUS_SHIFT = 16 };

	if (power)
		*power = failed ? 1u << STATUS_SHIFT | FAIL : PASS;
	nacre_process_exit((uintptr_t)failed);
}
