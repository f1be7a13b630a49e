/* place.c - address space layout randomisation.
 *
 * A run that fits a region with a guard page on each side goes to a random page of the current region: some tries at random,
 * then a walk over the gaps from a random place on, then a new region. A longer run gets consecutive empty regions.
 * What lies in the way, an extent, is a reservation, a mapping outside of any, or the window.
 * Trade: the walks give up after PLACE_EXTENTS extents or REGION_EXTENTS regions, so that no program can make a call slow by
 * cutting its space to pieces. In a region that costs at most a page table; the search for empty regions is exact while no
 * more than that are in use, and may say "no room" to a program that uses more and has little room left. */
#include "memory/place.h"
#include "memory/mapping.h"
#include "memory/random.h"

#define PLACE_TRIES 3
#define REGION_TRIES 4
#define PLACE_EXTENTS 24
#define REGION_EXTENTS 32

#define REGION_FIRST align_up(USER_BASE, TABLE_SPAN)
#define REGION_COUNT ((size_t)((USER_END - REGION_FIRST) / TABLE_SPAN))

struct extent {
	vaddr_t base, end;
};

/* Extents in the order of their addresses: the next mapping and the next reservation. */
struct walk {
	const struct space *space;
	const struct mapping *mapping;
	const struct reservation *room;
};

static struct walk walk_from(const struct space *space, vaddr_t address)
{
	return (struct walk){ space, space_next(space, address), space_next_reservation(space, address) };
}

/* Keeps the lower of two extents, and of two with the same base the longer. */
static void consider(struct extent *best, vaddr_t base, size_t pages)
{
	vaddr_t end = base + (pages << PAGE_SHIFT);

	if (base < best->base || (base == best->base && end > best->end))
		*best = (struct extent){ base, end };
}

/* The first extent that ends after an address, where the walk has come to; at the end of the space an empty one. */
static struct extent extent_after(const struct walk *walk, vaddr_t address)
{
	struct extent best = { USER_END, USER_END };
	vaddr_t window = walk->space->window;

	if (walk->mapping)
		consider(&best, walk->mapping->base, walk->mapping->pages);
	if (walk->room)
		consider(&best, walk->room->base, walk->room->pages);
	if (window && window + TABLE_SPAN > address)
		consider(&best, window, TABLE_PAGES);
	return best;
}

static const struct mapping *mapping_past(const struct space *space, const struct mapping *mapping, vaddr_t address)
{
	struct tree_node *node = tree_next(&mapping->node);

	mapping = node ? LIST_ENTRY(node, struct mapping, node) : NULL;
	return !mapping || mapping_end(mapping) > address ? mapping : space_next(space, address);
}

static const struct reservation *room_past(const struct space *space, const struct reservation *room, vaddr_t address)
{
	struct tree_node *node = tree_next(&room->node);

	room = node ? LIST_ENTRY(node, struct reservation, node) : NULL;
	return !room || room->base + (room->pages << PAGE_SHIFT) > address ? room : space_next_reservation(space, address);
}

/* Goes on to a higher address. One step mostly does; where many extents are passed at once they are not counted off but looked
 * up. */
static void walk_to(struct walk *walk, vaddr_t address)
{
	if (walk->mapping && mapping_end(walk->mapping) <= address)
		walk->mapping = mapping_past(walk->space, walk->mapping, address);
	if (walk->room && walk->room->base + (walk->room->pages << PAGE_SHIFT) <= address)
		walk->room = room_past(walk->space, walk->room, address);
}

bool place_is_free(const struct space *space, vaddr_t base, vaddr_t end)
{
	struct walk walk = walk_from(space, base);

	return base >= USER_BASE && base < end && end <= USER_END && extent_after(&walk, base).base >= end;
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
	struct walk walk = walk_from(space, address);
	unsigned rounds = 0;

	for (unsigned i = 0; i < PLACE_EXTENTS; i++) {
		struct extent next = extent_after(&walk, address);

		base = place_between(address + guard, (next.base < end ? next.base : end) - guard, size);
		if (base)
			return base;
		address = next.end;
		walk_to(&walk, address);
		if (address >= end && rounds++)
			break;
		if (address >= end) {
			address = region;
			walk = walk_from(space, address);
		}
	}
	return 0;
}

/* Walks whole regions from `address` on and, at the end, from the first one, for a run of `size` bytes. */
static vaddr_t regions_walk(const struct space *space, vaddr_t address, vaddr_t end, uintptr_t size)
{
	struct walk walk = walk_from(space, address);
	unsigned rounds = 0;

	for (unsigned i = 0; i < REGION_EXTENTS; i++) {
		struct extent next = extent_after(&walk, address);

		if (next.base >= address + size)
			return address;
		address = align_up(next.end, TABLE_SPAN);
		if (address >= end && rounds++)
			break;
		walk_to(&walk, address);
		if (address >= end) {
			address = REGION_FIRST;
			walk = walk_from(space, address);
		}
	}
	return 0;
}

/* Consecutive regions with nothing in them, at random: by luck, then from a random one on. */
static vaddr_t regions_find(const struct space *space, size_t count)
{
	uintptr_t size = count * TABLE_SPAN, choices = REGION_COUNT - count + 1;
	vaddr_t address = 0;

	if (count > REGION_COUNT)
		return 0;
	for (unsigned i = 0; i < REGION_TRIES; i++) {
		address = REGION_FIRST + random_below(choices) * TABLE_SPAN;
		if (place_is_free(space, address, address + size))
			return address;
	}
	return regions_walk(space, address, REGION_FIRST + choices * TABLE_SPAN, size);
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
