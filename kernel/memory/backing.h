/* backing.h - the pages behind memory: where they are and who pays.
 *
 *   ANONYMOUS   frames anywhere, found by an index of frame numbers (enum backing_index)
 *   CONTIGUOUS  one physical run of RAM
 *   DEVICE      registers; never copied from or to, never executable
 *   IMAGE       part of the boot image, in flash or RAM; executable, never writable
 *
 *   I1  payer is charged pages + index from backing_init until backing_empty is through; backing_empty lowers both
 *   I2  frames [0, filled) are present and were zeroed; ANONYMOUS: the rest do not exist yet
 *   I3  writable_mappings counts the mappings whose protection has W
 *   I4  sealed: no writable mapping, no loan, no pin
 *   I5  every frame has one ref from here and one from each foreign mapping of it
 *   I6  lent_pages and pinned_pages are the sums over its mappings
 * A mapping is foreign if another account than `payer` pays for its space: it is charged its pages in full and holds
 * frames itself, so that it outlives this backing (it is then an orphan: mapping->backing is NULL). */
#pragma once
#include "memory/account.h"

/* How the frames of ANONYMOUS memory are found: one number in the index itself; an array of 32-bit frame numbers in a slab
 * object; the same in a page; or a page of numbers of such pages. Fixed at backing_init. */
enum backing_index { INDEX_DIRECT, INDEX_SLAB, INDEX_PAGE, INDEX_TREE };
#define INDEX_SLAB_ENTRIES (SLAB_LARGEST / sizeof(uint32_t))
#define INDEX_PAGE_ENTRIES (PAGE_SIZE / sizeof(uint32_t))
#define BACKING_LARGEST (INDEX_PAGE_ENTRIES * INDEX_PAGE_ENTRIES) /* pages: 4 GiB */

enum backing_kind { BACKING_ANONYMOUS, BACKING_CONTIGUOUS, BACKING_DEVICE, BACKING_IMAGE };

struct backing {
  struct account *payer; /* NULL: DEVICE and IMAGE cost nothing */
  size_t pages, filled;
  void *index;           /* ANONYMOUS */
  paddr_t first;         /* others */
  struct list mappings;  /* struct mapping.backing_link */
  uint32_t writable_mappings;
  uint32_t lent_pages, pinned_pages;
  uint8_t kind;
  uint8_t index_kind;    /* enum backing_index */
  bool shared, sealed;
};

/* Charges everything at once, makes no frame yet. E_BUDGET; E_FRAGMENTED (CONTIGUOUS takes its run here); E_ARGUMENT: no pages. */
err_t backing_init(struct backing *backing, struct account *payer, size_t pages, enum backing_kind kind, bool shared) must_use;
void backing_init_fixed(struct backing *backing, paddr_t first, size_t pages, enum backing_kind kind); /* DEVICE, IMAGE; shared */
bool backing_fill(struct backing *backing);      /* one bounded step (2 pages zeroed); true: complete */
paddr_t backing_page(const struct backing *backing, size_t page); /* page < filled (DEVICE, IMAGE: < pages) */
/* Another frame for a page of ANONYMOUS memory (a pin keeps the old one): the caller's ref of `frame` becomes the backing's,
 * and the backing's ref of the old one is dropped. Entries and refs of mappings are the caller's business. */
void backing_page_set(struct backing *backing, size_t page, paddr_t frame);
bool backing_empty(struct backing *backing);     /* one bounded step of giving frames and charge back; true: nothing left.
                                                    The caller has unmapped or orphaned every mapping. */
err_t backing_payer_set(struct backing *backing, struct account *payer) must_use; /* moves the whole charge; no mappings exist; E_BUDGET */
void backing_check(const struct backing *backing);

/* Called after a mapping that is not charged (it has kept its memory alive) has gone; NULL: nobody wants to know. The
 * mapping is off the list and freed. Set by whoever owns backings. */
extern void (*backing_idle)(struct backing *backing);
