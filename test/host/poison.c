/* poison.c - tells the address sanitizer which of the kernel's memory is free, so that touching it ends the test.
 * The linker (--wrap) puts these in front of the kernel's allocators, for programs named kernel_sys_*.
 * It can also make one allocation fail (poison.h).
 * Frames are poisoned whole. Of a freed slab object the first 8 bytes stay open: the allocator keeps its chain there. */
#include <sanitizer/asan_interface.h>
#include <string.h>

#include "host.h"
#include "memory/account.h"

#include "poison.h"

#define UNIT 16 /* slab objects are multiples of it, and aligned to it */
#define LINK_BYTES 8

static uint16_t size_of[HOST_RAM_BYTES / UNIT]; /* of the object that begins there, as it was asked for */
static bool is_freed[HOST_RAM_BYTES / UNIT];

unsigned long poison_allocations, poison_fail_at;

/* One that might fail: does it, now? */
static bool fails(void)
{
	return ++poison_allocations == poison_fail_at;
}

err_t __real_account_charge(struct account *account, size_t pages);
paddr_t __real_account_page(struct account *account, enum frame_kind kind);
paddr_t __real_account_page_raw(struct account *account, enum frame_kind kind);
err_t __wrap_account_charge(struct account *account, size_t pages);
paddr_t __wrap_account_page(struct account *account, enum frame_kind kind);
paddr_t __wrap_account_page_raw(struct account *account, enum frame_kind kind);

err_t __wrap_account_charge(struct account *account, size_t pages)
{
	return fails() ? E_BUDGET : __real_account_charge(account, pages);
}

paddr_t __wrap_account_page(struct account *account, enum frame_kind kind)
{
	return fails() ? 0 : __real_account_page(account, kind);
}

paddr_t __wrap_account_page_raw(struct account *account, enum frame_kind kind)
{
	return fails() ? 0 : __real_account_page_raw(account, kind);
}

paddr_t __real_frame_alloc(enum frame_kind kind);
paddr_t __real_frame_alloc_run(size_t pages);
void __real_frame_init(paddr_t base, size_t pages, void *array);
void __real_frame_give(paddr_t base, size_t pages);
void __real_frame_drop(paddr_t frame);
void *__real_slab_alloc(struct account *account, size_t size);
void *__real_slab_take(struct account *account, unsigned class);
void __real_slab_free(void *object);
paddr_t __wrap_frame_alloc(enum frame_kind kind);
paddr_t __wrap_frame_alloc_run(size_t pages);
void __wrap_frame_init(paddr_t base, size_t pages, void *array);
void __wrap_frame_give(paddr_t base, size_t pages);
void __wrap_frame_drop(paddr_t frame);
void *__wrap_slab_alloc(struct account *account, size_t size);
void *__wrap_slab_take(struct account *account, unsigned class);
void __wrap_slab_free(void *object);

static size_t unit_of(const void *object)
{
	return (kva_to_pa(object) - HOST_RAM_BASE) / UNIT;
}

static void pages_open(paddr_t base, size_t pages)
{
	char *start = pa_to_kva(base);

	__asan_unpoison_memory_region(start, pages * PAGE_SIZE);
	for (size_t i = 0; i < pages * PAGE_SIZE / UNIT; i++)
		is_freed[unit_of(start) + i] = false;
}

paddr_t __wrap_frame_alloc(enum frame_kind kind)
{
	paddr_t frame = __real_frame_alloc(kind);

	pages_open(frame, 1);
	return frame;
}

paddr_t __wrap_frame_alloc_run(size_t pages)
{
	paddr_t base = __real_frame_alloc_run(pages);

	if (base)
		pages_open(base, pages);
	return base;
}

void __wrap_frame_init(paddr_t base, size_t pages, void *array)
{
	pages_open(base, pages);
	__real_frame_init(base, pages, array);
}

void __wrap_frame_give(paddr_t base, size_t pages)
{
	__real_frame_give(base, pages);
	__asan_poison_memory_region(pa_to_kva(base), pages * PAGE_SIZE);
}

void __wrap_frame_drop(paddr_t frame)
{
	__real_frame_drop(frame);
	if (frame_of(frame)->kind == FRAME_FREE)
		__asan_poison_memory_region(pa_to_kva(frame), PAGE_SIZE);
}

static void object_poison(size_t unit)
{
	char *object = pa_to_kva(HOST_RAM_BASE + unit * UNIT);

	__asan_poison_memory_region(object + LINK_BYTES, size_of[unit] - LINK_BYTES);
	is_freed[unit] = true;
}

/* All freed objects of a slab page, opened before the allocator chooses one and closed again after. */
static void page_each(paddr_t page, bool open)
{
	size_t first = (page - HOST_RAM_BASE) / UNIT;

	for (size_t unit = first; unit < first + PAGE_SIZE / UNIT; unit++) {
		char *object = pa_to_kva(HOST_RAM_BASE + unit * UNIT);

		if (is_freed[unit] && open)
			__asan_unpoison_memory_region(object, size_of[unit]);
		else if (is_freed[unit])
			object_poison(unit);
	}
}

static void account_each(const struct account *account, bool open)
{
	for (unsigned class = 0; class < SLAB_CLASSES; class++)
		LIST_FOR_EACH(link, &account->slabs[class]) {
			const struct frame *frame = LIST_ENTRY(link, struct frame, link);

			page_each(frame_map.base + (paddr_t)(frame - frame_map.array) * PAGE_SIZE, open);
		}
}

void *__wrap_slab_alloc(struct account *account, size_t size)
{
	void *object;

	if (fails())
		return NULL;
	account_each(account, true);
	object = __real_slab_alloc(account, size);
	if (object) {
		is_freed[unit_of(object)] = false;
		size_of[unit_of(object)] = (uint16_t)size;
	}
	account_each(account, false);
	return object;
}

void *__wrap_slab_take(struct account *account, unsigned class)
{
	static const uint16_t sizes[] = { 64, 96, 128, 192, 272, 400 };
	void *object;

	if (fails())
		return NULL;
	account_each(account, true);
	object = __real_slab_take(account, class);
	if (object) {
		is_freed[unit_of(object)] = false;
		size_of[unit_of(object)] = sizes[class];
		__asan_unpoison_memory_region(object, sizes[class]);
		memset(object, 0xa5, sizes[class]); /* who takes it must write what is read */
	}
	account_each(account, false);
	return object;
}

void __wrap_slab_free(void *object)
{
	__real_slab_free(object);
	if (frame_of(kva_to_pa(object))->kind == FRAME_SLAB)
		object_poison(unit_of(object));
}
