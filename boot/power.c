/* power.c - ends or restarts the machine, by whichever device the tree names. */
#include "boot/machine.h"

enum { TEST_PASS = 0x5555, TEST_FAIL = 0x3333, TEST_RESET = 0x7777 };

static uintptr_t address_of(const struct fdt *tree, const struct fdt_node *node)
{
	struct fdt_range range;

	return node && fdt_reg(tree, node, 0, &range) ? (uintptr_t)range.start : 0;
}

/* syscon-poweroff and syscon-reboot: write `value` at `offset` in the node that `regmap` names. */
static struct trigger trigger_find(const struct fdt *tree, const char *compatible)
{
	const struct fdt_node *node = fdt_find_compatible(tree, NULL, compatible);
	uintptr_t base = address_of(tree, fdt_find_phandle(tree, fdt_u32(tree, node, "regmap", 0)));
	struct trigger trigger = { 0, fdt_u32(tree, node, "value", 0) };

	if (node && base)
		trigger.address = base + fdt_u32(tree, node, "offset", 0);
	return trigger;
}

void power_find(struct power *power, const struct fdt *tree)
{
	const struct fdt_node *test = fdt_find_compatible(tree, NULL, "sifive,test1");

	power->test = address_of(tree, test ? test : fdt_find_compatible(tree, NULL, "sifive,test0"));
	power->off = trigger_find(tree, "syscon-poweroff");
	power->reboot = trigger_find(tree, "syscon-reboot");
}

static void pull(uintptr_t address, uint32_t value)
{
	if (address)
		*(volatile uint32_t *)address = value;
}

/* What a machine without any such device does, or one that is slow to obey. */
static _Noreturn void sleep_forever(void)
{
	for (;;)
		__asm__ volatile("wfi");
}

void power_off(const struct power *power, unsigned status)
{
	pull(power->test, status ? status << 16 | TEST_FAIL : TEST_PASS);
	pull(power->off.address, power->off.value);
	sleep_forever();
}

void power_reboot(const struct power *power)
{
	pull(power->test, TEST_RESET);
	pull(power->reboot.address, power->reboot.value);
	sleep_forever();
}
