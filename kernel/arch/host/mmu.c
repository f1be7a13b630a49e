/* mmu.c - address translation as the strictest hardware would do it: tables in the format of Sv39 (privileged spec
 * 4.4), and a TLB that forgets nothing it is not told to. What it refuses is listed in host.h. */
#include "host.h"

#include <stdio.h>
#include <string.h>

#include "mmu.h"

#define ENTRIES ((size_t)1 << TABLE_BITS)
#define TLB_SLOTS 16384
#define KERNEL_MARK (PTE_V | PTE_R | PTE_W | PTE_G | PTE_A | PTE_D | (pte_t)0x6e616372 << PTE_PPN_SHIFT)

vaddr_t host_fault_address;

/* An entry as it was when it was cached; root 0: free. */
static struct cached {
	paddr_t root;
	vaddr_t page;
	pte_t entry;
} tlb[TLB_SLOTS];

void mmu_reset(void)
{
	memset(tlb, 0, sizeof(tlb));
	host_fault_address = 0;
}

/* --- the walk ------------------------------------------------------------------------------------------- */

static void refuse(paddr_t root, vaddr_t address, pte_t entry, const char *why) __attribute__((noreturn));
static void refuse(paddr_t root, vaddr_t address, pte_t entry, const char *why)
{
	char text[160];

	snprintf(text, sizeof(text), "%s: address %#lx, entry %#lx, root %#lx", why, (unsigned long)address,
	         (unsigned long)entry, (unsigned long)root);
	kernel_panic(text);
}

static void pointer_check(paddr_t root, vaddr_t address, pte_t entry, unsigned level)
{
	if (level == 0)
		refuse(root, address, entry, "an entry at the last level is valid and grants nothing");
	if (entry & (PTE_U | PTE_A | PTE_D))
		refuse(root, address, entry, "a pointer to a table has bits that are reserved there");
}

static void leaf_check(paddr_t root, vaddr_t address, pte_t entry, unsigned level)
{
	if ((entry & PTE_W) && !(entry & PTE_R))
		refuse(root, address, entry, "W without R is reserved");
	if ((entry & PTE_W) && (entry & PTE_X))
		refuse(root, address, entry, "a page is writable and executable");
	if (~entry & (PTE_A | PTE_D))
		refuse(root, address, entry, "a leaf lacks A or D, which some cores never set");
	if (level || !(entry & PTE_U) || (entry & PTE_G))
		refuse(root, address, entry, "a program's page is larger than 4 KiB, global, or not a program's");
}

static void root_check(paddr_t root)
{
	if (((const pte_t *)pa_to_kva(root))[ENTRIES - 1] != KERNEL_MARK)
		refuse(root, 0, 0, "the root was never filled by arch_space_fill");
}

/* The leaf entry that translates an address, or 0. */
static pte_t walk(paddr_t root, vaddr_t address)
{
	paddr_t table = root;

	if (address >= USER_END)
		return 0;
	root_check(root);
	for (unsigned level = TABLE_LEVELS - 1;; level--) {
		size_t index = address >> (PAGE_SHIFT + level * TABLE_BITS) & (ENTRIES - 1);
		pte_t entry = ((const pte_t *)pa_to_kva(table))[index];

		if (!(entry & PTE_V))
			return 0;
		if (entry & (PTE_R | PTE_W | PTE_X)) {
			leaf_check(root, address, entry, level);
			return entry;
		}
		pointer_check(root, address, entry, level);
		table = entry >> PTE_PPN_SHIFT << PAGE_SHIFT;
	}
}

/* --- the TLB -------------------------------------------------------------------------------------------- */

static struct cached *slot_of(paddr_t root, vaddr_t page)
{
	return &tlb[((page >> PAGE_SHIFT) * 2654435761u ^ (root >> PAGE_SHIFT) * 40503u) % TLB_SLOTS];
}

static void cache(paddr_t root, vaddr_t page, pte_t entry)
{
	if (entry)
		*slot_of(root, page) = (struct cached){ root, page, entry };
}

/* Stale: it names another page, or grants what the tables do not. Granting less only costs a fault. */
static void cached_check(const struct cached *cached)
{
	pte_t now = walk(cached->root, cached->page);
	pte_t access = PTE_R | PTE_W | PTE_X;

	if (cached->entry >> PTE_PPN_SHIFT != now >> PTE_PPN_SHIFT || (cached->entry & ~now & access))
		refuse(cached->root, cached->page, cached->entry, "a translation is cached that the tables no longer grant");
}

void host_tlb_check(void)
{
	for (size_t i = 0; i < TLB_SLOTS; i++)
		if (tlb[i].root)
			cached_check(&tlb[i]);
}

static void fill(paddr_t root, paddr_t table, unsigned level, vaddr_t base)
{
	const pte_t *entries = pa_to_kva(table);

	for (size_t i = 0; i < ENTRIES; i++) {
		vaddr_t address = base + ((vaddr_t)i << (PAGE_SHIFT + level * TABLE_BITS));

		if (address >= USER_END)
			return;
		if (entries[i] & (PTE_R | PTE_W | PTE_X) || level == 0)
			cache(root, address, walk(root, address));
		else if (entries[i] & PTE_V)
			fill(root, entries[i] >> PTE_PPN_SHIFT << PAGE_SHIFT, level - 1, address);
	}
}

void host_tlb_fill(paddr_t root)
{
	root_check(root);
	fill(root, root, TABLE_LEVELS - 1, 0);
}

void arch_tlb_flush_page(paddr_t root, vaddr_t address)
{
	vaddr_t page = address & ~(vaddr_t)(PAGE_SIZE - 1);
	struct cached *slot = slot_of(root, page);

	host_counts.page_flushes++;
	if (slot->root == root && slot->page == page)
		slot->root = 0;
}

static void forget(paddr_t root)
{
	for (size_t i = 0; i < TLB_SLOTS; i++)
		if (tlb[i].root == root)
			tlb[i].root = 0;
}

void arch_tlb_flush_space(paddr_t root)
{
	host_counts.space_flushes++;
	forget(root);
}

/* --- spaces --------------------------------------------------------------------------------------------- */

void arch_space_activate(paddr_t root)
{
	root_check(root);
	if (root != arch_cpu.space)
		host_counts.activations++;
	arch_cpu.space = root;
}

void arch_space_fill(void *root)
{
	((pte_t *)root)[ENTRIES - 1] = KERNEL_MARK;
}

void arch_space_gone(paddr_t root)
{
	forget(root);
	if (arch_cpu.space == root)
		arch_cpu.space = 0;
}

/* --- the program's accesses ----------------------------------------------------------------------------- */

/* Where an access goes, by way of the TLB. The answer is a cause; *at is NULL for device registers. */
static unsigned translate(paddr_t root, vaddr_t address, pte_t access, unsigned cause, uint8_t **at)
{
	vaddr_t page = address & ~(vaddr_t)(PAGE_SIZE - 1);
	struct cached *slot = slot_of(root, page);
	bool hit = slot->root == root && slot->page == page;

	if (hit)
		cached_check(slot);
	if (!hit || !(slot->entry & access))
		cache(root, page, walk(root, page));
	hit = slot->root == root && slot->page == page;
	if (!hit || !(slot->entry & access)) {
		host_fault_address = address;
		return cause;
	}
	paddr_t physical = (slot->entry >> PTE_PPN_SHIFT << PAGE_SHIFT) + (address - page);
	*at = mmu_is_memory(physical) ? pa_to_kva(physical) : NULL;
	return 0;
}

static size_t to_page_end(vaddr_t address, size_t size)
{
	size_t room = PAGE_SIZE - (address & (PAGE_SIZE - 1));

	return size < room ? size : room;
}

unsigned host_user_read(paddr_t root, vaddr_t from, void *to, size_t size)
{
	for (size_t step; size; from += step, to = (uint8_t *)to + step, size -= step) {
		uint8_t *at;
		unsigned cause = translate(root, from, PTE_R, CAUSE_READ, &at);

		if (cause)
			return cause;
		step = to_page_end(from, size);
		if (at)
			memcpy(to, at, step);
		else
			memset(to, 0, step);
	}
	return 0;
}

unsigned host_user_write(paddr_t root, vaddr_t to, const void *from, size_t size)
{
	for (size_t step; size; to += step, from = (const uint8_t *)from + step, size -= step) {
		uint8_t *at;
		unsigned cause = translate(root, to, PTE_W, CAUSE_WRITE, &at);

		if (cause)
			return cause;
		step = to_page_end(to, size);
		if (at)
			memcpy(at, from, step);
	}
	return 0;
}

unsigned host_user_fetch(paddr_t root, vaddr_t address)
{
	uint8_t *at;

	return translate(root, address, PTE_X, CAUSE_FETCH, &at);
}
