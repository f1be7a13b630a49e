/* kernel_memory_account.c - budgets' counters to the last page, and the slab pages under small objects. */
#include "memory_machine.h"

static struct account child, other;

static bool is_zero(const void *object, size_t size)
{
	const uint8_t *bytes = object;

	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

TEST(charge, "an account gives its last page and then refuses, unchanged")
{
	machine_start(10);
	assert_int_equal(account_left(&machine), 10);
	assert_int_equal(account_charge(&machine, 9), E_OK);
	assert_int_equal(account_charge(&machine, 2), E_BUDGET);
	assert_int_equal(account_charge(&machine, SIZE_MAX), E_BUDGET);
	assert_int_equal(account_charge(&machine, 1), E_OK);
	assert_int_equal(account_charge(&machine, 1), E_BUDGET);
	assert_int_equal(account_charge(&machine, 0), E_OK);
	assert_int_equal(account_left(&machine), 0);
	account_check(&machine);
	account_release(&machine, 10);
	assert_true(HOST_PANICS(account_release(&machine, 1)));
}

TEST(child, "a child's limit comes out of its parent, and all of it goes back")
{
	machine_start(10);
	assert_int_equal(account_init(&child, &machine, 11), E_BUDGET);
	assert_int_equal(machine.given, 0);
	assert_int_equal(account_init(&child, &machine, 6), E_OK);
	assert_int_equal(account_left(&machine), 4);
	assert_int_equal(account_charge(&machine, 5), E_BUDGET);
	assert_int_equal(account_init(&other, &child, 6), E_OK);
	assert_int_equal(account_charge(&child, 1), E_BUDGET);
	account_check(&machine);
	account_check(&child);
	assert_true(HOST_PANICS(account_close(&child))); /* it has a child */
	account_close(&other);
	account_close(&child);
	assert_int_equal(account_left(&machine), 10);
}

TEST(resize, "an account grows by what its parent has left and shrinks to what is in use")
{
	machine_start(20);
	assert_int_equal(account_init(&child, &machine, 10), E_OK);
	assert_int_equal(account_charge(&child, 3), E_OK);
	assert_int_equal(account_init(&other, &child, 4), E_OK);
	assert_int_equal(account_resize(&child, 6), E_BUDGET);
	assert_int_equal(account_resize(&child, 21), E_BUDGET);
	assert_int_equal(account_resize(&child, SIZE_MAX), E_BUDGET);
	assert_int_equal(child.limit, 10);
	assert_int_equal(account_resize(&child, 7), E_OK);
	assert_int_equal(account_left(&child), 0);
	assert_int_equal(account_left(&machine), 13);
	assert_int_equal(account_resize(&child, 20), E_OK);
	assert_int_equal(account_left(&machine), 0);
	assert_int_equal(account_resize(&machine, 30), E_STATE);
	account_check(&machine);
	account_check(&child);
}

TEST(page, "a page is zeroed, charged and given back; the last one is refused after the limit")
{
	machine_start(4);
	assert_int_equal(account_init(&child, &machine, 1), E_OK);
	paddr_t page = account_page(&child, FRAME_TABLE);

	assert_true(page && is_zero(pa_to_kva(page), PAGE_SIZE));
	assert_int_equal(frame_of(page)->kind, FRAME_TABLE);
	assert_true(account_page(&child, FRAME_TABLE) == 0);
	assert_int_equal(frame_free_count(), 3);
	frame_take(page);
	assert_true(HOST_PANICS(account_page_free(&child, page))); /* somebody else holds it, and nobody would pay */
	frame_drop(page);
	account_page_free(&child, page);
	assert_int_equal(child.charged, 0);
	assert_int_equal(frame_free_count(), 4);
}

TEST(slab_sizes, "objects of every size are zeroed, aligned to 16 and apart from each other")
{
	for (size_t size = 1; size <= SLAB_LARGEST; size += size < 80 ? 1 : 13) {
		void *objects[70];

		machine_start(80);
		for (unsigned i = 0; i < 70; i++) {
			objects[i] = slab_alloc(&machine, size);
			assert_true(objects[i] && (uintptr_t)objects[i] % 16 == 0);
			assert_true(is_zero(objects[i], size));
			memset(objects[i], 0x11 + (int)i, size);
			assert_ptr_equal(slab_account(objects[i]), &machine);
		}
		account_check(&machine);
		for (unsigned i = 0; i < 70; i++) {
			for (size_t k = 0; k < size; k++)
				assert_int_equal(((uint8_t *)objects[i])[k], 0x11 + i);
			slab_free(objects[i]);
			account_check(&machine);
		}
		assert_int_equal(machine.charged, 0);
		assert_int_equal(frame_free_count(), 80);
	}
}

TEST(slab_dense, "as many objects share a page as its class promises: 63 of 64 bytes, 7 of 512, 2 of the largest")
{
	static const struct { size_t size, count; } expected[] = {
		{ 64, 63 }, { 96, 42 }, { 128, 31 }, { 192, 21 }, { 256, 15 }, { 400, 10 }, { 512, 7 }, { 672, 6 }, { 1008, 4 }, { 1360, 3 }, { 2016, 2 },
	};

	machine_start(100);
	for (unsigned i = 0; i < 11; i++) {
		size_t before = machine.charged;

		for (size_t k = 0; k < expected[i].count; k++)
			assert_non_null(slab_alloc(&machine, expected[i].size));
		assert_int_equal(machine.charged, before + 1);
		assert_non_null(slab_alloc(&machine, expected[i].size));
		assert_int_equal(machine.charged, before + 2);
	}
	account_check(&machine);
}

TEST(slab_too_large, "an object larger than the largest is the caller's mistake")
{
	machine_start(4);
	assert_true(HOST_PANICS((void)!slab_alloc(&machine, SLAB_LARGEST + 1)));
}

TEST(slab_last_page, "the last object of a full account is refused; with room in its page it is not")
{
	machine_start(10);
	assert_int_equal(account_init(&child, &machine, 1), E_OK);
	void *first = slab_alloc(&child, 2000), *second = slab_alloc(&child, 2000);

	assert_true(first && second);
	struct snapshot before = snapshot_of(&child);

	assert_null(slab_alloc(&child, 2000));
	assert_null(slab_alloc(&child, 10));
	assert_unchanged(&child, before);
	slab_free(first);
	assert_null(slab_alloc(&child, 10)); /* another size needs another page */
	assert_ptr_equal(slab_alloc(&child, 2000), first);
	slab_free(first);
	slab_free(second);
	assert_int_equal(child.charged, 0);
	account_close(&child);
}

TEST(slab_apart, "two accounts never share a page")
{
	machine_start(10);
	assert_int_equal(account_init(&child, &machine, 2), E_OK);
	char *a = slab_alloc(&machine, 64), *b = slab_alloc(&child, 64), *c = slab_alloc(&machine, 64);

	assert_true((uintptr_t)a / PAGE_SIZE != (uintptr_t)b / PAGE_SIZE);
	assert_true((uintptr_t)a / PAGE_SIZE == (uintptr_t)c / PAGE_SIZE);
	assert_ptr_equal(slab_account(b), &child);
	slab_free(b);
	account_close(&child);
	account_check(&machine);
}

TEST(slab_reuse, "a freed object comes back zeroed")
{
	machine_start(10);
	void *keep = slab_alloc(&machine, 96), *object = slab_alloc(&machine, 96);

	memset(object, 0xff, 96);
	slab_free(object);
	assert_ptr_equal(slab_alloc(&machine, 96), object);
	assert_true(is_zero(object, 96));
	slab_free(keep);
}

TEST(random, "any order of objects of all sizes keeps every byte and every counter")
{
	enum { OBJECTS = 300, PAGES = 30 };
	static struct { uint8_t *bytes; size_t size; uint8_t fill; } objects[OBJECTS];
	unsigned refused = 0;

	machine_start(PAGES);
	for (unsigned step = 0; step < 20000; step++) {
		unsigned i = dice(OBJECTS);

		if (objects[i].bytes) {
			for (size_t k = 0; k < objects[i].size; k++)
				assert_int_equal(objects[i].bytes[k], objects[i].fill);
			slab_free(objects[i].bytes);
			objects[i].bytes = NULL;
		} else {
			objects[i].size = 1 + dice(dice(2) ? SLAB_LARGEST : 128);
			objects[i].bytes = slab_alloc(&machine, objects[i].size);
			objects[i].fill = (uint8_t)(1 + dice(255));
			if (objects[i].bytes)
				memset(objects[i].bytes, objects[i].fill, objects[i].size);
			else
				refused++;
		}
		assert_int_equal(machine.charged + frame_free_count(), PAGES);
		account_check(&machine);
	}
	assert_true(refused > 0); /* else it was no test of the limit */
	for (unsigned i = 0; i < OBJECTS; i++)
		if (objects[i].bytes)
			slab_free(objects[i].bytes);
	assert_int_equal(machine.charged, 0);
	frame_check();
}
