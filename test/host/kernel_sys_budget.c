/* kernel_sys_budget.c - budgets: what may be spent, to the last page, and that all of it comes back. */
#include "unit.h"

#include "fixture.h"

UNIT_SETUP
{
	world_start();
}

static handle_t result(struct program *p)
{
	return (handle_t)*thread_a(p->thread, 1);
}

static struct abi_budget_state info(struct program *p, handle_t budget)
{
	struct abi_budget_state seen;

	EXPECT_OK(CALL(p->thread, BUDGET_INFO, budget, p->data + P));
	peek(p, p->data + P, &seen, sizeof seen);
	return seen;
}

static size_t left(struct program *p, handle_t budget)
{
	struct abi_budget_state seen = info(p, budget);

	return seen.limit_pages - seen.charged_pages - seen.given_pages;
}

TEST(child, "a child's pages come out of the parent's at once, and go back when the last handle to it does")
{
	struct program *p = program_new(10);
	struct abi_budget_state before = info(p, p->budget), child;
	handle_t budget;

	EXPECT_OK(CALL(p->thread, BUDGET_CREATE, p->budget, 20, 7));
	budget = result(p);
	child = info(p, budget);
	assert_int_equal(child.limit_pages, 20);
	assert_int_equal(child.charged_pages, 0);
	assert_int_equal(child.given_pages, 0);
	assert_int_equal(child.ceiling, 7);
	assert_int_equal(child.depth, before.depth + 1);
	assert_int_equal(info(p, p->budget).given_pages, before.given_pages + 20);
	EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, budget));
	before.cpu_ns = info(p, p->budget).cpu_ns;
	child = info(p, p->budget);
	assert_memory_equal(&child, &before, sizeof before);
	world_end();
}

TEST(last_page, "a budget can be spent to the last page and not beyond")
{
	struct program *p = program_new(10);
	handle_t budget = make_budget(p, 12);
	size_t pages = 0;

	for (; CALL(p->thread, MEMORY_CREATE, budget, 1, 0) == E_OK; pages++)
		continue;
	assert_int_equal(left(p, budget), 0);
	assert_true(pages >= 10); /* all but the page or two of small objects */
	EXPECT_ERROR(memory_create, BUDGET, CALL(p->thread, MEMORY_CREATE, budget, 1, 0));
	while (CALL(p->thread, SERVER_CREATE, budget) == E_OK) /* small objects fit the page that memory objects began */
		continue;
	EXPECT_ERROR(budget_create, BUDGET, CALL(p->thread, BUDGET_CREATE, budget, 1, 0));
	EXPECT_ERROR(server_create, BUDGET, CALL(p->thread, SERVER_CREATE, budget));
	EXPECT_ERROR(process_create, BUDGET, CALL(p->thread, PROCESS_CREATE, budget, p->budget));
	EXPECT_ERROR(process_create, BUDGET, CALL(p->thread, PROCESS_CREATE, p->budget, budget));
	EXPECT_OK(CALL(p->thread, BUDGET_DESTROY, budget));
	world_end();
}

TEST(create_refused, "a budget is refused where the parent lacks pages, ceiling or depth")
{
	struct program *p = program_new(10);
	size_t room = left(p, p->budget);

	EXPECT_ERROR(budget_create, BUDGET, CALL(p->thread, BUDGET_CREATE, p->budget, room + 1, 0));
	EXPECT_ERROR(budget_create, BUDGET, CALL(p->thread, BUDGET_CREATE, p->budget, (uintptr_t)-1, 0));
	EXPECT_ERROR(budget_create, ARGUMENT, CALL(p->thread, BUDGET_CREATE, p->budget, 1, 32));
	EXPECT_OK(CALL(p->thread, BUDGET_CREATE, p->budget, 4, 9));
	EXPECT_ERROR(budget_create, PRIORITY, CALL(p->thread, BUDGET_CREATE, result(p), 1, 10));
	world_end();
}

TEST(depth, "budgets nest 8 deep and not 9, and destroying the outermost takes all")
{
	struct program *p = program_new(10);
	handle_t outer = make_budget(p, 40), inner = outer, deepest;

	while (info(p, inner).depth < LIMIT_BUDGET_DEPTH) {
		EXPECT_OK(CALL(p->thread, BUDGET_CREATE, inner, left(p, inner) - 2, 31));
		inner = result(p);
	}
	deepest = inner;
	EXPECT_ERROR(budget_create, LIMIT, CALL(p->thread, BUDGET_CREATE, deepest, 1, 31));
	EXPECT_OK(CALL(p->thread, SERVER_CREATE, deepest));
	EXPECT_OK(CALL(p->thread, BUDGET_DESTROY, outer));
	EXPECT_ERROR(handle_info, PEER_GONE, CALL(p->thread, HANDLE_INFO, deepest));
	world_end();
}

TEST(resize, "a budget grows by what its parent has left, and shrinks to what it uses")
{
	struct program *p = program_new(10);
	handle_t budget = make_budget(p, 10);
	size_t room = left(p, p->budget);

	EXPECT_OK(CALL(p->thread, BUDGET_RESIZE, budget, 10 + room));
	assert_int_equal(left(p, p->budget), 0);
	EXPECT_ERROR(budget_resize, BUDGET, CALL(p->thread, BUDGET_RESIZE, budget, 11 + room));
	EXPECT_ERROR(budget_resize, BUDGET, CALL(p->thread, BUDGET_RESIZE, budget, (uintptr_t)-1));
	EXPECT_OK(CALL(p->thread, MEMORY_CREATE, budget, 5, 0));
	size_t used = info(p, budget).charged_pages;
	EXPECT_ERROR(budget_resize, BUDGET, CALL(p->thread, BUDGET_RESIZE, budget, used - 1));
	EXPECT_OK(CALL(p->thread, BUDGET_RESIZE, budget, used));
	assert_int_equal(left(p, budget), 0);
	assert_int_equal(left(p, p->budget), room + 10 - used);
	world_end();
}

TEST(machine, "the machine's budget has no parent: it can neither be resized nor destroyed")
{
	struct program *p = program_new(10);
	handle_t machine = give(&boss, boss.budget, p);

	EXPECT_ERROR(budget_resize, STATE, CALL(p->thread, BUDGET_RESIZE, machine, 1));
	EXPECT_ERROR(budget_destroy, STATE, CALL(p->thread, BUDGET_DESTROY, machine));
	assert_int_equal(info(p, machine).depth, 0);
	world_end();
}

TEST(sum, "limit = charged + given + left at every moment of a budget's life")
{
	struct program *p = program_new(10);
	handle_t budget = make_budget(p, 30), child;
	struct abi_budget_state seen;

	EXPECT_OK(CALL(p->thread, BUDGET_CREATE, budget, 10, 31));
	child = result(p);
	EXPECT_OK(CALL(p->thread, MEMORY_CREATE, budget, 4, 0));
	EXPECT_OK(CALL(p->thread, MEMORY_CREATE, child, 6, 0));
	seen = info(p, budget);
	assert_int_equal(seen.given_pages, 10);
	EXPECT_OK(CALL(p->thread, BUDGET_DESTROY, child));
	assert_int_equal(info(p, budget).given_pages, 0);
	world_end();
}

TEST(destroy, "destroying a budget ends what it pays for, kills who lives on it, and returns every page")
{
	struct program *p = program_new(10), *q = program_new(10);
	handle_t budget = make_budget(p, 60), server, line, memory, process;
	struct abi_exit_record record;
	struct abi_budget_state before = info(p, p->budget);

	EXPECT_OK(CALL(p->thread, SERVER_CREATE, budget));
	server = result(p);
	EXPECT_OK(CALL(p->thread, CONNECTION_MINT, server, budget, 3, 8, 2, 1));
	line = give(p, result(p), q);
	EXPECT_OK(CALL(p->thread, MEMORY_CREATE, budget, 10, MEMORY_SHARED));
	memory = result(p);
	map_memory(q, give(p, memory, q), 10, RW); /* q is charged too, and keeps the pages */
	EXPECT_OK(CALL(p->thread, PROCESS_CREATE, p->budget, budget));
	process = result(p);
	EXPECT_OK(CALL(p->thread, THREAD_CREATE, process, 0x1000, 0x2000, 0, 0, 4));
	EXPECT_BLOCKED(do_call(q->thread, line, 1));
	EXPECT_OK(CALL(p->thread, BUDGET_DESTROY, budget));
	EXPECT_ERROR(connection_call, PEER_GONE, answer(q->thread));
	EXPECT_ERROR(handle_info, PEER_GONE, CALL(p->thread, HANDLE_INFO, memory));
	EXPECT_OK(CALL(p->thread, PROCESS_STATUS, process, p->data + P));
	peek(p, p->data + P, &record, sizeof record);
	assert_int_equal(record.cause, CAUSE_BUDGET);
	assert_int_equal(info(p, p->budget).given_pages, before.given_pages - 60);
	world_end();
}

TEST(destroy_own, "a process may destroy the budget it lives on; it does not come back from the call")
{
	struct program *p = program_new(10), *q = program_new(9);
	size_t free_before;

	thread_runs(p->thread);
	free_before = machine_budget.account.given;
	do_last_call(p->thread, CALL_BUDGET_DESTROY, p->budget);
	pass_ns(1);
	assert_int_equal(machine_budget.account.given, free_before - PROGRAM_PAGES);
	assert_ptr_equal(arch_cpu.current, q->thread);
	world_end();
}

TEST(orphans, "memory that another budget maps too outlives its payer for that one, content and all")
{
	struct program *p = program_new(10), *q = program_new(10);
	handle_t budget = make_budget(p, 20), memory;
	vaddr_t here, there;

	EXPECT_OK(CALL(p->thread, MEMORY_CREATE, budget, 10, MEMORY_SHARED));
	memory = result(p);
	there = map_memory(q, give(p, memory, q), 10, RW);
	here = map_memory(p, memory, 10, RW); /* p's own budget is another than the payer, too */
	pattern_write(q, there, 10 * P, 3);
	assert_true(pattern_is(p, here, 10 * P, 3));
	EXPECT_OK(CALL(p->thread, BUDGET_DESTROY, budget));
	assert_true(pattern_is(p, here, 10 * P, 3));
	pattern_write(p, here, 10 * P, 4);
	assert_true(pattern_is(q, there, 10 * P, 4));
	EXPECT_OK(CALL(q->thread, MAP_REMOVE, q->self, there, 10));
	assert_true(pattern_is(p, here, 10 * P, 4));
	world_end();
}

TEST(mapper_pays, "mapping memory that another budget pays for charges the mapper in full")
{
	struct program *p = program_new(10), *q = program_new(10);
	handle_t memory = make_memory(p, 10, MEMORY_SHARED), given = give(p, memory, q);
	size_t before = info(q, q->budget).charged_pages, room;
	vaddr_t base = map_memory(q, given, 10, RW);

	assert_true(info(q, q->budget).charged_pages >= before + 10);
	EXPECT_OK(CALL(q->thread, MAP_REMOVE, q->self, base, 10));
	assert_int_equal(info(q, q->budget).charged_pages, before);
	room = left(q, q->budget);
	EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, q->boss_budget, PROGRAM_PAGES - room + 9));
	EXPECT_ERROR(map_add, BUDGET, CALL(q->thread, MAP_ADD, q->self, 0, given, 0, 10, RW));
	world_end();
}

TEST(cpu_time, "CPU time is charged to the budget whose thread runs, and a server's to its caller's")
{
	struct program *server = program_new(10), *client = program_new(10);
	handle_t mailbox = make_server(server), line = connect(server, mailbox, client, 1);
	uint64_t before;

	EXPECT_BLOCKED(do_receive(server->thread, mailbox));
	thread_runs(client->thread);
	before = info(client, client->budget).cpu_ns;
	pass_ns(3000000);
	assert_int_equal(info(client, client->budget).cpu_ns, before + 3000000);
	EXPECT_BLOCKED(do_call(client->thread, line, 1));
	pass_ns(5000000); /* the server's thread runs, for the client */
	EXPECT_OK(do_reply(server->thread, got(server->thread).token, 0, NULL));
	assert_int_equal(info(client, client->budget).cpu_ns, before + 8000000);
	assert_int_equal(info(server, server->budget).cpu_ns, 0);
	world_end();
}

TEST(cpu_set, "a limit of CPU time is kept and told; an impossible one is refused")
{
	struct program *p = program_new(10);
	struct abi_budget_state seen;

	EXPECT_OK(CALL(p->thread, BUDGET_CPU_SET, p->budget, 2000000, 10000000));
	seen = info(p, p->budget);
	assert_int_equal(seen.cpu_share_ns, 2000000);
	assert_int_equal(seen.cpu_period_ns, 10000000);
	EXPECT_ERROR(budget_cpu_set, ARGUMENT, CALL(p->thread, BUDGET_CPU_SET, p->budget, 11000000, 10000000));
	EXPECT_ERROR(budget_cpu_set, ARGUMENT, CALL(p->thread, BUDGET_CPU_SET, p->budget, 1000, 999999));
	EXPECT_OK(CALL(p->thread, BUDGET_CPU_SET, p->budget, 0, 0));
	assert_int_equal(info(p, p->budget).cpu_period_ns, 0);
	world_end();
}

TEST(info_address, "budget_info needs memory it may write")
{
	struct program *p = program_new(10);

	EXPECT_ERROR(budget_info, ADDRESS, CALL(p->thread, BUDGET_INFO, p->budget, 0));
	EXPECT_ERROR(budget_info, ADDRESS, CALL(p->thread, BUDGET_INFO, p->budget, p->data + DATA_PAGES * P - 8));
	EXPECT_ERROR(budget_info, ADDRESS, CALL(p->thread, BUDGET_INFO, p->budget, USER_END));
	EXPECT_ERROR(budget_info, ADDRESS, CALL(p->thread, BUDGET_INFO, p->budget, (uintptr_t)-8));
	world_end();
}

TEST(dead_payer, "a destroyed budget pays for nothing, not even for who was about to")
{
	struct program *p = program_new(10);
	handle_t budget = make_budget(p, 20), child;

	EXPECT_OK(CALL(p->thread, BUDGET_CREATE, budget, 10, 31));
	child = result(p);
	EXPECT_OK(CALL(p->thread, BUDGET_DESTROY, budget));
	EXPECT_ERROR(memory_create, PEER_GONE, CALL(p->thread, MEMORY_CREATE, child, 1, 0));
	EXPECT_ERROR(server_create, PEER_GONE, CALL(p->thread, SERVER_CREATE, budget));
	world_end();
}

TEST(dying_payer, "while a budget is being taken apart for a low thread, a high one can make nothing on it any more")
{
	struct program *low = program_new(5), *high = program_new(10);
	handle_t budget, process, mailbox = make_server(high), device = give(&boss, boss_device, high);

	EXPECT_OK(CALL(high->thread, DEVICE_INTERRUPT, device, high->budget, 0, mailbox, 1, 10));
	EXPECT_BLOCKED(do_receive_until(high->thread, mailbox, arch_clock_ns() + 1000, 0));
	budget = make_budget(low, 60);
	EXPECT_OK(CALL(low->thread, MEMORY_CREATE, budget, 40, 0));
	for (unsigned i = 0; i < 2; i++) {
		EXPECT_OK(CALL(low->thread, PROCESS_CREATE, low->budget, budget));
		process = result(low);
		EXPECT_OK(CALL(low->thread, THREAD_CREATE, process, 0x1000, 0x2000, 0, 0, 1));
	}
	process = give(low, process, high);
	pass_ns(1000);
	EXPECT_BLOCKED(do_receive(high->thread, mailbox));
	thread_runs(low->thread);
	host_interrupt_raise(5);
	EXPECT_BLOCKED(CALL(low->thread, BUDGET_DESTROY, budget));
	assert_ptr_equal(arch_cpu.current, high->thread);
	EXPECT_ERROR(thread_create, BUDGET, CALL(high->thread, THREAD_CREATE, process, 0x1000, 0x2000, 0, 0, 1));
	EXPECT_BLOCKED(do_receive(high->thread, mailbox));
	EXPECT_OK(answer(low->thread));
	world_end();
}

TEST(no_thread_runs, "no thread that lives on a destroyed budget runs on, whatever its priority")
{
	struct program *p = program_new(10), *busy = program_new(20), *low = program_new(5);

	assert_ptr_equal(arch_cpu.current, busy->thread);
	EXPECT_OK(CALL(boss.thread, BUDGET_DESTROY, busy->boss_budget));
	assert_ptr_equal(arch_cpu.current, p->thread);
	do_last_call(p->thread, CALL_PROCESS_EXIT, 0);
	assert_ptr_equal(arch_cpu.current, low->thread);
	world_end();
}
