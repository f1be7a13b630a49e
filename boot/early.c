/* early.c - the first C: finds a device tree, a console and RAM, and builds struct boot at the top of RAM.
 *
 * It runs on a borrowed page of stack, so it keeps its frames small and touches no other RAM. */
#include "base/string.h"
#include "boot/boot.h"

enum { RAM_LEAST = 64 * 1024 };

/* The firmware's tree; without a good one, the image's own, which knows nothing of memory that other firmware has. The image is not verified yet: from an unverified tree
 * only the console and RAM are taken here, and boot_main verifies all of the image before anything else. */
static bool tree_find(struct boot *boot, const void *given)
{
	struct image *image = &boot->image;

	if (given && !fdt_open(&boot->tree, given, FDT_BYTES_MAX))
		return true;
	return !boot->machine.is_supervisor && image_find(image) && !fdt_open(&boot->tree, image->tree.content, image->tree.size);
}

/* The image lies in RAM where the emulator, or another loader, put it there. */
static void ram_mark_inputs(struct boot *boot)
{
	uintptr_t tree = (uintptr_t)boot->tree.blob;

	ram_mark(&boot->ram, tree, tree + boot->tree.total_bytes);
	ram_mark(&boot->ram, (uintptr_t)image_start, (uintptr_t)image_header + PAGE);
}

static void ram_take_own(struct boot *boot)
{
	const struct machine *m = &boot->machine;
	uintptr_t bytes;

	if (!ram_find(&boot->ram, &boot->tree))
		fail(m, "the device tree names no memory; give the board's tree a node with device_type \"memory\"");
	bytes = boot->ram.bank.end - boot->ram.bank.start;
	ram_mark_inputs(boot);
	if (bytes < RAM_LEAST || !ram_take_highest(&boot->ram, BOOT_RAM_BYTES, BOOT_RAM_BYTES, &boot->self))
		fail(m, "%lu KiB of RAM are too few; give the machine 2 MiB or more", (unsigned long)bytes / 1024);
	if (!m->is_supervisor && !ram_answers(boot->self))
		fail(m, "the RAM at 0x%lx, which the device tree promises, does not answer; correct the board's tree",
		     (unsigned long)boot->self.start);
}

struct boot *early_main(unsigned long hart, const void *tree, bool is_supervisor)
{
	struct boot boot;

	memset(&boot, 0, sizeof(boot));
	boot.machine.is_supervisor = is_supervisor;
	boot.at_reset = counters_read(&boot.machine);
	boot.machine.hart = hart;
	if (!tree_find(&boot, tree))
		return NULL;
	console_find(&boot.machine.console, &boot.tree);
	power_find(&boot.machine.power, &boot.tree);
	ram_take_own(&boot);
	memcpy((void *)boot.self.start, &boot, sizeof(boot));
	return (struct boot *)boot.self.start;
}
