/* mapping.c - building one mapping, and taking it apart. */
#include "memory/mapping.h"
#include "memory/place.h"

#define STEP_PAGES 32
#define FLUSH_PAGES 16 /* from here on a flush of the whole space costs less */

err_t protection_judge(unsigned protection)
{
	unsigned both = PROT_WRITE | PROT_EXECUTE;

	if (protection & ~(PROT_READ | PROT_WRITE | PROT_EXECUTE))
		return E_ARGUMENT;
	return (protection & both) == both ? E_ARGUMENT : E_OK;
}

err_t protection_judge_backing(const struct backing *backing, unsigned protection)
{
	bool frozen = backing->sealed || backing->kind == BACKING_IMAGE;

	return protection & (frozen ? PROT_WRITE : PROT_EXECUTE) ? E_SEALED : E_OK;
}

static bool is_foreign(const struct space *space, const struct backing *backing)
{
	return backing->payer && backing->payer != space->account;
}

/* The checks of map that concern the memory. */
static err_t judge(const struct backing *backing, size_t offset, size_t pages, unsigned protection, unsigned allowed)
{
	err_t error = protection_judge(protection);

	if (error)
		return error;
	if (!pages || offset > backing->pages || pages > backing->pages - offset)
		return E_ARGUMENT;
	error = protection_judge_backing(backing, protection);
	if (error)
		return error;
	if (protection & ~allowed)
		return E_RIGHTS;
	if (backing->filled < backing->pages || (!backing->shared && !list_is_empty(&backing->mappings)))
		return E_BUSY;
	return E_OK;
}

/* An address that the program chose: inside one reservation, and not mapped. */
static err_t judge_base(const struct space *space, vaddr_t base, size_t pages)
{
	const struct reservation *room = space_next_reservation(space, base);
	const struct mapping *next = space_next(space, base);

	if (!is_aligned(base, PAGE_SIZE))
		return E_ARGUMENT;
	if (!room || base < room->base || pages > room->pages - ((base - room->base) >> PAGE_SHIFT))
		return E_SPACE;
	if (next && next->base < base + (pages << PAGE_SHIFT))
		return E_SPACE;
	return E_OK;
}

/* Chooses or checks the address. */
static err_t place(const struct space *space, vaddr_t *base, size_t pages, vaddr_t *region)
{
	*region = space->region;
	if (*base)
		return judge_base(space, *base, pages);
	*base = place_find(space, pages, region);
	return *base ? E_OK : E_SPACE;
}

/* The record, and the charge for tables and, if foreign, pages. NULL: the account cannot pay. */
static struct mapping *record_make(struct space *space, vaddr_t base, size_t pages, bool foreign)
{
	struct mapping *mapping = slab_alloc(space->account, sizeof *mapping);
	size_t cost = table_missing(space->root, base, pages) + (foreign ? pages : 0);

	if (!mapping)
		return NULL;
	if (account_charge(space->account, cost)) {
		slab_free(mapping);
		return NULL;
	}
	return mapping;
}

static void enter(struct mapping *mapping, vaddr_t region)
{
	struct space *space = mapping->space;

	table_make(space->root, mapping->base, mapping->pages);
	tree_insert(&space->mappings, &mapping->node, mapping->base);
	list_append(&mapping->backing->mappings, &mapping->backing_link);
	mapping->backing->writable_mappings += (mapping->protection & PROT_WRITE) != 0;
	space->mapped_pages += mapping->pages;
	space->region = region;
}

err_t space_map_begin(struct space *space, vaddr_t base, struct backing *backing, size_t offset, size_t pages,
                      unsigned protection, unsigned allowed, struct mapping **out)
{
	bool foreign = is_foreign(space, backing);
	struct mapping *mapping;
	vaddr_t region;
	err_t error;

	protection = protection_full(protection);
	allowed = protection_full(allowed);
	error = judge(backing, offset, pages, protection, allowed);
	if (!error)
		error = place(space, &base, pages, &region);
	if (error)
		return error;
	mapping = record_make(space, base, pages, foreign);
	if (!mapping)
		return E_BUDGET;

	/* --- point of no return --- */
	mapping->space = space;
	mapping->backing = backing;
	mapping->base = base;
	mapping->pages = pages;
	mapping->offset = offset;
	mapping->protection = (uint8_t)protection;
	mapping->allowed = (uint8_t)allowed;
	mapping->state = MAPPING_BUILDING;
	mapping->charged = foreign;
	enter(mapping, region);
	*out = mapping;
	return E_OK;
}

unsigned mapping_step_pages(const struct mapping *mapping)
{
	size_t left = mapping->pages - mapping->progress;
	size_t in_table = TABLE_PAGES - table_index(mapping->base + (mapping->progress << PAGE_SHIFT), 0);

	return (unsigned)min_size(min_size(left, in_table), STEP_PAGES);
}

void mapping_flush(const struct mapping *mapping, vaddr_t address, unsigned pages)
{
	paddr_t root = mapping->space->root;

	if (pages > FLUSH_PAGES) {
		arch_tlb_flush_space(root);
		return;
	}
	for (unsigned i = 0; i < pages; i++)
		arch_tlb_flush_page(root, address + i * PAGE_SIZE);
}

static void build(const struct mapping *mapping, pte_t *leaf, unsigned pages)
{
	paddr_t page;

	for (unsigned i = 0; i < pages; i++) {
		page = backing_page(mapping->backing, mapping->offset + mapping->progress + i);
		if (mapping->charged)
			frame_take(page);
		leaf[i] = pte_make(page, mapping->protection);
	}
}

/* New entries are flushed too: a core may have cached that they were invalid, and then fault once more (privileged spec 4.2.1
 * leaves it to software to fence before or after that fault). Here a fault goes to the program's fault server, so: before. */
bool space_map_step(struct mapping *mapping)
{
	vaddr_t address = mapping->base + (mapping->progress << PAGE_SHIFT);
	unsigned pages;

	if (mapping->state != MAPPING_BUILDING)
		return true;
	pages = mapping_step_pages(mapping);
	build(mapping, table_ready(mapping->space->root, address), pages);
	mapping_flush(mapping, address, pages);
	mapping->progress += pages;
	if (mapping->progress < mapping->pages)
		return false;
	mapping->state = MAPPING_WHOLE;
	return true;
}

void mapping_protection_set(struct mapping *mapping, unsigned protection)
{
	if (mapping->backing) {
		mapping->backing->writable_mappings -= (mapping->protection & PROT_WRITE) != 0;
		mapping->backing->writable_mappings += (protection & PROT_WRITE) != 0;
	}
	mapping->protection = (uint8_t)protection;
}

/* Takes the mapping off its backing's list, with what it adds to the backing's counters. */
static void leave_backing(struct mapping *mapping)
{
	struct backing *backing = mapping->backing;

	backing->writable_mappings -= (mapping->protection & PROT_WRITE) != 0;
	backing->lent_pages -= mapping->lent_pages;
	backing->pinned_pages -= mapping->pinned_pages;
	list_remove(&mapping->backing_link);
	mapping->backing = NULL;
}

/* What the backing would have refused, `allowed` refuses from now on. */
void mapping_orphan(struct mapping *mapping)
{
	bool sealed = mapping->backing->sealed;

	assert(mapping->charged && mapping->state != MAPPING_BUILDING);
	mapping->allowed &= (uint8_t)~(sealed ? PROT_WRITE : PROT_EXECUTE);
	leave_backing(mapping);
}

void mapping_removing(struct mapping *mapping)
{
	assert(!mapping->lent_pages && !mapping->pinned_pages);
	mapping->state = MAPPING_REMOVING;
	mapping->progress = 0;
}

/* Entries first lose V, then the space is flushed, and only then frames are let go: no stale translation ever leads to a
 * frame that is somebody else's. Of a mapping that was BUILDING, the entries not yet made are 0. */
static void clear(const struct mapping *mapping, pte_t *leaf, vaddr_t address, unsigned pages)
{
	for (unsigned i = 0; i < pages; i++)
		leaf[i] &= ~PTE_V;
	mapping_flush(mapping, address, pages);
	for (unsigned i = 0; i < pages; i++) {
		if (mapping->charged && leaf[i])
			frame_drop(pte_page(leaf[i]));
		leaf[i] = 0;
	}
}

static void mapping_gone(struct mapping *mapping)
{
	struct space *space = mapping->space;
	struct backing *backing = mapping->backing;
	bool told = backing && !mapping->charged && backing_idle;

	if (backing)
		leave_backing(mapping);
	account_release(space->account, mapping_charge(mapping));
	tree_remove(&space->mappings, &mapping->node);
	if (space->lends == mapping)
		space->lends = NULL;
	space->mapped_pages -= mapping->pages;
	slab_free(mapping);
	if (told)
		backing_idle(backing);
}

void space_page_replace(struct space *space, vaddr_t address, paddr_t fresh)
{
	struct mapping *mapping = space_find(space, address);
	pte_t *leaf = table_leaf(space->root, address);
	paddr_t old = pte_page(*leaf);

	if (mapping->backing && mapping->charged)
		frame_take(fresh); /* one ref for each of the two */
	if (mapping->backing)
		backing_page_set(mapping->backing, mapping->offset + ((address - mapping->base) >> PAGE_SHIFT), fresh);
	if (mapping->charged)
		frame_drop(old);
	*leaf ^= pte_link(old) ^ pte_link(fresh);
	mapping_flush(mapping, align_down(address, PAGE_SIZE), 1);
}

static void table_leave(struct space *space, vaddr_t address)
{
	size_t freed = table_drop(space->root, address, 1);

	account_release(space->account, freed);
	if (freed)
		space->quick_region = NO_REGION;
}

bool mapping_remove_step(struct mapping *mapping)
{
	struct space *space = mapping->space;
	vaddr_t address;
	unsigned pages;
	pte_t *leaf;

	if (mapping->state != MAPPING_REMOVING)
		mapping_removing(mapping);
	address = mapping->base + (mapping->progress << PAGE_SHIFT);
	pages = mapping_step_pages(mapping);
	leaf = table_leaf(space->root, address);
	if (leaf) /* else the table is RAW: building did not come this far */
		clear(mapping, leaf, address, pages);
	mapping->progress += pages;
	address += pages << PAGE_SHIFT;
	if (mapping->progress == mapping->pages || table_index(address, 0) == 0)
		table_leave(space, address - PAGE_SIZE);
	if (mapping->progress < mapping->pages)
		return false;
	mapping_gone(mapping);
	return true;
}
