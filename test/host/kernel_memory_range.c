/* kernel_memory_range.c - unmapping and protecting: what is a range, what is refused, and several threads at once. */
#include "memory_machine.h"

#define RW (PROT_READ | PROT_WRITE)
#define RX (PROT_READ | PROT_EXECUTE)
#define ALL (PROT_READ | PROT_WRITE | PROT_EXECUTE)
#define P PAGE_SIZE

static struct account own;
static struct space space;
static struct backing backing;
static vaddr_t room; /* a reservation of 300 pages; mapped: 10 at 0, 20 at 10, 5 at 30, hole, 40 at 50 */

static vaddr_t place(size_t page, size_t pages)
{
	vaddr_t base = room + page * P;

	assert_int_equal(map(&space, &base, &backing, page, pages, RW, RW), E_OK);
	return base;
}

UNIT_SETUP
{
	machine_start(4000);
	assert_int_equal(account_init(&own, &machine, 3000), E_OK);
	assert_int_equal(space_init(&space, &own), E_OK);
	assert_int_equal(backing_make(&backing, &own, 300, BACKING_ANONYMOUS, true), E_OK);
	assert_int_equal(space_reserve(&space, 300, &room), E_OK);
	place(0, 10);
	place(10, 20);
	place(30, 5);
	place(50, 40);
}

static unsigned access_at(size_t page)
{
	unsigned word = 0;
	vaddr_t address = room + page * P;

	return (host_user_read(space.root, address, &word, 4) ? 0 : PROT_READ) |
	       (host_user_write(space.root, address, &word, 4) ? 0 : PROT_WRITE) |
	       (host_user_fetch(space.root, address) ? 0 : PROT_EXECUTE);
}

/* Both calls refuse the range, and nothing changes. */
static void refuse(err_t expected, vaddr_t base, size_t pages)
{
	struct snapshot before = snapshot_of(&own);

	assert_int_equal(space_unmap_begin(&space, base, pages), expected);
	assert_int_equal(space_protect_begin(&space, base, pages, PROT_READ), expected);
	assert_unchanged(&own, before);
	space_check(&space);
	backing_check(&backing);
	for (struct mapping *m = space_next(&space, 0); m; m = space_next(&space, m->base + m->pages * P))
		assert_true(m->state == MAPPING_WHOLE && m->protection == RW);
}

TEST(ranges, "a range is one or more whole mappings without holes; all else is E_ADDRESS")
{
	refuse(E_ADDRESS, room, 9);
	refuse(E_ADDRESS, room, 11);
	refuse(E_ADDRESS, room + P, 9);
	refuse(E_ADDRESS, room, 36);
	refuse(E_ADDRESS, room + 35 * P, 15);
	refuse(E_ADDRESS, room + 49 * P, 41);
	refuse(E_ADDRESS, room + 200 * P, 1);
	refuse(E_ADDRESS, room, SIZE_MAX / P);
	refuse(E_ADDRESS, room, SIZE_MAX);
	refuse(E_ADDRESS, USER_END, 1);
	refuse(E_ADDRESS, align_down(UINTPTR_MAX, P), 1);
	refuse(E_ADDRESS, 0, 1);
	assert_int_equal(unmap(&space, room, 35), E_OK);
	assert_null(space_find(&space, room + 34 * P));
	assert_int_equal(access_at(50), RW);
	assert_int_equal(unmap(&space, room + 50 * P, 40), E_OK);
	assert_int_equal(space.mapped_pages, 0);
	space_check(&space);
}

TEST(arguments, "no pages and unaligned addresses are E_ARGUMENT, and so are unknown protections and W with X")
{
	refuse(E_ARGUMENT, room, 0);
	refuse(E_ARGUMENT, room + 1, 10);
	refuse(E_ARGUMENT, room + P - 1, 10);
	assert_int_equal(space_protect_begin(&space, room, 10, 8), E_ARGUMENT);
	assert_int_equal(space_protect_begin(&space, room, 10, ~0u), E_ARGUMENT);
	assert_int_equal(space_protect_begin(&space, room, 10, ALL), E_ARGUMENT);
	assert_int_equal(space_protect_begin(&space, room, 10, PROT_WRITE | PROT_EXECUTE), E_ARGUMENT);
}

TEST(reservation, "a reservation is given back when nothing is mapped in it, and only as a whole")
{
	vaddr_t base;
	struct snapshot before = snapshot_of(&own);

	refuse(E_ADDRESS, room, 300); /* mappings in it */
	assert_int_equal(space_reserve(&space, 10, &base), E_OK);
	assert_int_equal(space_unmap_begin(&space, base, 9), E_ADDRESS);
	assert_int_equal(space_unmap_begin(&space, base + P, 9), E_ADDRESS);
	assert_int_equal(space_protect_begin(&space, base, 10, 0), E_ADDRESS);
	assert_int_equal(unmap(&space, base, 10), E_OK);
	assert_int_equal(unmap(&space, base, 10), E_ADDRESS);
	assert_unchanged(&own, before);
	space_check(&space);
}

TEST(full_reservation, "unmapping a mapping that fills its reservation leaves the reservation; once more frees it")
{
	vaddr_t base;

	assert_int_equal(space_reserve(&space, 10, &base), E_OK);
	assert_int_equal(map(&space, &base, &backing, 0, 10, RW, RW), E_OK);
	assert_int_equal(unmap(&space, base, 10), E_OK);
	assert_true(space_next_reservation(&space, base)->base == base);
	assert_int_equal(unmap(&space, base, 10), E_OK);
	assert_true(!space_next_reservation(&space, base) || space_next_reservation(&space, base)->base != base);
}

TEST(protect, "protection changes for every page, for the counters, and in what the TLB may hold")
{
	assert_int_equal(backing.writable_mappings, 4);
	host_tlb_fill(space.root);
	assert_int_equal(protect(&space, room, 35, PROT_READ), E_OK);
	host_tlb_check();
	for (size_t page = 0; page < 35; page++)
		assert_int_equal(access_at(page), PROT_READ);
	assert_int_equal(backing.writable_mappings, 1);
	backing_check(&backing);
	assert_int_equal(protect(&space, room, 30, 0), E_OK);
	for (size_t page = 0; page < 30; page++)
		assert_int_equal(access_at(page), 0);
	assert_int_equal(access_at(30), PROT_READ);
	assert_int_equal(protect(&space, room, 35, PROT_WRITE), E_OK); /* implies read */
	for (size_t page = 0; page < 35; page++)
		assert_int_equal(access_at(page), RW);
	assert_int_equal(backing.writable_mappings, 4);
	space_check(&space);
}

TEST(protect_keeps, "what is written stays through no access and back")
{
	unsigned word = 4711;

	assert_int_equal(host_user_write(space.root, room + 3 * P, &word, 4), 0);
	assert_int_equal(protect(&space, room, 10, 0), E_OK);
	assert_int_equal(protect(&space, room, 10, PROT_READ), E_OK);
	word = 0;
	assert_int_equal(host_user_read(space.root, room + 3 * P, &word, 4), 0);
	assert_int_equal(word, 4711);
}

TEST(rights, "a mapping gets no more than its handle allowed")
{
	vaddr_t base = room + 100 * P;

	assert_int_equal(map(&space, &base, &backing, 0, 3, PROT_READ, PROT_READ), E_OK);
	assert_int_equal(protect(&space, base, 3, RW), E_RIGHTS);
	assert_int_equal(protect(&space, base, 3, PROT_WRITE), E_RIGHTS);
	assert_int_equal(protect(&space, base, 3, 0), E_OK);
	assert_int_equal(protect(&space, base, 3, PROT_READ), E_OK);
	assert_int_equal(space_find(&space, base)->protection, PROT_READ);
}

TEST(sealed, "executable only when sealed, and then never writable, even while protecting")
{
	vaddr_t base = 0;
	struct backing text;

	assert_int_equal(backing_make(&text, &own, 100, BACKING_ANONYMOUS, false), E_OK);
	assert_int_equal(map(&space, &base, &text, 0, 100, PROT_READ, ALL), E_OK);
	assert_int_equal(protect(&space, base, 100, RX), E_SEALED);
	assert_int_equal(protect(&space, base, 100, PROT_EXECUTE), E_SEALED);
	assert_int_equal(space_protect_begin(&space, base, 100, RW), E_OK);
	assert_int_equal(text.writable_mappings, 1); /* from the first moment on: sealing is refused */
	while (!space_protect_step(&space, base, 100, RW))
		space_check(&space);
	assert_int_equal(space_protect_begin(&space, base, 100, PROT_READ), E_OK);
	space_protect_step(&space, base, 100, PROT_READ);
	assert_int_equal(text.writable_mappings, 1); /* to the last */
	while (!space_protect_step(&space, base, 100, PROT_READ))
		backing_check(&text);
	assert_int_equal(text.writable_mappings, 0);
	text.sealed = true;
	assert_int_equal(protect(&space, base, 100, RW), E_SEALED);
	assert_int_equal(protect(&space, base, 100, PROT_WRITE), E_SEALED);
	assert_int_equal(protect(&space, base, 100, RX), E_OK);
	assert_int_equal(host_user_fetch(space.root, base + 99 * P), 0);
	space_check(&space);
}

TEST(lent, "a lent page keeps its mapping from being unmapped or protected, a pinned one from being unmapped")
{
	struct mapping *mapping = space_find(&space, room + 10 * P);

	mapping->lent_pages = backing.lent_pages = 1;
	refuse(E_LENT, room + 10 * P, 20);
	refuse(E_LENT, room, 35); /* the second of three */
	mapping->lent_pages = backing.lent_pages = 0;
	mapping->pinned_pages = backing.pinned_pages = 1;
	assert_int_equal(space_unmap_begin(&space, room, 35), E_LENT);
	assert_int_equal(protect(&space, room, 35, PROT_READ), E_OK);
	assert_true(HOST_PANICS(mapping_remove_step(mapping))); /* by force: whoever forces it has freed it first */
	mapping->pinned_pages = backing.pinned_pages = 0;
	assert_int_equal(unmap(&space, room, 35), E_OK);
}

TEST(limit, "a range of more than RANGE_MAPPINGS mappings is E_LIMIT, of exactly as many is not")
{
	for (size_t page = 100; page < 100 + RANGE_MAPPINGS + 1; page++)
		place(page, 1);
	assert_int_equal(space_unmap_begin(&space, room + 100 * P, RANGE_MAPPINGS + 1), E_LIMIT);
	assert_int_equal(space_protect_begin(&space, room + 100 * P, RANGE_MAPPINGS + 1, 0), E_LIMIT);
	assert_int_equal(protect(&space, room + 100 * P, RANGE_MAPPINGS, 0), E_OK);
	assert_int_equal(access_at(100 + RANGE_MAPPINGS - 1), 0);
	assert_int_equal(access_at(100 + RANGE_MAPPINGS), RW);
	assert_int_equal(unmap(&space, room + 100 * P, RANGE_MAPPINGS), E_OK);
	assert_null(space_find(&space, room + 100 * P));
	space_check(&space);
}

TEST(unfinished, "what is being built, protected or removed is not whole, so others are refused until it is")
{
	struct mapping *building;
	vaddr_t base = room + 100 * P;

	assert_int_equal(space_map_begin(&space, base, &backing, 0, 100, RW, RW, &building), E_OK);
	space_map_step(building);
	assert_int_equal(space_unmap_begin(&space, base, 100), E_ADDRESS);
	assert_int_equal(space_protect_begin(&space, base, 100, 0), E_ADDRESS);
	while (!space_map_step(building))
		continue;
	assert_int_equal(space_protect_begin(&space, base, 100, 0), E_OK);
	space_protect_step(&space, base, 100, 0);
	assert_int_equal(space_protect_begin(&space, base, 100, PROT_READ), E_ADDRESS);
	assert_int_equal(space_unmap_begin(&space, base, 100), E_ADDRESS);
	while (!space_protect_step(&space, base, 100, 0))
		continue;
	assert_int_equal(space_unmap_begin(&space, base, 100), E_OK);
	space_unmap_step(&space, base, 100);
	assert_int_equal(space_unmap_begin(&space, base, 100), E_ADDRESS);
	assert_int_equal(space_map_begin(&space, base, &backing, 0, 1, RW, RW, &building), E_SPACE);
	while (!space_unmap_step(&space, base, 100))
		continue;
	assert_int_equal(map(&space, &base, &backing, 0, 1, RW, RW), E_OK);
}

TEST(remapped, "unmapping goes on past what another thread has mapped meanwhile, and leaves it alone")
{
	vaddr_t base = room;

	assert_int_equal(space_unmap_begin(&space, room, 35), E_OK);
	while (space_find(&space, room))
		space_unmap_step(&space, room, 35);
	assert_int_equal(map(&space, &base, &backing, 0, 10, PROT_READ, RW), E_OK);
	while (!space_unmap_step(&space, room, 35))
		space_check(&space);
	assert_int_equal(access_at(0), PROT_READ);
	assert_null(space_find(&space, room + 10 * P));
	assert_null(space_find(&space, room + 34 * P));
}

TEST(two_aims, "two threads that protect neighbouring mappings to different ends do not mix them up")
{
	assert_int_equal(space_protect_begin(&space, room, 30, PROT_READ), E_OK);
	while (space_find(&space, room)->state != MAPPING_WHOLE)
		space_protect_step(&space, room, 30, PROT_READ);
	assert_int_equal(space_protect_begin(&space, room, 10, 0), E_OK); /* the other thread, on what is finished */
	while (!space_protect_step(&space, room, 30, PROT_READ))
		space_check(&space);
	assert_int_equal(space_find(&space, room)->state, MAPPING_PROTECTING);
	assert_int_equal(access_at(20), PROT_READ);
	while (!space_protect_step(&space, room, 10, 0))
		continue;
	assert_int_equal(access_at(5), 0);
	assert_int_equal(access_at(20), PROT_READ);
	backing_check(&backing);
}

TEST(done_again, "a step too many does nothing")
{
	assert_int_equal(unmap(&space, room, 10), E_OK);
	assert_true(space_unmap_step(&space, room, 10));
	assert_true(space_protect_step(&space, room + 10 * P, 20, 0));
	assert_int_equal(access_at(10), RW);
}
