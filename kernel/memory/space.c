/* space.c - an address space as a whole: its beginning and end, reservations, the window, looking things up. */
#include "memory/space.h"
#include "memory/mapping.h"
#include "memory/place.h"

#define EMPTY_RESERVATIONS 8 /* freed in one step */

static struct mapping *mapping_of(struct tree_node *node)
{
	return node ? LIST_ENTRY(node, struct mapping, node) : NULL;
}

static struct reservation *reservation_of(struct tree_node *node)
{
	return node ? LIST_ENTRY(node, struct reservation, node) : NULL;
}

err_t space_init(struct space *space, struct account *account)
{
	*space = (struct space){ .account = account, .quick_region = NO_REGION };
	space->root = account_page(account, FRAME_TABLE);
	if (!space->root)
		return E_BUDGET;
	arch_space_fill(frame_view(space->root));
	return E_OK;
}

struct mapping *space_find(const struct space *space, vaddr_t address)
{
	struct mapping *mapping = mapping_of(tree_floor(&space->mappings, address));

	return mapping && mapping_end(mapping) > address ? mapping : NULL;
}

struct mapping *space_next(const struct space *space, vaddr_t address)
{
	struct mapping *mapping = mapping_of(tree_floor(&space->mappings, address));

	if (!mapping)
		return mapping_of(tree_first(&space->mappings));
	return mapping_end(mapping) > address ? mapping : mapping_of(tree_next(&mapping->node));
}

struct reservation *space_next_reservation(const struct space *space, vaddr_t address)
{
	struct reservation *room = reservation_of(tree_floor(&space->reservations, address));

	if (!room)
		return reservation_of(tree_first(&space->reservations));
	return room->base + (room->pages << PAGE_SHIFT) > address ? room : reservation_of(tree_next(&room->node));
}

err_t space_reserve(struct space *space, size_t pages, vaddr_t *base)
{
	struct reservation *room;
	vaddr_t region, place;

	if (!pages || pages > USER_PAGES)
		return E_ARGUMENT;
	place = place_find(space, pages, &region);
	if (!place)
		return E_SPACE;
	room = slab_alloc(space->account, sizeof *room);
	if (!room)
		return E_BUDGET;

	/* --- point of no return --- */
	room->base = place;
	room->pages = pages;
	tree_insert(&space->reservations, &room->node, place);
	space->region = region;
	*base = place;
	return E_OK;
}

err_t space_window_create(struct space *space)
{
	vaddr_t window;

	if (space->window)
		return E_BUSY;
	window = place_region(space);
	if (!window)
		return E_SPACE;
	if (account_charge(space->account, table_missing(space->root, window, TABLE_PAGES)))
		return E_BUDGET;

	/* --- point of no return --- */
	table_make(space->root, window, TABLE_PAGES);
	table_ready(space->root, window);
	space->window = window;
	return E_OK;
}

vaddr_t window_slot(const struct space *space, unsigned slot)
{
	return space->window + (1 + (vaddr_t)slot * WINDOW_SLOT_PAGES) * PAGE_SIZE;
}

static void window_free(struct space *space)
{
	space->quick_region = NO_REGION;
	if (space->window)
		account_release(space->account, table_drop(space->root, space->window, TABLE_PAGES));
	space->window = 0;
}

static void free_reservations(struct space *space)
{
	struct reservation *room;

	for (unsigned i = 0; i < EMPTY_RESERVATIONS && !tree_is_empty(&space->reservations); i++) {
		room = reservation_of(tree_first(&space->reservations));
		tree_remove(&space->reservations, &room->node);
		slab_free(room);
	}
}

bool space_empty(struct space *space)
{
	if (!space->root)
		return true;
	if (!tree_is_empty(&space->mappings)) {
		mapping_remove_step(mapping_of(tree_first(&space->mappings)));
		return false;
	}
	if (!tree_is_empty(&space->reservations)) {
		free_reservations(space);
		return false;
	}
	window_free(space);
	arch_space_gone(space->root);
	account_page_free(space->account, space->root);
	space->root = 0;
	return true;
}

/* --- checks: slow, and in test builds only ------------------------------------------------------------------ */

/* From here on a mapping needs its tables. */
static size_t first_page(const struct mapping *mapping)
{
	return mapping->state == MAPPING_REMOVING ? mapping->progress : 0;
}

static bool has_entry(const struct mapping *mapping, size_t page)
{
	if (mapping->state == MAPPING_BUILDING)
		return page < mapping->progress;
	return page >= first_page(mapping);
}

static void check_entry(const struct mapping *mapping, size_t page)
{
	vaddr_t address = mapping->base + (page << PAGE_SHIFT);
	const pte_t *leaf = table_leaf(mapping->space->root, address);
	pte_t entry = leaf ? *leaf : 0;

	if (mapping->state == MAPPING_REMOVING)
		return; /* by force it may have been unfinished before */
	assert((entry != 0) == has_entry(mapping, page));                            /* I3 */
	assert((pte_protection(entry) & ~(unsigned)mapping->protection) == 0);
	assert((entry & (PTE_W | PTE_X)) != (PTE_W | PTE_X));                        /* I5 */
	if (entry && !(entry & PTE_LENT))
		assert(!(entry & PTE_NOT_RAM) == frame_is_ram(pte_page(entry)));
	if (entry && mapping->backing && protection_judge_backing(mapping->backing, PROT_WRITE) == E_OK)
		assert(pte_page(entry) == backing_page(mapping->backing, mapping->offset + page)); /* else: a debugger's patch, maybe */
}

static void check_mapping(const struct space *space, const struct mapping *mapping)
{
	vaddr_t end = mapping_end(mapping);
	const struct reservation *room = space_next_reservation(space, mapping->base);
	const struct mapping *next = mapping_of(tree_next(&mapping->node));

	assert(mapping->space == space && mapping->base == mapping->node.key && mapping->pages);
	assert(mapping->base >= USER_BASE && end > mapping->base && end <= USER_END);
	assert(!next || next->base >= end);                                           /* I1 */
	assert(!room || room->base >= end ||
	       (room->base <= mapping->base && room->base + (room->pages << PAGE_SHIFT) >= end)); /* I2 */
	assert(!space->window || end <= space->window || mapping->base >= space->window + TABLE_SPAN);
	assert(protection_judge(mapping->protection) == E_OK);                        /* I5 */
	assert(mapping->lent_pages <= mapping->pages);
	for (size_t page = 0; page < mapping->pages; page++)
		check_entry(mapping, page);
}

static void check_reservations(const struct space *space)
{
	vaddr_t before = USER_BASE;

	for (struct tree_node *node = tree_first(&space->reservations); node; node = tree_next(node)) {
		const struct reservation *room = reservation_of(node);

		assert(room->base == node->key && room->base >= before);              /* I1 */
		before = room->base + (room->pages << PAGE_SHIFT);
		assert(before <= USER_END);
	}
}

/* A table counts its users: a table of the last level the mappings that reach into it, and the window. */
static void check_users(const struct space *space, paddr_t table, vaddr_t address)
{
	uint32_t users = space->window == address;

	for (const struct mapping *mapping = space_next(space, address); mapping; mapping = mapping_of(tree_next(&mapping->node))) {
		if (mapping->base >= address + TABLE_SPAN)
			break;
		users += mapping->base + (first_page(mapping) << PAGE_SHIFT) < address + TABLE_SPAN;
	}
	assert(frame_of(table)->kind == FRAME_TABLE && frame_of(table)->refs == 1 + users && users);
}

/* Every entry belongs to a mapping or the window. */
static void check_entries(const struct space *space, vaddr_t address)
{
	const pte_t *leaf = table_leaf(space->root, address);

	for (size_t i = 0; leaf && i < TABLE_PAGES; i++) {
		const struct mapping *mapping = space_find(space, address + i * PAGE_SIZE);

		if (leaf[i] && space->window != address)
			assert(mapping && has_entry(mapping, (size_t)(address + i * PAGE_SIZE - mapping->base) >> PAGE_SHIFT)); /* I3 */
	}
}

/* The tables below one, and its count of them. */
static void check_children(paddr_t table, unsigned level)
{
	size_t entries = level == TABLE_LEVELS - 1 ? table_index(USER_END - 1, level) + 1 : TABLE_PAGES;
	uint32_t children = 0;

	for (size_t i = 0; i < entries; i++)
		children += ((const pte_t *)frame_view(table))[i] != 0;
	assert(frame_of(table)->refs == 1 + children);
}

/* Bytes that one entry of a table of this level maps. */
static uintptr_t entry_span(unsigned level)
{
	return (uintptr_t)PAGE_SIZE << (level * TABLE_BITS);
}

/* Looks at the table of the last level at an address, if there is one, and at those above it that begin here; counts them,
 * and gives the next address to look at. */
static vaddr_t check_table(const struct space *space, vaddr_t address, size_t *tables)
{
	paddr_t table = space->root;

	for (unsigned level = TABLE_LEVELS - 1; level; level--) {
		pte_t entry = *table_entry(table, address, level);

		if (is_aligned(address, entry_span(level) << TABLE_BITS)) { /* its first; the root of Sv32: 0 only */
			check_children(table, level);
			++*tables;
		}
		if (!entry)
			return align_down(address, entry_span(level)) + entry_span(level);
		table = pte_page(entry);
	}
	check_users(space, table, address);
	check_entries(space, address);
	++*tables;
	return address + TABLE_SPAN;
}

static void check_quick(const struct space *space)
{
	vaddr_t region = space->quick_region * TABLE_SPAN;

	assert(!space->lends || space_find(space, space->lends->base) == space->lends); /* I6 */
	if (space->quick_region != NO_REGION)
		assert((uintptr_t)table_leaf(space->root, region) == space->quick_table + (region >> PAGE_SHIFT) * sizeof(pte_t));
}

void space_check(const struct space *space)
{
	size_t mapped = 0, charged = 0;

	assert(space->root && tree_check(&space->mappings) && tree_check(&space->reservations));
	for (struct tree_node *node = tree_first(&space->mappings); node; node = tree_next(node)) {
		check_mapping(space, mapping_of(node));
		mapped += mapping_of(node)->pages;
		charged += mapping_charge(mapping_of(node));
	}
	assert(mapped == space->mapped_pages);
	check_quick(space);
	check_reservations(space);
	for (vaddr_t address = 0; address < USER_END;)
		address = check_table(space, address, &charged);
	assert(space->account->charged >= charged);                                   /* I4 */
}
