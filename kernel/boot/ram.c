/* ram.c - memory before and after there are frames. */
#include "boot/boot.h"
#include "base/bits.h"
#include "ipc/loan.h"
#include "memory/frame.h"
#include "object/budget.h"

static struct machine_range left; /* what boot_alloc has not used of its range */

static void range_choose(const struct machine *machine)
{
	for (size_t i = 0; i < machine->free_count; i++)
		if (machine->free[i].bytes > left.bytes)
			left = machine->free[i];
}

void *boot_alloc(size_t bytes)
{
	void *memory = pa_to_kva(left.base);

	bytes = align_up(bytes, 16);
	assert(bytes <= left.bytes);
	left.base += bytes;
	left.bytes -= bytes;
	__builtin_memset(memory, 0, bytes);
	return memory;
}

size_t boot_memory_init(const struct machine *machine)
{
	size_t pages = machine->ram.bytes / PAGE_SIZE;

	range_choose(machine);
	frame_init(machine->ram.base, pages, boot_alloc(frame_array_bytes(pages)));
	frame_image_set(machine->image.base, machine->image.bytes);
	return pages;
}

/* What was left of the chosen range starts inside a page now. */
static void rest_give(const struct machine_range *range)
{
	bool chosen = left.base >= range->base && left.base <= range->base + range->bytes;
	paddr_t base = chosen ? align_up(left.base, PAGE_SIZE) : range->base;
	size_t pages = (range->base + range->bytes - base) / PAGE_SIZE;

	if (pages)
		frame_give(base, pages);
}

void boot_memory_give(const struct machine *machine)
{
	paddr_t spare;
	size_t pages = arch_spare_pages(&spare);
	paddr_t zero;

	for (size_t i = 0; i < machine->free_count; i++)
		rest_give(&machine->free[i]);
	if (pages)
		frame_give(spare, pages);
	zero = frame_alloc(FRAME_KERNEL);
	frame_zero(zero);
	loan_init(zero);
	budget_init_machine(frame_free_count());
}
