/* place.c - address space layout randomisation.
 *
 * A run that fits a region with a guard page on each side goes to a random page of the current region: some tries at random,
 * then a walk over the gaps from a random place on, then a new region. A longer run gets consecutive empty regions.
 * What lies in the way, an extent, is a reservation, a mapping outside of any, or the window.
 * Trade: the walks give up after PLACE_EXTENTS extents, so that no program can make a call slow by cutting its space to
 * pieces. In a region that costs at most a page table; a search for empty regions is exact up to about that many extents,
 * and may say "no room" to a program that has made more and has little room left. */
#include "memory/place.h"
#include "memory/random.h"

#define PLACE_TRIES 4
#define REGION_TRIES 8
#define PLACE_EXTENTS 32

#define REGION_FIRST align_up(USER_BASE, TABLE_SPAN)
#define REGION_COUNT ((size_t)((USER_END - REGION_FIRST) / TABLE_SPAN))

struct extent {
	vaddr_t base, end;
};

/* Keeps the lower of two extents, and of two with the same base the longer. */
static void consider(struct extent *best, vaddr_t base, size_t pages)
{
	vaddr_t end = base + (pages << PAGE_SHIFT);

	if (base < best->base || (base == best->base && end > best->end))
		*best = (struct extent){ base, end };
}

/* The first extent that ends after an address; at the end of the space an empty one. */
static struct extent extent_after(const struct space *space, vaddr_t address)
{
	struct extent best = { USER_END, USER_END };
	const struct mapping *mapping = space_next(space, address);
	const struct reservation *reservation = space_next_reservation(space, address);

	if (mapping)
		consider(&best, mapping->base, mapping->pages);
	if (reservation)
		consider(&best, reservation->base, reservation->pages);
	if (space->window && space->window + TABLE_SPAN > address)
		consider(&best, space->window, TABLE_PAGES);
	return best;
}

bool place_is_free(const struct space *space, vaddr_t base, vaddr_t end)
{
	return base >= USER_BASE && base < end && end <= USER_END && extent_after(space, base).base >= end;
}

/* A random place for `size` bytes in [base, end), or 0 if they do not fit. */
static vaddr_t place_between(vaddr_t base, vaddr_t end, uintptr_t size)
{
	if (base >= end || end - base < size)
		return 0;
	return base + random_below(((end - base - size) >> PAGE_SHIFT) + 1) * PAGE_SIZE;
}

static vaddr_t place_by_luck(const struct space *space, vaddr_t region, uintptr_t size)
{
	vaddr_t base;

	for (unsigned i = 0; i < PLACE_TRIES; i++) {
		base = place_between(region, region + TABLE_SPAN, size);
		if (place_is_free(space, base - PAGE_SIZE, base + size + PAGE_SIZE))
			return base;
	}
	return 0;
}

/* Walks the gaps of a region from a random page on and, at its end, from its beginning. */
static vaddr_t place_in_gap(const struct space *space, vaddr_t region, uintptr_t size, uintptr_t guard)
{
	vaddr_t end = region + TABLE_SPAN, address = region + random_below(TABLE_PAGES) * PAGE_SIZE, base;
	unsigned rounds = 0;

	for (unsigned i = 0; i < PLACE_EXTENTS; i++) {
		struct extent next = extent_after(space, address);

		base = place_between(address + guard, (next.base < end ? next.base : end) - guard, size);
		if (base)
			return base;
		address = next.end;
		if (address >= end && rounds++)
			break;
		if (address >= end)
			address = region;
	}
	return 0;
}

/* Consecutive regions with nothing in them, at random: by luck, then from a random one on round to it again. */
static vaddr_t regions_find(const struct space *space, size_t count)
{
	uintptr_t size = count * TABLE_SPAN, choices = REGION_COUNT - count + 1;
	vaddr_t end = REGION_FIRST + choices * TABLE_SPAN, address = 0;
	unsigned rounds = 0;

	if (count > REGION_COUNT)
		return 0;
	for (unsigned i = 0; i < REGION_TRIES; i++) {
		address = REGION_FIRST + random_below(choices) * TABLE_SPAN;
		if (place_is_free(space, address, address + size))
			return address;
	}
	for (unsigned i = 0; i < PLACE_EXTENTS; i++) {
		struct extent next = extent_after(space, address);

		if (next.base >= address + size)
			return address;
		address = align_up(next.end, TABLE_SPAN);
		if (address >= end && rounds++)
			break;
		if (address >= end)
			address = REGION_FIRST;
	}
	return 0;
}

vaddr_t place_region(const struct space *space)
{
	return regions_find(space, 1);
}

static vaddr_t place_small(const struct space *space, uintptr_t size, vaddr_t *region)
{
	vaddr_t base = 0, new;

	if (*region)
		base = place_by_luck(space, *region, size);
	if (*region && !base)
		base = place_in_gap(space, *region, size, PAGE_SIZE);
	if (base)
		return base;
	new = place_region(space);
	if (!new) /* the guard pages are only worth it while there is room */
		return *region ? place_in_gap(space, *region, size, 0) : 0;
	*region = new;
	return place_between(new + PAGE_SIZE, new + TABLE_SPAN - PAGE_SIZE, size);
}

static vaddr_t place_large(const struct space *space, size_t pages)
{
	size_t count = (pages + 2 + TABLE_PAGES - 1) / TABLE_PAGES;
	vaddr_t first = regions_find(space, count);

	if (!first)
		return 0;
	return place_between(first + PAGE_SIZE, first + count * TABLE_SPAN - PAGE_SIZE, (uintptr_t)pages << PAGE_SHIFT);
}

vaddr_t place_find(const struct space *space, size_t pages, vaddr_t *region)
{
	*region = space->region;
	if (pages > USER_PAGES)
		return 0;
	if (pages + 2 <= TABLE_PAGES)
		return place_small(space, (uintptr_t)pages << PAGE_SHIFT, region);
	return place_large(space, pages);
}
