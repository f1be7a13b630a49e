/* kernel_sys_share.c - CPU time per budget: a share is kept, and what tries to have more than its share has not. */
#include "unit.h"

#include "fixture.h"
#include "thread/share.h"

#define MS 1000000u
#define US 1000u

static struct program *worker, *idler;
static uint64_t used_before, began;

static void share(const struct program *program, uint64_t share_ns, uint64_t period_ns)
{
	EXPECT_OK(CALL(boss.thread, BUDGET_CPU_SET, program->boss_budget, share_ns, period_ns));
}

static uint64_t used_by(const struct program *program)
{
	return budget_cpu_now_ns(program_account(program));
}

static void watch(const struct program *program)
{
	used_before = used_by(program);
	began = arch_clock_ns();
}

/* Parts of a thousand of the time since watch() that a program had. */
static uint64_t had(const struct program *program)
{
	return (used_by(program) - used_before) * 1000 / (arch_clock_ns() - began);
}

UNIT_SETUP
{
	world_start();
	worker = program_new(10);
	idler = program_new(5);
	share(worker, 2 * MS, 10 * MS);
	thread_runs(worker->thread);
	watch(worker);
}

/* Time passes in small pieces; whoever has the CPU and is not the idler does `act`. */
static void go_on(uint64_t ns, uint64_t piece_ns, void (*act)(struct thread *))
{
	for (uint64_t end = arch_clock_ns() + ns; arch_clock_ns() < end;) {
		if (act && arch_cpu.current && arch_cpu.current->process != idler->process)
			act(arch_cpu.current);
		pass_ns(piece_ns);
	}
}

static void until_runs(const struct thread *thread)
{
	for (unsigned i = 0; i < 5000 && arch_cpu.current != thread; i++)
		pass_ns(10 * US);
	assert_ptr_equal(arch_cpu.current, thread);
}

static void until_held(void)
{
	for (unsigned i = 0; i < 100 && arch_cpu.current != idler->thread; i++)
		pass_ns(100 * US);
	assert_ptr_equal(arch_cpu.current, idler->thread);
	assert_false(list_is_empty(&program_account(worker)->held));
}

static void sleeps(struct thread *thread, uint64_t ns)
{
	EXPECT_BLOCKED(do_futex_wait(thread, program_of(thread)->data, 0, 0, arch_clock_ns() + ns));
}

TEST(kept, "a thread that computes has its share of each period, in one piece, and others the rest")
{
	uint64_t length = 0;
	struct thread *before = arch_cpu.current;

	for (unsigned i = 0; i < 5000; i++) {
		pass_ns(10 * US);
		length += 10 * US;
		if (arch_cpu.current == before)
			continue;
		assert_in_range(length, before == worker->thread ? 2 * MS - 60 * US : 8 * MS - 60 * US, before == worker->thread ? 2 * MS + 60 * US : 8 * MS + 60 * US);
		before = arch_cpu.current;
		length = 0;
	}
	assert_in_range(had(worker), 195, 202);
	world_end();
}

TEST(found_late, "a share that is used up during a call is noticed at its end, whatever the call was and before the timer's interrupt")
{
	host_clock_advance_ns(3 * MS);
	EXPECT_OK(CALL(worker->thread, THREAD_SELF));
	assert_ptr_equal(arch_cpu.current, idler->thread);
	until_runs(worker->thread);
	world_end();
}

TEST(idle_rather, "with nobody else to run, the machine idles rather than exceed a share, and no timer is left when none is ruled")
{
	program_kill(idler);
	watch(worker);
	go_on(100 * MS, 70 * US, NULL);
	assert_in_range(had(worker), 190, 225);
	share(worker, 0, 0);
	go_on(2 * MS, MS, NULL);
	assert_ptr_equal(arch_cpu.current, worker->thread);
	assert_int_equal(cpu.share_timer, NEVER_NS);
	assert_int_equal(host_timer_ns(), NEVER_NS);
	world_end();
}

/* --- Attempts at more. */

static void sleeps_before_end(struct thread *thread)
{
	pass_ns(1900 * US);
	if (arch_cpu.current == thread)
		sleeps(thread, 50 * US);
}

TEST(sleeps, "by sleeping just before the share is used up: nothing")
{
	go_on(200 * MS, 50 * US, sleeps_before_end);
	assert_in_range(had(worker), 150, 212);
	world_end();
}

static void yields(struct thread *thread)
{
	EXPECT_OK(CALL(thread, THREAD_YIELD, 0));
}

TEST(yields, "by yielding, and by many threads of any priority: nothing")
{
	for (unsigned i = 0; i < 20; i++)
		program_thread(worker, 8 + i % 5);
	go_on(100 * MS, 50 * US, yields);
	assert_in_range(had(worker), 190, 225);
	world_end();
}

TEST(processes, "by another process on the same budget, or on a child of it that has no share: nothing")
{
	struct program *other;
	handle_t child;

	EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, worker->boss_budget, 3 * PROGRAM_PAGES));
	EXPECT_OK(CALL(boss.thread, BUDGET_CREATE, worker->boss_budget, PROGRAM_PAGES, 31));
	child = (handle_t)*thread_a(boss.thread, 1);
	program_in(worker->boss_budget, 11);
	other = program_in(child, 12);
	watch(worker);
	uint64_t before = used_by(worker) + used_by(other);
	go_on(100 * MS, 50 * US, NULL);
	assert_in_range((used_by(worker) + used_by(other) - before) * 1000 / (arch_clock_ns() - began), 190, 225);
	assert_true(used_by(other) > 15 * MS);
	world_end();
}

static struct program *server;
static handle_t mailbox, line;

/* A server that works so long for each call, or for ever. */
static uint64_t work_ns;
static void calls(struct thread *thread)
{
	uint64_t start = arch_clock_ns();

	if (thread != worker->thread)
		return;
	EXPECT_BLOCKED(do_call(thread, line, 1));
	while (arch_clock_ns() - start < work_ns) {
		assert_ptr_equal(arch_cpu.current, server->thread); /* it is not stopped half way */
		pass_ns(100 * US);
	}
	EXPECT_BLOCKED(do_reply_and_receive(server->thread, mailbox, got(server->thread).token, 0));
}

static void serve_from(struct program *program)
{
	server = program;
	mailbox = make_server(server);
	line = connect(server, mailbox, worker, 1);
	EXPECT_BLOCKED(do_receive(server->thread, mailbox));
	go_on(30 * MS, 100 * US, NULL);
	until_held();
	until_runs(worker->thread);
	watch(worker);
}

TEST(served, "by having a server work for it: the server finishes, and the debt is paid before the client goes on")
{
	serve_from(program_new(20));
	work_ns = 5 * MS;
	calls(worker->thread);
	assert_ptr_equal(arch_cpu.current, idler->thread);
	pass_ns(19 * MS);
	assert_ptr_equal(arch_cpu.current, idler->thread);
	go_on(300 * MS, 100 * US, calls);
	assert_in_range(had(worker), 170, 225);
	assert_true(used_by(server) < MS);
	world_end();
}

TEST(served_shortly, "by calls that take no time at all: each of them counts")
{
	serve_from(program_new(20));
	work_ns = 0;
	go_on(60 * MS, 50 * US, calls);
	assert_in_range(had(worker), 190, 240);
	world_end();
}

static struct thread *second;

TEST(serves_itself, "by one thread that serves another of its own and never answers: nothing")
{
	mailbox = make_server(worker);
	EXPECT_OK(CALL(worker->thread, CONNECTION_MINT, mailbox, worker->budget, 1, 0, 0, 0));
	line = (handle_t)*thread_a(worker->thread, 1);
	second = program_thread(worker, 12);
	EXPECT_BLOCKED(do_receive(second, mailbox));
	EXPECT_BLOCKED(do_call(worker->thread, line, 1));
	assert_ptr_equal(second->serving, worker->thread);
	go_on(100 * MS, 50 * US, NULL);
	assert_in_range(had(worker), 190, 225);
	world_end();
}

TEST(accomplice, "by an accomplice with a share that serves it for ever: not more than both shares")
{
	serve_from(program_new(20));
	share(server, MS, 10 * MS);
	EXPECT_BLOCKED(do_call(worker->thread, line, 1));
	uint64_t before = used_by(worker) + used_by(server);
	began = arch_clock_ns();
	go_on(100 * MS, 50 * US, NULL);
	assert_in_range((used_by(worker) + used_by(server) - before) * 1000 / (arch_clock_ns() - began), 90, 310);
	world_end();
}

TEST(unseen, "by runs that are shorter than the clock can see: each counts as a tick")
{
	uint64_t owed = program_account(worker)->owed;

	for (unsigned i = 0; i < 100; i++) {
		sleeps(worker->thread, 1);
		EXPECT_OK(CALL(idler->thread, CLOCK_NOW, 0));
		pass_ns(1);
		assert_ptr_equal(arch_cpu.current, worker->thread);
	}
	assert_true(program_account(worker)->owed - owed >= (uint64_t)75 << SHARE_DIGITS);
	world_end();
}

static unsigned births;

/* Again and again a child with a share of its own and a process on it that computes. */
TEST(children, "by children that are made, used and destroyed again and again: they start used up, and what they owe is the parent's")
{
	uint64_t used = 0;
	struct budget *above = program_account(worker);

	EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, worker->boss_budget, 3 * PROGRAM_PAGES));
	share(worker, 5 * MS, 10 * MS);
	until_held();
	until_runs(worker->thread);
	sleeps(worker->thread, 3000 * MS);
	watch(worker);
	for (births = 0; births < 20; births++) {
		struct program *child;

		EXPECT_OK(CALL(boss.thread, BUDGET_CREATE, worker->boss_budget, PROGRAM_PAGES, 31));
		child = program_in((handle_t)*thread_a(boss.thread, 1), 10);
		EXPECT_ERROR(budget_cpu_set, BUDGET, CALL(boss.thread, BUDGET_CPU_SET, child->boss_budget, 5 * MS, 10 * MS));
		share(child, 80 * MS, 200 * MS);
		assert_int_equal(above->given, program_account(child)->ratio);
		go_on(9 * MS, 100 * US, NULL);
		used += used_by(child);
		program_budget_end(child);
		assert_int_equal(above->given, 0);
	}
	assert_true(used * 1000 / (arch_clock_ns() - began) < 100);
	world_end();
}

/* --- Who holds up others. */

TEST(lock, "who is out of time but holds what a thread needs that serves a call works on, for that call's payer")
{
	struct thread *owner = worker->thread;
	struct program *client;
	handle_t own;
	token_t token;

	mailbox = make_server(worker);
	EXPECT_OK(CALL(owner, THREAD_SELF, 0));
	own = (handle_t)*thread_a(owner, 1);
	second = program_thread(worker, 12);
	EXPECT_BLOCKED(do_receive(second, mailbox));
	client = program_new(15);
	sleeps(client->thread, 1);
	line = connect(worker, mailbox, client, 1);
	pass_ns(1);
	EXPECT_BLOCKED(do_futex_wait(client->thread, client->data, 0, 0, arch_clock_ns() + 6 * MS));
	pass_ns(5 * MS);
	assert_ptr_equal(arch_cpu.current, idler->thread); /* the owner is held */
	pass_ns(MS);
	EXPECT_BLOCKED(do_call(client->thread, line, 1));
	assert_ptr_equal(arch_cpu.current, second);
	watch(client);
	token = got(second).token;
	EXPECT_BLOCKED(do_futex_wait(second, worker->data, 0, own, NEVER));
	assert_ptr_equal(arch_cpu.current, owner);
	pass_ns(MS);
	assert_ptr_equal(arch_cpu.current, owner);
	assert_int_equal(used_by(client) - used_before, MS);
	EXPECT_OK(CALL(owner, FUTEX_WAKE, worker->data, 1));
	assert_ptr_equal(arch_cpu.current, second); /* and the owner is held again */
	EXPECT_OK(do_reply(second, token, 0, NULL));
	EXPECT_BLOCKED(do_futex_wait(client->thread, client->data, 0, 0, NEVER));
	assert_ptr_equal(arch_cpu.current, idler->thread);
	world_end();
}

TEST(lock_own, "a lock that only its own threads wait for keeps nobody running")
{
	handle_t own;

	EXPECT_OK(CALL(worker->thread, THREAD_SELF, 0));
	own = (handle_t)*thread_a(worker->thread, 1);
	second = program_thread(worker, 12);
	EXPECT_BLOCKED(do_futex_wait(second, worker->data, 0, own, NEVER));
	assert_int_equal(worker->thread->priority, 12);
	go_on(100 * MS, 50 * US, NULL);
	assert_in_range(had(worker), 190, 225);
	world_end();
}

/* --- Changes and ends while threads are held. */

TEST(order, "those that waited go on in the order in which they were held, however many they are")
{
	struct thread *threads[30];

	for (unsigned i = 0; i < 30; i++)
		threads[i] = program_thread(worker, 10);
	until_held();
	for (unsigned i = 0; i < 30; i++)
		if (LIST_FIRST(&program_account(worker)->held, struct thread, wait_link) == threads[i]) {
			for (unsigned n = 0; n < 200 && arch_cpu.current == idler->thread; n++)
				pass_ns(100 * US);
			assert_ptr_equal(arch_cpu.current, threads[i]);
			world_end();
			return;
		}
	for (unsigned n = 0; n < 200 && arch_cpu.current == idler->thread; n++)
		pass_ns(100 * US);
	assert_ptr_equal(arch_cpu.current, worker->thread);
	world_end();
}

TEST(changed, "a share that is taken away lets go; another one does not forget what is owed")
{
	until_held();
	for (unsigned i = 0; i < 50; i++)
		share(worker, 2 * MS, 10 * MS);
	pass_ns(7 * MS);
	assert_ptr_equal(arch_cpu.current, idler->thread);
	share(worker, 0, 0);
	assert_ptr_equal(arch_cpu.current, worker->thread);
	pass_ns(50 * MS);
	assert_ptr_equal(arch_cpu.current, worker->thread);
	share(worker, MS, 10 * MS);
	until_held();
	share(worker, 9 * MS, 10 * MS);
	pass_ns(2 * MS);
	assert_ptr_equal(arch_cpu.current, worker->thread); /* so much is paid sooner */
	world_end();
}

TEST(own, "a share counts from the moment it is given, also for the thread that gives it, with no call or wait in between")
{
	share(worker, 0, 0);
	thread_runs(worker->thread);
	go_on(50 * MS, 70 * US, NULL);
	assert_ptr_equal(arch_cpu.current, worker->thread);
	EXPECT_OK(CALL(worker->thread, BUDGET_CPU_SET, worker->budget, 2 * MS, 10 * MS));
	watch(worker);
	go_on(100 * MS, 70 * US, NULL);
	assert_in_range(had(worker), 150, 230);
	share(worker, 0, 0);
	assert_false(arch_cpu.unsettled & UNSETTLED_SCHEDULE);
	assert_int_equal(share_set(program_account(worker), 2 * MS, 10 * MS), E_OK);
	assert_true(arch_cpu.unsettled & UNSETTLED_SCHEDULE); /* a kernel that does not check itself after each call needs to be told */
	schedule();
	world_end();
}

TEST(stopped, "a debugger stops and reads who is held, and resumes it, before and after it has time again")
{
	until_held();
	EXPECT_OK(CALL(boss.thread, PROCESS_STOP, worker->boss_process));
	EXPECT_OK(CALL(boss.thread, PROCESS_RESUME, worker->boss_process));
	assert_ptr_equal(arch_cpu.current, idler->thread);
	EXPECT_OK(CALL(boss.thread, PROCESS_STOP, worker->boss_process));
	pass_ns(20 * MS);
	assert_ptr_equal(arch_cpu.current, idler->thread);
	EXPECT_OK(CALL(boss.thread, PROCESS_RESUME, worker->boss_process));
	assert_ptr_equal(arch_cpu.current, worker->thread);
	world_end();
}

TEST(raised, "a change of priority neither frees who is held nor loses it")
{
	struct thread *thread = worker->thread;

	until_held();
	thread_base_priority_set(thread, 15);
	inherit_update(thread);
	kernel_handlers.timer();
	assert_ptr_equal(arch_cpu.current, idler->thread);
	go_on(40 * MS, 50 * US, NULL);
	assert_in_range(had(worker), 190, 260);
	world_end();
}

TEST(killed, "who is held can be killed")
{
	program_thread(worker, 10);
	until_held();
	program_kill(worker);
	pass_ns(30 * MS);
	world_end();
}

TEST(destroyed, "a budget can be destroyed while its threads are held, or while a server works for them on debt")
{
	struct program *client = worker;

	until_held();
	program_budget_end(worker);
	pass_ns(30 * MS);
	worker = program_new(10);
	share(worker, 2 * MS, 10 * MS);
	serve_from(program_new(20));
	EXPECT_BLOCKED(do_call(worker->thread, line, 1));
	pass_ns(5 * MS);
	assert_ptr_equal(arch_cpu.current, server->thread);
	program_budget_end(worker);
	assert_ptr_equal(arch_cpu.current, server->thread);
	pass_ns(30 * MS);
	(void)client;
	world_end();
}

TEST(sum, "shares of children cannot be more than what they are taken from, nor a parent's less than what it gave")
{
	handle_t a, b, c;
	struct thread *t = boss.thread;

	EXPECT_OK(CALL(t, BUDGET_CREATE, worker->boss_budget, 4, 31));
	a = (handle_t)*thread_a(t, 1);
	EXPECT_OK(CALL(t, BUDGET_CREATE, a, 2, 31));
	b = (handle_t)*thread_a(t, 1);
	EXPECT_OK(CALL(t, BUDGET_CREATE, worker->boss_budget, 4, 31));
	c = (handle_t)*thread_a(t, 1);
	EXPECT_OK(CALL(t, BUDGET_CPU_SET, b, MS, 10 * MS)); /* through a, which has none */
	EXPECT_ERROR(budget_cpu_set, BUDGET, CALL(t, BUDGET_CPU_SET, c, MS, 10 * MS));
	EXPECT_OK(CALL(t, BUDGET_CPU_SET, c, 9 * MS, 100 * MS));
	EXPECT_ERROR(budget_cpu_set, BUDGET, CALL(t, BUDGET_CPU_SET, worker->boss_budget, 19 * MS, 100 * MS));
	EXPECT_ERROR(budget_cpu_set, BUDGET, CALL(t, BUDGET_CPU_SET, a, 9 * MS, 100 * MS));
	EXPECT_OK(CALL(t, BUDGET_CPU_SET, a, 10100 * US, 100 * MS)); /* b's comes out of this now */
	EXPECT_OK(CALL(t, BUDGET_CPU_SET, b, 0, 0));
	EXPECT_OK(CALL(t, BUDGET_CPU_SET, a, 0, 0));
	EXPECT_OK(CALL(t, BUDGET_CPU_SET, b, 10 * MS, 100 * MS));
	EXPECT_OK(CALL(t, BUDGET_CPU_SET, worker->boss_budget, 0, 0));
	EXPECT_OK(CALL(t, BUDGET_CPU_SET, c, 100 * MS, 100 * MS)); /* nobody above has one */
	EXPECT_ERROR(budget_cpu_set, BUDGET, CALL(t, BUDGET_CPU_SET, worker->boss_budget, 100 * MS, 100 * MS));
	EXPECT_OK(CALL(t, BUDGET_DESTROY, a));
	EXPECT_OK(CALL(t, BUDGET_DESTROY, c));
	assert_int_equal(program_account(worker)->given, 0);
	world_end();
}

TEST(refused, "a share is 1/1024 of its period to all of it, and the period 1 ms to 1 s")
{
	struct program *p = worker;

	EXPECT_ERROR(budget_cpu_set, ARGUMENT, CALL(p->thread, BUDGET_CPU_SET, p->budget, 10 * MS + 1, 10 * MS));
	EXPECT_ERROR(budget_cpu_set, ARGUMENT, CALL(p->thread, BUDGET_CPU_SET, p->budget, 9765, 10 * MS));
	EXPECT_OK(CALL(p->thread, BUDGET_CPU_SET, p->budget, 9766, 10 * MS));
	EXPECT_ERROR(budget_cpu_set, ARGUMENT, CALL(p->thread, BUDGET_CPU_SET, p->budget, MS - 1, MS - 1));
	EXPECT_ERROR(budget_cpu_set, ARGUMENT, CALL(p->thread, BUDGET_CPU_SET, p->budget, MS, 1000 * MS + 1));
	EXPECT_ERROR(budget_cpu_set, ARGUMENT, CALL(p->thread, BUDGET_CPU_SET, p->budget, 1, (uint64_t)1 << 32));
	EXPECT_OK(CALL(p->thread, BUDGET_CPU_SET, p->budget, MS, MS));
	EXPECT_OK(CALL(p->thread, BUDGET_CPU_SET, p->budget, 0, 5));
	world_end();
}
