/* kernel_memory_space.c - mapping and unmapping: every refusal, what is charged, and what a program sees. */
#include "memory_machine.h"

#define LEVELS_ABOVE (TABLE_LEVELS - 1)
#define RW (PROT_READ | PROT_WRITE)
#define ALL (PROT_READ | PROT_WRITE | PROT_EXECUTE)

static struct account own, stranger; /* `own` pays for the space */
static struct space space;
static struct backing backing, image, device;
static struct mapping *mapping;

UNIT_SETUP
{
	machine_start(8000);
	assert_int_equal(account_init(&own, &machine, 3000), E_OK);
	assert_int_equal(account_init(&stranger, &machine, 3000), E_OK);
	assert_int_equal(space_init(&space, &own), E_OK);
	backing_init_fixed(&image, HOST_IMAGE_BASE, 16, BACKING_IMAGE);
	backing_init_fixed(&device, 0x10000000, 16, BACKING_DEVICE);
}

static void make(size_t pages, bool shared)
{
	assert_int_equal(backing_make(&backing, &own, pages, BACKING_ANONYMOUS, shared), E_OK);
}

/* Tries a mapping that must be refused with this error and change nothing. */
static void refuse(err_t expected, vaddr_t base, struct backing *what, size_t offset, size_t pages, unsigned protection, unsigned allowed)
{
	struct snapshot before = snapshot_of(&own);
	vaddr_t region = space.region;

	assert_int_equal(space_map_begin(&space, base, what, offset, pages, protection, allowed, &mapping), expected);
	assert_unchanged(&own, before);
	assert_true(space.region == region);
	space_check(&space);
	backing_check(what);
}

static vaddr_t reserve(size_t pages)
{
	vaddr_t base;

	assert_int_equal(space_reserve(&space, pages, &base), E_OK);
	return base;
}

/* What the program reads at a page: its first word, or the cause of its fault negated. */
static long read_word(vaddr_t address)
{
	unsigned word;
	unsigned cause = host_user_read(space.root, address, &word, sizeof word);

	return cause ? -(long)cause : (long)word;
}

static unsigned write_word(vaddr_t address, unsigned word)
{
	return host_user_write(space.root, address, &word, sizeof word);
}

TEST(init, "a space costs its root; without a page it is refused")
{
	struct account empty;
	struct space other;

	assert_int_equal(own.charged, 1);
	space_check(&space);
	assert_int_equal(account_init(&empty, &machine, 0), E_OK);
	assert_int_equal(space_init(&other, &empty), E_BUDGET);
	assert_false(space_empty(&space) && own.charged);
	assert_true(space_empty(&space)); /* once more does no harm */
	assert_int_equal(own.charged, 0);
}

TEST(map_one, "a page mapped anywhere is there, zero, writable, and gone after unmap, with every table")
{
	vaddr_t base = 0;

	make(1, false);
	struct snapshot before = snapshot_of(&own);

	assert_int_equal(map(&space, &base, &backing, 0, 1, RW, ALL), E_OK);
	assert_int_equal(own.charged, before.charged + LEVELS_ABOVE + 1); /* tables and the record's slab page */
	assert_int_equal(read_word(base), 0);
	assert_int_equal(write_word(base, 77), 0);
	assert_int_equal(read_word(base), 77);
	assert_int_equal(read_word(base + PAGE_SIZE), -(long)CAUSE_READ);
	assert_int_equal(host_user_fetch(space.root, base), CAUSE_FETCH);
	space_check(&space);
	backing_check(&backing);
	assert_int_equal(unmap(&space, base, 1), E_OK);
	host_tlb_check();
	assert_int_equal(read_word(base), -(long)CAUSE_READ);
	assert_unchanged(&own, before);
	space_check(&space);
}

TEST(map_long, "a mapping over several tables is made in steps and shows every page once")
{
	size_t pages = 3 * TABLE_PAGES + 7;
	vaddr_t base;
	unsigned steps = 1;

	assert_int_equal(account_resize(&own, 4800), E_OK);
	make(pages, true);
	struct snapshot before = snapshot_of(&own);

	assert_int_equal(space_map_begin(&space, 0, &backing, 0, pages, RW, RW, &mapping), E_OK);
	for (; !space_map_step(mapping); steps++)
		space_check(&space);
	assert_true(steps >= pages / 32);
	assert_int_equal(mapping->state, MAPPING_WHOLE);
	assert_true(space_map_step(mapping));
	base = mapping->base;
	for (size_t i = 0; i < pages; i++)
		assert_int_equal(write_word(base + i * PAGE_SIZE, (unsigned)i + 1), 0);
	for (size_t i = 0; i < pages; i++)
		assert_int_equal(*(unsigned *)pa_to_kva(backing_page(&backing, i)), i + 1);
	host_tlb_fill(space.root);
	assert_int_equal(space_unmap_begin(&space, base, pages), E_OK);
	while (!space_unmap_step(&space, base, pages)) {
		host_tlb_check();
		space_check(&space);
	}
	host_tlb_check();
	assert_unchanged(&own, before);
}

TEST(offset, "a mapping may show a part of its memory, from any page on")
{
	vaddr_t base = 0;

	make(10, true);
	for (unsigned i = 0; i < 10; i++)
		*(unsigned *)pa_to_kva(backing_page(&backing, i)) = i;
	assert_int_equal(map(&space, &base, &backing, 4, 3, PROT_READ, ALL), E_OK);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(read_word(base + i * PAGE_SIZE), 4 + i);
	assert_int_equal(write_word(base, 1), CAUSE_WRITE);
	space_check(&space);
}

TEST(bad_arguments, "no pages, pages beyond the memory, bad protections and unaligned addresses are E_ARGUMENT")
{
	make(10, true);
	vaddr_t room = reserve(20);

	refuse(E_ARGUMENT, 0, &backing, 0, 0, RW, ALL);
	refuse(E_ARGUMENT, 0, &backing, 0, 11, RW, ALL);
	refuse(E_ARGUMENT, 0, &backing, 10, 1, RW, ALL);
	refuse(E_ARGUMENT, 0, &backing, 9, 2, RW, ALL);
	refuse(E_ARGUMENT, 0, &backing, SIZE_MAX, 1, RW, ALL);
	refuse(E_ARGUMENT, 0, &backing, 1, SIZE_MAX, RW, ALL);
	refuse(E_ARGUMENT, 0, &backing, 0, 1, 8, ALL);
	refuse(E_ARGUMENT, 0, &backing, 0, 1, PROT_WRITE | PROT_EXECUTE, ALL);
	refuse(E_ARGUMENT, 0, &backing, 0, 1, ALL, ALL);
	refuse(E_ARGUMENT, room + 1, &backing, 0, 1, RW, ALL);
	refuse(E_ARGUMENT, room + PAGE_SIZE - 1, &backing, 0, 1, RW, ALL);
}

TEST(rights, "protection beyond what the handle allows is E_RIGHTS; write implies read on both sides")
{
	vaddr_t base = 0;

	make(10, true);
	refuse(E_RIGHTS, 0, &backing, 0, 1, RW, PROT_READ);
	refuse(E_RIGHTS, 0, &backing, 0, 1, PROT_READ, 0);
	assert_int_equal(map(&space, &base, &backing, 0, 1, PROT_WRITE, PROT_WRITE), E_OK);
	assert_int_equal(read_word(base), 0);
	assert_int_equal(space_find(&space, base)->protection, RW);
}

TEST(sealed, "what is writable is never executable: anonymous, device, sealed and image memory")
{
	vaddr_t base = 0, other = 0;

	make(10, true);
	refuse(E_SEALED, 0, &backing, 0, 1, PROT_READ | PROT_EXECUTE, ALL);
	refuse(E_SEALED, 0, &device, 0, 1, PROT_EXECUTE, ALL);
	refuse(E_SEALED, 0, &image, 0, 1, RW, ALL);
	backing.sealed = true;
	refuse(E_SEALED, 0, &backing, 0, 1, RW, ALL);
	refuse(E_SEALED, 0, &backing, 0, 1, PROT_WRITE, ALL);
	assert_int_equal(map(&space, &base, &backing, 0, 1, PROT_READ | PROT_EXECUTE, ALL), E_OK);
	assert_int_equal(host_user_fetch(space.root, base), 0);
	assert_int_equal(map(&space, &other, &image, 2, 3, PROT_EXECUTE, ALL), E_OK);
	assert_int_equal(host_user_fetch(space.root, other), 0);
	assert_int_equal(read_word(other), -(long)CAUSE_READ);
	space_check(&space);
}

TEST(busy, "private memory has one mapping at a time, shared memory many; what is not filled has none")
{
	vaddr_t base = 0, again = 0;
	struct backing unfilled;

	make(10, false);
	assert_int_equal(map(&space, &base, &backing, 0, 5, RW, ALL), E_OK);
	refuse(E_BUSY, 0, &backing, 5, 5, RW, ALL);
	assert_int_equal(unmap(&space, base, 5), E_OK);
	assert_int_equal(map(&space, &again, &backing, 5, 5, RW, ALL), E_OK);
	assert_int_equal(unmap(&space, again, 5), E_OK);
	backing.shared = true;
	for (unsigned i = 0; i < 10; i++) {
		vaddr_t at = 0;

		assert_int_equal(map(&space, &at, &backing, 0, 10, RW, ALL), E_OK);
	}
	space_check(&space);
	backing_check(&backing);
	assert_int_equal(backing.writable_mappings, 10);
	assert_int_equal(backing_init(&unfilled, &own, 10, BACKING_ANONYMOUS, true), E_OK);
	refuse(E_BUSY, 0, &unfilled, 0, 1, RW, ALL);
}

TEST(at_base, "an address must lie with the whole range inside one reservation, and be free")
{
	make(30, true);
	vaddr_t room = reserve(20), page = PAGE_SIZE, base;

	refuse(E_SPACE, room - page, &backing, 0, 1, RW, ALL);
	refuse(E_SPACE, room - page, &backing, 0, 2, RW, ALL);
	refuse(E_SPACE, room + 20 * page, &backing, 0, 1, RW, ALL);
	refuse(E_SPACE, room + 19 * page, &backing, 0, 2, RW, ALL);
	refuse(E_SPACE, room, &backing, 0, 21, RW, ALL);
	refuse(E_SPACE, page, &backing, 0, 1, RW, ALL);
	refuse(E_SPACE, USER_END, &backing, 0, 1, RW, ALL);
	refuse(E_SPACE, align_down(UINTPTR_MAX, page), &backing, 0, 1, RW, ALL);
	base = room + 5 * page;
	assert_int_equal(map(&space, &base, &backing, 0, 5, RW, ALL), E_OK);
	assert_true(base == room + 5 * page);
	refuse(E_SPACE, room, &backing, 0, 6, RW, ALL);
	refuse(E_SPACE, room + 9 * page, &backing, 0, 1, RW, ALL);
	refuse(E_SPACE, room, &backing, 0, 20, RW, ALL);
	base = room;
	assert_int_equal(map(&space, &base, &backing, 0, 5, RW, ALL), E_OK); /* right before */
	base = room + 10 * page;
	assert_int_equal(map(&space, &base, &backing, 0, 10, RW, ALL), E_OK); /* right behind, to the end */
	space_check(&space);
}

TEST(none, "a mapping may begin with no access: its pages are kept, and appear with protect")
{
	vaddr_t base = 0;

	make(3, false);
	*(unsigned *)pa_to_kva(backing_page(&backing, 1)) = 5;
	assert_int_equal(map(&space, &base, &backing, 0, 3, 0, RW), E_OK);
	assert_int_equal(read_word(base), -(long)CAUSE_READ);
	space_check(&space);
	assert_int_equal(protect(&space, base, 3, PROT_READ), E_OK);
	assert_int_equal(read_word(base + PAGE_SIZE), 5);
	assert_int_equal(unmap(&space, base, 3), E_OK);
}

TEST(budget, "with each page too few for record, tables and foreign pages, nothing happens; with enough, all fits")
{
	assert_int_equal(backing_make(&backing, &stranger, 5, BACKING_ANONYMOUS, true), E_OK);
	for (size_t pages = 0; pages < 1 + LEVELS_ABOVE + 5; pages++) {
		assert_int_equal(account_resize(&own, own.charged + pages), E_OK);
		refuse(E_BUDGET, 0, &backing, 0, 5, RW, ALL);
	}
	assert_int_equal(account_resize(&own, own.charged + 1 + LEVELS_ABOVE + 5), E_OK);
	vaddr_t base = 0;

	assert_int_equal(map(&space, &base, &backing, 0, 5, RW, ALL), E_OK);
	assert_int_equal(account_left(&own), 0);
	space_check(&space);
	assert_int_equal(unmap(&space, base, 5), E_OK);
	assert_int_equal(own.charged, 1);
}

TEST(foreign, "a foreign mapping pays in full and keeps its pages when memory and payer are gone")
{
	vaddr_t base = 0;

	assert_int_equal(backing_make(&backing, &stranger, 50, BACKING_ANONYMOUS, true), E_OK);
	assert_int_equal(space_map_begin(&space, 0, &backing, 10, 40, RW, ALL, &mapping), E_OK);
	assert_int_equal(own.charged, 1 + 1 + LEVELS_ABOVE + 40);
	while (!space_map_step(mapping))
		backing_check(&backing);
	base = mapping->base;
	assert_true(mapping->charged);
	assert_int_equal(frame_of(backing_page(&backing, 9))->refs, 1);
	assert_int_equal(frame_of(backing_page(&backing, 10))->refs, 2);
	assert_int_equal(write_word(base + 39 * PAGE_SIZE, 123), 0);
	mapping_orphan(mapping);
	assert_int_equal(backing.writable_mappings, 0);
	backing_end(&backing);
	account_close(&stranger);
	assert_int_equal(read_word(base + 39 * PAGE_SIZE), 123);
	assert_int_equal(frame_free_count(), 8000 - own.charged);
	space_check(&space);
	assert_int_equal(protect(&space, base, 40, PROT_READ), E_OK);
	assert_int_equal(protect(&space, base, 40, RW), E_OK);
	assert_int_equal(protect(&space, base, 40, PROT_EXECUTE), E_RIGHTS); /* it was never sealed */
	assert_int_equal(unmap(&space, base, 40), E_OK);
	assert_int_equal(own.charged, 1);
	assert_int_equal(frame_free_count(), 8000 - 1);
	frame_check();
}

TEST(foreign_sealed, "an orphan of sealed memory stays executable and never becomes writable")
{
	vaddr_t base = 0;

	assert_int_equal(backing_make(&backing, &stranger, 3, BACKING_ANONYMOUS, true), E_OK);
	backing.sealed = true;
	assert_int_equal(map(&space, &base, &backing, 0, 3, PROT_READ, ALL), E_OK);
	mapping_orphan(space_find(&space, base));
	assert_int_equal(protect(&space, base, 3, RW), E_RIGHTS);
	assert_int_equal(protect(&space, base, 3, PROT_READ | PROT_EXECUTE), E_OK);
	assert_int_equal(host_user_fetch(space.root, base), 0);
	space_check(&space);
}

TEST(foreign_contiguous, "foreign contiguous memory is held page by page as well")
{
	vaddr_t base = 0;

	assert_int_equal(backing_make(&backing, &stranger, 8, BACKING_CONTIGUOUS, true), E_OK);
	assert_int_equal(map(&space, &base, &backing, 0, 8, RW, ALL), E_OK);
	backing_check(&backing);
	mapping_orphan(space_find(&space, base));
	backing_end(&backing);
	assert_int_equal(frame_free_count(), 8000 - own.charged);
	assert_int_equal(unmap(&space, base, 8), E_OK);
	assert_int_equal(frame_free_count(), 8000 - 1);
}

TEST(fixed, "device and image mappings cost tables and record only, whoever maps them")
{
	vaddr_t a = 0, b = 0;

	assert_int_equal(map(&space, &a, &device, 0, 16, RW, ALL), E_OK);
	assert_int_equal(map(&space, &b, &image, 0, 16, PROT_READ, ALL), E_OK);
	assert_int_equal(own.charged, 1 + 1 + LEVELS_ABOVE);
	assert_int_equal(unmap(&space, a, 16), E_OK);
	assert_int_equal(unmap(&space, b, 16), E_OK);
	assert_int_equal(own.charged, 1);
}

static struct backing *idle_backing;
static unsigned idle_calls;

static void note_idle(struct backing *which)
{
	idle_backing = which;
	idle_calls++;
	backing_check(which);
}

TEST(idle, "the owner of memory hears of each mapping that kept it alive and went, and of no foreign one")
{
	vaddr_t a = 0, b = 0;
	struct backing foreign;

	make(4, true);
	backing_idle = note_idle;
	assert_int_equal(backing_make(&foreign, &stranger, 4, BACKING_ANONYMOUS, true), E_OK);
	assert_int_equal(map(&space, &a, &backing, 0, 4, RW, ALL), E_OK);
	assert_int_equal(map(&space, &b, &foreign, 0, 4, RW, ALL), E_OK);
	assert_int_equal(unmap(&space, b, 4), E_OK);
	assert_int_equal(idle_calls, 0);
	assert_int_equal(unmap(&space, a, 4), E_OK);
	assert_int_equal(idle_calls, 1);
	assert_ptr_equal(idle_backing, &backing);
}

TEST(by_force, "a mapping can be taken away in any state, and leaves nothing")
{
	make(100, true);
	struct snapshot before = snapshot_of(&own);

	for (unsigned built = 0; built < 5; built++) {
		assert_int_equal(space_map_begin(&space, 0, &backing, 0, 100, RW, ALL, &mapping), E_OK);
		for (unsigned i = 0; i < built; i++)
			space_map_step(mapping);
		space_check(&space);
		while (!mapping_remove_step(mapping))
			space_check(&space);
		assert_unchanged(&own, before);
		backing_check(&backing);
	}
	assert_int_equal(space_map_begin(&space, 0, &backing, 0, 100, RW, ALL, &mapping), E_OK);
	while (!space_map_step(mapping))
		continue;
	assert_int_equal(space_protect_begin(&space, mapping->base, 100, PROT_READ), E_OK);
	space_protect_step(&space, mapping->base, 100, PROT_READ);
	while (!mapping_remove_step(mapping))
		space_check(&space);
	assert_unchanged(&own, before);
	assert_int_equal(backing.writable_mappings, 0);
}

TEST(by_force_foreign, "a foreign mapping that was half built gives its charge and its frames back")
{
	assert_int_equal(backing_make(&backing, &stranger, 100, BACKING_ANONYMOUS, true), E_OK);
	for (unsigned built = 0; built < 4; built++) {
		assert_int_equal(space_map_begin(&space, 0, &backing, 0, 100, RW, ALL, &mapping), E_OK);
		for (unsigned i = 0; i < built; i++)
			space_map_step(mapping);
		while (!mapping_remove_step(mapping))
			backing_check(&backing);
		assert_int_equal(own.charged, 1);
		for (size_t page = 0; page < 100; page++)
			assert_int_equal(frame_of(backing_page(&backing, page))->refs, 1);
	}
}

TEST(orphan_misuse, "only what is charged can be orphaned, and not before it is built")
{
	vaddr_t base = 0;

	make(100, true);
	assert_int_equal(map(&space, &base, &backing, 0, 1, RW, ALL), E_OK);
	assert_true(HOST_PANICS(mapping_orphan(space_find(&space, base))));
	struct backing foreign;

	assert_int_equal(backing_make(&foreign, &stranger, 100, BACKING_ANONYMOUS, true), E_OK);
	assert_int_equal(space_map_begin(&space, 0, &foreign, 0, 100, RW, ALL, &mapping), E_OK);
	assert_true(HOST_PANICS(mapping_orphan(mapping)));
	while (!space_map_step(mapping))
		continue;
	mapping_orphan(mapping);
	space_check(&space);
}

TEST(empty, "a whole space is taken apart in bounded steps, whatever state its mappings are in")
{
	vaddr_t base = 0;

	make(200, true);
	assert_int_equal(map(&space, &base, &backing, 0, 200, RW, ALL), E_OK);
	for (unsigned i = 0; i < 30; i++)
		reserve(3);
	assert_int_equal(space_window_create(&space), E_OK);
	assert_int_equal(space_map_begin(&space, 0, &backing, 0, 100, RW, ALL, &mapping), E_OK);
	space_map_step(mapping);
	vaddr_t other = 0;

	assert_int_equal(map(&space, &other, &backing, 0, 100, RW, ALL), E_OK);
	assert_int_equal(space_unmap_begin(&space, other, 100), E_OK);
	space_unmap_step(&space, other, 100);
	other = 0;
	assert_int_equal(map(&space, &other, &backing, 0, 100, RW, ALL), E_OK);
	assert_int_equal(space_protect_begin(&space, other, 100, PROT_READ), E_OK);
	space_protect_step(&space, other, 100, PROT_READ);
	space_check(&space);
	host_tlb_fill(space.root);
	for (unsigned steps = 0; !space_empty(&space); steps++) {
		host_tlb_check();
		space_check(&space);
		assert_true(steps < 40);
	}
	assert_true(list_is_empty(&backing.mappings));
	backing_end(&backing);
	assert_int_equal(own.charged, 0);
	assert_int_equal(frame_free_count(), 8000);
	frame_check();
}

TEST(window, "the window is a table of its own, cut into slots with guards, and only made once")
{
	struct snapshot before = snapshot_of(&own);

	for (size_t pages = 0; pages < LEVELS_ABOVE; pages++) {
		assert_int_equal(account_resize(&own, own.charged + pages), E_OK);
		assert_int_equal(space_window_create(&space), E_BUDGET);
		assert_unchanged(&own, before);
	}
	assert_int_equal(account_resize(&own, own.charged + LEVELS_ABOVE), E_OK);
	assert_int_equal(space_window_create(&space), E_OK);
	assert_int_equal(space_window_create(&space), E_BUSY);
	assert_int_equal(own.charged, before.charged + LEVELS_ABOVE);
	assert_true(space.window % TABLE_SPAN == 0);
	for (unsigned slot = 0; slot < WINDOW_SLOTS; slot++) {
		vaddr_t base = window_slot(&space, slot);

		assert_true(base == (slot ? window_slot(&space, slot - 1) + 33 * PAGE_SIZE : space.window + PAGE_SIZE));
		assert_true(base + 33 * PAGE_SIZE <= space.window + TABLE_SPAN);
		assert_true(*table_leaf(space.root, base) == 0);
	}
	space_check(&space);
	space_end(&space);
	assert_int_equal(own.charged, 0);
}

TEST(find, "space_find holds the address, space_next is it or what comes after")
{
	make(30, true);
	vaddr_t room = reserve(30), page = PAGE_SIZE, a = room + 3 * page, b = room + 10 * page;

	assert_int_equal(map(&space, &a, &backing, 0, 4, RW, ALL), E_OK);
	assert_int_equal(map(&space, &b, &backing, 0, 1, RW, ALL), E_OK);
	assert_null(space_find(&space, a - 1));
	assert_true(space_find(&space, a)->base == a);
	assert_true(space_find(&space, a + 4 * page - 1)->base == a);
	assert_null(space_find(&space, a + 4 * page));
	assert_true(space_next(&space, 0)->base == a);
	assert_true(space_next(&space, a + 4 * page - 1)->base == a);
	assert_true(space_next(&space, a + 4 * page)->base == b);
	assert_null(space_next(&space, b + page));
	assert_true(space_next_reservation(&space, 0)->base == room);
	assert_true(space_next_reservation(&space, room + 30 * page - 1)->base == room);
	assert_null(space_next_reservation(&space, room + 30 * page));
}

TEST(replace, "a page's frame can be exchanged under a mapping, own, foreign or orphan")
{
	for (unsigned kind = 0; kind < 3; kind++) {
		vaddr_t base = 0;
		struct backing memory;
		struct account *payer = kind == 0 ? &own : &stranger;

		assert_int_equal(backing_make(&memory, payer, 4, BACKING_ANONYMOUS, false), E_OK);
		assert_int_equal(map(&space, &base, &memory, 0, 4, RW, ALL), E_OK);
		if (kind == 2) {
			mapping_orphan(space_find(&space, base));
			backing_end(&memory);
		}
		host_tlb_fill(space.root);
		assert_int_equal(account_charge(&machine, 1), E_OK);
		paddr_t fresh = frame_alloc(FRAME_DATA);

		*(unsigned *)pa_to_kva(fresh) = 99;
		space_page_replace(&space, base + 2 * PAGE_SIZE, fresh);
		host_tlb_check();
		assert_int_equal(read_word(base + 2 * PAGE_SIZE), 99);
		space_check(&space);
		if (kind < 2)
			backing_check(&memory);
		assert_int_equal(unmap(&space, base, 4), E_OK);
		if (kind < 2)
			backing_end(&memory);
		account_release(&machine, 1); /* the fresh frame took the place of one that the memory had paid for */
		assert_int_equal(own.charged, 1);
		assert_int_equal(stranger.charged, 0);
		assert_int_equal(frame_free_count(), 8000 - 1);
	}
}

TEST(corrupt, "the checker sees a missing entry, an entry too many, a table's wrong count, and W with X")
{
	vaddr_t base = 0;

	make(10, true);
	assert_int_equal(map(&space, &base, &backing, 0, 10, RW, ALL), E_OK);
	pte_t *leaf = table_leaf(space.root, base), keep = *leaf;

	*leaf = 0;
	assert_true(HOST_PANICS(space_check(&space)));
	*leaf = keep | PTE_X;
	assert_true(HOST_PANICS(space_check(&space)));
	*leaf = pte_make(backing_page(&backing, 1), RW);
	assert_true(HOST_PANICS(space_check(&space)));
	*leaf = keep;
	size_t stray = (table_index(base, 0) + 20) % TABLE_PAGES;

	leaf[(ptrdiff_t)stray - (ptrdiff_t)table_index(base, 0)] = keep;
	assert_true(HOST_PANICS(space_check(&space)));
	leaf[(ptrdiff_t)stray - (ptrdiff_t)table_index(base, 0)] = 0;
	space_check(&space);
	frame_of(align_down(kva_to_pa(leaf), PAGE_SIZE))->refs++;
	assert_true(HOST_PANICS(space_check(&space)));
}
