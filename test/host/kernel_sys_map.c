/* kernel_sys_map.c - address spaces: reserve, map, protect, unmap. */
#include "unit.h"

#include "fixture.h"

static struct program *p, *q;
static struct thread *t;
static unsigned steps; /* of the call that is under way */

UNIT_SETUP
{
	world_start_with(3000, 64);
	p = program_new(10);
	t = p->thread;
	EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, p->boss_budget, 1500));
}

static handle_t result(void)
{
	return (handle_t)*thread_a(t, 1);
}

static uintptr_t add(vaddr_t base, handle_t memory, size_t offset, size_t pages, unsigned protection)
{
	return CALL(t, MAP_ADD, p->self, base, memory, offset, pages, protection);
}

static vaddr_t mapped(handle_t memory, size_t pages, unsigned protection)
{
	return map_memory(p, memory, pages, protection);
}

static vaddr_t reserved(size_t pages)
{
	EXPECT_OK(CALL(t, MAP_RESERVE, p->self, pages));
	return *thread_a(t, 1);
}

static struct abi_map_state query(vaddr_t address)
{
	struct abi_map_state seen;

	EXPECT_OK(CALL(t, MAP_QUERY, p->self, address, p->data + P));
	peek(p, p->data + P, &seen, sizeof seen);
	return seen;
}

/* --- Mapping. */

TEST(add, "a mapping shows the part of the memory asked for, with the protection asked for, and nothing beside it")
{
	handle_t memory = make_memory(p, 10, MEMORY_SHARED);
	vaddr_t all = mapped(memory, 10, RW), part;

	pattern_write(p, all, 10 * P, 5);
	EXPECT_OK(add(0, memory, 3, 4, PROT_READ));
	part = *thread_a(t, 1);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(peek_word(p, part + i * P), peek_word(p, all + (3 + i) * P));
	assert_false(can_write(p, part));
	assert_false(can_read(p, part - P));
	assert_false(can_read(p, part + 4 * P));
	EXPECT_OK(add(0, memory, 0, 1, 0)); /* no access at all */
	assert_false(can_read(p, *thread_a(t, 1)));
	EXPECT_OK(add(0, memory, 9, 1, PROT_WRITE)); /* implies readable */
	assert_true(can_write(p, *thread_a(t, 1)));
	world_end();
}

TEST(add_refused, "a range outside the memory, an unknown protection, or a bad address are refused")
{
	handle_t memory = make_memory(p, 10, MEMORY_SHARED), weak;
	vaddr_t room = reserved(10);

	EXPECT_ERROR(map_add, ARGUMENT, add(0, memory, 0, 0, RW));
	EXPECT_ERROR(map_add, ARGUMENT, add(0, memory, 0, 11, RW));
	EXPECT_ERROR(map_add, ARGUMENT, add(0, memory, 10, 1, RW));
	EXPECT_ERROR(map_add, ARGUMENT, add(0, memory, (size_t)-1, 2, RW));
	EXPECT_ERROR(map_add, ARGUMENT, add(0, memory, 1, (size_t)-1, RW));
	EXPECT_ERROR(map_add, ARGUMENT, add(0, memory, 0, 1, 8));
	EXPECT_ERROR(map_add, ARGUMENT, add(room + 4, memory, 0, 1, RW));
	EXPECT_ERROR(map_add, SPACE, add(room - P, memory, 0, 1, RW));
	EXPECT_ERROR(map_add, SPACE, add(room + 9 * P, memory, 0, 2, RW));
	EXPECT_ERROR(map_add, SPACE, add(USER_END, memory, 0, 1, RW));
	EXPECT_ERROR(map_add, SPACE, add((vaddr_t)-P, memory, 0, 1, RW));
	EXPECT_OK(add(room + 2 * P, memory, 0, 3, RW));
	EXPECT_ERROR(map_add, SPACE, add(room + 4 * P, memory, 0, 1, RW));
	EXPECT_ERROR(map_add, SPACE, add(room + P, memory, 0, 2, RW));
	EXPECT_OK(CALL(t, HANDLE_DUPLICATE, memory, RIGHT_READ));
	weak = result();
	EXPECT_ERROR(map_add, RIGHTS, add(0, weak, 0, 1, RW));
	EXPECT_OK(add(0, weak, 0, 1, PROT_READ));
	EXPECT_ERROR(map_protect, RIGHTS, CALL(t, MAP_PROTECT, p->self, *thread_a(t, 1), 1, RW));
	world_end();
}

TEST(private, "private memory has one mapping at a time; shared memory many")
{
	handle_t private = make_memory(p, 2, 0), shared = make_memory(p, 2, MEMORY_SHARED);
	vaddr_t base = mapped(private, 1, RW), first = mapped(shared, 2, RW), second = mapped(shared, 2, RW);

	EXPECT_ERROR(map_add, BUSY, add(0, private, 1, 1, RW));
	poke_word(p, first + 8, 42);
	assert_int_equal(peek_word(p, second + 8), 42);
	EXPECT_OK(CALL(t, MAP_REMOVE, p->self, base, 1));
	EXPECT_OK(add(0, private, 1, 1, RW));
	world_end();
}

TEST(reserve, "a reservation costs no pages and cannot be touched; it is filled piece by piece and given back whole")
{
	size_t charged = program_account(p)->account.charged;
	vaddr_t room = reserved(5000);
	handle_t memory = make_memory(p, 4, MEMORY_SHARED);

	assert_true(program_account(p)->account.charged <= charged + 2 + 5);
	assert_false(can_read(p, room));
	assert_int_equal(query(room).pages, 5000);
	assert_int_equal(query(room).protection, 0);
	EXPECT_OK(add(room + 100 * P, memory, 0, 4, RW));
	EXPECT_OK(add(room + 4999 * P, memory, 0, 1, RW));
	assert_true(can_write(p, room + 101 * P));
	assert_int_equal(query(room).base, room + 100 * P);
	EXPECT_ERROR(map_remove, ADDRESS, CALL(t, MAP_REMOVE, p->self, room, 5000)); /* not while parts are mapped */
	EXPECT_OK(CALL(t, MAP_REMOVE, p->self, room + 100 * P, 4));
	EXPECT_OK(CALL(t, MAP_REMOVE, p->self, room + 4999 * P, 1));
	EXPECT_ERROR(map_remove, ADDRESS, CALL(t, MAP_REMOVE, p->self, room, 4999));
	EXPECT_OK(CALL(t, MAP_REMOVE, p->self, room, 5000));
	EXPECT_ERROR(map_reserve, ARGUMENT, CALL(t, MAP_RESERVE, p->self, 0));
	EXPECT_ERROR(map_reserve, ARGUMENT, CALL(t, MAP_RESERVE, p->self, (size_t)-1));
	EXPECT_ERROR(map_reserve, SPACE, CALL(t, MAP_RESERVE, p->self, (USER_END >> PAGE_SHIFT) - 4));
	EXPECT_ERROR(map_add, SPACE, add(room, memory, 0, 1, RW));
	world_end();
}

TEST(space_full, "where the address space has no room left, a mapping, a reservation and a window are refused with SPACE")
{
	handle_t memory = make_memory(p, 600, MEMORY_SHARED);
	vaddr_t base;

	for (size_t size = (size_t)1 << 25; size >= TABLE_PAGES / 2; size /= 2) /* ever smaller; directly, for speed */
		while (space_reserve(&p->process->space, size, &base) == E_OK)
			continue;
	EXPECT_ERROR(map_add, SPACE, add(0, memory, 0, 600, RW));
	EXPECT_ERROR(map_reserve, SPACE, CALL(t, MAP_RESERVE, p->self, 2000));
	EXPECT_ERROR(process_window_create, SPACE, CALL(t, PROCESS_WINDOW_CREATE, p->self));
	world_end();
}

TEST(remove, "a removed mapping is gone for the program at once, and its memory lives on with its handle")
{
	handle_t memory = make_memory(p, 3, 0);
	vaddr_t base = mapped(memory, 3, RW);

	pattern_write(p, base, 3 * P, 1);
	EXPECT_OK(CALL(t, MAP_REMOVE, p->self, base, 3));
	assert_false(can_read(p, base));
	EXPECT_ERROR(map_remove, ADDRESS, CALL(t, MAP_REMOVE, p->self, base, 3));
	base = mapped(memory, 3, RW);
	assert_true(pattern_is(p, base, 3 * P, 1));
	EXPECT_OK(CALL(t, HANDLE_CLOSE, memory)); /* lives by its mapping now */
	assert_true(pattern_is(p, base, 3 * P, 1));
	EXPECT_OK(CALL(t, MAP_REMOVE, p->self, base, 3));
	world_end();
}

TEST(remove_refused, "only whole mappings are removed: no part, no hole, no odd address, not more than 64 at once")
{
	handle_t memory = make_memory(p, 10, MEMORY_SHARED);
	vaddr_t room = reserved(200);

	EXPECT_OK(add(room, memory, 0, 4, RW));
	EXPECT_OK(add(room + 4 * P, memory, 0, 4, RW));
	EXPECT_OK(add(room + 10 * P, memory, 0, 1, RW));
	EXPECT_ERROR(map_remove, ADDRESS, CALL(t, MAP_REMOVE, p->self, room, 3));
	EXPECT_ERROR(map_remove, ADDRESS, CALL(t, MAP_REMOVE, p->self, room + P, 3));
	EXPECT_ERROR(map_remove, ADDRESS, CALL(t, MAP_REMOVE, p->self, room, 5));
	EXPECT_ERROR(map_remove, ADDRESS, CALL(t, MAP_REMOVE, p->self, room, 11));
	EXPECT_ERROR(map_remove, ADDRESS, CALL(t, MAP_REMOVE, p->self, USER_END, 1));
	EXPECT_ERROR(map_remove, ADDRESS, CALL(t, MAP_REMOVE, p->self, room, (size_t)-1));
	EXPECT_ERROR(map_remove, ARGUMENT, CALL(t, MAP_REMOVE, p->self, room + 4, 1));
	EXPECT_ERROR(map_remove, ARGUMENT, CALL(t, MAP_REMOVE, p->self, room, 0));
	EXPECT_OK(CALL(t, MAP_REMOVE, p->self, room, 8));
	for (unsigned i = 0; i < 65; i++)
		EXPECT_OK(add(room + (100 + i) * P, memory, 0, 1, RW));
	EXPECT_ERROR(map_remove, LIMIT, CALL(t, MAP_REMOVE, p->self, room + 100 * P, 65));
	EXPECT_ERROR(map_protect, LIMIT, CALL(t, MAP_PROTECT, p->self, room + 100 * P, 65, PROT_READ));
	EXPECT_OK(CALL(t, MAP_PROTECT, p->self, room + 100 * P, 64, PROT_READ));
	EXPECT_OK(CALL(t, MAP_REMOVE, p->self, room + 100 * P, 64));
	world_end();
}

TEST(protect, "protection changes for whole mappings at once, to nothing and back, content kept")
{
	handle_t memory = make_memory(p, 40, 0);
	vaddr_t base = mapped(memory, 40, RW);

	pattern_write(p, base, 40 * P, 1);
	EXPECT_OK(CALL(t, MAP_PROTECT, p->self, base, 40, PROT_READ));
	assert_false(can_write(p, base + 39 * P));
	EXPECT_OK(CALL(t, MAP_PROTECT, p->self, base, 40, 0));
	assert_false(can_read(p, base));
	assert_int_equal(query(base).protection, 0);
	EXPECT_OK(CALL(t, MAP_PROTECT, p->self, base, 40, RW));
	assert_true(pattern_is(p, base, 40 * P, 1));
	assert_true(can_write(p, base));
	EXPECT_ERROR(map_protect, ADDRESS, CALL(t, MAP_PROTECT, p->self, base, 39, PROT_READ));
	EXPECT_ERROR(map_protect, ADDRESS, CALL(t, MAP_PROTECT, p->self, base + 40 * P, 1, PROT_READ));
	EXPECT_ERROR(map_protect, ARGUMENT, CALL(t, MAP_PROTECT, p->self, base + 1, 1, PROT_READ));
	EXPECT_ERROR(map_protect, ARGUMENT, CALL(t, MAP_PROTECT, p->self, base, 0, PROT_READ));
	EXPECT_ERROR(map_protect, ARGUMENT, CALL(t, MAP_PROTECT, p->self, base, 40, 8));
	world_end();
}

TEST(query, "map_query finds the mapping or reservation at or after an address, and nothing after the last")
{
	handle_t memory = make_memory(p, 4, 0);
	vaddr_t base = mapped(memory, 4, RW);
	struct abi_map_state seen = query(base + 2 * P);

	assert_int_equal(seen.base, base);
	assert_int_equal(seen.pages, 4);
	assert_int_equal(seen.protection, RW);
	assert_int_equal(seen.lent, 0);
	EXPECT_ERROR(map_query, ADDRESS, CALL(t, MAP_QUERY, p->self, USER_END, p->data + P));
	EXPECT_ERROR(map_query, ADDRESS, CALL(t, MAP_QUERY, p->self, 0, 8));
	world_end();
}

TEST(preempted, "mapping, protecting and unmapping at every preemption point leave the same as without")
{
	handle_t memory = make_memory(p, 700, MEMORY_SHARED);
	size_t charged = program_account(p)->account.charged;
	vaddr_t base;

	for (unsigned every = 1; every < 4; every++) {
		host_preempt_every(every);
		base = mapped(memory, 700, RW);
		pattern_write(p, base, 700 * P, every);
		EXPECT_OK(CALL(t, MAP_PROTECT, p->self, base, 700, PROT_READ));
		assert_false(can_write(p, base + 699 * P));
		assert_true(pattern_is(p, base, 700 * P, every));
		EXPECT_OK(CALL(t, MAP_REMOVE, p->self, base, 700));
		assert_false(can_read(p, base));
		assert_int_equal(program_account(p)->account.charged, charged);
	}
	world_end();
}

/* What another thread does while a long mapping is under way. */
static struct thread *second;
static handle_t long_memory;

static void others_try(struct thread *thread)
{
	vaddr_t base = t->work.base;

	if (thread != t || ++steps != 4)
		return;
	between_steps = NULL;
	host_preempt_every(0);
	assert_false(can_read(p, base + 699 * P)); /* not built so far */
	assert_int_equal(CALL(second, MAP_REMOVE, p->self, base, 700), E_ADDRESS);
	assert_int_equal(CALL(second, MAP_PROTECT, p->self, base, 700, PROT_READ), E_ADDRESS);
	assert_int_equal(CALL(second, MEMORY_SEAL, long_memory), E_BUSY);
	host_preempt_every(1);
}

TEST(add_exclusive, "a mapping under way cannot be removed, protected or sealed by another thread, and gets done")
{
	vaddr_t base;

	second = program_thread(p, 10);
	long_memory = make_memory(p, 700, MEMORY_SHARED);
	host_preempt_every(1);
	between_steps = others_try;
	base = mapped(long_memory, 700, RW);
	pattern_write(p, base, 700 * P, 1);
	world_end();
}

static void remapped(struct thread *thread)
{
	if (thread != t || ++steps != 4)
		return;
	between_steps = NULL;
	assert_int_equal(CALL(second, MAP_PROTECT, p->self, t->work.base, 700, PROT_READ), E_ADDRESS);
	assert_int_equal(CALL(second, MAP_REMOVE, p->self, t->work.base, 700), E_ADDRESS);
}

TEST(remove_exclusive, "the same of a range that is being removed")
{
	vaddr_t base;

	second = program_thread(p, 10);
	base = mapped(make_memory(p, 700, MEMORY_SHARED), 700, RW);
	host_preempt_every(1);
	between_steps = remapped;
	EXPECT_OK(CALL(t, MAP_REMOVE, p->self, base, 700));
	world_end();
}

static void target_dies(struct thread *thread)
{
	if (thread != t || ++steps != 4)
		return;
	between_steps = NULL;
	host_preempt_every(0);
	program_kill(q);
}

TEST(target_dies, "a long mapping into a process that dies is STATE, and the thread's next one is not disturbed")
{
	static const unsigned calls[] = { CALL_MAP_ADD, CALL_MAP_PROTECT, CALL_MAP_REMOVE };

	for (unsigned i = 0; i < 3; i++) {
		handle_t memory = make_memory(p, 70 + i, MEMORY_SHARED), target;
		vaddr_t base = 0;

		q = program_new(10);
		EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, q->boss_budget, 900));
		target = give(&boss, q->boss_process, p);
		EXPECT_OK(CALL(t, HANDLE_CLOSE, memory));
		memory = make_memory(p, 300, MEMORY_SHARED);
		if (i) {
			EXPECT_OK(CALL(t, MAP_ADD, target, 0, memory, 0, 300, RW));
			base = *thread_a(t, 1);
		}
		steps = 0;
		host_preempt_every(1);
		between_steps = target_dies;
		if (calls[i] == CALL_MAP_ADD)
			CALL(t, MAP_ADD, target, 0, memory, 0, 300, RW);
		else
			do_ecall(t, calls[i], (uintptr_t[7]){ target, base, 300, PROT_READ });
		assert_int_equal(answer(t), E_STATE);
		base = mapped(memory, 300, RW); /* a new call is a new call */
		pattern_write(p, base, 300 * P, 1);
		EXPECT_OK(CALL(t, MAP_PROTECT, p->self, base, 300, PROT_READ));
		assert_false(can_write(p, base));
		EXPECT_OK(CALL(t, MAP_REMOVE, p->self, base, 300));
		EXPECT_OK(CALL(t, HANDLE_CLOSE, memory));
		program_budget_end(q);
	}
	world_end();
}

static void memory_payer_dies(struct thread *thread)
{
	if (thread != t || ++steps != 4)
		return;
	between_steps = NULL;
	host_preempt_every(0);
	program_budget_end(q);
}

TEST(memory_dies, "a long mapping of memory whose payer goes is PEER_GONE, and the thread's next one is not disturbed")
{
	handle_t memory, fresh;
	vaddr_t base;

	q = program_new(10);
	EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, q->boss_budget, 900));
	memory = give(q, make_memory(q, 300, MEMORY_SHARED), p);
	host_preempt_every(1);
	between_steps = memory_payer_dies;
	add(0, memory, 0, 300, RW);
	EXPECT_ERROR(map_add, PEER_GONE, answer(t));
	fresh = make_memory(p, 100, MEMORY_SHARED);
	base = mapped(fresh, 100, RW);
	pattern_write(p, base, 100 * P, 1);
	world_end();
}

TEST(one_page, "a page in one step refuses what the ordinary way refuses, and changes nothing by it")
{
	handle_t memory = make_memory(p, 2, MEMORY_SHARED), other = make_memory(p, 1, 0);
	vaddr_t keep = mapped(other, 1, RW), base;
	struct counters before;

	EXPECT_OK(CALL(t, MAP_RESERVE, p->self, 3));
	base = *thread_a(t, 1);
	EXPECT_OK(add(base, memory, 1, 1, RW));
	before = counters_read();
	EXPECT_ERROR(map_add, SPACE, add(base, memory, 0, 1, RW));
	EXPECT_ERROR(map_add, SPACE, add(base + 3 * P, memory, 0, 1, RW));
	EXPECT_ERROR(map_add, ARGUMENT, add(base + P + 1, memory, 0, 1, RW));
	EXPECT_ERROR(map_add, ARGUMENT, add(base + P, memory, 2, 1, RW));
	EXPECT_ERROR(map_add, ARGUMENT, add(base + P, memory, (size_t)-1, 1, RW));
	EXPECT_ERROR(map_add, ARGUMENT, add(base + P, memory, 0, 1, 8));
	EXPECT_ERROR(map_add, BUSY, add(base + P, other, 0, 1, RW));
	EXPECT_ERROR(map_add, WRONG_TYPE, add(base + P, p->self, 0, 1, RW));
	EXPECT_ERROR(map_remove, ADDRESS, CALL(t, MAP_REMOVE, p->self, base + P, 1));
	EXPECT_ERROR(map_protect, ADDRESS, CALL(t, MAP_PROTECT, p->self, base + 2 * P, 1, RW));
	EXPECT_ERROR(map_protect, SEALED, CALL(t, MAP_PROTECT, p->self, base, 1, PROT_EXECUTE));
	expect_unchanged(&before, "a page refused", __FILE__, __LINE__);
	EXPECT_OK(CALL(t, MAP_PROTECT, p->self, base, 1, 0));
	EXPECT_OK(CALL(t, MAP_PROTECT, p->self, base, 1, RW));
	pattern_write(p, base, P, 7);
	EXPECT_OK(CALL(t, MAP_REMOVE, p->self, base, 1));
	EXPECT_ERROR(map_remove, ADDRESS, CALL(t, MAP_REMOVE, p->self, base, 1));
	pattern_write(p, keep, P, 8);
	world_end();
}

TEST(mapper_dies, "a mapping that its maker's death leaves half built is finished, or can be removed")
{
	handle_t target;
	struct thread *victim;
	vaddr_t base;

	q = program_new(10);
	EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, q->boss_budget, 900));
	victim = q->thread;
	target = give(p, p->self, q);
	handle_t memory = make_memory(q, 300, MEMORY_SHARED);
	host_preempt_every(1);
	thread_runs(victim);
	victim->registers.x[X_A7] = CALL_MAP_ADD;
	uintptr_t a[7] = { target, 0, memory, 0, 300, RW, 0 };
	memcpy(thread_a(victim, 0), a, sizeof a);
	for (unsigned i = 0; i < 3; i++)
		host_ecall();
	base = victim->work.base;
	host_preempt_every(0);
	program_kill(q);
	EXPECT_OK(CALL(t, MAP_REMOVE, p->self, base, 300));
	world_end();
}

TEST(into_another, "a supervisor maps into another process, which pays for tables and foreign pages")
{
	handle_t memory = make_memory(p, 20, MEMORY_SHARED), target;
	size_t mine, theirs;
	vaddr_t here = mapped(memory, 20, RW), there;

	q = program_new(10);
	target = give(&boss, q->boss_process, p);
	mine = program_account(p)->account.charged;
	theirs = program_account(q)->account.charged;
	EXPECT_OK(CALL(t, MAP_ADD, target, 0, memory, 0, 20, PROT_READ));
	there = *thread_a(t, 1);
	assert_int_equal(program_account(p)->account.charged, mine);
	assert_true(program_account(q)->account.charged >= theirs + 20);
	pattern_write(p, here, 20 * P, 3);
	assert_true(pattern_is(q, there, 20 * P, 3));
	EXPECT_OK(CALL(t, MAP_REMOVE, target, there, 20));
	assert_int_equal(program_account(q)->account.charged, theirs);
	world_end();
}

TEST(random_places, "places are chosen at random, and guarded by unmapped pages on both sides")
{
	vaddr_t bases[12];

	for (unsigned i = 0; i < 12; i++) {
		bases[i] = mapped(make_memory(p, 2, 0), 2, RW);
		for (unsigned j = 0; j < i; j++) {
			assert_true(bases[i] >= bases[j] + 3 * P || bases[j] >= bases[i] + 3 * P);
			assert_int_not_equal(bases[i] - bases[j], 3 * P * (i - j));
		}
	}
	world_end();
}
