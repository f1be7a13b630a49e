/* kernel_memory_stress.c - two spaces, two budgets, many memories, and everything a program can do to them in any order and
 * half finished, against a model that is a plain list; all invariants are proved after each step. */
#include "memory_machine.h"

#define RW (PROT_READ | PROT_WRITE)
#define P PAGE_SIZE

enum { SPACES = 2, MEMORIES = 6, MAPPINGS = 24, ROOMS = 6, RAM = 700 };

/* The model: a memory's words, and for each mapping where it is and what it shows. */
struct memory {
	struct backing backing;
	bool alive;
	size_t pages;
	unsigned *words; /* first word of each page */
};
struct view {
	struct mapping *mapping; /* NULL: unused */
	unsigned space, memory;  /* memory: index; meaningless for orphans but for `words` */
	unsigned *words;
	vaddr_t base;
	size_t pages, offset;
	unsigned protection;
	enum { BUILDING, WHOLE, REMOVING, PROTECTING } doing;
	unsigned wanted;
	bool orphan;
};

static struct account accounts[SPACES];
static struct space spaces[SPACES];
static struct memory memories[MEMORIES];
static struct view views[MAPPINGS];
static struct { unsigned space; vaddr_t base; size_t pages; } rooms[ROOMS];
static unsigned refused[32];
static unsigned word_pool[1 << 20], words_used; /* never given back: orphans go on showing theirs */

static struct view *view_free(void)
{
	for (unsigned i = 0; i < MAPPINGS; i++)
		if (!views[i].mapping)
			return &views[i];
	return NULL;
}

static unsigned views_of(unsigned memory)
{
	unsigned count = 0;

	for (unsigned i = 0; i < MAPPINGS; i++)
		count += views[i].mapping && !views[i].orphan && views[i].memory == memory;
	return count;
}

static void check_view(const struct view *view)
{
	paddr_t root = spaces[view->space].root;

	if (view->doing != WHOLE)
		return;
	assert_int_equal(view->mapping->state, MAPPING_WHOLE);
	assert_int_equal(view->mapping->protection, view->protection);
	assert_ptr_equal(space_find(&spaces[view->space], view->base + view->pages * P - 1), view->mapping);
	for (size_t page = 0; page < view->pages; page += 1 + dice(4)) {
		unsigned word = 0, cause = host_user_read(root, view->base + page * P, &word, sizeof word);

		assert_int_equal(cause, view->protection ? 0 : CAUSE_READ);
		if (!cause)
			assert_int_equal(word, view->words[view->offset + page]);
	}
}

static void check_all(void)
{
	size_t mapped[SPACES] = { 0 }, charged = 0;

	for (unsigned i = 0; i < MAPPINGS; i++) {
		if (views[i].mapping) {
			check_view(&views[i]);
			mapped[views[i].space] += views[i].pages;
		}
	}
	for (unsigned i = 0; i < SPACES; i++) {
		space_check(&spaces[i]);
		account_check(&accounts[i]);
		assert_int_equal(spaces[i].mapped_pages, mapped[i]);
		charged += accounts[i].charged;
	}
	for (unsigned i = 0; i < MEMORIES; i++)
		if (memories[i].alive)
			backing_check(&memories[i].backing);
	host_tlb_check();
	frame_check();
	assert_true(frame_free_count() >= RAM - charged); /* I1 of frames: what may be charged can be had */
}

static void do_create(void)
{
	struct memory *memory = &memories[dice(MEMORIES)];
	size_t pages = 1 + dice(dice(4) ? 20 : 560);
	err_t error;

	if (memory->alive)
		return;
	error = backing_make(&memory->backing, &accounts[dice(SPACES)], pages, dice(3) ? BACKING_ANONYMOUS : BACKING_CONTIGUOUS, dice(3));
	refused[error]++;
	if (error)
		return;
	memory->alive = true;
	memory->pages = pages;
	memory->words = word_pool + words_used;
	words_used += (unsigned)pages;
	assert_true(words_used <= ARRAY_SIZE(word_pool));
}

/* As whoever destroys memory does: foreign mappings become orphans, others go. */
static void do_destroy(void)
{
	unsigned number = dice(MEMORIES);
	struct memory *memory = &memories[number];

	if (!memory->alive)
		return;
	for (unsigned i = 0; i < MAPPINGS; i++) {
		struct view *view = &views[i];

		if (!view->mapping || view->orphan || view->memory != number)
			continue;
		while (view->doing == BUILDING && !space_map_step(view->mapping))
			continue;
		if (view->doing == BUILDING)
			view->doing = WHOLE;
		if (view->mapping->charged) {
			mapping_orphan(view->mapping);
			view->orphan = true;
		} else {
			while (!mapping_remove_step(view->mapping))
				continue;
			view->mapping = NULL;
		}
	}
	backing_end(&memory->backing);
	memory->alive = false;
}

static void do_reserve(void)
{
	unsigned i = dice(ROOMS);
	err_t error;

	if (rooms[i].pages) {
		error = unmap(&spaces[rooms[i].space], rooms[i].base, rooms[i].pages);
		if (!error && !space_next_reservation(&spaces[rooms[i].space], rooms[i].base))
			rooms[i].pages = 0;
		else if (!error && space_next_reservation(&spaces[rooms[i].space], rooms[i].base)->base != rooms[i].base)
			rooms[i].pages = 0;
		for (unsigned k = 0; !error && rooms[i].pages && k < MAPPINGS; k++) /* it unmapped what filled it */
			if (views[k].mapping && views[k].space == rooms[i].space && views[k].base - rooms[i].base < rooms[i].pages * P)
				views[k].mapping = NULL;
		return;
	}
	rooms[i].space = dice(SPACES);
	rooms[i].pages = 1 + dice(dice(3) ? 40 : 2000);
	refused[space_reserve(&spaces[rooms[i].space], rooms[i].pages, &rooms[i].base)]++;
}

static bool model_overlaps(unsigned space, vaddr_t base, size_t pages)
{
	for (unsigned i = 0; i < MAPPINGS; i++)
		if (views[i].mapping && views[i].space == space && base < views[i].base + views[i].pages * P && views[i].base < base + pages * P)
			return true;
	return false;
}

/* What an error of space_map_begin must mean. */
static void judge_map(err_t error, const struct view *view, vaddr_t base, const struct memory *memory, unsigned room)
{
	bool outside = base && (base + view->pages * P > rooms[room].base + rooms[room].pages * P);

	refused[error]++;
	if (error == E_SEALED)
		assert_true(memory->backing.sealed && view->protection & PROT_WRITE);
	else if (error == E_BUSY)
		assert_true(!memory->backing.shared && views_of(view->memory));
	else if (base && error == E_SPACE)
		assert_true(outside || model_overlaps(view->space, base, view->pages));
	else if (!error && base)
		assert_true(!outside && !model_overlaps(view->space, base, view->pages));
	else if (error)
		assert_int_equal(error, E_BUDGET);
}

static void do_map(void)
{
	static const unsigned protections[] = { 0, PROT_READ, RW, RW };
	struct view *view = view_free();
	unsigned number = dice(MEMORIES), room = dice(ROOMS);
	struct memory *memory = &memories[number];
	struct mapping *mapping;
	vaddr_t base = 0;
	err_t error;

	if (!view || !memory->alive)
		return;
	*view = (struct view){ .space = dice(SPACES), .memory = number, .words = memory->words, .protection = protections[dice(4)] };
	view->offset = dice((uint32_t)memory->pages);
	view->pages = 1 + dice((uint32_t)(memory->pages - view->offset));
	if (rooms[room].pages && dice(2)) {
		view->space = rooms[room].space;
		base = rooms[room].base + dice((uint32_t)rooms[room].pages) * P;
	}
	struct snapshot before = snapshot_of(&accounts[view->space]);

	error = space_map_begin(&spaces[view->space], base, &memory->backing, view->offset, view->pages, view->protection, RW, &mapping);
	judge_map(error, view, base, memory, room);
	if (error) {
		assert_unchanged(&accounts[view->space], before);
		return;
	}
	view->mapping = mapping;
	view->base = mapping->base;
	view->doing = BUILDING;
	assert_true(!base || base == mapping->base);
}

static void do_step(void)
{
	struct view *view = &views[dice(MAPPINGS)];
	struct space *space = &spaces[view->space];

	if (!view->mapping)
		return;
	if (view->doing == BUILDING && space_map_step(view->mapping))
		view->doing = WHOLE;
	else if (view->doing == REMOVING && space_unmap_step(space, view->base, view->pages))
		view->mapping = NULL;
	else if (view->doing == PROTECTING && space_protect_step(space, view->base, view->pages, view->wanted)) {
		view->protection = view->wanted;
		view->doing = WHOLE;
	}
}

static void do_unmap(void)
{
	struct view *view = &views[dice(MAPPINGS)];
	err_t error;

	if (!view->mapping)
		return;
	host_tlb_fill(spaces[view->space].root);
	error = space_unmap_begin(&spaces[view->space], view->base, view->pages);
	assert_int_equal(error, view->doing == WHOLE ? E_OK : E_ADDRESS);
	if (!error)
		view->doing = REMOVING;
}

static void do_protect(void)
{
	static const unsigned protections[] = { 0, PROT_READ, RW };
	struct view *view = &views[dice(MAPPINGS)];
	unsigned wanted = protections[dice(3)];
	err_t error;

	if (!view->mapping)
		return;
	host_tlb_fill(spaces[view->space].root);
	error = space_protect_begin(&spaces[view->space], view->base, view->pages, wanted);
	refused[error]++;
	if (view->doing != WHOLE) {
		assert_int_equal(error, E_ADDRESS);
		return;
	}
	if (error == E_SEALED)
		assert_true(!view->orphan && view->mapping->backing->sealed);
	else if (error == E_RIGHTS)
		assert_true(view->orphan); /* of sealed memory */
	else
		assert_int_equal(error, E_OK);
	if (!error) {
		view->wanted = wanted;
		view->doing = PROTECTING;
	}
}

static void do_write(void)
{
	struct view *view = &views[dice(MAPPINGS)];
	size_t page;
	unsigned word = dice(1 << 20), cause;

	if (!view->mapping || view->doing != WHOLE)
		return;
	page = dice((uint32_t)view->pages);
	cause = host_user_write(spaces[view->space].root, view->base + page * P, &word, sizeof word);
	assert_int_equal(cause, view->protection & PROT_WRITE ? 0 : CAUSE_WRITE);
	if (!cause)
		view->words[view->offset + page] = word;
}

static void do_seal(void)
{
	struct memory *memory = &memories[dice(MEMORIES)];

	if (memory->alive && dice(8) == 0 && !memory->backing.writable_mappings)
		memory->backing.sealed = true;
}

static void do_restart(void)
{
	unsigned number = dice(SPACES);

	if (dice(40))
		return;
	host_tlb_fill(spaces[number].root);
	while (!space_empty(&spaces[number]))
		host_tlb_check();
	for (unsigned i = 0; i < MAPPINGS; i++)
		if (views[i].space == number)
			views[i].mapping = NULL;
	for (unsigned i = 0; i < ROOMS; i++)
		if (rooms[i].space == number)
			rooms[i].pages = 0;
	if (space_init(&spaces[number], &accounts[number])) { /* its memories took all: end one of them */
		for (unsigned i = 0; i < MEMORIES; i++)
			do_destroy();
		assert_int_equal(space_init(&spaces[number], &accounts[number]), E_OK);
	}
	if (dice(2))
		refused[space_window_create(&spaces[number])]++;
}

static void (*const actions[])(void) = {
	do_create, do_destroy, do_reserve, do_map, do_map, do_map, do_step, do_step, do_step, do_step, do_unmap, do_protect,
	do_write, do_write, do_seal, do_restart,
};

static void run(unsigned steps)
{
	machine_start(RAM);
	for (unsigned i = 0; i < SPACES; i++) {
		assert_int_equal(account_init(&accounts[i], &machine, RAM / SPACES), E_OK);
		assert_int_equal(space_init(&spaces[i], &accounts[i]), E_OK);
	}
	for (unsigned step = 0; step < steps; step++) {
		actions[dice(ARRAY_SIZE(actions))]();
		check_all();
	}
}

static void end(void)
{
	for (unsigned i = 0; i < SPACES; i++)
		space_end(&spaces[i]);
	for (unsigned i = 0; i < MEMORIES; i++)
		if (memories[i].alive)
			backing_end(&memories[i].backing);
	for (unsigned i = 0; i < SPACES; i++)
		account_close(&accounts[i]);
	assert_int_equal(frame_free_count(), RAM);
	assert_int_equal(machine.charged + machine.given, 0);
	frame_check();
}

TEST(stress, "whatever two programs do in whatever order: contents, errors and counters are the model's, and all comes back")
{
	run(6000);
	end();
	assert_true(refused[E_BUDGET] > 5 && refused[E_SPACE] > 5 && refused[E_BUSY] > 5 && refused[E_SEALED] > 2);
}

TEST(stress_other, "and so with other dice")
{
	for (unsigned i = 0; i < 12345; i++)
		dice(2);
	run(6000);
	end();
}
