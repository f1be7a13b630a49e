/* alone.c - a polled UART and the power switch, for tests that run as init. */
#include "test/alone.h"
#include "base/fdt.h"
#include "nacre/area.h"

const char test_alone_linked = 1;

/* 16550: registers and bits, at the spacing that the tree states. */
enum { UART_DATA = 0, UART_LINE_STATUS = 5, UART_ROOM = 0x20 };
/* sifive,test0: what to write, with the exit status in the upper half. */
enum { POWER_PASS = 0x5555, POWER_FAIL = 0x3333 };

static struct fdt tree;
static volatile uint8_t *uart;
static unsigned uart_shift;

static const struct fdt_node *node_of(nacre_handle_t device)
{
	struct nacre_device_state state;

	if (nacre_device_info(device, &state))
		return NULL;
	return (const struct fdt_node *)(tree.blob + state.node);
}

nacre_handle_t test_device(const char *compatible)
{
	const struct nacre_boot_info *boot = nacre_startup()->boot_info;
	const nacre_handle_t *devices = (const nacre_handle_t *)boot->devices;

	for (uint32_t i = 0; i < boot->device_count; i++)
		if (fdt_is_compatible(&tree, node_of(devices[i]), compatible))
			return devices[i];
	return NACRE_HANDLE_NONE;
}

static bool tree_open(void)
{
	const struct nacre_boot_info *boot = nacre_startup()->boot_info;
	struct nacre_area area;

	if (nacre_area_map(&area, boot->device_tree, 0, NACRE_PAGES(boot->tree_offset + boot->tree_bytes), NACRE_PROT_READ))
		return false;
	return !fdt_open(&tree, (char *)area.base + boot->tree_offset, boot->tree_bytes);
}

/* The registers of a device's first range. */
static volatile void *registers_map(nacre_handle_t device)
{
	struct nacre_area area;
	struct fdt_range range;
	nacre_handle_t memory = NACRE_HANDLE_NONE;

	if (!device || nacre_device_memory(device, nacre_self_budget(), 0, &memory))
		return NULL;
	if (nacre_area_map(&area, memory, 0, 1, NACRE_PROT_READ | NACRE_PROT_WRITE))
		return NULL;
	if (!fdt_reg(&tree, node_of(device), 0, &range))
		return NULL;
	return (char *)area.base + range.start % NACRE_PAGE_BYTES;
}

static void uart_put(char c)
{
	while (!(uart[UART_LINE_STATUS << uart_shift] & UART_ROOM))
		continue;
	uart[UART_DATA << uart_shift] = (uint8_t)c;
}

static void uart_write(const char *text, size_t size)
{
	for (; size; text++, size--) {
		if (*text == '\n')
			uart_put('\r');
		uart_put(*text);
	}
}

static void power_off(int failed)
{
	volatile uint32_t *power = registers_map(test_device("sifive,test0"));

	if (power)
		*power = failed ? 1u << 16 | POWER_FAIL : POWER_PASS;
	for (;;)
		nacre_thread_yield();
}

static __attribute__((constructor)) void alone(void)
{
	nacre_handle_t device;

	if (!tree_open())
		return;
	device = test_device("ns16550a");
	uart = registers_map(device);
	if (!uart)
		return;
	uart_shift = fdt_u32(&tree, node_of(device), "reg-shift", 0);
	test_output = uart_write;
	test_ended = power_off;
}
