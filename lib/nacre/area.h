/* area.h - commit and map in one step, and undo it. Sizes are in pages of NACRE_PAGE_BYTES.
 *
 * What the kernel offers is two things, memory and mappings; most programs want a piece of both, at an address
 * that the kernel picks. A handle per piece is kept by the caller, because freeing needs it. */
#pragma once
#include "abi/nacre_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NACRE_PAGE_BYTES 4096u
#define NACRE_PAGES(bytes) (((size_t)(bytes) + NACRE_PAGE_BYTES - 1) / NACRE_PAGE_BYTES)

struct nacre_area {
	void *base;            /* NULL: nothing is mapped */
	size_t pages;
	nacre_handle_t memory;
	size_t guards;         /* pages reserved, never touchable, on each side */
};

/* New zeroed memory, paid for by this process's budget, mapped writable at a random place.
 * `options`: NACRE_MEMORY_... On error nothing is left behind. */
nacre_err_t nacre_area_create(struct nacre_area *area, size_t pages, uint32_t options);

/* The same, paid for by another budget (and by this process's too, while it is mapped here). */
nacre_err_t nacre_area_create_from(struct nacre_area *area, nacre_handle_t payer, size_t pages, uint32_t options);

/* The same between two guard pages: a stack. */
nacre_err_t nacre_area_create_guarded(struct nacre_area *area, size_t pages);

/* Maps memory there is, `protection` PROT_...; the handle stays the caller's. */
nacre_err_t nacre_area_map(struct nacre_area *area, nacre_handle_t memory, size_t offset, size_t pages,
			   uint32_t protection);

/* Unmaps, and closes area->memory. LENT: a page is lent; nothing has changed. */
nacre_err_t nacre_area_destroy(struct nacre_area *area);

/* Unmaps, and leaves area->memory open. */
nacre_err_t nacre_area_unmap(struct nacre_area *area);

#ifdef __cplusplus
}
#endif
