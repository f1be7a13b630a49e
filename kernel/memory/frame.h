/* frame.h - physical frames: who uses each, and which are free.
 *
 * A buddy allocator over all RAM the kernel was given. Single frames come from order 0 in constant time; runs up to
 * 4 MiB in at most FRAME_ORDERS steps. It never says who pays: that is account.h, and whoever asks here has charged
 * first, so that frame_alloc cannot fail (I1).
 *
 *   I1  free frames >= frames that all accounts may still charge
 *   I2  a free block of order n is aligned to n and its buddy is not free at the same order
 *   I3  refs is 0 for free frames and at least 1 for all others
 *   I4  a frame that looks free but is in no free block is promised to who took its run, and not claimed yet
 * Shortcoming: one list for the machine; more harts will want one each. */
#pragma once
#include "arch.h"
#include "base/list.h"

enum frame_kind { FRAME_RESERVED, FRAME_FREE, FRAME_TABLE, FRAME_SLAB, FRAME_DATA, FRAME_KERNEL };
#define FRAME_ORDERS 11
#define FRAME_RUN_PAGES ((size_t)1 << (FRAME_ORDERS - 1))

struct frame {
  struct list link;    /* free: block of its order; slab: partial list */
  uint32_t refs;       /* data: payers (backing, foreign mappings, pins); table: mappings that need it */
  uint8_t kind;        /* enum frame_kind */
  uint8_t order;       /* free block head: its order; all others FRAME_INNER */
  uint16_t spare;
};
#define FRAME_INNER 0xff

/* Where RAM and boot image are. Written at boot, read on every copy. */
struct frame_map {
  paddr_t base, image;
  size_t bytes, image_bytes;
  uintptr_t offset;    /* from the address of a frame to where the kernel sees it: RAM is one piece there, too */
  struct frame *array;
};
extern struct frame_map frame_map;

/* Boot: RAM is [base, base + pages); all reserved until given. The frame array is placed at `array` (kernel memory). */
size_t frame_array_bytes(size_t pages);
void frame_init(paddr_t base, size_t pages, void *array);
void frame_give(paddr_t base, size_t pages);       /* make reserved frames free */

paddr_t frame_alloc(enum frame_kind kind) must_use;                        /* asserts I1; content undefined */
paddr_t frame_alloc_run(size_t pages) must_use;    /* contiguous, naturally aligned, at most FRAME_RUN_PAGES; 0: none. Each must be claimed */
void frame_claim(paddr_t frame, enum frame_kind kind); /* one of a run, before it is used or dropped: it gets its ref */
void frame_take(paddr_t frame);                    /* one more ref */
void frame_drop(paddr_t frame);                    /* one less; the last frees it */
struct frame *frame_of(paddr_t frame);             /* asserts RAM */
void frame_image_set(paddr_t base, size_t bytes);  /* where the boot image is; it may lie in RAM */
size_t frame_free_count(void);
size_t frame_total_count(void);
void frame_zero(paddr_t frame);                    /* one page */
void frame_check(void);                            /* I1-I3 */

static inline bool frame_is_ram(paddr_t address)
{
  return address - frame_map.base < frame_map.bytes;
}

/* As pa_to_kva, but for RAM only and at the cost of an addition. */
static inline void *frame_view(paddr_t address)
{
  return (void *)(address + frame_map.offset);
}

static inline bool frame_is_image(paddr_t address)
{
  return address - frame_map.image < frame_map.image_bytes;
}
