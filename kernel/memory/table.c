/* table.c - making, counting and freeing page tables.
 *
 * Entries above the last level: 0, a table (V), or a RAW table of the last level (no V, PTE_RAW). A table that is linked or
 * unlinked changes a non-leaf entry, after which the spec asks for a fence over all addresses of the space (privileged
 * spec 4.2.1: "If software modifies a non-leaf PTE, it should execute SFENCE.VMA with rs1=x0"). */
#include "memory/table.h"

#define PTE_RAW PTE_SOFT0

static pte_t page_bits(paddr_t page)
{
	return pte_link(page) | (frame_is_ram(page) ? 0 : PTE_NOT_RAM);
}

pte_t pte_make(paddr_t page, unsigned protection)
{
	pte_t entry = page_bits(page) | PTE_U | PTE_A | PTE_D;

	if (protection & PROT_WRITE)
		protection |= PROT_READ;
	return protection ? entry | PTE_V | protection * (PTE_R / PROT_READ) : entry;
}

_Static_assert(PTE_R / PROT_READ == PTE_W / PROT_WRITE && PTE_R / PROT_READ == PTE_X / PROT_EXECUTE, "three bits in one order");

pte_t pte_moved(pte_t entry, paddr_t page)
{
	return (entry & (((pte_t)1 << PTE_PPN_SHIFT) - 1) & ~PTE_NOT_RAM) | page_bits(page);
}

unsigned pte_protection(pte_t entry)
{
	if (!(entry & PTE_V))
		return 0;
	return (unsigned)(entry / (PTE_R / PROT_READ)) & (PROT_READ | PROT_WRITE | PROT_EXECUTE);
}

pte_t *table_leaf(paddr_t root, vaddr_t address)
{
	return table_walk(root, address);
}

/* Bytes that a table of this level maps. */
static uintptr_t span(unsigned level)
{
	return (uintptr_t)PAGE_SIZE << ((level + 1) * TABLE_BITS);
}

/* The last-level tables of a range are those at first, first + TABLE_SPAN .. below end. */
static vaddr_t range_first(vaddr_t base)
{
	return align_down(base, TABLE_SPAN);
}

static vaddr_t range_end(vaddr_t base, size_t pages)
{
	return base + (pages << PAGE_SHIFT);
}

/* Tables missing for one last-level span. A higher one is counted with the first span under it only. */
static size_t missing_at(paddr_t root, vaddr_t address, bool first)
{
	size_t missing = 0;
	pte_t entry;

	for (unsigned level = TABLE_LEVELS - 1; level; level--) {
		entry = *table_entry(root, address, level);
		if (!entry) {
			while (level--)
				missing += first || is_aligned(address, span(level));
			break;
		}
		root = pte_page(entry);
	}
	return missing;
}

size_t table_missing(paddr_t root, vaddr_t base, size_t pages)
{
	size_t missing = 0;

	for (vaddr_t at = range_first(base); at < range_end(base, pages); at += TABLE_SPAN)
		missing += missing_at(root, at, at <= base);
	return missing;
}

/* Links a new table of the level below into an empty entry of `table`. */
static void link_new(paddr_t table, pte_t *entry, unsigned level)
{
	paddr_t new = frame_alloc(FRAME_TABLE);

	if (level > 1)
		frame_zero(new);
	*entry = pte_link(new) | (level > 1 ? PTE_V : PTE_RAW);
	frame_of(table)->refs++;
}

static void make_at(paddr_t root, vaddr_t address)
{
	pte_t *entry;

	for (unsigned level = TABLE_LEVELS - 1; level; level--) {
		entry = table_entry(root, address, level);
		if (!*entry)
			link_new(root, entry, level);
		root = pte_page(*entry);
	}
	frame_of(root)->refs++;
}

void table_make(paddr_t root, vaddr_t base, size_t pages)
{
	for (vaddr_t at = range_first(base); at < range_end(base, pages); at += TABLE_SPAN)
		make_at(root, at);
}

pte_t *table_ready(paddr_t root, vaddr_t address)
{
	paddr_t table = root;
	pte_t *entry;

	for (unsigned level = TABLE_LEVELS - 1; level; level--) {
		entry = table_entry(table, address, level);
		assert(*entry);
		table = pte_page(*entry);
	}
	if (!(*entry & PTE_V)) {
		frame_zero(table);
		*entry = pte_link(table) | PTE_V;
		arch_tlb_flush_space(root);
	}
	return table_entry(table, address, 0);
}

/* Frees the table that `entry` of `parent` links. */
static void unlink(paddr_t root, paddr_t parent, pte_t *entry)
{
	paddr_t table = pte_page(*entry);

	*entry = 0;
	arch_tlb_flush_space(root);
	frame_drop(table);
	frame_of(parent)->refs--;
}

static size_t drop_at(paddr_t root, vaddr_t address)
{
	paddr_t tables[TABLE_LEVELS];
	size_t freed = 0;

	tables[TABLE_LEVELS - 1] = root;
	for (unsigned level = TABLE_LEVELS - 1; level; level--)
		tables[level - 1] = pte_page(*table_entry(tables[level], address, level));
	frame_of(tables[0])->refs--;
	for (unsigned level = 1; level < TABLE_LEVELS && frame_of(tables[level - 1])->refs == 1; level++, freed++)
		unlink(root, tables[level], table_entry(tables[level], address, level));
	return freed;
}

size_t table_drop(paddr_t root, vaddr_t base, size_t pages)
{
	size_t freed = 0;

	for (vaddr_t at = range_first(base); at < range_end(base, pages); at += TABLE_SPAN)
		freed += drop_at(root, at);
	return freed;
}
