/* slab.c - small objects: pages cut into pieces of one size, each page of one account.
 *
 *     +--------+-----+-----+-----+---------------+-------+
 *     | header | obj | obj | obj | not carved yet | waste |      freed objects: a chain of offsets from header->freed
 *     +--------+-----+-----+-----+---------------+-------+
 *
 *   I1  a page is in its account's list if and only if it has room
 *   I2  carved = used + length of the chain of freed objects
 *   I3  used >= 1: the page goes with its last object
 * A page is carved as it is used, so that the first allocation from it costs no more than the others. The sizes are the
 * largest multiples of 16 of which so many fit a page. */
#include "memory/slab.h"
#include "base/string.h"

struct slab {
	struct account *account;
	uint16_t used, carved;
	uint16_t freed; /* offset in the page of the object freed last, 0: none; each freed object begins with the next */
	uint8_t class;
};

#define SLAB_FIRST 16 /* offset of the first object */
_Static_assert(sizeof(struct slab) <= SLAB_FIRST, "the header fits");

#define FIT(size) { (size), (PAGE_SIZE - SLAB_FIRST) / (size) }
static const struct { uint16_t size, count; } classes[SLAB_CLASSES] = {
	FIT(64), FIT(96), FIT(128), FIT(192), FIT(272), FIT(400), FIT(576), FIT(672), FIT(1008), FIT(1360), FIT(SLAB_LARGEST),
};

_Static_assert(SLAB_CLASS(64) == 0 && SLAB_CLASS(65) == 1 && SLAB_CLASS(97) == 2 && SLAB_CLASS(129) == 3 && SLAB_CLASS(193) == 4 &&
               SLAB_CLASS(273) == 5, "as the table");

static unsigned class_of(size_t size)
{
	unsigned class = 0;

	assert(size <= SLAB_LARGEST);
	while (classes[class].size < size)
		class++;
	return class;
}

static struct slab *slab_of(const void *object)
{
	return (struct slab *)align_down((uintptr_t)object, PAGE_SIZE);
}

static struct list *link_of(const struct slab *slab)
{
	return &frame_of(kva_to_pa(slab))->link;
}

static struct slab *slab_at(const struct list *link)
{
	const struct frame *frame = LIST_ENTRY(link, struct frame, link);

	return frame_view(frame_map.base + (paddr_t)(frame - frame_map.array) * PAGE_SIZE);
}

static uint16_t *next_freed(const struct slab *slab, unsigned offset)
{
	return (uint16_t *)((uintptr_t)slab + offset);
}

static bool has_room(const struct slab *slab)
{
	return slab->used < classes[slab->class].count;
}

static struct slab *slab_new(struct account *account, unsigned class)
{
	struct slab *slab;

	if (account_charge(account, 1))
		return NULL;
	slab = frame_view(frame_alloc(FRAME_SLAB));
	*slab = (struct slab){ .account = account, .class = (uint8_t)class };
	list_prepend(&account->slabs[class], link_of(slab));
	return slab;
}

static void *object_take(struct slab *slab)
{
	unsigned offset = slab->freed;

	if (offset)
		slab->freed = *next_freed(slab, offset);
	else
		offset = SLAB_FIRST + slab->carved++ * classes[slab->class].size;
	slab->used++;
	return (char *)slab + offset;
}

void *slab_take(struct account *account, unsigned class)
{
	struct list *link = list_first(&account->slabs[class]);
	struct slab *slab = link ? slab_at(link) : slab_new(account, class);
	void *object;

	if (!slab)
		return NULL;
	object = object_take(slab);
	if (!has_room(slab))
		list_remove(link_of(slab));
	return object;
}

void *slab_alloc(struct account *account, size_t size)
{
	unsigned class = class_of(size);
	void *object = slab_take(account, class);

	return object ? memset(object, 0, classes[class].size) : NULL;
}

void slab_free(void *object)
{
	struct slab *slab = slab_of(object);
	unsigned offset = (unsigned)((uintptr_t)object - (uintptr_t)slab);

	assert(frame_of(kva_to_pa(slab))->kind == FRAME_SLAB && slab->used);
	if (!has_room(slab))
		list_prepend(&slab->account->slabs[slab->class], link_of(slab));
	*next_freed(slab, offset) = slab->freed;
	slab->freed = (uint16_t)offset;
	if (--slab->used)
		return;
	list_remove(link_of(slab));
	account_page_free(slab->account, kva_to_pa(slab));
}

struct account *slab_account(const void *object)
{
	return slab_of(object)->account;
}

static void page_check(const struct slab *slab, const struct account *account, unsigned class)
{
	unsigned freed = 0, size = classes[class].size;

	assert(slab->account == account && slab->class == class && has_room(slab)); /* I1 */
	assert(frame_of(kva_to_pa(slab))->kind == FRAME_SLAB && slab->used);        /* I3 */
	for (unsigned offset = slab->freed; offset; offset = *next_freed(slab, offset)) {
		assert((offset - SLAB_FIRST) % size == 0 && (offset - SLAB_FIRST) / size < slab->carved);
		assert(++freed <= slab->carved);
	}
	assert(slab->carved == slab->used + freed);                                 /* I2 */
}

void slab_check(const struct account *account)
{
	for (unsigned class = 0; class < SLAB_CLASSES; class++) {
		assert(list_check(&account->slabs[class], account->charged));
		LIST_FOR_EACH(link, &account->slabs[class])
			page_check(slab_at(link), account, class);
	}
}
