/* kernel_sys_futex.c - waiting on a word of memory. */
#include "unit.h"

#include "fixture.h"

static struct program *p;
static vaddr_t word;

UNIT_SETUP
{
	world_start();
	p = program_new(10);
	word = p->data + P;
}

static uintptr_t wait_for(struct thread *thread)
{
	return do_futex_wait(thread, word, 0, 0, NEVER);
}

static uintptr_t wake(unsigned count)
{
	EXPECT_OK(CALL(p->thread, FUTEX_WAKE, word, count));
	return *thread_a(p->thread, 1);
}

/* A thread with a handle that its process knows. */
static struct thread *owner_make(unsigned priority, handle_t *handle)
{
	EXPECT_OK(CALL(p->thread, THREAD_CREATE, p->self, 0x1000, 0x2000, 0, 0, priority));
	*handle = (handle_t)*thread_a(p->thread, 1);
	return CONTAINER_OF(object_named(p, *handle), struct thread, object);
}

TEST(wait_wake, "a waiter sleeps until it is woken, and the word is not looked at again")
{
	struct thread *t = program_thread(p, 10);

	EXPECT_BLOCKED(wait_for(t));
	poke_word(p, word, 5);
	assert_true(is_waiting(t));
	assert_int_equal(wake(1), 1);
	EXPECT_OK(answer(t));
	assert_int_equal(wake(1), 0);
	world_end();
}

TEST(changed, "a word that holds another value is CHANGED, and nobody waits")
{
	poke_word(p, word, 7);
	EXPECT_ERROR(futex_wait, CHANGED, wait_for(p->thread));
	EXPECT_BLOCKED(do_futex_wait(p->thread, word, 7, 0, soon()));
	pass_ns(1000000);
	EXPECT_ERROR(futex_wait, TIMEOUT, answer(p->thread));
	world_end();
}

TEST(addresses, "an address that is not aligned, or not memory, is refused")
{
	EXPECT_ERROR(futex_wait, ADDRESS, do_futex_wait(p->thread, word + 2, 0, 0, 0));
	EXPECT_ERROR(futex_wait, ADDRESS, do_futex_wait(p->thread, 8, 0, 0, 0));
	EXPECT_ERROR(futex_wait, ADDRESS, do_futex_wait(p->thread, (vaddr_t)-4, 0, 0, 0));
	EXPECT_ERROR(futex_wake, ADDRESS, CALL(p->thread, FUTEX_WAKE, word + 1, 1));
	EXPECT_OK(CALL(p->thread, FUTEX_WAKE, 8, 1)); /* nobody waits there */
	world_end();
}

TEST(order, "waiters are woken by priority, first come first within one")
{
	struct thread *t[6];
	const unsigned priorities[6] = { 10, 12, 10, 12, 5, 10 }, order[6] = { 1, 3, 0, 2, 5, 4 };

	for (unsigned i = 0; i < 6; i++)
		t[i] = program_thread(p, priorities[i]);
	EXPECT_BLOCKED(wait_for(t[1]));
	EXPECT_BLOCKED(wait_for(t[3]));
	EXPECT_BLOCKED(wait_for(t[0]));
	EXPECT_BLOCKED(wait_for(t[2]));
	EXPECT_BLOCKED(wait_for(t[5]));
	EXPECT_BLOCKED(do_futex_wait(p->thread, p->data, 0, 0, soon()));
	EXPECT_BLOCKED(wait_for(t[4]));
	pass_ns(1000000);
	for (unsigned i = 0; i < 6; i++) {
		assert_true(futex_wake_one(p->process, word)); /* one at a time, without running them between */
		for (unsigned j = 0; j < 6; j++)
			assert_int_equal(is_waiting(t[order[j]]), j > i);
	}
	world_end();
}

TEST(count, "at most as many are woken as asked for, and the answer says how many")
{
	struct thread *t[8];

	for (unsigned i = 0; i < 8; i++) {
		t[i] = program_thread(p, 10);
		EXPECT_BLOCKED(wait_for(t[i]));
	}
	assert_int_equal(wake(0), 0);
	assert_int_equal(wake(3), 3);
	assert_int_equal(wake(100), 5);
	world_end();
}

TEST(count_preempted, "a wake that is interrupted after each waiter wakes the same number in all")
{
	struct thread *t[8];

	for (unsigned i = 0; i < 8; i++) {
		t[i] = program_thread(p, 10);
		EXPECT_BLOCKED(wait_for(t[i]));
	}
	host_preempt_every(1);
	assert_int_equal(wake(6), 6);
	assert_int_equal(wake(6), 2);
	assert_int_equal(wake(6), 0);
	world_end();
}

TEST(words_apart, "each word has its own waiters")
{
	struct thread *a = program_thread(p, 10), *b = program_thread(p, 10);

	EXPECT_BLOCKED(wait_for(a));
	EXPECT_BLOCKED(do_futex_wait(b, word + 4, 0, 0, NEVER));
	assert_int_equal(wake(10), 1);
	EXPECT_OK(answer(a));
	assert_true(is_waiting(b));
	world_end();
}

TEST(private, "a futex is its process's: shared memory wakes nobody elsewhere")
{
	struct program *q = program_new(10);
	handle_t memory = make_memory(p, 1, MEMORY_SHARED);
	vaddr_t here = map_memory(p, memory, 1, RW), there = map_memory(q, give(p, memory, q), 1, RW);

	EXPECT_BLOCKED(do_futex_wait(q->thread, there, 0, 0, NEVER));
	EXPECT_OK(CALL(p->thread, FUTEX_WAKE, here, 9));
	assert_int_equal(*thread_a(p->thread, 1), 0);
	EXPECT_OK(CALL(p->thread, FUTEX_WAKE, there, 9));
	assert_true(is_waiting(q->thread));
	world_end();
}

TEST(timeout, "a wait ends at its deadline, in whatever order; others at the word wait on")
{
	struct thread *t[5];
	const unsigned wait_us[5] = { 30, 10, 50, 20, 40 };

	for (unsigned i = 0; i < 5; i++) {
		t[i] = program_thread(p, 10);
		EXPECT_BLOCKED(do_futex_wait(t[i], word, 0, 0, arch_clock_ns() + wait_us[i] * 1000));
	}
	EXPECT_ERROR(futex_wait, TIMEOUT, do_futex_wait(p->thread, word, 0, 0, 0));
	for (unsigned us = 10; us <= 50; us += 10) {
		pass_ns(10000);
		for (unsigned i = 0; i < 5; i++)
			assert_int_equal(answer(t[i]) == E_TIMEOUT, wait_us[i] <= us);
	}
	assert_int_equal(wake(9), 0);
	world_end();
}

TEST(owner, "the owner runs at the priority of the highest waiter, until that one is woken, times out or ends")
{
	handle_t handle;
	struct thread *owner = owner_make(5, &handle), *a = program_thread(p, 15), *b = program_thread(p, 12);

	EXPECT_BLOCKED(do_futex_wait(a, word + 8, 0, 0, arch_clock_ns() + 1000));
	EXPECT_BLOCKED(do_futex_wait(b, word, 0, handle, arch_clock_ns() + 3000));
	assert_int_equal(owner->priority, 12);
	assert_ptr_equal(arch_cpu.current, owner);
	pass_ns(1000);
	EXPECT_BLOCKED(do_futex_wait(a, word, 0, handle, NEVER));
	assert_int_equal(owner->priority, 15);
	EXPECT_OK(CALL(owner, FUTEX_WAKE, word, 1));
	EXPECT_OK(answer(a));
	assert_int_equal(owner->priority, 12);
	EXPECT_BLOCKED(do_futex_wait(a, word + 8, 0, 0, NEVER));
	pass_ns(2000);
	EXPECT_ERROR(futex_wait, TIMEOUT, answer(b));
	assert_int_equal(owner->priority, 5);
	world_end();
}

TEST(owner_chain, "a raise goes on to whom the owner itself waits for, and a change of priority too")
{
	handle_t first, second, third;
	struct thread *a = owner_make(5, &first), *b = owner_make(7, &second), *c = owner_make(15, &third);

	EXPECT_BLOCKED(do_futex_wait(c, word + 8, 0, 0, soon()));
	EXPECT_BLOCKED(do_futex_wait(p->thread, word + 12, 0, 0, soon()));
	EXPECT_BLOCKED(do_futex_wait(b, word, 0, first, NEVER));
	assert_int_equal(a->priority, 7);
	pass_ns(1000000);
	EXPECT_BLOCKED(do_futex_wait(c, word + 4, 0, second, NEVER));
	assert_int_equal(b->priority, 15);
	assert_int_equal(a->priority, 15);
	EXPECT_OK(CALL(a, THREAD_PRIORITY_SET, third, 20));
	assert_int_equal(b->priority, 20);
	assert_int_equal(a->priority, 20);
	EXPECT_OK(CALL(a, THREAD_PRIORITY_SET, third, 6));
	assert_int_equal(b->priority, 7);
	assert_int_equal(a->priority, 7);
	world_end();
}

TEST(owner_refused, "an owner is another thread of the same process")
{
	struct program *q = program_new(10);
	handle_t own, foreign, closed;

	EXPECT_OK(CALL(boss.thread, THREAD_CREATE, q->boss_process, 0x1000, 0x2000, 0, 0, 1));
	foreign = give(&boss, (handle_t)*thread_a(boss.thread, 1), p);
	owner_make(5, &own);
	owner_make(5, &closed);
	EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, closed));
	EXPECT_ERROR(futex_wait, BAD_HANDLE, do_futex_wait(p->thread, word, 0, closed, 0));
	EXPECT_ERROR(futex_wait, WRONG_TYPE, do_futex_wait(p->thread, word, 0, p->self, 0));
	EXPECT_ERROR(futex_wait, ARGUMENT, do_futex_wait(p->thread, word, 0, foreign, 0));
	assert_int_equal(handle_reserve(p->process, 1), E_OK);
	own = handle_add(p->process, &p->thread->object, RIGHT_ALL_THREAD);
	EXPECT_ERROR(futex_wait, ARGUMENT, do_futex_wait(p->thread, word, 0, own, 0));
	world_end();
}

TEST(deadlock, "a wait that would close a ring of owners is DEADLOCK")
{
	handle_t first, second;
	struct thread *a = owner_make(10, &first), *b = owner_make(10, &second);

	EXPECT_BLOCKED(do_futex_wait(a, word, 0, second, NEVER));
	EXPECT_ERROR(futex_wait, DEADLOCK, do_futex_wait(b, word + 4, 0, first, NEVER));
	EXPECT_BLOCKED(do_futex_wait(b, word + 4, 0, 0, NEVER));
	world_end();
}

TEST(owner_dies, "an owner that ends raises nobody further; its waiters wait on")
{
	handle_t handle;
	struct thread *owner = owner_make(10, &handle), *a = program_thread(p, 10);

	EXPECT_BLOCKED(do_futex_wait(a, word, 0, handle, NEVER));
	do_last_call(owner, CALL_THREAD_EXIT, 0);
	assert_true(is_waiting(a));
	assert_null(a->owner);
	assert_int_equal(wake(1), 1);
	EXPECT_BLOCKED(do_futex_wait(a, word, 0, handle, NEVER)); /* who ended holding a lock is nobody to raise */
	world_end();
}

TEST(waiter_dies, "a waiter's process may end at any time; the word of another process is not touched")
{
	struct program *q = program_new(10);
	struct thread *t = program_thread(q, 12);
	handle_t handle;

	EXPECT_OK(CALL(boss.thread, THREAD_CREATE, q->boss_process, 0x1000, 0x2000, 0, 0, 3));
	handle = give(&boss, (handle_t)*thread_a(boss.thread, 1), q);
	EXPECT_BLOCKED(do_futex_wait(t, q->data + 4, 0, 0, soon()));
	EXPECT_BLOCKED(do_futex_wait(q->thread, q->data, 0, handle, NEVER));
	pass_ns(1000000);
	EXPECT_BLOCKED(do_futex_wait(t, q->data, 0, handle, soon()));
	program_kill(q);
	pass_ns(2000000);
	world_end();
}

TEST(record_passing, "waiters may leave in any order, and the word's record is passed on")
{
	struct thread *t[6];

	for (unsigned i = 0; i < 6; i++)
		t[i] = program_thread(p, 10);
	for (unsigned round = 0; round < 40; round++) {
		for (unsigned i = 0; i < 6; i++)
			EXPECT_BLOCKED(do_futex_wait(t[i], word + 4 * dice(2), 0, 0, arch_clock_ns() + 1000 * (1 + dice(6))));
		if (dice(2))
			wake(dice(4));
		pass_ns(7000);
		for (unsigned i = 0; i < 6; i++)
			assert_false(is_waiting(t[i]));
	}
	world_end();
}
