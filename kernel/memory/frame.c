/* frame.c - the buddy allocator.
 *
 * Frames are counted by their physical number, so that a block of order n is aligned to n in physical memory as well.
 * Every frame of a free block has kind FRAME_FREE; only the first, its head, carries the order and is in a list. So neither
 * splitting nor joining touches more than two frames a step.
 * Trade: a run that is not a power of two is cut from the next one up, and the tail is given back at once. Frames of a run are claimed
 * one by one as they are used (I4): all at once would be 1,024 of them, and interrupts would wait. */
#include "memory/frame.h"
#include "base/string.h"

struct frame_map frame_map;
static struct list blocks[FRAME_ORDERS];
static size_t free_count, promised_count;

static size_t number_of(paddr_t address)
{
	return address >> PAGE_SHIFT;
}

static struct frame *at(size_t number)
{
	return &frame_map.array[number - number_of(frame_map.base)];
}

static size_t number_at(const struct frame *frame)
{
	return number_of(frame_map.base) + (size_t)(frame - frame_map.array);
}

size_t frame_total_count(void)
{
	return number_of(frame_map.bytes);
}

size_t frame_free_count(void)
{
	return free_count;
}

size_t frame_array_bytes(size_t pages)
{
	return pages * sizeof(struct frame);
}

void frame_init(paddr_t base, size_t pages, void *array)
{
	assert(base && is_aligned(base, PAGE_SIZE)); /* 0 means "no frame" */
	frame_map = (struct frame_map){ .base = base, .bytes = pages * PAGE_SIZE, .array = array,
	                                .offset = (uintptr_t)pa_to_kva(base) - base };
	arch_here()->frame_view = frame_map.offset;
	free_count = promised_count = 0;
	for (unsigned order = 0; order < FRAME_ORDERS; order++)
		list_init(&blocks[order]);
	for (size_t i = 0; i < pages; i++)
		frame_map.array[i] = (struct frame){ .refs = 1, .kind = FRAME_RESERVED, .order = FRAME_INNER };
}

void frame_image_set(paddr_t base, size_t bytes)
{
	frame_map.image = base;
	frame_map.image_bytes = bytes;
}

struct frame *frame_of(paddr_t address)
{
	assert(frame_is_ram(address));
	return at(number_of(address));
}

/* The head of the free block of exactly this order that starts at a frame, or NULL. */
static struct frame *free_head(size_t number, unsigned order)
{
	struct frame *frame;

	if (number - number_of(frame_map.base) >= frame_total_count())
		return NULL;
	frame = at(number);
	return frame->kind == FRAME_FREE && frame->order == order ? frame : NULL;
}

/* Lists a block whose frames are marked free, joined with its buddies as far as they are free too: I2. */
static void block_insert(size_t number, unsigned order)
{
	struct frame *buddy;

	for (; order < FRAME_ORDERS - 1; order++) {
		buddy = free_head(number ^ (size_t)1 << order, order);
		if (!buddy)
			break;
		list_remove(&buddy->link);
		buddy->order = FRAME_INNER;
		number &= ~((size_t)1 << order);
	}
	at(number)->order = (uint8_t)order;
	list_prepend(&blocks[order], &at(number)->link);
}

/* The largest order a block may have that starts at this frame and is no longer than `pages`. */
static unsigned order_at(size_t number, size_t pages)
{
	unsigned limit = pages < FRAME_RUN_PAGES ? bit_highest((uint32_t)pages) : FRAME_ORDERS - 1;
	uint32_t low = (uint32_t)number & (uint32_t)(FRAME_RUN_PAGES - 1);

	return low ? (unsigned)min_size(limit, bit_lowest(low)) : limit;
}

static void run_free(size_t number, size_t pages)
{
	unsigned order;

	for (; pages; pages -= (size_t)1 << order, number += (size_t)1 << order) {
		order = order_at(number, pages);
		block_insert(number, order);
	}
}

void frame_give(paddr_t base, size_t pages)
{
	size_t first = number_of(base);

	for (size_t i = 0; i < pages; i++) {
		struct frame *frame = frame_of(base + i * PAGE_SIZE);

		assert(frame->kind == FRAME_RESERVED);
		frame->kind = FRAME_FREE;
		frame->refs = 0;
	}
	free_count += pages;
	run_free(first, pages);
}

/* Takes the smallest block of at least this order and lists what is too much. NULL: there is none. */
static struct frame *block_take(unsigned order)
{
	unsigned from = order;
	struct frame *frame;

	while (from < FRAME_ORDERS && list_is_empty(&blocks[from]))
		from++;
	if (from == FRAME_ORDERS)
		return NULL;
	frame = LIST_ENTRY(list_pop(&blocks[from]), struct frame, link);
	while (from > order) {
		struct frame *upper = frame + ((size_t)1 << --from);

		upper->order = (uint8_t)from;
		list_prepend(&blocks[from], &upper->link);
	}
	return frame;
}

static void claim(struct frame *frame, enum frame_kind kind)
{
	frame->refs = 1;
	frame->kind = (uint8_t)kind;
	frame->order = FRAME_INNER;
}

paddr_t frame_alloc(enum frame_kind kind)
{
	struct frame *frame = block_take(0);

	assert(frame); /* I1: whoever asks has charged an account */
	free_count--;
	claim(frame, kind);
	return number_at(frame) << PAGE_SHIFT;
}

paddr_t frame_alloc_run(size_t pages)
{
	struct frame *frame;
	unsigned order;

	if (!pages || pages > FRAME_RUN_PAGES)
		return 0;
	order = bit_highest((uint32_t)pages);
	order += pages > (size_t)1 << order;
	frame = block_take(order);
	if (!frame)
		return 0;
	frame->order = FRAME_INNER;
	run_free(number_at(frame) + pages, ((size_t)1 << order) - pages);
	free_count -= pages;
	promised_count += pages;
	return number_at(frame) << PAGE_SHIFT;
}

void frame_claim(paddr_t address, enum frame_kind kind)
{
	struct frame *frame = frame_of(address);

	assert(frame->kind == FRAME_FREE && promised_count);
	promised_count--;
	claim(frame, kind);
}

void frame_take(paddr_t address)
{
	struct frame *frame = frame_of(address);

	assert(frame->refs);
	frame->refs++;
}

void frame_drop(paddr_t address)
{
	struct frame *frame = frame_of(address);

	assert(frame->refs && frame->kind != FRAME_RESERVED);
	if (--frame->refs)
		return;
	frame->kind = FRAME_FREE;
	free_count++;
	block_insert(number_of(address), 0);
}

void frame_zero(paddr_t address)
{
	memset(frame_view(address), 0, PAGE_SIZE);
}

static void block_check(size_t number, unsigned order)
{
	size_t size = (size_t)1 << order;

	assert(is_aligned(number, size));                                               /* I2 */
	assert(order == FRAME_ORDERS - 1 || !free_head(number ^ size, order));          /* I2 */
	for (size_t i = 0; i < size; i++)
		assert(at(number + i)->kind == FRAME_FREE && !at(number + i)->refs);    /* I3 */
	for (size_t i = 1; i < size; i++)
		assert(at(number + i)->order == FRAME_INNER);
}

void frame_check(void)
{
	size_t listed = 0, unused = 0;

	for (unsigned order = 0; order < FRAME_ORDERS; order++) {
		assert(list_check(&blocks[order], frame_total_count()));
		LIST_FOR_EACH(link, &blocks[order]) {
			struct frame *frame = LIST_ENTRY(link, struct frame, link);

			assert(frame->order == order);
			block_check(number_at(frame), order);
			listed += (size_t)1 << order;
		}
	}
	for (size_t i = 0; i < frame_total_count(); i++) {
		const struct frame *frame = &frame_map.array[i];

		assert((frame->kind == FRAME_FREE) == !frame->refs);                    /* I3 */
		unused += frame->kind == FRAME_FREE;
	}
	assert(listed == free_count && unused == free_count + promised_count);  /* I4 */
}
