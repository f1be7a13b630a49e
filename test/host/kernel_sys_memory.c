/* kernel_sys_memory.c - memory objects: made, sealed; and the one that is the trace ring. */
#include "unit.h"

#include "fixture.h"
#include "trace/trace.h"

static struct program *p;
static struct thread *t;

UNIT_SETUP
{
	world_start_with(3000, 64);
	p = program_new(10);
	t = p->thread;
	EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, p->boss_budget, 1500));
}

static uintptr_t add(vaddr_t base, handle_t memory, size_t offset, size_t pages, unsigned protection)
{
	return CALL(t, MAP_ADD, p->self, base, memory, offset, pages, protection);
}

static vaddr_t mapped(handle_t memory, size_t pages, unsigned protection)
{
	return map_memory(p, memory, pages, protection);
}

/* --- Memory. */

TEST(create, "memory is zeroed, charged in full, and of the length and kind asked for")
{
	static const struct { size_t pages; uint32_t options; } kinds[] = {
		{ 1, 0 }, { 2, MEMORY_SHARED }, { 500, 0 }, { 505, MEMORY_SHARED }, { 16, MEMORY_CONTIGUOUS },
		{ 3, MEMORY_CONTIGUOUS | MEMORY_SHARED },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t charged = program_account(p)->account.charged;
		handle_t memory = make_memory(p, kinds[i].pages, kinds[i].options);
		vaddr_t base;

		assert_true(program_account(p)->account.charged >= charged + kinds[i].pages);
		EXPECT_OK(CALL(t, MEMORY_INFO, memory));
		assert_int_equal(*thread_a(t, 1), kinds[i].pages);
		assert_int_equal(*thread_a(t, 2), kinds[i].options);
		base = mapped(memory, kinds[i].pages, RW);
		for (size_t page = 0; page < kinds[i].pages; page++)
			assert_int_equal(peek_word(p, base + page * P + (page * 4) % P), 0);
		EXPECT_OK(CALL(t, MAP_REMOVE, p->self, base, kinds[i].pages));
		EXPECT_OK(CALL(t, HANDLE_CLOSE, memory));
		assert_int_equal(program_account(p)->account.charged, charged);
	}
	world_end();
}

TEST(create_refused, "no pages, an unknown option, too many pages, or no run that long are refused")
{
	EXPECT_ERROR(memory_create, ARGUMENT, CALL(t, MEMORY_CREATE, p->budget, 0, 0));
	EXPECT_ERROR(memory_create, ARGUMENT, CALL(t, MEMORY_CREATE, p->budget, 1, 4));
	EXPECT_ERROR(memory_create, ARGUMENT, CALL(t, MEMORY_CREATE, p->budget, 1, MEMORY_SEALED));
	EXPECT_ERROR(memory_create, BUDGET, CALL(t, MEMORY_CREATE, p->budget, 1500, 0));
	EXPECT_ERROR(memory_create, BUDGET, CALL(t, MEMORY_CREATE, p->budget, (uintptr_t)-1, 0));
	EXPECT_ERROR(memory_create, BUDGET, CALL(t, MEMORY_CREATE, p->budget, (uintptr_t)1 << 20, 0));
	EXPECT_ERROR(memory_create, FRAGMENTED, CALL(t, MEMORY_CREATE, p->budget, 1100, MEMORY_CONTIGUOUS));
	world_end();
}

TEST(create_preempted, "creating large memory is interrupted at every look and gone on with")
{
	size_t charged = program_account(p)->account.charged;
	handle_t memory;

	host_preempt_every(1);
	memory = make_memory(p, 201, 0);
	assert_int_equal(host_counts.pending_asks > 90, 1);
	EXPECT_OK(CALL(t, HANDLE_CLOSE, memory));
	assert_int_equal(program_account(p)->account.charged, charged);
	world_end();
}

static unsigned steps;

static void other_call(struct thread *thread)
{
	if (thread != t || ++steps != 5)
		return;
	between_steps = NULL;
	thread->registers.x[X_A7] = CALL_CLOCK_NOW; /* a debugger changes what it is about to do */
}

TEST(create_abandoned, "a creation that is interrupted and never gone on with leaves nothing")
{
	size_t charged = program_account(p)->account.charged;

	host_preempt_every(1);
	between_steps = other_call;
	CALL(t, MEMORY_CREATE, p->budget, 100, 0);
	host_preempt_every(0);
	EXPECT_OK(CALL(t, THREAD_YIELD, 0));
	assert_int_equal(program_account(p)->account.charged, charged);
	world_end();
}

static struct program *q;

static void payer_dies(struct thread *thread)
{
	if (thread != t || ++steps != 5)
		return;
	between_steps = NULL;
	program_budget_end(q);
}

TEST(create_payer_dies, "a creation whose payer goes in the middle is PEER_GONE, and the thread's next one is not disturbed")
{
	handle_t payer;

	q = program_new(10);
	payer = give(q, q->budget, p);
	host_preempt_every(1);
	between_steps = payer_dies;
	CALL(t, MEMORY_CREATE, payer, 50, 0);
	EXPECT_ERROR(memory_create, PEER_GONE, answer(t));
	assert_int_equal(p->process->handles.reserved, 0);
	EXPECT_OK(CALL(t, MEMORY_CREATE, p->budget, 20, 0));
	world_end();
}

TEST(create_dies, "a process that dies while it creates memory leaves nothing")
{
	host_preempt_every(1);
	thread_runs(t);
	t->registers.x[X_A7] = CALL_MEMORY_CREATE;
	*thread_a(t, 0) = p->budget;
	*thread_a(t, 1) = 100;
	*thread_a(t, 2) = 0;
	for (unsigned i = 0; i < 4; i++)
		host_ecall();
	program_kill(p);
	world_end();
}

TEST(seal, "sealing is for good, and only without a writable mapping; image memory is sealed already")
{
	handle_t memory = make_memory(p, 2, MEMORY_SHARED);
	vaddr_t writable = mapped(memory, 2, RW), base;
	struct memory *image;
	handle_t image_handle;

	pattern_write(p, writable, 2 * P, 1);
	EXPECT_ERROR(memory_seal, BUSY, CALL(t, MEMORY_SEAL, memory));
	EXPECT_ERROR(map_add, SEALED, add(0, memory, 0, 2, PROT_READ | PROT_EXECUTE));
	EXPECT_OK(CALL(t, MAP_PROTECT, p->self, writable, 2, PROT_READ));
	EXPECT_OK(CALL(t, MEMORY_SEAL, memory));
	EXPECT_ERROR(memory_seal, SEALED, CALL(t, MEMORY_SEAL, memory));
	EXPECT_ERROR(map_add, SEALED, add(0, memory, 0, 2, RW));
	EXPECT_ERROR(map_protect, SEALED, CALL(t, MAP_PROTECT, p->self, writable, 2, RW));
	base = mapped(memory, 2, PROT_READ | PROT_EXECUTE);
	assert_int_equal(host_user_fetch(p->process->space.root, base), 0);
	assert_true(pattern_is(p, base, 2 * P, 1));
	EXPECT_OK(CALL(t, MEMORY_INFO, memory));
	assert_int_equal(*thread_a(t, 2), MEMORY_SHARED | MEMORY_SEALED);
	assert_int_equal(memory_new_fixed(program_account(p), HOST_IMAGE_BASE, 2, BACKING_IMAGE, &image), E_OK);
	assert_int_equal(handle_reserve(p->process, 1), E_OK);
	image_handle = handle_add(p->process, &image->object, RIGHT_ALL_MEMORY);
	EXPECT_ERROR(memory_seal, SEALED, CALL(t, MEMORY_SEAL, image_handle));
	EXPECT_ERROR(map_add, SEALED, add(0, image_handle, 0, 2, RW));
	EXPECT_OK(add(0, image_handle, 0, 2, PROT_EXECUTE));
	world_end();
}

TEST(w_xor_x, "nothing is ever writable and executable, by mapping or by protecting")
{
	handle_t memory = make_memory(p, 1, MEMORY_SHARED);
	vaddr_t base = mapped(memory, 1, RW);

	EXPECT_ERROR(map_add, ARGUMENT, add(0, memory, 0, 1, RW | PROT_EXECUTE));
	EXPECT_ERROR(map_add, ARGUMENT, add(0, memory, 0, 1, PROT_WRITE | PROT_EXECUTE));
	EXPECT_ERROR(map_protect, ARGUMENT, CALL(t, MAP_PROTECT, p->self, base, 1, RW | PROT_EXECUTE));
	EXPECT_ERROR(map_protect, SEALED, CALL(t, MAP_PROTECT, p->self, base, 1, PROT_EXECUTE));
	world_end();
}

/* --- The trace ring. */

TEST(trace, "the trace ring records what the mask names, and only through its own memory can the mask be set")
{
	handle_t ring = make_memory(p, 2, MEMORY_SHARED), other = make_memory(p, 1, 0);
	struct memory *memory = CONTAINER_OF(object_named(p, ring), struct memory, object);
	struct trace_ring header;
	struct trace_event event;
	vaddr_t base = mapped(ring, 1, PROT_READ); /* one page is written here: pages need not lie together */

	EXPECT_ERROR(trace_mask_set, ARGUMENT, CALL(t, TRACE_MASK_SET, ring, TRACE_SYSCALL));
	memory->trace = true;
	trace_init(pa_to_kva(backing_page(&memory->backing, 0)), P);
	EXPECT_ERROR(trace_mask_set, ARGUMENT, CALL(t, TRACE_MASK_SET, other, TRACE_SYSCALL));
	EXPECT_ERROR(trace_mask_set, ARGUMENT, CALL(t, TRACE_MASK_SET, ring, 0x8000));
	EXPECT_OK(CALL(t, TRACE_MASK_SET, ring, TRACE_SYSCALL | TRACE_REFUSAL));
	EXPECT_OK(CALL(t, CLOCK_NOW, 11, 12));
	EXPECT_ERROR(handle_close, BAD_HANDLE, CALL(t, HANDLE_CLOSE, 77));
	EXPECT_OK(CALL(t, TRACE_MASK_SET, ring, 0));
	EXPECT_OK(CALL(t, CLOCK_NOW, 0));
	peek(p, base, &header, sizeof header);
	assert_int_equal(header.written, 4); /* clock, close, its refusal, mask */
	peek(p, base + sizeof header, &event, sizeof event);
	assert_int_equal(event.class, TRACE_SYSCALL);
	assert_int_equal(event.a, CALL_CLOCK_NOW);
	assert_int_equal(event.b, 11);
	assert_int_equal(event.c, 12);
	assert_int_equal(event.thread, (uint32_t)t->object.serial);
	peek(p, base + sizeof header + 2 * sizeof event, &event, sizeof event);
	assert_int_equal(event.class, TRACE_REFUSAL);
	assert_int_equal(event.b, E_BAD_HANDLE);
	EXPECT_OK(CALL(t, TRACE_MASK_SET, ring, TRACE_SYSCALL));
	for (unsigned i = 0; i < 200; i++)
		EXPECT_OK(CALL(t, CLOCK_NOW, i));
	EXPECT_OK(CALL(t, TRACE_MASK_SET, ring, 0));
	peek(p, base, &header, sizeof header);
	assert_int_equal(header.written, 4 + 201);
	assert_true(header.capacity < 200);
	world_end();
}
