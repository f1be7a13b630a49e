/* kernel_sys_short.c - out of memory at every allocation of every call: the budget that pays gets 0, 1, 2, ... pages until the
 * call succeeds. Each refusal is BUDGET and changes nothing; afterwards all of it comes back. */
#include "unit.h"

#include "fixture.h"

static struct program *p;
static struct thread *t;
static handle_t mailbox, device, moved, private, shared;

UNIT_SETUP
{
	world_start_with(2000, 64);
	p = program_new(10);
	t = p->thread;
	EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, p->boss_budget, 1200));
	mailbox = make_server(p);
	device = give(&boss, boss_device, p);
	private = make_memory(p, 70, 0);
	shared = make_memory(p, 70, MEMORY_SHARED);
}

static handle_t result(void)
{
	return (handle_t)*thread_a(t, 1);
}

/* How many budgets were too small; the last attempt succeeded. */
static unsigned sweep_payer(uintptr_t (*attempt)(handle_t payer))
{
	for (unsigned pages = 0; pages < 1000; pages++) {
		handle_t payer = make_budget(p, pages);
		struct counters before = counters_read();
		uintptr_t error = attempt(payer);

		if (error == E_OK) {
			EXPECT_OK(CALL(t, BUDGET_DESTROY, payer));
			return pages;
		}
		expect_result(error, E_BUDGET, "with too few pages", __FILE__, __LINE__);
		expect_unchanged(&before, "with too few pages", __FILE__, __LINE__);
		EXPECT_OK(CALL(t, HANDLE_CLOSE, payer));
	}
	fail();
	return 0;
}

/* The same for what a process's own budget pays: each attempt has a new process, that can spend so many pages more. */
static unsigned sweep_own(uintptr_t (*attempt)(handle_t process))
{
	for (unsigned pages = 0; pages < 1000; pages++) {
		handle_t own = make_budget(p, 400), process;
		struct counters before;
		uintptr_t error;

		EXPECT_OK(CALL(t, PROCESS_CREATE, p->budget, own));
		process = result();
		EXPECT_OK(CALL(t, BUDGET_RESIZE, own,
		               CONTAINER_OF(object_named(p, own), struct budget, object)->account.charged + pages));
		before = counters_read();
		error = attempt(process);
		if (error != E_OK) {
			expect_result(error, E_BUDGET, "with too few pages", __FILE__, __LINE__);
			expect_unchanged(&before, "with too few pages", __FILE__, __LINE__);
		}
		EXPECT_OK(CALL(t, BUDGET_DESTROY, own));
		EXPECT_OK(CALL(t, HANDLE_CLOSE, own));
		EXPECT_OK(CALL(t, HANDLE_CLOSE, process));
		if (error == E_OK)
			return pages;
	}
	fail();
	return 0;
}

static uintptr_t server(handle_t payer)
{
	return CALL(t, SERVER_CREATE, payer);
}

static uintptr_t connection(handle_t payer)
{
	return CALL(t, CONNECTION_MINT, mailbox, payer, 1, LIMIT_SLOTS, 2, 3);
}

static uintptr_t child_budget(handle_t payer)
{
	return CALL(t, BUDGET_CREATE, payer, 3, 5);
}

static uintptr_t process_paid(handle_t payer)
{
	return CALL(t, PROCESS_CREATE, payer, p->budget);
}

static uintptr_t process_own(handle_t payer)
{
	return CALL(t, PROCESS_CREATE, p->budget, payer);
}

static uintptr_t process_both(handle_t payer)
{
	return CALL(t, PROCESS_CREATE, payer, payer);
}

static uintptr_t registers(handle_t payer)
{
	return CALL(t, DEVICE_MEMORY, device, payer, 0);
}

static uintptr_t interrupt(handle_t payer)
{
	return CALL(t, DEVICE_INTERRUPT, device, payer, 0, mailbox, 1, 1);
}

static uintptr_t claim(handle_t payer)
{
	return CALL(t, MEMORY_CLAIM, moved, payer);
}

TEST(objects, "servers, connections with all their slots, budgets and processes are made whole or not at all")
{
	assert_int_equal(sweep_payer(server), 1);
	assert_in_range(sweep_payer(connection), 4, 12);
	assert_int_equal(sweep_payer(child_budget), 4);
	assert_in_range(sweep_payer(process_paid), 1, 2);
	assert_int_equal(sweep_payer(process_own), 2);
	assert_in_range(sweep_payer(process_both), 3, 4);
	world_end();
}

static size_t memory_pages;
static uint32_t memory_options;

static uintptr_t memory(handle_t payer)
{
	return CALL(t, MEMORY_CREATE, payer, memory_pages, memory_options);
}

TEST(memory, "memory is charged in full before any page of it exists, whatever its size and kind")
{
	static const size_t sizes[] = { 1, 2, 30, 504, 505 };

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		memory_pages = sizes[i];
		memory_options = 0;
		assert_in_range(sweep_payer(memory), sizes[i] + 1, sizes[i] + 2);
	}
	memory_pages = 8;
	memory_options = MEMORY_CONTIGUOUS;
	assert_int_equal(sweep_payer(memory), 9);
	world_end();
}

TEST(memory_large, "the same for memory whose index is a tree")
{
	memory_pages = 1025;
	memory_options = MEMORY_SHARED;
	EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, p->boss_budget, 1800));
	for (size_t pages = 1025; pages < 1032; pages++) {
		handle_t payer = make_budget(p, pages);
		struct counters before = counters_read();
		uintptr_t error = memory(payer);

		if (error) {
			expect_result(error, E_BUDGET, "tree", __FILE__, __LINE__);
			expect_unchanged(&before, "tree", __FILE__, __LINE__);
		}
		assert_int_equal(error == E_OK, pages >= 1025 + 1 + 1 + 2); /* header; top of the tree; two pages of it */
		EXPECT_OK(CALL(t, BUDGET_DESTROY, payer));
		EXPECT_OK(CALL(t, HANDLE_CLOSE, payer));
	}
	world_end();
}

TEST(devices, "a device's memory and interrupt are made whole or not at all, and a refused interrupt leaves its line free")
{
	assert_int_equal(sweep_payer(registers), 1);
	assert_int_equal(sweep_payer(interrupt), 1);
	world_end();
}

TEST(claim, "a claim that cannot be paid leaves the memory with its old payer")
{
	handle_t own = connect(p, mailbox, p, 1);
	struct abi_message m = { .pages = PAGES_MOVE, .page_base = private };

	EXPECT_OK(do_send(t, own, 1, &m));
	EXPECT_OK(do_receive_until(t, mailbox, 0, 1));
	moved = header_read(t).received[0];
	assert_in_range(sweep_payer(claim), 71, 73);
	world_end();
}

static uintptr_t thread(handle_t process)
{
	return CALL(t, THREAD_CREATE, process, 0x1000, 0x2000, 0, 0, 1);
}

static uintptr_t reserve(handle_t process)
{
	return CALL(t, MAP_RESERVE, process, 5000);
}

static uintptr_t map_foreign(handle_t process)
{
	return CALL(t, MAP_ADD, process, 0, shared, 0, 70, RW);
}

static uintptr_t window(handle_t process)
{
	return CALL(t, PROCESS_WINDOW_CREATE, process);
}

static uintptr_t place_many(handle_t process)
{
	struct process *target = CONTAINER_OF(object_named(p, process), struct process, object);

	while (target->handles.free_count)
		EXPECT_OK(CALL(t, PROCESS_PLACE, process, p->budget, RIGHT_ALL));
	return CALL(t, PROCESS_PLACE, process, p->budget, RIGHT_ALL);
}

/* place_many fills the first page before the call that is swept: handles change, pages do not. */
static uintptr_t place_once(handle_t process)
{
	struct counters before = counters_read();
	uintptr_t error = place_many(process);
	struct counters now = counters_read();

	assert_true(!error || before.charged == now.charged);
	return error;
}

TEST(own, "what a process's own budget pays - threads, reservations, mappings, window, handle table - is there whole or not at all")
{
	assert_in_range(sweep_own(thread), 2, 2);
	assert_int_equal(sweep_own(reserve), 1);
	assert_in_range(sweep_own(map_foreign), 73, 74);
	assert_in_range(sweep_own(window), 4, 4);
	assert_int_equal(sweep_own(place_once), 2);
	world_end();
}

/* --- Messages allocate nothing: with a budget spent to the last page everything still works. */

TEST(messages, "calls, replies, sends, signals, loans and moves work with not a page left in any budget")
{
	struct program *server_program = program_new(10), *client = program_new(10);
	struct thread *s = server_program->thread, *c = client->thread;
	handle_t there = make_server(server_program), line = connect_with(server_program, there, client, 1, 2, 2, 10);
	handle_t memory_handle = make_memory(client, 2, 0);
	vaddr_t base = map_memory(client, make_memory(client, 2, 0), 2, RW);
	struct abi_message m = { .in_count = 1, .in = { { client->data + P, 100 } }, .accept = 2, .handle_count = 1, .send = { client->self },
	                         .pages = PAGES_LEND_MUT, .page_base = base, .page_count = 2,
	                         .out_count = 1, .out = { { client->data + P, 100 } } };
	struct abi_message r = { .in_count = 1, .in = { { server_program->data + P, 100 } }, .handle_count = 1, .send = { server_program->self } };

	EXPECT_OK(CALL(s, PROCESS_WINDOW_CREATE, server_program->self));
	EXPECT_OK(CALL(s, THREAD_BUFFER_SET, server_program->data + P, 4096));
	struct program *both[] = { server_program, client };
	for (unsigned i = 0; i < 2; i++)
		EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, both[i]->boss_budget, program_account(both[i])->account.charged));
	EXPECT_BLOCKED(do_receive_until(s, there, NEVER, 2));
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, NEVER));
	EXPECT_OK(do_reply(s, got(s).token, 0, &r));
	m = (struct abi_message){ .pages = PAGES_MOVE, .page_base = memory_handle };
	EXPECT_OK(do_send(c, line, 1, &m));
	EXPECT_OK(CALL(c, CONNECTION_SIGNAL, line, 1));
	EXPECT_OK(do_receive_until(s, there, 0, 1));
	EXPECT_OK(do_receive_until(s, there, 0, 1));
	EXPECT_BLOCKED(do_futex_wait(c, client->data, 0, 0, soon()));
	pass_ns(1000000);
	world_end();
}

TEST(machine, "with every page of the machine given away it still works, and all comes back")
{
	struct thread *b = boss.thread;
	size_t left = account_left(&machine_budget.account);
	handle_t budget;

	EXPECT_OK(CALL(b, BUDGET_CREATE, boss.budget, left - 1, 31));
	budget = (handle_t)*thread_a(b, 1);
	EXPECT_OK(CALL(b, BUDGET_RESIZE, budget, account_left(&machine_budget.account) + left - 1));
	assert_int_equal(account_left(&machine_budget.account), 0);
	while (CALL(b, MEMORY_CREATE, budget, 16, 0) == E_OK)
		continue;
	while (CALL(b, MEMORY_CREATE, budget, 1, 0) == E_OK)
		continue;
	EXPECT_OK(CALL(t, CLOCK_NOW, 0));
	EXPECT_ERROR(memory_create, BUDGET, CALL(b, MEMORY_CREATE, boss.budget, 1, 0));
	EXPECT_OK(CALL(b, BUDGET_DESTROY, budget));
	world_end();
}
