/* table.h - page tables: the walk, and what a PTE says.
 *
 * A leaf PTE as Nacre uses it (privileged spec 4.3.1; on Sv39 PPN is 44 bits wide):
 *
 *      31            10   9      8     7 6 5 4 3 2 1 0
 *     +----------------+------+------+-+-+-+-+-+-+-+-+
 *     |      PPN       | WAS_W| LENT |D|A|G|U|X|W|R|V|
 *     +----------------+------+------+-+-+-+-+-+-+-+-+
 *
 *   LENT   the page is lent away. V=0: lent writable, gone from the lender. V=1, W=0: lent read-only.
 *   WAS_W  what W becomes when it comes back. A and D are always set: hardware may neither set nor check them.
 * WAS_W without LENT: the page is not RAM (a device, or the boot image); ipc/quick.h leaves those to the copy routine.
 * An entry with V=0 and LENT=0 is empty, and is written as 0: some cores hang on V=1 with R=W=X=0 at the last level. */
#pragma once
#include "memory/account.h"

#define PTE_LENT PTE_SOFT0
#define PTE_WAS_W PTE_SOFT1
#define PTE_NOT_RAM PTE_SOFT1
#define TABLE_PAGES ((size_t)1 << TABLE_BITS)        /* of a last-level table */
#define TABLE_SPAN (TABLE_PAGES << PAGE_SHIFT)       /* bytes it maps */

pte_t pte_make(paddr_t page, unsigned protection);      /* PROT_NONE (0) gives an entry without V that keeps the page: PARKED */
pte_t pte_moved(pte_t entry, paddr_t page);             /* the same for another page; it is not LENT */
unsigned pte_protection(pte_t entry);                   /* PROT_... as the program sees it now */

static inline paddr_t pte_page(pte_t entry)
{
	return (paddr_t)(entry >> PTE_PPN_SHIFT) << PAGE_SHIFT;
}

/* The part of an entry that names a page. */
static inline pte_t pte_link(paddr_t page)
{
	return (pte_t)(page >> PAGE_SHIFT) << PTE_PPN_SHIFT;
}

static inline unsigned table_index(vaddr_t address, unsigned level)
{
	return address >> (PAGE_SHIFT + level * TABLE_BITS) & (TABLE_PAGES - 1);
}

static inline __attribute__((always_inline)) pte_t *table_entry(paddr_t table, vaddr_t address, unsigned level)
{
	return (pte_t *)frame_view(table) + table_index(address, level);
}

/* The leaf entry of an address, or NULL where no table covers it, or the kernel's part begins. The walk is for the few places
 * where a call costs too much. */
static inline __attribute__((always_inline)) pte_t *table_walk(paddr_t root, vaddr_t address)
{
	pte_t entry;

	if (address >= USER_END)
		return NULL;
	for (unsigned level = TABLE_LEVELS - 1; level; level--) {
		entry = *table_entry(root, address, level);
		if (!(entry & PTE_V))
			return NULL;
		root = pte_page(entry);
	}
	return table_entry(root, address, 0);
}
pte_t *table_leaf(paddr_t root, vaddr_t address);

/* Tables for a range. count says how many are missing, so that they can be charged before the point of no return;
 * make cannot fail after that. All walk one step a last-level table, not a page.
 * A last-level table counts the mappings that need it, a higher one the tables below it (frame.refs - 1).
 * What make makes at the last level is RAW: linked without V, not zeroed yet, so that a long range costs little before the
 * point of no return. table_ready zeroes it on first use; until then table_leaf does not see it. */
size_t table_missing(paddr_t root, vaddr_t base, size_t pages);
void table_make(paddr_t root, vaddr_t base, size_t pages);   /* the caller has charged table_missing pages */
pte_t *table_ready(paddr_t root, vaddr_t address);           /* the leaf entry, where table_make was */
size_t table_drop(paddr_t root, vaddr_t base, size_t pages); /* frees those nobody needs; how many, for account_release */
