/* space.h - an address space: its page tables, mappings and reservations, and where new ones go.
 *
 * Nothing has a fixed address. A space works in a random region as large as one last-level table (4 MiB on Sv32,
 * 2 MiB on Sv39) and places everything at random pages in it while there is room, then in another; so page tables stay
 * few and every placement is random. A run longer than a region gets consecutive empty regions at a random place.
 *
 *   I1  mappings do not overlap each other; reservations do not overlap each other
 *   I2  a mapping lies wholly inside one reservation, or touches none
 *   I3  every page of a finished mapping has a leaf entry naming its frame (valid, PARKED or LENT); no other entry is non-zero,
 *       but those of the receive window. A mapping that is BUILDING has them below progress, one that is REMOVING from there
 *   I4  account is charged the root, every table, and the pages of every foreign mapping
 *   I5  W and X are never both set
 *   I6  quick_table, unless quick_region is NO_REGION, is the table of the last level that maps that region; lends is a mapping
 *       of this space, or NULL
 * Long work is done in steps: begin checks and charges everything (may fail), steps cannot fail. A mapping being built or
 * taken apart is in the tree, so nothing else can use its range; only a WHOLE one can be unmapped, protected, lent from or
 * pinned by a program. Whoever holds a struct mapping across a preemption point must find it again by its address.
 *
 *                 +--> PROTECTING --+
 *                 |                 v
 *   BUILDING --> WHOLE <------------+      WHOLE --> REMOVING --> freed        by force: any --> REMOVING
 */
#pragma once
#include "base/tree.h"
#include "memory/backing.h"
#include "memory/table.h"

struct mapping {
  struct tree_node node;          /* by base */
  struct list backing_link;
  struct space *space;
  struct backing *backing;        /* NULL: orphan, the entries alone know the frames */
  vaddr_t base;
  size_t pages, offset;           /* offset: first page of the backing */
  size_t progress;                /* pages done while BUILDING or REMOVING */
  uint32_t lent_pages, pinned_pages;
  uint8_t protection, allowed;    /* PROT_... now (PROTECTING: before and after together), and at most (rights of the handle) */
  uint8_t wanted : 4;             /* PROTECTING: what it becomes */
  uint8_t state : 4;              /* enum mapping_state */
  bool charged;                   /* foreign: the space's account pays for the pages */
};
enum mapping_state { MAPPING_BUILDING, MAPPING_WHOLE, MAPPING_PROTECTING, MAPPING_REMOVING };

struct reservation {
  struct tree_node node;
  vaddr_t base;
  size_t pages;
};

struct space {
  struct account *account;        /* pays for tables, records, foreign mappings */
  paddr_t root;
  struct tree mappings, reservations;
  vaddr_t region;                 /* where to place next; 0: none chosen yet */
  size_t mapped_pages;
  vaddr_t window;                 /* receive window: one region of its own, 0: none */
  /* What a message touched last; ipc/quick.h. */
  uintptr_t quick_region;         /* address / TABLE_SPAN */
  uintptr_t quick_table;          /* where the entry of address 0 would be, were the table that long */
  struct mapping *lends;          /* lent from last */
};
#define NO_REGION UINTPTR_MAX

err_t space_init(struct space *space, struct account *account) must_use; /* E_BUDGET */
bool space_empty(struct space *space);   /* one bounded step of taking all apart, at last the root; true: nothing left.
                                            No page is lent, borrowed or pinned any more. */

err_t space_reserve(struct space *space, size_t pages, vaddr_t *base) must_use; /* E_SPACE E_BUDGET E_ARGUMENT */

/* Map: begin, then steps of at most 32 pages. base 0: anywhere. `allowed` holds at least `protection`. Errors as map_add in
 * abi/calls.toml, and E_RIGHTS if `allowed` has less. */
err_t space_map_begin(struct space *space, vaddr_t base, struct backing *backing, size_t offset, size_t pages,
                      unsigned protection, unsigned allowed, struct mapping **out) must_use;
bool space_map_step(struct mapping *mapping);     /* true: WHOLE, or not BUILDING any more */

/* Unmap and protect work on a range made of at most RANGE_MAPPINGS whole mappings, without holes; begin checks all of it,
 * each step does at most 32 pages of one of them. E_ARGUMENT: not aligned, no pages, unknown protection, W and X; E_ADDRESS:
 * not made of WHOLE mappings; E_LIMIT: of more than RANGE_MAPPINGS; E_LENT; protect: E_SEALED, E_RIGHTS. */
#define RANGE_MAPPINGS 64
err_t space_unmap_begin(struct space *space, vaddr_t base, size_t pages) must_use; /* marks them REMOVING; a range that is exactly one
                                                                                      reservation without mappings frees it */
bool space_unmap_step(struct space *space, vaddr_t base, size_t pages);            /* true: done */
err_t space_protect_begin(struct space *space, vaddr_t base, size_t pages, unsigned protection) must_use;
bool space_protect_step(struct space *space, vaddr_t base, size_t pages, unsigned protection);
/* One page in one step (page.c). False: not so simple, and nothing has happened. `allowed` with READ where it has WRITE. */
bool space_page_add(struct space *space, vaddr_t page, struct backing *backing, size_t offset, unsigned protection, unsigned allowed) must_use;
bool space_page_remove(struct space *space, vaddr_t page) must_use;
bool space_page_protect(struct space *space, vaddr_t page, unsigned protection) must_use;
void mapping_orphan(struct mapping *mapping);     /* its backing goes; only for charged mappings. One that is BUILDING must be
                                                     finished first (space_map_step), for nobody else knows its frames */
bool mapping_remove_step(struct mapping *mapping); /* unmap one by force (its backing goes); true: gone and freed. Nothing of
                                                     it is lent or pinned any more */

/* Another frame for a page of a private mapping of ANONYMOUS memory, or of an orphan (a pin keeps the old one). The caller's ref
 * of `fresh` goes to the memory; the bits of the entry stay as they are. */
void space_page_replace(struct space *space, vaddr_t address, paddr_t fresh);

struct mapping *space_find(const struct space *space, vaddr_t address);  /* holding it, or NULL */
struct mapping *space_next(const struct space *space, vaddr_t address);  /* holding it or the first after, or NULL */
struct reservation *space_next_reservation(const struct space *space, vaddr_t address);

/* The receive window: a region with its table, empty. Slot n is at window_slot(space, n); WINDOW_SLOT_PAGES - 1 pages and a
 * guard, and a guard before the first. E_BUSY: there is one. */
#define WINDOW_SLOT_PAGES 33
#define WINDOW_SLOTS (((1u << TABLE_BITS) - 1) / WINDOW_SLOT_PAGES)
err_t space_window_create(struct space *space) must_use; /* E_BUDGET E_SPACE E_BUSY */
vaddr_t window_slot(const struct space *space, unsigned slot);
void space_check(const struct space *space);      /* I1-I5 */
