/* kernel_memory_frame.c - the buddy allocator: what it gives, joins, refuses, and how it fares against a bitmap. */
#include "memory_machine.h"

static paddr_t page_at(size_t i)
{
	return HOST_RAM_BASE + i * PAGE_SIZE;
}

static paddr_t run_claimed(size_t pages)
{
	paddr_t base = frame_alloc_run(pages);

	for (size_t i = 0; base && i < pages; i++)
		frame_claim(base + i * PAGE_SIZE, FRAME_DATA);
	return base;
}

TEST(give, "all frames given are free, the others reserved")
{
	machine_start(100);
	assert_int_equal(frame_total_count(), 101);
	assert_int_equal(frame_free_count(), 100);
	assert_int_equal(frame_of(page_at(0))->kind, FRAME_RESERVED);
	assert_int_equal(frame_of(page_at(0))->refs, 1);
	frame_check();
	frame_give(page_at(0), 1);
	assert_int_equal(frame_free_count(), 101);
	frame_check();
}

TEST(alloc_all, "every frame is given once, with kind and one ref, and all come back joined")
{
	paddr_t pages[64];

	machine_start(63);
	frame_give(page_at(0), 1); /* now 64 in one block */
	for (unsigned i = 0; i < 64; i++) {
		pages[i] = frame_alloc(FRAME_DATA);
		assert_int_equal(frame_of(pages[i])->kind, FRAME_DATA);
		assert_int_equal(frame_of(pages[i])->refs, 1);
		for (unsigned k = 0; k < i; k++)
			assert_true(pages[k] != pages[i]);
		frame_check();
	}
	assert_int_equal(frame_free_count(), 0);
	for (unsigned i = 0; i < 64; i++) {
		frame_drop(pages[i * 37 % 64]);
		frame_check();
	}
	assert_true(run_claimed(64) == page_at(0)); /* only if they are one block again */
}

TEST(exhausted, "asking for a frame when none is left breaks I1 and ends the machine")
{
	machine_start(1);
	assert_true(frame_alloc(FRAME_DATA));
	assert_true(HOST_PANICS((void)frame_alloc(FRAME_DATA)));
}

TEST(refs, "a frame is free only when the last ref has gone")
{
	machine_start(4);
	paddr_t page = frame_alloc(FRAME_DATA);

	frame_take(page);
	frame_drop(page);
	assert_int_equal(frame_free_count(), 3);
	frame_drop(page);
	assert_int_equal(frame_free_count(), 4);
	assert_true(HOST_PANICS(frame_drop(page)));
	assert_true(HOST_PANICS(frame_take(page)));
	assert_true(HOST_PANICS(frame_drop(page_at(0)))); /* reserved */
	assert_true(HOST_PANICS(frame_drop(HOST_RAM_BASE - PAGE_SIZE)));
}

TEST(runs, "runs are contiguous and naturally aligned, their tails stay free, and each frame has its ref")
{
	for (size_t pages = 1; pages <= 40; pages++) {
		machine_start(200);
		paddr_t run = run_claimed(pages);
		size_t alignment = PAGE_SIZE;

		while (alignment < pages * PAGE_SIZE)
			alignment *= 2;
		assert_true(run && run % alignment == 0);
		assert_int_equal(frame_free_count(), 200 - pages);
		for (size_t i = 0; i < pages; i++)
			assert_int_equal(frame_of(run + i * PAGE_SIZE)->refs, 1);
		frame_check();
		for (size_t i = 0; i < pages; i++)
			frame_drop(run + i * PAGE_SIZE);
		frame_check();
		assert_int_equal(frame_free_count(), 200);
	}
}

TEST(claimed_later, "frames of a run are nobody's until they are claimed, are given to nobody else, and each is claimed once")
{
	machine_start(64);
	paddr_t run = frame_alloc_run(8);

	assert_int_equal(frame_free_count(), 56);
	frame_check();
	while (frame_free_count()) {
		paddr_t other = frame_alloc(FRAME_DATA);

		assert_true(other < run || other >= run + 8 * PAGE_SIZE);
	}
	for (size_t i = 0; i < 8; i++) {
		frame_claim(run + i * PAGE_SIZE, FRAME_DATA);
		frame_check();
	}
	assert_true(HOST_PANICS(frame_claim(run, FRAME_DATA)));
}

TEST(largest_run, "a run of FRAME_RUN_PAGES can be had, one of a page more or of none cannot")
{
	machine_start(4000);
	assert_true(run_claimed(FRAME_RUN_PAGES));
	assert_true(run_claimed(FRAME_RUN_PAGES + 1) == 0);
	assert_true(run_claimed(SIZE_MAX) == 0);
	assert_true(run_claimed(0) == 0);
	frame_check();
}

TEST(fragmented, "a run is refused, and nothing taken, where every second frame is in use")
{
	machine_start(63);
	frame_give(page_at(0), 1);
	for (unsigned i = 0; i < 64; i++)
		assert_true(frame_alloc(FRAME_DATA));
	for (unsigned i = 0; i < 64; i += 2)
		frame_drop(page_at(i));
	assert_int_equal(frame_free_count(), 32);
	assert_true(run_claimed(2) == 0);
	assert_int_equal(frame_free_count(), 32);
	frame_drop(page_at(1));
	assert_true(run_claimed(2));
	frame_check();
}

TEST(zero, "frame_zero clears the page and no byte beside it")
{
	machine_start(8);
	uint8_t *page = pa_to_kva(page_at(2));

	frame_zero(page_at(2));
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		assert_int_equal(page[i], 0);
	assert_int_equal(page[-1], 0xa5);
	assert_int_equal(page[PAGE_SIZE], 0xa5);
}

TEST(where, "RAM and image are told apart from all else, to the byte")
{
	machine_start(8);
	assert_true(frame_is_ram(HOST_RAM_BASE) && frame_is_ram(page_at(9) - 1));
	assert_false(frame_is_ram(HOST_RAM_BASE - 1) || frame_is_ram(page_at(9)));
	assert_true(frame_is_image(HOST_IMAGE_BASE) && frame_is_image(HOST_IMAGE_BASE + HOST_IMAGE_BYTES - 1));
	assert_false(frame_is_image(HOST_IMAGE_BASE - 1) || frame_is_image(HOST_IMAGE_BASE + HOST_IMAGE_BYTES));
	frame_image_set(0, 0);
	assert_false(frame_is_image(0));
}

TEST(unaligned_ram, "RAM may begin and end anywhere: blocks are aligned to addresses, not to its start")
{
	host_reset();
	frame_init(page_at(5), 1030, machine_frames);
	frame_give(page_at(5), 1030);
	frame_check();
	assert_int_equal(frame_free_count(), 1030);
	assert_true(run_claimed(512) % (512 * PAGE_SIZE) == 0);
	frame_check();
	assert_true(run_claimed(1024) == 0);
}

/* The model: who holds each frame, 0: free. */
TEST(random, "any order of taking and dropping frames and runs agrees with a map of them")
{
	enum { PAGES = 300 };
	static uint16_t owner[PAGES + 1];
	static struct { size_t first, pages; } runs[64];

	machine_start(PAGES);
	owner[0] = 1;
	for (unsigned step = 0; step < 6000; step++) {
		unsigned slot = dice(64);

		if (runs[slot].pages) {
			for (size_t i = 0; i < runs[slot].pages; i++) {
				owner[runs[slot].first + i] = 0;
				frame_drop(page_at(runs[slot].first + i));
			}
			runs[slot].pages = 0;
		} else {
			size_t pages = 1 + (dice(3) ? 0 : dice(20));
			paddr_t run = frame_free_count() ? run_claimed(pages) : 0;

			if (run) {
				runs[slot].first = (run - HOST_RAM_BASE) / PAGE_SIZE;
				runs[slot].pages = pages;
			}
			for (size_t i = 0; run && i < pages; i++) {
				assert_int_equal(owner[runs[slot].first + i], 0);
				owner[runs[slot].first + i] = 1;
			}
		}
		size_t held = 0;
		for (size_t i = 1; i <= PAGES; i++)
			held += owner[i];
		assert_int_equal(frame_free_count(), PAGES - held);
		frame_check();
	}
}

TEST(corrupt, "the checker sees a wrong count of refs, and a free frame that no list has")
{
	machine_start(16);
	paddr_t page = frame_alloc(FRAME_DATA);

	frame_of(page)->refs = 0;
	assert_true(HOST_PANICS(frame_check()));
	frame_of(page)->refs = 1;
	frame_check();
	frame_of(page)->kind = FRAME_FREE;
	frame_of(page)->refs = 0;
	assert_true(HOST_PANICS(frame_check()));
}
