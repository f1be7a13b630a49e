/* kernel_memory_backing.c - the pages behind memory: what they cost, in which order they come and go, and who pays. */
#include "memory_machine.h"

static struct backing backing;
static struct account payer, heir;

/* What anonymous memory costs in whole pages, slab arrays apart. */
static size_t cost_of(size_t pages)
{
	if (pages <= INDEX_SLAB_ENTRIES)
		return pages;
	return pages + 1 + (pages > INDEX_PAGE_ENTRIES ? (pages + INDEX_PAGE_ENTRIES - 1) / INDEX_PAGE_ENTRIES : 0);
}

static size_t slab_cost(size_t pages)
{
	return pages > 1 && pages <= INDEX_SLAB_ENTRIES;
}

static bool page_is_zero(paddr_t page)
{
	static const uint8_t zero[PAGE_SIZE];

	return memcmp(pa_to_kva(page), zero, PAGE_SIZE) == 0;
}

static const size_t sizes[] = { 1, 2, 3, 503, 504, 505, 1023, 1024, 1025, 2048, 2049, 3000 };

TEST(cost, "memory of every size is charged at once: its pages and the index, no more and no less")
{
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t pages = sizes[i], cost = cost_of(pages) + slab_cost(pages);

		machine_start(4000);
		assert_int_equal(account_init(&payer, &machine, cost), E_OK);
		assert_int_equal(backing_init(&backing, &payer, pages, BACKING_ANONYMOUS, false), E_OK);
		assert_int_equal(payer.charged, cost);
		while (!backing_fill(&backing))
			assert_int_equal(payer.charged, cost);
		assert_int_equal(payer.charged, cost);
		assert_int_equal(frame_free_count(), 4000 - cost);
		backing_check(&backing);
		backing_end(&backing);
		assert_int_equal(payer.charged, 0);
		assert_int_equal(frame_free_count(), 4000);
		frame_check();
		account_close(&payer);
	}
}

TEST(one_page_less, "with one page less than it costs it is refused and nothing has changed")
{
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		machine_start(4000);
		assert_int_equal(account_init(&payer, &machine, cost_of(sizes[i]) + slab_cost(sizes[i]) - 1), E_OK);
		assert_int_equal(backing_init(&backing, &payer, sizes[i], BACKING_ANONYMOUS, false), E_BUDGET);
		assert_int_equal(payer.charged, 0);
		assert_int_equal(frame_free_count(), 4000);
	}
}

TEST(absurd, "no pages is an error, and more than there can be is too much")
{
	machine_start(10);
	struct snapshot before = snapshot_of(&machine);

	assert_int_equal(backing_init(&backing, &machine, 0, BACKING_ANONYMOUS, false), E_ARGUMENT);
	assert_int_equal(backing_init(&backing, &machine, SIZE_MAX, BACKING_ANONYMOUS, false), E_BUDGET);
	assert_int_equal(backing_init(&backing, &machine, SIZE_MAX, BACKING_CONTIGUOUS, false), E_BUDGET);
	assert_int_equal(backing_init(&backing, &machine, BACKING_LARGEST, BACKING_ANONYMOUS, false), E_BUDGET);
	assert_unchanged(&machine, before);
}

TEST(pages, "every page is there once and zero, whatever the frame held before")
{
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		machine_start(4000);
		assert_int_equal(backing_make(&backing, &machine, sizes[i], BACKING_ANONYMOUS, false), E_OK);
		for (size_t page = 0; page < sizes[i]; page++) {
			paddr_t frame = backing_page(&backing, page);

			assert_true(page_is_zero(frame));
			assert_int_equal(frame_of(frame)->kind, FRAME_DATA);
			assert_int_equal(frame_of(frame)->refs, 1);
			*(size_t *)pa_to_kva(frame) = page + 1;
		}
		for (size_t page = 0; page < sizes[i]; page++) /* no frame twice */
			assert_int_equal(*(size_t *)pa_to_kva(backing_page(&backing, page)), page + 1);
	}
}

TEST(steps, "filling and emptying are cut in steps of a few pages")
{
	unsigned steps = 1;

	machine_start(4000);
	assert_int_equal(backing_init(&backing, &machine, 1000, BACKING_ANONYMOUS, false), E_OK);
	while (!backing_fill(&backing)) {
		assert_true(backing.filled <= 2 * steps);
		steps++;
	}
	for (steps = 1; !backing_empty(&backing); steps++)
		assert_true(backing.pages >= 1000 - 8 * steps);
	assert_true(steps >= 1000 / 8);
}

TEST(part_filled, "memory that was not filled to the end gives back all it was charged, whenever it stops")
{
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (unsigned stop = 0; stop < 5; stop++) {
			machine_start(4000);
			assert_int_equal(backing_init(&backing, &machine, sizes[i], BACKING_ANONYMOUS, false), E_OK);
			while (backing.filled < sizes[i] * stop / 5)
				backing_fill(&backing);
			while (!backing_empty(&backing))
				assert_true(machine.charged + frame_free_count() >= 4000); /* I1 of frames */
			assert_int_equal(machine.charged, 0);
			assert_int_equal(frame_free_count(), 4000);
		}
	}
}

TEST(contiguous, "contiguous memory is one aligned run, charged its pages only")
{
	machine_start(1000);
	assert_int_equal(backing_make(&backing, &machine, 24, BACKING_CONTIGUOUS, false), E_OK);
	assert_int_equal(machine.charged, 24);
	for (size_t page = 0; page < 24; page++) {
		assert_true(backing_page(&backing, page) == backing_page(&backing, 0) + page * PAGE_SIZE);
		assert_true(page_is_zero(backing_page(&backing, page)));
	}
	backing_check(&backing);
	backing_end(&backing);
	assert_int_equal(machine.charged, 0);
	assert_int_equal(frame_free_count(), 1000);
	assert_int_equal(backing_init(&backing, &machine, 24, BACKING_CONTIGUOUS, false), E_OK);
	backing_end(&backing); /* not filled at all */
	assert_int_equal(frame_free_count(), 1000);
}

TEST(no_run, "where no run is long enough contiguous memory is refused, and nothing is charged")
{
	machine_start(1500);
	struct snapshot before = snapshot_of(&machine);

	assert_int_equal(backing_init(&backing, &machine, FRAME_RUN_PAGES + 1, BACKING_CONTIGUOUS, false), E_FRAGMENTED);
	assert_unchanged(&machine, before);
	assert_int_equal(backing_init(&backing, &machine, 1501, BACKING_CONTIGUOUS, false), E_BUDGET);
	assert_unchanged(&machine, before);
}

TEST(fixed, "device and image memory cost nothing and are there at once")
{
	machine_start(10);
	backing_init_fixed(&backing, 0x10000000, 3, BACKING_DEVICE);
	assert_true(backing_page(&backing, 2) == 0x10002000);
	assert_true(backing_fill(&backing) && backing.shared && !backing.payer);
	backing_check(&backing);
	assert_int_equal(backing_payer_set(&backing, &machine), E_OK);
	assert_true(backing_empty(&backing));
	assert_int_equal(machine.charged, 0);
}

TEST(claim, "another account takes over the whole charge, or refuses and nothing has changed")
{
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t pages = sizes[i], cost = cost_of(pages) + slab_cost(pages);

		machine_start(8000);
		assert_int_equal(account_init(&payer, &machine, cost), E_OK);
		assert_int_equal(account_init(&heir, &machine, cost - 1), E_OK);
		assert_int_equal(backing_make(&backing, &payer, pages, BACKING_ANONYMOUS, false), E_OK);
		paddr_t last = backing_page(&backing, pages - 1);

		assert_int_equal(backing_payer_set(&backing, &heir), E_BUDGET);
		assert_int_equal(payer.charged, cost);
		assert_int_equal(heir.charged, 0);
		assert_ptr_equal(backing.payer, &payer);
		assert_int_equal(account_resize(&heir, cost), E_OK);
		assert_int_equal(backing_payer_set(&backing, &heir), E_OK);
		assert_int_equal(payer.charged, 0);
		assert_int_equal(heir.charged, cost);
		assert_int_equal(backing_payer_set(&backing, &heir), E_OK); /* to itself: even with no page left */
		assert_true(backing_page(&backing, pages - 1) == last);
		backing_check(&backing);
		account_close(&payer);
		backing_end(&backing);
		account_close(&heir);
		assert_int_equal(frame_free_count(), 8000);
	}
}

TEST(claim_contiguous, "contiguous memory changes its payer, too")
{
	machine_start(100);
	assert_int_equal(account_init(&payer, &machine, 16), E_OK);
	assert_int_equal(account_init(&heir, &machine, 16), E_OK);
	assert_int_equal(backing_make(&backing, &payer, 16, BACKING_CONTIGUOUS, false), E_OK);
	assert_int_equal(backing_payer_set(&backing, &heir), E_OK);
	account_close(&payer);
	backing_end(&backing);
	account_close(&heir);
}

TEST(replace, "a page's frame can be exchanged; who else holds the old one keeps it")
{
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		machine_start(4000);
		assert_int_equal(backing_make(&backing, &machine, sizes[i], BACKING_ANONYMOUS, false), E_OK);
		size_t page = sizes[i] / 2;
		paddr_t old = backing_page(&backing, page);

		frame_take(old);
		assert_int_equal(account_charge(&machine, 1), E_OK);
		paddr_t fresh = frame_alloc(FRAME_DATA);

		backing_page_set(&backing, page, fresh);
		assert_true(backing_page(&backing, page) == fresh);
		assert_int_equal(frame_of(old)->refs, 1);
		backing_check(&backing);
		backing_end(&backing);
		assert_int_equal(frame_of(old)->refs, 1);
		account_page_free(&machine, old);
		assert_int_equal(machine.charged, 0);
		assert_int_equal(frame_free_count(), 4000);
	}
}

TEST(foreign_frames, "a frame that a foreign mapping holds outlives the memory")
{
	machine_start(100);
	assert_int_equal(backing_make(&backing, &machine, 5, BACKING_ANONYMOUS, true), E_OK);
	paddr_t held = backing_page(&backing, 3);

	frame_take(held);
	backing_end(&backing);
	assert_int_equal(frame_of(held)->refs, 1);
	assert_int_equal(frame_free_count(), 99);
	frame_drop(held);
}

TEST(misuse, "a page that is not filled yet, or beyond the end, is the kernel's mistake")
{
	machine_start(100);
	assert_int_equal(backing_init(&backing, &machine, 5, BACKING_ANONYMOUS, true), E_OK);
	assert_true(HOST_PANICS((void)backing_page(&backing, 0)));
	while (!backing_fill(&backing))
		continue;
	assert_true(HOST_PANICS((void)backing_page(&backing, 5)));
	backing.writable_mappings = 1;
	assert_true(HOST_PANICS(backing_check(&backing)));
}

TEST(random, "many memories at once keep what is written in them, and every counter")
{
	enum { SLOTS = 24, PAGES = 3000 };
	static struct { struct backing backing; size_t pages; unsigned mark; } slots[SLOTS];

	machine_start(PAGES);
	for (unsigned step = 1; step < 1500; step++) {
		unsigned i = dice(SLOTS);

		if (slots[i].pages) {
			for (size_t page = 0; page < slots[i].pages; page++)
				assert_int_equal(*(unsigned *)pa_to_kva(backing_page(&slots[i].backing, page)), slots[i].mark + page);
			backing_end(&slots[i].backing);
			slots[i].pages = 0;
		} else {
			size_t pages = 1 + dice(dice(8) ? 40 : 1400);

			if (backing_make(&slots[i].backing, &machine, pages, BACKING_ANONYMOUS, false) == E_OK)
				slots[i].pages = pages;
			slots[i].mark = step * 10000;
			for (size_t page = 0; page < slots[i].pages; page++)
				*(unsigned *)pa_to_kva(backing_page(&slots[i].backing, page)) = slots[i].mark + (unsigned)page;
		}
		assert_int_equal(machine.charged + frame_free_count(), PAGES);
		account_check(&machine);
	}
	frame_check();
}
