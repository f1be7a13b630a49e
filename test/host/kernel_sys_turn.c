/* kernel_sys_turn.c - turns among equals: nobody gets more of them by calling, signalling, being interrupted or sleeping. */
#include "unit.h"

#include "fixture.h"

#define MS 1000000u

static struct program *greedy, *equal, *urgent;
static handle_t mailbox, line;

static void sleeps(struct thread *thread, uint64_t until_ns)
{
	EXPECT_BLOCKED(do_futex_wait(thread, program_of(thread)->data, 0, 0, until_ns));
}

UNIT_SETUP
{
	world_start();
	greedy = program_new(10);
	equal = program_new(10);
	urgent = program_new(20);
	mailbox = make_server(urgent);
	line = connect_with(urgent, mailbox, greedy, 1, 2, 1, 20);
	EXPECT_BLOCKED(do_receive(urgent->thread, mailbox));
	thread_runs(greedy->thread);
	greedy->thread->slice_left = cpu.slice;
}

/* How long until the equal's turn comes, if who has the CPU does `act` again and again. */
static uint64_t until_its_turn(void (*act)(void))
{
	uint64_t start = arch_clock_ns();

	for (unsigned i = 0; arch_cpu.current != equal->thread; i++) {
		assert_true(i < 1000); /* it starves */
		act();
	}
	return arch_clock_ns() - start;
}

static void calls(void)
{
	EXPECT_BLOCKED(do_call(greedy->thread, line, 1));
	pass_ns(MS);
	EXPECT_BLOCKED(do_reply_and_receive(urgent->thread, mailbox, got(urgent->thread).token, 0));
}

TEST(calls, "who calls a more urgent server in a loop has one turn, and then its equal")
{
	assert_in_range(until_its_turn(calls), SLICE_NS, SLICE_NS + 2 * MS);
	thread_runs(greedy->thread); /* a new turn */
	assert_in_range(until_its_turn(calls), SLICE_NS, SLICE_NS + 2 * MS);
	world_end();
}

static void calls_with_deadline(void)
{
	EXPECT_BLOCKED(do_call_message(greedy->thread, line, 1, NULL, arch_clock_ns() + 100 * MS));
	pass_ns(MS);
	EXPECT_BLOCKED(do_reply_and_receive(urgent->thread, mailbox, got(urgent->thread).token, 0));
	if (arch_cpu.current == greedy->thread)
		pass_ns(MS);
}

TEST(calls_long, "so it is where calls and answers go the long way")
{
	assert_in_range(until_its_turn(calls_with_deadline), SLICE_NS, SLICE_NS + 3 * MS);
	world_end();
}

static void calls_long(void)
{
	EXPECT_BLOCKED(do_call(greedy->thread, line, 1));
	pass_ns(25 * MS); /* more than a turn */
	EXPECT_BLOCKED(do_reply_and_receive(urgent->thread, mailbox, got(urgent->thread).token, 0));
}

TEST(call_outlasts, "a call that outlasts the turn ends it, when it is answered and not before")
{
	assert_int_equal(until_its_turn(calls_long), 25 * MS);
	world_end();
}

static void signals(void)
{
	EXPECT_OK(CALL(greedy->thread, CONNECTION_SIGNAL, line, 1));
	assert_ptr_equal(arch_cpu.current, urgent->thread);
	EXPECT_BLOCKED(do_receive(urgent->thread, mailbox));
	if (arch_cpu.current == greedy->thread)
		pass_ns(MS);
}

TEST(signals, "a more urgent thread that runs now and then gives nobody a new turn")
{
	assert_in_range(until_its_turn(signals), SLICE_NS, SLICE_NS + 2 * MS);
	world_end();
}

static void is_preempted(void)
{
	pass_ns(MS);
	assert_ptr_equal(arch_cpu.current, urgent->thread);
	pass_ns(MS);
	sleeps(urgent->thread, arch_clock_ns() + MS);
}

TEST(preempted, "who is preempted by an alarm goes on with the rest of its turn")
{
	EXPECT_OK(CALL(greedy->thread, CONNECTION_SIGNAL, line, 1)); /* it receives no more: now it sleeps */
	sleeps(urgent->thread, arch_clock_ns() + MS);
	assert_in_range(until_its_turn(is_preempted), 2 * SLICE_NS - 4 * MS, 2 * SLICE_NS + 4 * MS);
	world_end();
}

static void sleeps_before_end(void)
{
	pass_ns(SLICE_NS - 1000);
	sleeps(greedy->thread, arch_clock_ns() + 1000);
}

TEST(sleeps, "who sleeps just before its turn ends has given it up")
{
	assert_int_equal(until_its_turn(sleeps_before_end), SLICE_NS - 1000);
	world_end();
}

TEST(dies, "whose turn it was may be gone, at any moment")
{
	pass_ns(MS);
	EXPECT_BLOCKED(do_call(greedy->thread, line, 1));
	program_kill(greedy);
	pass_ns(2 * SLICE_NS);
	program_budget_end(equal);
	pass_ns(2 * SLICE_NS);
	world_end();
}

TEST(alone, "who has no equals keeps no timer running, and its equal that comes has a turn soon")
{
	handle_t quiet = make_server(equal);

	EXPECT_BLOCKED(do_receive_until(equal->thread, quiet, arch_clock_ns() + 100 * MS, 0));
	thread_runs(greedy->thread);
	assert_int_equal(cpu.slice_end, NEVER_NS);
	pass_ns(99 * MS);
	assert_ptr_equal(arch_cpu.current, greedy->thread);
	pass_ns(MS);
	assert_in_range(cpu.slice_end, arch_clock_ns(), arch_clock_ns() + SLICE_NS);
	pass_ns(SLICE_NS);
	assert_ptr_equal(arch_cpu.current, equal->thread);
	world_end();
}
