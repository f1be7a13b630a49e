/* range.c - unmapping and protecting ranges of whole mappings.
 *
 * While a range is being worked on, other threads of the process may map into what is already free again, or begin work of
 * their own on what is finished. So each step looks for the first mapping of the range that is in the state it works on; for
 * protecting also with the same aim. Several threads then simply help each other. */
#include "memory/mapping.h"
#include "memory/place.h"

static err_t judge_range(vaddr_t base, size_t pages)
{
	if (!pages || !is_aligned(base, PAGE_SIZE))
		return E_ARGUMENT;
	return base >= USER_END || pages > (USER_END - base) >> PAGE_SHIFT ? E_ADDRESS : E_OK;
}

static struct mapping *mapping_at(const struct space *space, vaddr_t base)
{
	struct tree_node *node = tree_find(&space->mappings, base);

	return node ? LIST_ENTRY(node, struct mapping, node) : NULL;
}

static struct mapping *mapping_after(const struct mapping *mapping)
{
	struct tree_node *node = tree_next(&mapping->node);

	return node ? LIST_ENTRY(node, struct mapping, node) : NULL;
}

/* Asks `judge` about each mapping of [base, end), which must consist of WHOLE ones. `mapping`: at base, or NULL. */
static err_t judge_mappings(const struct mapping *mapping, vaddr_t base, vaddr_t end,
                            err_t (*judge)(const struct mapping *, unsigned), unsigned protection)
{
	err_t error;

	for (unsigned count = 0;; count++) {
		if (!mapping || mapping->base != base || mapping->state != MAPPING_WHOLE || mapping_end(mapping) > end)
			return E_ADDRESS;
		if (count == RANGE_MAPPINGS)
			return E_LIMIT;
		error = judge(mapping, protection);
		base = mapping_end(mapping);
		if (error || base == end)
			return error;
		mapping = mapping_after(mapping);
	}
}

/* The first mapping of a range in this state, or NULL. */
static struct mapping *next_in(const struct space *space, vaddr_t base, size_t pages, enum mapping_state state, unsigned wanted)
{
	struct mapping *mapping = space_next(space, base);

	for (; mapping && mapping->base < base + (pages << PAGE_SHIFT); mapping = mapping_after(mapping))
		if (mapping->state == state && (state != MAPPING_PROTECTING || mapping->wanted == wanted))
			return mapping;
	return NULL;
}

/* Nothing of the range lies behind this mapping. */
static bool is_last(const struct mapping *mapping, vaddr_t base, size_t pages)
{
	return mapping_end(mapping) >= base + (pages << PAGE_SHIFT);
}

/* Frees the reservation that is exactly this range, if nothing is mapped in it. */
static bool unreserve(struct space *space, vaddr_t base, size_t pages)
{
	struct tree_node *node = tree_find(&space->reservations, base);
	struct reservation *room = node ? LIST_ENTRY(node, struct reservation, node) : NULL;
	const struct mapping *next;

	if (!room || room->pages != pages)
		return false;
	next = space_next(space, base);
	if (next && next->base < base + (pages << PAGE_SHIFT))
		return false;
	tree_remove(&space->reservations, &room->node);
	slab_free(room);
	return true;
}

static err_t judge_unmap(const struct mapping *mapping, unsigned unused)
{
	(void)unused;
	return mapping->lent_pages || mapping->pinned_pages ? E_LENT : E_OK;
}

err_t space_unmap_begin(struct space *space, vaddr_t base, size_t pages)
{
	err_t error = judge_range(base, pages);
	vaddr_t end = base + (pages << PAGE_SHIFT);
	struct mapping *mapping;

	if (error)
		return error;
	mapping = mapping_at(space, base);
	if (!mapping)
		return unreserve(space, base, pages) ? E_OK : E_ADDRESS;
	error = judge_mappings(mapping, base, end, judge_unmap, 0);
	if (error)
		return error;
	for (; mapping && mapping->base < end; mapping = mapping_after(mapping))
		mapping_removing(mapping);
	return E_OK;
}

bool space_unmap_step(struct space *space, vaddr_t base, size_t pages)
{
	struct mapping *mapping = next_in(space, base, pages, MAPPING_REMOVING, 0);
	bool last = !mapping || is_last(mapping, base, pages);

	return !mapping || (mapping_remove_step(mapping) && (last || !next_in(space, base, pages, MAPPING_REMOVING, 0)));
}

static err_t judge_protect(const struct mapping *mapping, unsigned protection)
{
	err_t error = mapping->backing ? protection_judge_backing(mapping->backing, protection) : E_OK;

	if (error)
		return error;
	if (protection & ~(unsigned)mapping->allowed)
		return E_RIGHTS;
	return mapping->lent_pages ? E_LENT : E_OK;
}

/* Until it is finished, a mapping counts as having the old and the new protection. Both W and X is impossible in that sum,
 * for memory that has had a writable mapping since it was sealed, or an executable one before, does not exist. */
static void protecting(struct mapping *mapping, unsigned protection)
{
	mapping_protection_set(mapping, mapping->protection | protection);
	mapping->wanted = protection & 0xf;
	mapping->state = MAPPING_PROTECTING;
	mapping->progress = 0;
}

err_t space_protect_begin(struct space *space, vaddr_t base, size_t pages, unsigned protection)
{
	err_t error = judge_range(base, pages);
	vaddr_t end = base + (pages << PAGE_SHIFT);
	struct mapping *mapping;

	if (!error)
		error = protection_judge(protection);
	if (error)
		return error;
	mapping = mapping_at(space, base);
	protection = protection_full(protection);
	error = judge_mappings(mapping, base, end, judge_protect, protection);
	if (error)
		return error;
	for (; mapping && mapping->base < end; mapping = mapping_after(mapping))
		protecting(mapping, protection);
	return E_OK;
}

static bool protect_step(struct mapping *mapping)
{
	vaddr_t address = mapping->base + (mapping->progress << PAGE_SHIFT);
	unsigned pages = mapping_step_pages(mapping);
	pte_t *leaf = table_leaf(mapping->space->root, address);

	for (unsigned i = 0; i < pages; i++)
		leaf[i] = pte_make(pte_page(leaf[i]), mapping->wanted);
	mapping_flush(mapping, address, pages);
	mapping->progress += pages;
	if (mapping->progress < mapping->pages)
		return false;
	mapping_protection_set(mapping, mapping->wanted);
	mapping->state = MAPPING_WHOLE;
	return true;
}

bool space_protect_step(struct space *space, vaddr_t base, size_t pages, unsigned protection)
{
	unsigned wanted = protection_full(protection);
	struct mapping *mapping = next_in(space, base, pages, MAPPING_PROTECTING, wanted);

	return !mapping || (protect_step(mapping) && (is_last(mapping, base, pages) ||
	                                              !next_in(space, base, pages, MAPPING_PROTECTING, wanted)));
}
