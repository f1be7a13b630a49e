/* backing.c - the pages behind memory: charged at once, made and given back in steps.
 *
 * Frames are made from the first to the last and go from the last to the first, and so do the pages of an index: page c of
 * a tree exists if and only if filled > c * INDEX_PAGE_ENTRIES. All of them are charged from the start. */
#include "memory/backing.h"
#include "base/string.h"
#include "memory/space.h"

#define FILL_PAGES 2   /* zeroed in one step */
#define EMPTY_PAGES 8  /* given back in one step; divides INDEX_PAGE_ENTRIES */

void (*backing_idle)(struct backing *backing);

static enum backing_index index_kind_for(enum backing_kind kind, size_t pages)
{
	if (kind != BACKING_ANONYMOUS || pages == 1)
		return INDEX_DIRECT;
	if (pages <= INDEX_SLAB_ENTRIES)
		return INDEX_SLAB;
	return pages <= INDEX_PAGE_ENTRIES ? INDEX_PAGE : INDEX_TREE;
}

static bool has_frames(const struct backing *backing)
{
	return backing->kind == BACKING_ANONYMOUS || backing->kind == BACKING_CONTIGUOUS;
}

/* Whole pages that the index costs; the array in a slab is charged by the slab. */
static size_t index_pages(const struct backing *backing)
{
	if (backing->index_kind < INDEX_PAGE)
		return 0;
	if (backing->index_kind == INDEX_PAGE)
		return 1;
	return 1 + (backing->pages + INDEX_PAGE_ENTRIES - 1) / INDEX_PAGE_ENTRIES;
}

static uint32_t frame_number(paddr_t page)
{
	return (uint32_t)(page >> PAGE_SHIFT);
}

static paddr_t number_page(uint32_t number)
{
	return (paddr_t)number << PAGE_SHIFT;
}

/* The array that holds a page's number, and which entry of it. Not for INDEX_DIRECT. */
static uint32_t *index_entry(const struct backing *backing, size_t page)
{
	uint32_t *array = backing->index;

	if (backing->index_kind == INDEX_TREE) {
		array = frame_view(number_page(array[page / INDEX_PAGE_ENTRIES]));
		page %= INDEX_PAGE_ENTRIES;
	}
	return &array[page];
}

paddr_t backing_page(const struct backing *backing, size_t page)
{
	assert(page < (has_frames(backing) ? backing->filled : backing->pages));
	if (backing->kind != BACKING_ANONYMOUS)
		return backing->first + (page << PAGE_SHIFT);
	if (backing->index_kind == INDEX_DIRECT)
		return (paddr_t)backing->index;
	return number_page(*index_entry(backing, page));
}

/* Takes what must be there from the start: the run, or the array or top page of the index. */
static err_t take_first(struct backing *backing)
{
	if (backing->kind == BACKING_CONTIGUOUS) {
		backing->first = frame_alloc_run(backing->pages);
		return backing->first ? E_OK : E_FRAGMENTED;
	}
	if (backing->index_kind == INDEX_SLAB) {
		backing->index = slab_alloc(backing->payer, backing->pages * sizeof(uint32_t));
		return backing->index ? E_OK : E_BUDGET;
	}
	if (backing->index_kind >= INDEX_PAGE)
		backing->index = frame_view(frame_alloc(FRAME_TABLE));
	return E_OK;
}

err_t backing_init(struct backing *backing, struct account *payer, size_t pages, enum backing_kind kind, bool shared)
{
	err_t error;

	if (!pages)
		return E_ARGUMENT;
	if (pages > BACKING_LARGEST)
		return E_BUDGET;
	*backing = (struct backing){ .payer = payer, .pages = pages, .kind = (uint8_t)kind, .shared = shared,
	                             .index_kind = (uint8_t)index_kind_for(kind, pages) };
	list_init(&backing->mappings);
	if (account_charge(payer, pages + index_pages(backing)))
		return E_BUDGET;
	error = take_first(backing);
	if (error)
		account_release(payer, pages + index_pages(backing));
	return error;
}

void backing_init_fixed(struct backing *backing, paddr_t first, size_t pages, enum backing_kind kind)
{
	*backing = (struct backing){ .pages = pages, .filled = pages, .first = first, .kind = (uint8_t)kind, .shared = true };
	list_init(&backing->mappings);
}

static void index_set(struct backing *backing, size_t page, paddr_t frame)
{
	if (backing->index_kind == INDEX_DIRECT)
		backing->index = (void *)frame;
	else
		*index_entry(backing, page) = frame_number(frame);
}

/* Before the first page under it: the next page of a tree. */
static void index_grow(struct backing *backing)
{
	uint32_t *top = backing->index;

	if (backing->index_kind == INDEX_TREE && backing->filled % INDEX_PAGE_ENTRIES == 0)
		top[backing->filled / INDEX_PAGE_ENTRIES] = frame_number(frame_alloc(FRAME_TABLE));
}

void backing_page_set(struct backing *backing, size_t page, paddr_t frame)
{
	paddr_t old = backing_page(backing, page);

	assert(backing->kind == BACKING_ANONYMOUS);
	index_set(backing, page, frame);
	frame_drop(old);
}

static void fill_page(struct backing *backing)
{
	paddr_t frame;

	if (backing->kind == BACKING_CONTIGUOUS) {
		frame = backing->first + (backing->filled << PAGE_SHIFT);
		frame_claim(frame, FRAME_DATA);
	} else {
		frame = frame_alloc(FRAME_DATA);
		index_grow(backing);
		index_set(backing, backing->filled, frame);
	}
	frame_zero(frame);
	backing->filled++;
}

bool backing_fill(struct backing *backing)
{
	for (unsigned i = 0; i < FILL_PAGES && backing->filled < backing->pages; i++)
		fill_page(backing);
	return backing->filled == backing->pages;
}

/* The last page goes, and with the first one under it a page of the index. Returns the pages to release. */
static size_t empty_page(struct backing *backing)
{
	size_t page = backing->pages - 1;
	bool exists = page < backing->filled;
	bool index_goes = backing->index_kind == INDEX_TREE && page % INDEX_PAGE_ENTRIES == 0;

	if (backing->kind == BACKING_CONTIGUOUS && !exists)
		frame_claim(backing->first + (page << PAGE_SHIFT), FRAME_DATA); /* it was promised to nobody else */
	if (backing->kind == BACKING_CONTIGUOUS)
		frame_drop(backing->first + (page << PAGE_SHIFT));
	else if (exists)
		frame_drop(backing_page(backing, page));
	if (exists && index_goes)
		frame_drop(number_page(((uint32_t *)backing->index)[page / INDEX_PAGE_ENTRIES]));
	backing->pages = page;
	backing->filled = min_size(backing->filled, page);
	return 1 + index_goes;
}

static void index_free(struct backing *backing)
{
	if (backing->index_kind == INDEX_SLAB)
		slab_free(backing->index);
	if (backing->index_kind >= INDEX_PAGE)
		account_page_free(backing->payer, kva_to_pa(backing->index));
	backing->index_kind = INDEX_DIRECT;
	backing->index = NULL;
}

bool backing_empty(struct backing *backing)
{
	size_t released = 0;

	assert(list_is_empty(&backing->mappings) && !backing->lent_pages && !backing->pinned_pages);
	if (!has_frames(backing))
		return true;
	for (unsigned i = 0; i < EMPTY_PAGES && backing->pages; i++)
		released += empty_page(backing);
	account_release(backing->payer, released);
	if (!backing->pages)
		index_free(backing);
	return !backing->pages;
}

/* A copy of the array in a slab page of the new payer; other indexes stay where they are. E_BUDGET: it cannot pay. */
static err_t index_move(struct backing *backing, struct account *payer)
{
	void *array;

	if (backing->index_kind != INDEX_SLAB)
		return E_OK;
	array = slab_alloc(payer, backing->pages * sizeof(uint32_t));
	if (!array)
		return E_BUDGET;
	memcpy(array, backing->index, backing->pages * sizeof(uint32_t));
	slab_free(backing->index);
	backing->index = array;
	return E_OK;
}

err_t backing_payer_set(struct backing *backing, struct account *payer)
{
	size_t cost = backing->pages + index_pages(backing);

	assert(list_is_empty(&backing->mappings));
	if (!has_frames(backing) || payer == backing->payer)
		return E_OK;
	if (account_charge(payer, cost))
		return E_BUDGET;
	if (index_move(backing, payer)) {
		account_release(payer, cost);
		return E_BUDGET;
	}
	account_release(backing->payer, cost);
	backing->payer = payer;
	return E_OK;
}

/* How many foreign mappings certainly hold a page; of one that is REMOVING nobody knows how far it was built. */
static uint32_t foreign_refs(const struct backing *backing, size_t page)
{
	uint32_t refs = 0;

	LIST_FOR_EACH(link, &backing->mappings) {
		const struct mapping *mapping = LIST_ENTRY(link, struct mapping, backing_link);
		size_t built = mapping->state == MAPPING_BUILDING ? mapping->progress : mapping->pages;

		if (mapping->charged && mapping->state != MAPPING_REMOVING)
			refs += page >= mapping->offset && page - mapping->offset < built;
	}
	return refs;
}

static void check_frames(const struct backing *backing)
{
	for (size_t page = 0; page < backing->filled; page++) {
		const struct frame *frame = frame_of(backing_page(backing, page));

		assert(frame->kind == FRAME_DATA);                          /* I2 */
		assert(frame->refs >= 1 + foreign_refs(backing, page));     /* I5; pins add more */
	}
}

void backing_check(const struct backing *backing)
{
	uint32_t writable = 0, lent = 0, pinned = 0;

	assert(backing->filled <= backing->pages && list_check(&backing->mappings, SIZE_MAX));
	if (has_frames(backing))
		check_frames(backing);
	LIST_FOR_EACH(link, &backing->mappings) {
		const struct mapping *mapping = LIST_ENTRY(link, struct mapping, backing_link);

		assert(mapping->backing == backing);
		writable += (mapping->protection & PROT_WRITE) != 0;
		lent += mapping->lent_pages;
		pinned += mapping->pinned_pages;
	}
	assert(writable == backing->writable_mappings);                     /* I3 */
	assert(!backing->sealed || (!writable && !lent && !pinned));        /* I4 */
	assert(lent == backing->lent_pages && pinned == backing->pinned_pages); /* I6 */
}
