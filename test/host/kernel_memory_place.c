/* kernel_memory_place.c - where things go: at random, apart, in few tables, and anywhere while there is room. */
#include "memory_machine.h"
#include "memory/place.h"

#define REGIONS ((USER_END - TABLE_SPAN) / TABLE_SPAN)

static struct account own;
static struct space space;

UNIT_SETUP
{
	machine_start(12000);
	assert_int_equal(account_init(&own, &machine, 11000), E_OK);
	assert_int_equal(space_init(&space, &own), E_OK);
}

static vaddr_t reserve(size_t pages)
{
	vaddr_t base;

	assert_int_equal(space_reserve(&space, pages, &base), E_OK);
	assert_true(base % PAGE_SIZE == 0 && base >= USER_BASE && base + pages * PAGE_SIZE <= USER_END);
	return base;
}

TEST(arguments, "no pages or more than a program can have is E_ARGUMENT, without a page for the record E_BUDGET")
{
	vaddr_t base;

	assert_int_equal(space_reserve(&space, 0, &base), E_ARGUMENT);
	assert_int_equal(space_reserve(&space, USER_PAGES + 1, &base), E_ARGUMENT);
	assert_int_equal(space_reserve(&space, SIZE_MAX, &base), E_ARGUMENT);
	assert_int_equal(account_resize(&own, own.charged), E_OK);
	assert_int_equal(space_reserve(&space, 1, &base), E_BUDGET);
	assert_true(space.region == 0);
	space_check(&space);
}

TEST(one_region, "small runs share a region while there is room, and leave guard pages between them")
{
	vaddr_t bases[20];

	for (unsigned i = 0; i < 20; i++) {
		bases[i] = reserve(8);
		assert_true(bases[i] / TABLE_SPAN == bases[0] / TABLE_SPAN);
		for (unsigned k = 0; k < i; k++)
			assert_true(bases[i] + 9 * PAGE_SIZE <= bases[k] || bases[k] + 9 * PAGE_SIZE <= bases[i]);
	}
	space_check(&space);
}

TEST(next_region, "a full region is left for another, and all of what was placed stays apart")
{
	size_t seen = 0;
	vaddr_t first = reserve(100);

	for (unsigned i = 0; i < 60; i++)
		seen += reserve(100) / TABLE_SPAN != first / TABLE_SPAN;
	assert_true(seen >= 60 - TABLE_PAGES / 100);
	assert_true(seen <= 59);
	space_check(&space);
}

TEST(dense, "gaps are found that luck does not find: single pages fill a region to the guards")
{
	unsigned in_first = 0;
	vaddr_t first = reserve(1);

	for (unsigned i = 0; i < TABLE_PAGES; i++)
		in_first += reserve(1) / TABLE_SPAN == first / TABLE_SPAN;
	assert_true(in_first >= TABLE_PAGES / 4); /* guards on both sides: between a third and a half of the pages */
	space_check(&space);
}

TEST(random, "places differ from space to space and within a region")
{
	unsigned same_region = 0, same_page = 0, count = 200;
	vaddr_t before = reserve(1);

	for (unsigned i = 0; i < count; i++) {
		struct space other;
		vaddr_t base;

		assert_int_equal(space_init(&other, &own), E_OK);
		assert_int_equal(space_reserve(&other, 1, &base), E_OK);
		same_region += base / TABLE_SPAN == before / TABLE_SPAN;
		same_page += base % TABLE_SPAN == before % TABLE_SPAN;
		before = base;
		while (!space_empty(&other))
			continue;
	}
	assert_true(same_region <= 3 + count * 4 / REGIONS && same_page <= 5);
}

TEST(whole_space, "regions are chosen from all of user space, top and bottom")
{
	unsigned quarters[4] = { 0 };

	for (unsigned i = 0; i < 400; i++) {
		vaddr_t region = place_region(&space);

		assert_true(region && region % TABLE_SPAN == 0 && region + TABLE_SPAN <= USER_END);
		quarters[region / (USER_END / 4)]++;
	}
	for (unsigned i = 0; i < 4; i++)
		assert_in_range(quarters[i], 60, 140);
}

TEST(large, "a run longer than a region gets regions of its own, at a random page")
{
	unsigned aligned = 0;

	for (unsigned i = 0; i < 40; i++) {
		vaddr_t base = reserve(3 * TABLE_PAGES);

		aligned += base % TABLE_SPAN == PAGE_SIZE;
	}
	assert_true(aligned < 10);
	assert_true(space.region == 0); /* none of these is where small runs go */
	space_check(&space);
}

TEST(region_sized, "runs of about a region's length are placed, too")
{
	for (size_t pages = TABLE_PAGES - 3; pages <= TABLE_PAGES + 3; pages++)
		reserve(pages);
	space_check(&space);
}

TEST(everything, "nearly all of user space can be reserved at once, and then hardly anything more")
{
	vaddr_t base;
	size_t all = REGIONS * TABLE_PAGES - 2;

	reserve(all);
	assert_int_equal(space_reserve(&space, TABLE_PAGES, &base), E_SPACE);
	assert_int_equal(space_reserve(&space, 1, &base), E_SPACE);
	assert_int_equal(space_window_create(&space), E_SPACE);
	space_check(&space);
	space_end(&space);
	assert_int_equal(own.charged, 0);
}

TEST(too_long, "a run that fits nowhere is E_SPACE and costs nothing")
{
	vaddr_t base;
	struct snapshot before = snapshot_of(&own);

	assert_int_equal(space_reserve(&space, USER_PAGES, &base), E_SPACE);
	assert_unchanged(&own, before);
	reserve(USER_PAGES / 2);
	before = snapshot_of(&own);
	assert_int_equal(space_reserve(&space, USER_PAGES / 2, &base), E_SPACE);
	assert_unchanged(&own, before);
}

/* Takes [base, end) by hand, as if luck had put a reservation there. */
static void occupy(vaddr_t base, vaddr_t end)
{
	struct reservation *room = slab_alloc(&own, sizeof *room);

	assert_non_null(room);
	room->base = base;
	room->pages = (end - base) / PAGE_SIZE;
	assert_true(tree_insert(&space.reservations, &room->node, base));
}

TEST(last_room, "when no region is free any more the current one is filled without guards")
{
	vaddr_t base = reserve(1);
	size_t pages = 0;

	occupy(TABLE_SPAN, space.region);
	occupy(space.region + TABLE_SPAN, USER_END);
	assert_true(place_region(&space) == 0);
	while (space_reserve(&space, 1, &base) == E_OK) {
		assert_true(base / TABLE_SPAN == space.region / TABLE_SPAN);
		pages++;
	}
	assert_true(pages >= TABLE_PAGES / 2); /* more than guards would allow, until the walk finds no gap by chance */
	space_check(&space);
}

TEST(around_window, "nothing is placed in the window")
{
	assert_int_equal(space_window_create(&space), E_OK);
	space.region = space.window; /* as if all of luck pointed there */
	for (unsigned i = 0; i < 50; i++) {
		vaddr_t base = reserve(1);

		assert_true(base < space.window || base >= space.window + TABLE_SPAN);
	}
	space_check(&space);
}

TEST(is_free, "place_is_free knows borders to the page")
{
	vaddr_t base = reserve(4), end = base + 4 * PAGE_SIZE;

	assert_true(place_is_free(&space, base - 2 * PAGE_SIZE, base));
	assert_false(place_is_free(&space, base - PAGE_SIZE, base + PAGE_SIZE));
	assert_false(place_is_free(&space, base + PAGE_SIZE, base + 2 * PAGE_SIZE));
	assert_false(place_is_free(&space, end - PAGE_SIZE, end + PAGE_SIZE));
	assert_true(place_is_free(&space, end, end + PAGE_SIZE));
	assert_false(place_is_free(&space, 0, PAGE_SIZE));
	assert_true(place_is_free(&space, USER_END - PAGE_SIZE, USER_END));
	assert_false(place_is_free(&space, USER_END - PAGE_SIZE, USER_END + PAGE_SIZE));
	assert_false(place_is_free(&space, end, end));
}

TEST(in_pieces, "a space cut into hundreds of pieces still places small runs, and refuses what fits nowhere")
{
	vaddr_t base;

	for (unsigned i = 0; i < 600; i++)
		reserve(TABLE_PAGES / 2);
	space_check(&space);
	assert_int_equal(space_reserve(&space, USER_PAGES - USER_PAGES / 64, &base), E_SPACE);
	reserve(1);
}

TEST(only_gap, "the only gap of a region is found from any page on: a reservation is passed in one step, whatever is mapped in it")
{
	enum { ROOM = TABLE_PAGES / 16, HALVES = 2 };
	static struct mapping halves[16][HALVES];
	vaddr_t region = place_region(&space), gap = region + (TABLE_PAGES - 3) * PAGE_SIZE;

	space.region = region;
	for (unsigned i = 0; i < 16; i++) {
		vaddr_t base = region + i * ROOM * PAGE_SIZE, end = i < 15 ? base + ROOM * PAGE_SIZE : gap, middle = base + PAGE_SIZE;

		occupy(base, end);
		for (unsigned k = 0; k < HALVES; k++) {
			halves[i][k].base = k ? middle : base;
			halves[i][k].pages = ((k ? end : middle) - halves[i][k].base) / PAGE_SIZE;
			assert_true(tree_insert(&space.mappings, &halves[i][k].node, halves[i][k].base));
		}
	}
	for (unsigned i = 0; i < 100; i++)
		assert_in_range(place_find(&space, 1, &(vaddr_t){ 0 }), gap + PAGE_SIZE, gap + 2 * PAGE_SIZE);
}
