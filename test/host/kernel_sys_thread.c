/* kernel_sys_thread.c - threads, and which of them runs. */
#include "unit.h"

#include "fixture.h"

UNIT_SETUP
{
	world_start_with(1024, 24);
}

static handle_t result(struct program *p)
{
	return (handle_t)*thread_a(p->thread, 1);
}

static uintptr_t create(struct program *p, uint32_t priority)
{
	return CALL(p->thread, THREAD_CREATE, p->self, 0x12340, 0x23450, 99, 0x34560, priority);
}

static struct abi_thread_state info(struct program *p, handle_t thread)
{
	struct abi_thread_state seen;

	EXPECT_OK(CALL(p->thread, THREAD_INFO, thread, p->data + P));
	peek(p, p->data + P, &seen, sizeof seen);
	return seen;
}

static struct thread *named(struct program *p, handle_t thread)
{
	return CONTAINER_OF(object_named(p, thread), struct thread, object);
}

/* --- Life. */

TEST(create, "a thread starts at its entry with stack, argument and TLS, and nothing else in its registers")
{
	struct program *p = program_new(10);
	struct thread *t;

	EXPECT_OK(create(p, 9));
	t = named(p, result(p));
	assert_int_equal(t->registers.pc, 0x12340);
	for (unsigned x = 0; x < 31; x++) {
		uintptr_t wanted = x == X_SP ? 0x23450 : x == X_TP ? 0x34560 : x == X_A0 ? 99 : 0;

		assert_int_equal(t->registers.x[x], wanted);
	}
	world_end();
}

TEST(create_refused, "a thread is refused with a priority out of range or above the ceiling, an odd stack, or no pages")
{
	struct program *p = program_new(10);
	handle_t poor;

	EXPECT_ERROR(thread_create, ARGUMENT, create(p, 32));
	EXPECT_ERROR(thread_create, ARGUMENT, CALL(p->thread, THREAD_CREATE, p->self, 0x1000, 0x2008, 0, 0, 5));
	EXPECT_OK(CALL(p->thread, BUDGET_CREATE, p->budget, 10, 7));
	poor = result(p);
	EXPECT_OK(CALL(p->thread, PROCESS_CREATE, p->budget, poor));
	handle_t child = result(p);
	EXPECT_ERROR(thread_create, PRIORITY, CALL(p->thread, THREAD_CREATE, child, 0x1000, 0x2000, 0, 0, 8));
	while (CALL(p->thread, MEMORY_CREATE, poor, 1, 0) == E_OK)
		continue;
	EXPECT_ERROR(thread_create, BUDGET, CALL(p->thread, THREAD_CREATE, child, 0x1000, 0x2000, 0, 0, 7));
	EXPECT_OK(CALL(p->thread, BUDGET_DESTROY, poor));
	world_end();
}

TEST(slots, "thread slots run out with LIMIT, and one is free again when a thread ends")
{
	struct program *p = program_new(10);
	struct thread *last = NULL;
	unsigned made = 0;

	while (create(p, 10) == E_OK) {
		last = named(p, result(p));
		made++;
	}
	assert_int_equal(made, 23 - 2); /* slot 0 is never used; boss and first thread have one each */
	EXPECT_ERROR(thread_create, LIMIT, create(p, 10));
	do_last_call(last, CALL_THREAD_EXIT, 0);
	EXPECT_OK(create(p, 10));
	EXPECT_ERROR(thread_create, LIMIT, create(p, 10));
	world_end();
}

TEST(exit_clear, "exit writes the word after the thread has left its stack, and wakes who joins")
{
	struct program *p = program_new(10);
	struct thread *joiner = program_thread(p, 10), *other = program_thread(p, 10);
	vaddr_t word = p->data + P;

	poke_word(p, word, 1);
	EXPECT_BLOCKED(do_futex_wait(joiner, word, 1, 0, NEVER));
	EXPECT_BLOCKED(do_futex_wait(other, word, 1, 0, NEVER));
	do_last_call(p->thread, CALL_THREAD_EXIT, word);
	assert_int_equal(peek_word(p, word), 0);
	EXPECT_OK(answer(joiner));
	EXPECT_OK(answer(other));
	world_end();
}

TEST(exit_preempted, "an exit that is interrupted after each joiner it wakes wakes them all, and then is gone")
{
	struct program *p = program_new(10);
	struct thread *joiners[6];
	vaddr_t word = p->data + P;

	poke_word(p, word, 1);
	for (unsigned i = 0; i < 6; i++) {
		joiners[i] = program_thread(p, 10);
		EXPECT_BLOCKED(do_futex_wait(joiners[i], word, 1, 0, NEVER));
	}
	host_preempt_every(1);
	for (unsigned i = 0; i < 9 && p->process->thread_count == 7; i++) {
		do_last_call(p->thread, CALL_THREAD_EXIT, word);
		assert_int_equal(peek_word(p, word), i ? 5 : 0); /* the first joiner frees it, and others use it */
		poke_word(p, word, 5);
	}
	assert_int_equal(p->process->thread_count, 6);
	for (unsigned i = 0; i < 6; i++)
		EXPECT_OK(answer(joiners[i]));
	world_end();
}

TEST(exit_bad_word, "a word that is not writable memory does not stop an exit")
{
	struct program *p = program_new(10);
	struct thread *second = program_thread(p, 10);

	do_last_call(p->thread, CALL_THREAD_EXIT, 8);
	assert_int_equal(p->process->thread_count, 1);
	EXPECT_OK(CALL(second, THREAD_YIELD, 0));
	world_end();
}

TEST(gone, "a handle to a thread that has ended answers PEER_GONE, and its number is not used again")
{
	struct program *p = program_new(10);
	handle_t thread;

	EXPECT_OK(create(p, 10));
	thread = result(p);
	do_last_call(named(p, thread), CALL_THREAD_EXIT, 0);
	EXPECT_ERROR(thread_info, PEER_GONE, CALL(p->thread, THREAD_INFO, thread, p->data + P));
	EXPECT_ERROR(thread_priority_set, PEER_GONE, CALL(p->thread, THREAD_PRIORITY_SET, thread, 5));
	EXPECT_OK(create(p, 10));
	assert_int_equal(info(p, result(p)).number, 3);
	world_end();
}

TEST(self, "a thread gets a handle to itself, with all rights")
{
	struct program *p = program_new(10);
	struct thread *second = program_thread(p, 10);

	EXPECT_OK(CALL(second, THREAD_SELF, 0));
	assert_ptr_equal(object_named(p, (handle_t)*thread_a(second, 1)), &second->object);
	EXPECT_OK(CALL(second, THREAD_PRIORITY_SET, (handle_t)*thread_a(second, 1), 11));
	assert_int_equal(second->base_priority, 11);
	world_end();
}

TEST(info, "thread_info tells priority, state, deadline and whom it waits for")
{
	struct program *p = program_new(10);
	handle_t mailbox = make_server(p), line = connect(p, mailbox, p, 1), second;
	struct abi_thread_state seen;
	struct thread *t;
	uint32_t id[4];
	uint64_t deadline = soon();

	EXPECT_OK(create(p, 10));
	second = result(p);
	t = named(p, second);
	assert_int_equal(info(p, second).state, STATE_READY);
	assert_int_equal(info(p, second).deadline_ns, NEVER);
	EXPECT_BLOCKED(do_receive_until(t, mailbox, deadline, 0));
	seen = info(p, second);
	assert_int_equal(seen.state, STATE_RECEIVING);
	assert_int_equal(seen.deadline_ns, deadline);
	object_id(object_named(p, mailbox), id);
	assert_memory_equal(seen.waits_on, id, sizeof id);
	pass_ns(1000000);
	EXPECT_BLOCKED(do_futex_wait(t, p->data, 0, 0, NEVER));
	seen = info(p, second);
	assert_int_equal(seen.state, STATE_FUTEX);
	assert_int_equal(seen.waits_on[0] | seen.waits_on[1] | seen.waits_on[2] | seen.waits_on[3], 0);
	EXPECT_OK(create(p, 10)); /* another one: who attends a server cannot call it */
	second = result(p);
	EXPECT_BLOCKED(do_call(named(p, second), line, 1));
	assert_int_equal(info(p, second).state, STATE_CALLING);
	EXPECT_OK(do_receive(p->thread, mailbox));
	seen = info(p, second);
	assert_int_equal(seen.state, STATE_SERVED);
	object_id(&p->process->object, id);
	assert_memory_equal(seen.waits_on, id, sizeof id);
	EXPECT_ERROR(thread_info, ADDRESS, CALL(p->thread, THREAD_INFO, second, 0));
	EXPECT_OK(create(p, 10)); /* and a futex tells its owner */
	line = result(p);
	EXPECT_BLOCKED(do_futex_wait(named(p, line), p->data, 0, second, NEVER));
	seen = info(p, line);
	object_id(object_named(p, second), id);
	assert_memory_equal(seen.waits_on, id, sizeof id);
	world_end();
}

TEST(priority_set, "a priority can be changed up to the ceiling, and counts at once")
{
	struct program *p = program_new(10);
	handle_t second;
	struct thread *t;

	EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, p->boss_budget, PROGRAM_PAGES));
	EXPECT_OK(create(p, 10));
	second = result(p);
	t = named(p, second);
	thread_runs(p->thread);
	EXPECT_OK(CALL(p->thread, THREAD_PRIORITY_SET, second, 11));
	assert_ptr_equal(arch_cpu.current, t);
	EXPECT_OK(CALL(t, THREAD_PRIORITY_SET, second, 9)); /* of itself */
	assert_ptr_equal(arch_cpu.current, p->thread);
	EXPECT_ERROR(thread_priority_set, ARGUMENT, CALL(p->thread, THREAD_PRIORITY_SET, second, 32));
	assert_int_equal(info(p, second).priority, 9);
	EXPECT_OK(CALL(p->thread, BUDGET_CREATE, p->budget, 20, 7));
	handle_t low = result(p), child, inner;
	EXPECT_OK(CALL(p->thread, PROCESS_CREATE, p->budget, low));
	child = result(p);
	EXPECT_OK(CALL(p->thread, THREAD_CREATE, child, 0x1000, 0x2000, 0, 0, 7));
	inner = result(p);
	EXPECT_ERROR(thread_priority_set, PRIORITY, CALL(p->thread, THREAD_PRIORITY_SET, inner, 8));
	EXPECT_OK(CALL(p->thread, THREAD_PRIORITY_SET, inner, 0));
	EXPECT_OK(CALL(p->thread, BUDGET_DESTROY, low));
	world_end();
}

TEST(buffer, "a receive buffer is up to 64 KiB of writable memory, or none")
{
	struct program *p = program_new(10);
	vaddr_t page = map_memory(p, make_memory(p, 1, 0), 1, PROT_READ);

	EXPECT_OK(CALL(p->thread, THREAD_BUFFER_SET, p->data + 5, 16 * P));
	EXPECT_ERROR(thread_buffer_set, ARGUMENT, CALL(p->thread, THREAD_BUFFER_SET, p->data, LIMIT_COPY_BYTES + 1));
	EXPECT_ERROR(thread_buffer_set, ADDRESS, CALL(p->thread, THREAD_BUFFER_SET, page, 1));
	EXPECT_ERROR(thread_buffer_set, ADDRESS, CALL(p->thread, THREAD_BUFFER_SET, p->data + 18 * P, 2 * P + 1));
	EXPECT_ERROR(thread_buffer_set, ADDRESS, CALL(p->thread, THREAD_BUFFER_SET, (uintptr_t)-16, 32));
	EXPECT_OK(CALL(p->thread, THREAD_BUFFER_SET, 0, 0));
	assert_int_equal(p->thread->buffer_size, 0);
	world_end();
}

TEST(clock, "clock_now answers the time since reset")
{
	struct program *p = program_new(10);

	pass_ns(123456789);
	EXPECT_OK(CALL(p->thread, CLOCK_NOW, 0));
	assert_int_equal(*thread_a(p->thread, 1), arch_clock_ns());
	world_end();
}

/* --- Which runs. */

TEST(highest, "the highest priority runs; one that becomes ready preempts at once, and the preempted stays in front")
{
	struct program *a = program_new(10), *b = program_new(10), *high = program_new(20);

	assert_ptr_equal(arch_cpu.current, high->thread);
	EXPECT_BLOCKED(do_futex_wait(high->thread, high->data, 0, 0, soon()));
	assert_ptr_equal(arch_cpu.current, a->thread);
	pass_ns(1000000);
	assert_ptr_equal(arch_cpu.current, high->thread);
	EXPECT_BLOCKED(do_futex_wait(high->thread, high->data, 0, 0, NEVER));
	assert_ptr_equal(arch_cpu.current, a->thread);
	EXPECT_OK(CALL(a->thread, THREAD_YIELD, 0));
	assert_ptr_equal(arch_cpu.current, b->thread);
	EXPECT_OK(CALL(b->thread, THREAD_YIELD, 0));
	assert_ptr_equal(arch_cpu.current, a->thread);
	world_end();
}

TEST(round_robin, "threads of one priority take turns, a slice each, in the order they became ready")
{
	struct program *p[3] = { program_new(10), program_new(10), program_new(10) };

	thread_runs(p[0]->thread);
	for (unsigned turn = 1; turn < 8; turn++) {
		assert_int_equal(host_timer_ns(), arch_clock_ns() + SLICE_NS);
		pass_ns(SLICE_NS - 1);
		assert_ptr_equal(arch_cpu.current, p[(turn - 1) % 3]->thread);
		pass_ns(1);
		assert_ptr_equal(arch_cpu.current, p[turn % 3]->thread);
	}
	world_end();
}

TEST(tickless, "a thread that nobody competes with is not interrupted, and an idle machine sets no timer")
{
	struct program *p = program_new(10);

	program_new(5);
	assert_ptr_equal(arch_cpu.current, p->thread);
	pass_ns(5 * SLICE_NS); /* a timer that was set for the boss may fire once more */
	assert_int_equal(host_timer_ns(), NEVER);
	program_new(10);
	thread_runs(p->thread);
	assert_true(host_timer_ns() <= arch_clock_ns() + SLICE_NS);
	world_end();
}

TEST(idle, "with nobody ready the processor idles, and the timer is set for the nearest deadline")
{
	struct program *a = program_new(10), *b = program_new(12);
	uint64_t deadline = arch_clock_ns() + 500000;

	EXPECT_BLOCKED(do_futex_wait(b->thread, b->data, 0, 0, deadline + 1));
	EXPECT_BLOCKED(do_futex_wait(a->thread, a->data, 0, 0, deadline));
	assert_null(arch_cpu.current);
	assert_null(arch_cpu.frame);
	assert_int_equal(host_timer_ns(), deadline);
	pass_ns(500000);
	assert_ptr_equal(arch_cpu.current, a->thread);
	EXPECT_ERROR(futex_wait, TIMEOUT, answer(a->thread));
	pass_ns(1);
	assert_ptr_equal(arch_cpu.current, b->thread);
	world_end();
}

TEST(many_deadlines, "many deadlines at one moment are all kept, a bounded number an interrupt")
{
	struct program *p = program_new(10);
	struct thread *threads[20];

	for (unsigned i = 0; i < 20; i++)
		threads[i] = program_thread(p, 10);
	for (unsigned i = 0; i < 20; i++)
		EXPECT_BLOCKED(do_futex_wait(threads[i], p->data, 0, 0, 1000 + i % 3));
	pass_ns(2000);
	for (unsigned i = 0; i < 20; i++)
		EXPECT_ERROR(futex_wait, TIMEOUT, answer(threads[i]));
	world_end();
}

TEST(hand_over, "a call hands the processor and the rest of the slice over, past others of the same priority")
{
	struct program *server = program_new(10), *client = program_new(10), *other = program_new(10);
	handle_t mailbox = make_server(server), line = connect(server, mailbox, client, 1);
	uint64_t end;

	EXPECT_BLOCKED(do_receive(server->thread, mailbox));
	thread_runs(client->thread);
	assert_false(list_is_empty(&other->thread->wait_link));
	end = cpu.slice_end;
	host_clock_advance_ns(3000);
	EXPECT_BLOCKED(do_call(client->thread, line, 1));
	assert_ptr_equal(arch_cpu.current, server->thread);
	assert_int_equal(cpu.slice_end, end);
	EXPECT_BLOCKED(do_reply_and_receive(server->thread, mailbox, got(server->thread).token, 0));
	assert_ptr_equal(arch_cpu.current, client->thread);
	assert_int_equal(cpu.slice_end, end);
	world_end();
}

TEST(hand_over_lower, "a call to a server of lower priority runs it at the caller's, before others in between")
{
	struct program *server = program_new(5), *middle = program_new(8), *client = program_new(10);
	handle_t mailbox, line;

	EXPECT_BLOCKED(do_futex_wait(client->thread, client->data, 0, 0, soon()));
	EXPECT_BLOCKED(do_futex_wait(middle->thread, middle->data, 0, 0, soon()));
	mailbox = make_server(server);
	line = connect(server, mailbox, client, 1);
	EXPECT_BLOCKED(do_receive(server->thread, mailbox));
	pass_ns(1000000);
	EXPECT_BLOCKED(do_call(client->thread, line, 1));
	assert_ptr_equal(arch_cpu.current, server->thread);
	assert_int_equal(server->thread->priority, 10);
	EXPECT_OK(do_reply(server->thread, got(server->thread).token, 0, NULL));
	assert_ptr_equal(arch_cpu.current, client->thread);
	assert_int_equal(server->thread->priority, 5);
	EXPECT_BLOCKED(do_futex_wait(client->thread, client->data, 0, 0, NEVER));
	assert_ptr_equal(arch_cpu.current, middle->thread);
	world_end();
}

TEST(yield, "a yield lets others of the priority run, not lower ones")
{
	struct program *a = program_new(10), *b = program_new(10);

	program_new(9);
	thread_runs(a->thread);
	EXPECT_OK(CALL(a->thread, THREAD_YIELD, 0));
	assert_ptr_equal(arch_cpu.current, b->thread);
	EXPECT_BLOCKED(do_futex_wait(b->thread, b->data, 0, 0, NEVER));
	EXPECT_OK(CALL(a->thread, THREAD_YIELD, 0));
	assert_ptr_equal(arch_cpu.current, a->thread);
	world_end();
}

TEST(queue_order, "a mailbox is ordered by priority, first come first within one")
{
	struct program *server = program_new(20), *p[5];
	const unsigned priorities[5] = { 8, 10, 8, 12, 10 }, order[5] = { 3, 1, 4, 0, 2 };
	handle_t mailbox = make_server(server), lines[5];

	for (unsigned i = 0; i < 5; i++) {
		p[i] = program_new(priorities[i]);
		lines[i] = connect(server, mailbox, p[i], i);
	}
	EXPECT_BLOCKED(do_futex_wait(server->thread, server->data, 0, 0, soon()));
	EXPECT_OK(do_send(p[3]->thread, lines[3], 0, NULL));
	EXPECT_BLOCKED(do_futex_wait(p[3]->thread, p[3]->data, 0, 0, NEVER));
	EXPECT_OK(do_send(p[1]->thread, lines[1], 0, NULL));
	EXPECT_OK(do_send(p[4]->thread, lines[4], 0, NULL));
	EXPECT_BLOCKED(do_futex_wait(p[1]->thread, p[1]->data, 0, 0, NEVER));
	EXPECT_BLOCKED(do_futex_wait(p[4]->thread, p[4]->data, 0, 0, NEVER));
	EXPECT_OK(do_send(p[0]->thread, lines[0], 0, NULL));
	EXPECT_OK(do_send(p[2]->thread, lines[2], 0, NULL));
	pass_ns(1000000);
	for (unsigned i = 0; i < 5; i++) {
		EXPECT_OK(do_receive(server->thread, mailbox));
		assert_int_equal(got(server->thread).badge, order[i]);
	}
	world_end();
}

TEST(several_receivers, "several threads may receive from one server; the one that waited longest gets the message")
{
	struct program *server = program_new(10), *client = program_new(10);
	struct thread *second = program_thread(server, 10);
	handle_t mailbox = make_server(server), line = connect(server, mailbox, client, 1);

	EXPECT_BLOCKED(do_receive(server->thread, mailbox));
	EXPECT_BLOCKED(do_receive(second, mailbox));
	EXPECT_OK(do_send(client->thread, line, 1, NULL));
	assert_int_equal(got(server->thread).words[0], 1);
	assert_true(is_waiting(second));
	EXPECT_OK(do_send(client->thread, line, 2, NULL));
	assert_int_equal(got(second).words[0], 2);
	world_end();
}

TEST(urgent_first, "taking something big apart for a low thread does not hold up a high one that an interrupt wakes")
{
	struct program *high = program_new(20), *low = program_new(5);
	handle_t mailbox = make_server(high), device = give(&boss, boss_device, high), memory;

	EXPECT_OK(CALL(high->thread, DEVICE_INTERRUPT, device, high->budget, 0, mailbox, 1, 20));
	EXPECT_BLOCKED(do_receive(high->thread, mailbox));
	memory = make_memory(low, 60, 0);
	thread_runs(low->thread);
	host_interrupt_raise(5); /* comes with the first look at what is pending */
	EXPECT_BLOCKED(CALL(low->thread, HANDLE_CLOSE, memory));
	assert_ptr_equal(arch_cpu.current, high->thread);
	assert_true(program_account(low)->account.charged >= 20 + 30); /* most of it is there still */
	EXPECT_BLOCKED(do_receive(high->thread, mailbox));
	assert_int_equal(answer(low->thread), E_OK);
	assert_ptr_equal(arch_cpu.current, low->thread);
	world_end();
}

TEST(end_while_ready, "threads of a process that ends leave the ready lists, whatever they were about to do")
{
	struct program *p = program_new(10), *q = program_new(8);

	for (unsigned i = 0; i < 6; i++)
		program_thread(p, 10);
	program_kill(p);
	assert_ptr_equal(arch_cpu.current, q->thread);
	assert_int_equal(arch_cpu.ready_bits, 0);
	world_end();
}
