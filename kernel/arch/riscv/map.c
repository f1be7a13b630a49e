/* map.c - builds the kernel's half of the address space, once, at boot.
 *
 * Tables come from kernel_tables, a few pages at the end of the kernel's data; what is left over is given away. At most:
 *   Sv32   root, kernel, and 2 where text lies in RAM, perhaps across two megapages
 *   Sv39   root, kernel's gigabyte, kernel; both ends of RAM; and 3 where text lies in RAM
 * They are filled in two steps. map_kernel runs before paging, when text and data are where they happen to be: it may
 * use no variable, only what it is given and differences of addresses. It maps the kernel and the device tree, and all
 * else follows in map_memory when the tree has been read.
 *
 * Text must not be writable by any way (I1): where it lies in RAM, its megapages are mapped page by page. */
#include "map.h"

#include "base/bits.h"
#include "base/string.h"
#include "csr.h"

#define ENTRIES ((size_t)1 << TABLE_BITS)

extern char text_start[], text_end[], data_start[], data_end[], kernel_stack[];
extern pte_t kernel_tables[KERNEL_TABLES][ENTRIES];

/* Differences of addresses, which are right at any time. */
#define TEXT_BYTES ((uintptr_t)text_end - (uintptr_t)text_start)
#define DATA_BYTES IN_DATA(data_end)
#define IN_DATA(symbol) ((uintptr_t)(symbol) - (uintptr_t)data_start)

struct arch_memory arch_memory;

/* The tables as they are reached now: before paging `first` is what `base` is. */
static struct tables {
	pte_t (*first)[ENTRIES];
	paddr_t base;
	size_t used;
} tables;

/* The entry for an address at a level (0: pages), with the tables on the way made where missing. */
static pte_t *entry_at(struct tables *all, uintptr_t address, unsigned level)
{
	pte_t *table = all->first[0];

	for (unsigned at = TABLE_LEVELS - 1;; at--) {
		pte_t *entry = &table[address >> (PAGE_SHIFT + at * TABLE_BITS) & (ENTRIES - 1)];

		if (at == level)
			return entry;
		if (!*entry) {
			if (all->used == KERNEL_TABLES)
				PANIC_AT("RAM, image and kernel need more page tables than there are");
			*entry = (all->base + all->used++ * PAGE_SIZE) >> PAGE_SHIFT << PTE_PPN_SHIFT | PTE_V;
		}
		table = all->first[((*entry >> PTE_PPN_SHIFT << PAGE_SHIFT) - all->base) / PAGE_SIZE];
	}
}

/* What one entry of a table at a level covers. */
static size_t entry_bytes(unsigned level)
{
	return (size_t)1 << (PAGE_SHIFT + level * TABLE_BITS);
}

/* Whole pages; the largest that fit, one entry a turn. */
static void range_map(struct tables *all, uintptr_t address, paddr_t base, size_t bytes, pte_t access)
{
	while (bytes) {
		unsigned level = TABLE_LEVELS - 1;

		while (!is_aligned(address | base, entry_bytes(level)) || bytes < entry_bytes(level))
			level--;
		size_t step = entry_bytes(level);
		*entry_at(all, address, level) = base >> PAGE_SHIFT << PTE_PPN_SHIFT | access;
		address += step;
		base += step;
		bytes -= step;
	}
}

static void kernel_map(struct tables *all, paddr_t text, paddr_t data, paddr_t tree)
{
	range_map(all, KERNEL_BASE, text, TEXT_BYTES, MAP_EXECUTE);
	range_map(all, KERNEL_BASE + TEXT_BYTES, data, DATA_BYTES, MAP_WRITE);
	range_map(all, STACK_TOP - STACK_BYTES, data + IN_DATA(kernel_stack), STACK_BYTES, MAP_WRITE);
	range_map(all, TREE_BASE, align_down(tree, MEGA_BYTES), 2 * MEGA_BYTES, MAP_READ);
}

paddr_t map_kernel(paddr_t text, paddr_t data, paddr_t tree)
{
	struct tables *all = (struct tables *)(data + IN_DATA(&tables));

	all->base = data + IN_DATA(kernel_tables);
	all->first = (pte_t (*)[ENTRIES])all->base;
	all->used = 1;
	kernel_map(all, text, data, tree);
	return arch_space_word(all->base);
}

/* --- with paging on ------------------------------------------------------------------------------------- */

void map_boot(struct arch_boot *boot)
{
	tables.first = kernel_tables;
	arch_here()->space = arch_space_word(tables.base);
	boot->tree = (const void *)(TREE_BASE + (boot->tree_base & (MEGA_BYTES - 1)));
	boot->text_bytes = TEXT_BYTES;
	boot->data_bytes = DATA_BYTES;
}

void map_range(uintptr_t address, paddr_t base, size_t bytes, pte_t access)
{
	range_map(&tables, address, base, bytes, access);
}

/* RAM in megapages (even if there is a little less of it), but page by page around text. */
static void ram_map(const struct arch_boot *boot)
{
	paddr_t at = align_down(arch_memory.ram, MEGA_BYTES);
	paddr_t end = align_up(arch_memory.ram + arch_memory.ram_bytes, MEGA_BYTES);
	paddr_t split = align_down(boot->text_base, MEGA_BYTES);
	paddr_t split_end = align_up(boot->text_base + boot->text_bytes, MEGA_BYTES);
	uintptr_t offset = arch_memory.ram_offset;

	if (split - at < end - at) {
		map_range(at + offset, at, split - at, MAP_WRITE);
		for (at = split; at < split_end; at += PAGE_SIZE)
			map_range(at + offset, at, PAGE_SIZE,
			          at - boot->text_base < boot->text_bytes ? MAP_READ : MAP_WRITE);
	}
	map_range(at + offset, at, end - at, MAP_WRITE);
}

/* An image in RAM is seen where RAM is. */
static void image_map(paddr_t image, size_t bytes)
{
	paddr_t at = align_down(image, MEGA_BYTES);

	if (!bytes || image - arch_memory.ram < arch_memory.ram_bytes)
		return;
	bytes = align_up(image + bytes, MEGA_BYTES) - at;
	if (bytes > IMAGE_END - IMAGE_BASE)
		PANIC_AT("the boot image is larger than the kernel's window for it");
	arch_memory.image_offset = IMAGE_BASE - at;
	map_range(IMAGE_BASE, at, bytes, MAP_READ);
}

void map_memory(const struct arch_boot *boot, const struct arch_config *config)
{
	paddr_t start = align_down(config->ram, entry_bytes(TABLE_LEVELS - 1));

	assert(config->ram_bytes <= arch_ram_limit(config->ram));
	arch_memory.ram = config->ram;
	arch_memory.ram_bytes = config->ram_bytes;
	arch_memory.ram_offset = LINEAR_BASE - start;
	ram_map(boot);
	image_map(config->image, config->image_bytes);
}

size_t arch_spare_pages(paddr_t *base)
{
	*base = tables.base + tables.used * PAGE_SIZE;
	return KERNEL_TABLES - tables.used;
}

/* --- the spaces of programs ----------------------------------------------------------------------------- */

void arch_space_activate(paddr_t root)
{
	arch_space_switch(arch_here(), arch_space_word(root));
}

void arch_space_fill(void *root)
{
	memcpy((pte_t *)root + ENTRIES / 2, &tables.first[0][ENTRIES / 2], ENTRIES / 2 * sizeof(pte_t));
}

void arch_space_gone(paddr_t root)
{
	if (arch_space_word(root) == arch_here()->space)
		arch_space_activate(tables.base);
}

/* A space that is not active has nothing cached: activating another has emptied the cache. */
void arch_tlb_flush_page(paddr_t root, vaddr_t address)
{
	if (arch_space_word(root) == arch_here()->space)
		__asm__ volatile("sfence.vma %0, %1" : : "r"(address), "r"(0) : "memory");
}

void arch_tlb_flush_space(paddr_t root)
{
	if (arch_space_word(root) == arch_here()->space)
		__asm__ volatile("sfence.vma zero, %0" : : "r"(0) : "memory");
}

void arch_fence_instructions(void)
{
	__asm__ volatile("fence.i; nop; nop; nop" : : : "memory"); /* one core's pipeline wants the nops */
}
