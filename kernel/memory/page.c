/* page.c - one page mapped, unmapped or protected in one step, where that is all there is to do. No function here says what is
 * wrong: false is for all that space_map_begin and its like know better, and then nothing has happened. */
#include "memory/mapping.h"
#include "memory/slab.h"

/* The table an entry lies in. */
static inline struct frame *table_of(const pte_t *entry)
{
	return &frame_map.array[((uintptr_t)entry - frame_map.offset - frame_map.base) >> PAGE_SHIFT];
}

static inline struct tree_node *floor_of(const struct tree *tree, vaddr_t address)
{
	struct tree_node *best = NULL, *node = tree->root;

	while (node)
		if (node->key <= address)
			best = node, node = node->child[1];
		else
			node = node->child[0];
	return best;
}

/* Does it end before the address? */
#define ENDS_BEFORE(address, floor, type) ((address) - (floor)->key >= CONTAINER_OF(floor, struct type, node)->pages << PAGE_SHIFT)

bool space_page_add(struct space *space, vaddr_t page, struct backing *backing, size_t offset, unsigned protection, unsigned allowed)
{
	const struct tree_node *room = floor_of(&space->reservations, page);
	struct tree_place place;
	struct mapping *mapping;
	pte_t *leaf;

	protection = protection_full(protection);
	if (page % PAGE_SIZE || protection & ~allowed || protection_judge_backing(backing, protection))
		return false;
	if (backing->kind != BACKING_ANONYMOUS || backing->payer != space->account || offset >= backing->filled ||
	    backing->filled < backing->pages || (!backing->shared && !list_is_empty(&backing->mappings)))
		return false;
	if (!room || ENDS_BEFORE(page, room, reservation))
		return false;
	place = tree_place(&space->mappings, page);
	if (place.floor && !ENDS_BEFORE(page, place.floor, mapping))
		return false;
	leaf = table_walk(space->root, page);
	if (!leaf)
		return false;
	mapping = slab_take(space->account, SLAB_CLASS(sizeof *mapping));
	if (!mapping)
		return false;

	/* --- Point of no return. */
	mapping->space = space;
	mapping->backing = backing;
	mapping->base = page;
	mapping->pages = mapping->progress = 1;
	mapping->offset = offset;
	mapping->lent_pages = mapping->pinned_pages = 0;
	mapping->protection = (uint8_t)protection;
	mapping->allowed = (uint8_t)allowed;
	mapping->wanted = 0;
	mapping->state = MAPPING_WHOLE;
	mapping->charged = false;
	tree_insert_at(&space->mappings, &place, &mapping->node, page);
	list_append(&backing->mappings, &mapping->backing_link);
	backing->writable_mappings += (protection & PROT_WRITE) != 0;
	space->mapped_pages++;
	table_of(leaf)->refs++;
	*leaf = pte_make(backing_page(backing, offset), protection);
	arch_tlb_flush_page(space->root, page);
	return true;
}

/* The mapping that is just this page and that nobody is at, or NULL. */
static inline struct mapping *whole_page(const struct space *space, vaddr_t page)
{
	struct tree_node *node = floor_of(&space->mappings, page);
	struct mapping *mapping = node ? CONTAINER_OF(node, struct mapping, node) : NULL;

	if (!mapping || node->key != page || mapping->pages != 1 || mapping->state != MAPPING_WHOLE || mapping->lent_pages ||
	    mapping->pinned_pages || !mapping->backing)
		return NULL;
	return mapping;
}

bool space_page_remove(struct space *space, vaddr_t page)
{
	struct mapping *mapping = whole_page(space, page);
	struct backing *backing;
	struct frame *table;
	pte_t *leaf;

	if (!mapping || mapping->charged)
		return false;
	leaf = table_walk(space->root, page);
	table = table_of(leaf);
	if (table->refs <= 2) /* the last of its table */
		return false;

	/* --- Point of no return. */
	*leaf = 0;
	arch_tlb_flush_page(space->root, page);
	table->refs--;
	backing = mapping->backing;
	backing->writable_mappings -= (mapping->protection & PROT_WRITE) != 0;
	list_remove(&mapping->backing_link);
	tree_remove(&space->mappings, &mapping->node);
	space->mapped_pages--;
	if (space->lends == mapping)
		space->lends = NULL;
	slab_free(mapping);
	backing_idle(backing);
	return true;
}

bool space_page_protect(struct space *space, vaddr_t page, unsigned protection)
{
	struct mapping *mapping = whole_page(space, page);
	pte_t *leaf;

	protection = protection_full(protection);
	if (!mapping || protection & ~(unsigned)mapping->allowed || protection_judge_backing(mapping->backing, protection))
		return false;
	leaf = table_walk(space->root, page);

	/* --- Point of no return. */
	*leaf = pte_make(pte_page(*leaf), protection);
	arch_tlb_flush_page(space->root, page);
	mapping->backing->writable_mappings += ((protection & PROT_WRITE) != 0) - ((mapping->protection & PROT_WRITE) != 0);
	mapping->protection = (uint8_t)protection;
	return true;
}
