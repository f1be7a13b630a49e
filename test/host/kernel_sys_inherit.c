/* kernel_sys_inherit.c - who waits for whom: priority that travels along, rings, and chains that are too long. */
#include "unit.h"

#include "fixture.h"

UNIT_SETUP
{
	world_start_with(3000, 64);
}

/* A server program with its mailbox. */
struct node {
	struct program *program;
	struct thread *thread;
	handle_t mailbox;
};

static struct node node(unsigned priority)
{
	struct node n = { .program = program_new(priority) };

	n.thread = n.program->thread;
	n.mailbox = make_server(n.program);
	return n;
}

static handle_t line_to(const struct node *to, struct program *from)
{
	return connect_with(to->program, to->mailbox, from, 1, 2, 1, 0);
}

static void sleeps(struct thread *thread, uint64_t ns)
{
	EXPECT_BLOCKED(do_futex_wait(thread, program_of(thread)->data, 0, 0, ns == NEVER ? NEVER : arch_clock_ns() + ns));
}

TEST(served, "a server runs at its caller's priority until it replies")
{
	struct node s = node(5);
	struct program *c = program_new(20);
	handle_t line;

	sleeps(c->thread, 1000);
	line = line_to(&s, c);
	EXPECT_BLOCKED(do_receive(s.thread, s.mailbox));
	pass_ns(1000);
	EXPECT_BLOCKED(do_call(c->thread, line, 1));
	assert_int_equal(s.thread->priority, 20);
	EXPECT_OK(do_reply(s.thread, got(s.thread).token, 0, NULL));
	assert_int_equal(s.thread->priority, 5);
	world_end();
}

TEST(parked, "parking a call ends its inheritance")
{
	struct node s = node(5);
	struct program *c = program_new(20);
	handle_t line;

	sleeps(c->thread, 1000);
	line = line_to(&s, c);
	EXPECT_BLOCKED(do_receive(s.thread, s.mailbox));
	pass_ns(1000);
	EXPECT_BLOCKED(do_call(c->thread, line, 1));
	EXPECT_ERROR(server_receive, TIMEOUT, do_receive_until(s.thread, s.mailbox, 0, 0));
	assert_int_equal(s.thread->priority, 5);
	world_end();
}

TEST(left, "a caller that times out, or dies, takes its priority with it")
{
	struct node s = node(5);
	struct program *c = program_new(20), *d = program_new(19);
	handle_t line, other;

	sleeps(c->thread, 1000);
	sleeps(d->thread, 5000);
	line = line_to(&s, c);
	other = line_to(&s, d);
	EXPECT_BLOCKED(do_receive(s.thread, s.mailbox));
	pass_ns(1000);
	EXPECT_BLOCKED(do_call_message(c->thread, line, 1, NULL, arch_clock_ns() + 1000));
	assert_int_equal(s.thread->priority, 20);
	pass_ns(1000);
	assert_int_equal(s.thread->priority, 5);
	sleeps(c->thread, NEVER);
	EXPECT_BLOCKED(do_receive(s.thread, s.mailbox));
	pass_ns(3000);
	EXPECT_BLOCKED(do_call(d->thread, other, 1));
	assert_int_equal(s.thread->priority, 19);
	program_kill(d);
	assert_int_equal(s.thread->priority, 5);
	world_end();
}

TEST(queue, "the top of a queue raises the server's thread, and follows it along its own call")
{
	struct node back = node(4), s = node(5);
	struct program *low = program_new(6), *high = program_new(20);
	handle_t to_back, low_line, high_line;

	sleeps(high->thread, 1000);
	sleeps(low->thread, 500);
	low_line = line_to(&s, low);
	high_line = line_to(&s, high);
	EXPECT_BLOCKED(do_receive(s.thread, s.mailbox));
	to_back = line_to(&back, s.program);
	EXPECT_BLOCKED(do_receive(back.thread, back.mailbox));
	pass_ns(500);
	EXPECT_BLOCKED(do_call(low->thread, low_line, 1));
	EXPECT_BLOCKED(do_call(s.thread, to_back, 2));
	assert_int_equal(back.thread->priority, 6);
	pass_ns(500);
	EXPECT_BLOCKED(do_call(high->thread, high_line, 3)); /* queued at s, which waits for back */
	assert_int_equal(s.thread->priority, 20);
	assert_int_equal(back.thread->priority, 20);
	EXPECT_OK(do_reply(back.thread, got(back.thread).token, 0, NULL));
	assert_int_equal(back.thread->priority, 4);
	assert_ptr_equal(arch_cpu.current, s.thread);
	world_end();
}

TEST(queue_timeout, "a queued call that ends takes its raise back, down the whole chain")
{
	struct node back = node(4), s = node(5);
	struct program *low = program_new(6), *high = program_new(20);
	handle_t to_back, low_line, high_line;

	sleeps(high->thread, 1000);
	sleeps(low->thread, 500);
	low_line = line_to(&s, low);
	high_line = line_to(&s, high);
	EXPECT_BLOCKED(do_receive(s.thread, s.mailbox));
	to_back = line_to(&back, s.program);
	EXPECT_BLOCKED(do_receive(back.thread, back.mailbox));
	pass_ns(500);
	EXPECT_BLOCKED(do_call(low->thread, low_line, 1));
	EXPECT_BLOCKED(do_call(s.thread, to_back, 2));
	pass_ns(500);
	EXPECT_BLOCKED(do_call_message(high->thread, high_line, 3, NULL, arch_clock_ns() + 1000));
	assert_int_equal(back.thread->priority, 20);
	pass_ns(1000);
	assert_int_equal(s.thread->priority, 6);
	assert_int_equal(back.thread->priority, 6);
	world_end();
}

TEST(sends_raise, "a queued send or signal raises the attendant too")
{
	struct node s = node(5);
	struct program *c = program_new(20);
	handle_t line;

	sleeps(c->thread, 1000);
	line = line_to(&s, c);
	EXPECT_ERROR(server_receive, TIMEOUT, do_receive_until(s.thread, s.mailbox, 0, 0)); /* attends now */
	pass_ns(1000);
	EXPECT_OK(do_send(c->thread, line, 1, NULL));
	assert_int_equal(s.thread->priority, 20);
	sleeps(c->thread, NEVER);
	EXPECT_OK(do_receive_until(s.thread, s.mailbox, 0, 0));
	assert_int_equal(s.thread->priority, 5);
	world_end();
}

TEST(one_attendant, "of several attendants only one is raised: the one with the oldest call")
{
	struct node s = node(5);
	struct thread *second = program_thread(s.program, 5);
	struct program *low[3] = { program_new(6), program_new(6), program_new(7) }, *high = program_new(20);
	handle_t lines[3], high_line;

	sleeps(high->thread, 3000);
	for (unsigned i = 3; i-- > 0;)
		sleeps(low[i]->thread, 1000 + i);
	high_line = line_to(&s, high);
	for (unsigned i = 0; i < 3; i++)
		lines[i] = line_to(&s, low[i]);
	EXPECT_BLOCKED(do_receive(s.thread, s.mailbox));
	EXPECT_BLOCKED(do_receive(second, s.mailbox));
	pass_ns(1000);
	EXPECT_BLOCKED(do_call(low[0]->thread, lines[0], 1));
	sleeps(s.thread, NEVER);
	pass_ns(1);
	EXPECT_BLOCKED(do_call(low[1]->thread, lines[1], 1));
	assert_int_equal(s.thread->priority, 6);
	assert_int_equal(second->priority, 6);
	pass_ns(1);
	EXPECT_BLOCKED(do_call(low[2]->thread, lines[2], 1)); /* queued */
	assert_int_equal(s.thread->priority, 7);
	assert_int_equal(second->priority, 6);
	pass_ns(2000);
	EXPECT_BLOCKED(do_call(high->thread, high_line, 1));
	assert_int_equal(s.thread->priority, 20);
	assert_int_equal(second->priority, 6);
	world_end();
}

TEST(oldest_call, "when the raised attendant takes another call, the raise moves to the one whose call is oldest now")
{
	struct node s = node(5);
	struct thread *second = program_thread(s.program, 5);
	struct program *c[4];
	handle_t lines[4];

	for (unsigned i = 0; i < 4; i++) {
		c[i] = program_new(10);
		sleeps(c[i]->thread, 1000);
		lines[i] = line_to(&s, c[i]);
	}
	EXPECT_ERROR(server_receive, TIMEOUT, do_receive_until(s.thread, s.mailbox, 0, 0));
	EXPECT_ERROR(server_receive, TIMEOUT, do_receive_until(second, s.mailbox, 0, 0));
	pass_ns(1000);
	for (unsigned i = 0; i < 4; i++)
		EXPECT_BLOCKED(do_call(c[i]->thread, lines[i], i));
	EXPECT_OK(do_receive(s.thread, s.mailbox)); /* takes c0; second never had a call: it is raised */
	assert_ptr_equal(s.thread->attends->raised, second);
	sleeps(s.thread, NEVER);
	EXPECT_OK(do_receive(second, s.mailbox));
	assert_ptr_equal(s.thread->attends->raised, s.thread);
	world_end();
}

TEST(priority_change, "changing the priority of who waits reorders the queue and reaches who works for it")
{
	struct node s = node(5);
	struct program *a = program_new(10), *b = program_new(10);
	handle_t a_line, b_line, b_thread;

	sleeps(a->thread, 1000);
	sleeps(b->thread, 1000);
	a_line = line_to(&s, a);
	b_line = line_to(&s, b);
	assert_int_equal(handle_reserve(s.program->process, 1), E_OK);
	b_thread = handle_add(s.program->process, &b->thread->object, RIGHT_ALL_THREAD);
	EXPECT_ERROR(server_receive, TIMEOUT, do_receive_until(s.thread, s.mailbox, 0, 0));
	pass_ns(1000);
	EXPECT_BLOCKED(do_call(a->thread, a_line, 1));
	EXPECT_BLOCKED(do_call(b->thread, b_line, 2));
	assert_int_equal(s.thread->priority, 10);
	EXPECT_OK(CALL(s.thread, THREAD_PRIORITY_SET, b_thread, 15));
	assert_int_equal(s.thread->priority, 15);
	EXPECT_OK(do_receive(s.thread, s.mailbox));
	assert_int_equal(got(s.thread).words[0], 2);
	EXPECT_OK(CALL(s.thread, THREAD_PRIORITY_SET, b_thread, 3));
	assert_int_equal(s.thread->priority, 10); /* its base is 5, but a waits in the queue */
	world_end();
}

/* --- Chains and rings. */

TEST(deadlock, "a call that leads back to its own thread is DEADLOCK: directly, and along a chain")
{
	struct node a = node(10), b = node(10);
	handle_t to_a = line_to(&a, b.program), to_b = line_to(&b, a.program), own = line_to(&a, a.program);

	EXPECT_ERROR(server_receive, TIMEOUT, do_receive_until(a.thread, a.mailbox, 0, 0));
	EXPECT_ERROR(connection_call, DEADLOCK, do_call(a.thread, own, 1));
	EXPECT_ERROR(connection_call_message, DEADLOCK, do_call_message(a.thread, own, 1, NULL, NEVER));
	EXPECT_BLOCKED(do_receive(b.thread, b.mailbox));
	EXPECT_BLOCKED(do_call(a.thread, to_b, 1));
	EXPECT_ERROR(connection_call, DEADLOCK, do_call(b.thread, to_a, 1));
	world_end();
}

TEST(no_deadlock, "with a second attendant a ring is not certain, and the call is let wait")
{
	struct node a = node(10), b = node(10);
	struct thread *helper = program_thread(a.program, 10);
	handle_t to_a = line_to(&a, b.program), to_b = line_to(&b, a.program);
	token_t token;

	EXPECT_ERROR(server_receive, TIMEOUT, do_receive_until(a.thread, a.mailbox, 0, 0));
	EXPECT_ERROR(server_receive, TIMEOUT, do_receive_until(helper, a.mailbox, 0, 0));
	EXPECT_BLOCKED(do_receive(b.thread, b.mailbox));
	EXPECT_BLOCKED(do_call(a.thread, to_b, 1));
	token = got(b.thread).token;
	EXPECT_BLOCKED(do_call(b.thread, to_a, 1));
	EXPECT_OK(do_receive(helper, a.mailbox));
	EXPECT_OK(do_reply(helper, got(helper).token, 0, NULL));
	EXPECT_OK(do_reply(b.thread, token, 7, NULL));
	assert_int_equal(got(a.thread).words[0], 7);
	world_end();
}

TEST(deadlock_parked, "a parked call is no link: the server may call back meanwhile")
{
	struct node a = node(10), b = node(10);
	struct thread *client = program_thread(a.program, 10);
	handle_t to_a = line_to(&a, b.program), to_b = line_to(&b, a.program);

	EXPECT_BLOCKED(do_receive(b.thread, b.mailbox));
	EXPECT_BLOCKED(do_call(client, to_b, 1));
	EXPECT_ERROR(server_receive, TIMEOUT, do_receive_until(b.thread, b.mailbox, 0, 0));
	EXPECT_BLOCKED(do_receive(a.thread, a.mailbox));
	EXPECT_BLOCKED(do_call(b.thread, to_a, 1));
	world_end();
}

/* LIMIT_CALL_DEPTH servers, each called by the one before; the client first. */
static struct node chain[LIMIT_CALL_DEPTH + 2];
static handle_t next_of[LIMIT_CALL_DEPTH + 2];

static void chain_link(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		chain[i] = node(10);
		if (i)
			next_of[i - 1] = line_to(&chain[i], chain[i - 1].program);
	}
}

static void chain_wait(unsigned count)
{
	for (unsigned i = 1; i < count; i++)
		EXPECT_BLOCKED(do_receive(chain[i].thread, chain[i].mailbox));
}

static void chain_make(unsigned count)
{
	chain_link(count);
	chain_wait(count);
}

TEST(depth, "a chain of 16 calls works, priority and all; the 17th is CALL_DEPTH")
{
	chain_make(LIMIT_CALL_DEPTH + 2);
	for (unsigned i = 0; i < LIMIT_CALL_DEPTH; i++)
		EXPECT_BLOCKED(do_call(chain[i].thread, next_of[i], i));
	EXPECT_ERROR(connection_call, CALL_DEPTH, do_call(chain[LIMIT_CALL_DEPTH].thread, next_of[LIMIT_CALL_DEPTH], 1));
	EXPECT_ERROR(connection_call_message, CALL_DEPTH,
	             do_call_message(chain[LIMIT_CALL_DEPTH].thread, next_of[LIMIT_CALL_DEPTH], 1, NULL, NEVER));
	EXPECT_OK(CALL(boss.thread, PROCESS_INFO, boss.self, boss.data));
	thread_base_priority_set(chain[0].thread, 25); /* as thread_priority_set does */
	inherit_update(chain[0].thread);
	for (unsigned i = 0; i <= LIMIT_CALL_DEPTH; i++)
		assert_int_equal(chain[i].thread->priority, 25);
	for (unsigned i = LIMIT_CALL_DEPTH; i > 0; i--) {
		EXPECT_OK(do_reply(chain[i].thread, chain[i - 1].thread->token, i, NULL));
		assert_int_equal(chain[i].thread->priority, 10);
	}
	world_end();
}

TEST(depth_fault, "a fault at the end of a chain of 16 cannot be a call any more: the process ends, and the chain unwinds")
{
	struct node faults = node(10);

	chain_make(LIMIT_CALL_DEPTH + 1);
	EXPECT_OK(CALL(boss.thread, PROCESS_FAULT_SET, chain[LIMIT_CALL_DEPTH].program->boss_process,
	               give(faults.program, faults.mailbox, &boss), 1));
	EXPECT_BLOCKED(do_receive(faults.thread, faults.mailbox));
	for (unsigned i = 0; i < LIMIT_CALL_DEPTH; i++)
		EXPECT_BLOCKED(do_call(chain[i].thread, next_of[i], i));
	thread_fault(chain[LIMIT_CALL_DEPTH].thread, CAUSE_READ, 8);
	pass_ns(1);
	assert_int_equal(chain[LIMIT_CALL_DEPTH].program->process->exit.cause, CAUSE_READ);
	EXPECT_ERROR(connection_call, PEER_GONE, answer(chain[LIMIT_CALL_DEPTH - 1].thread));
	world_end();
}

TEST(depth_queued, "a call that waits behind 15 others is the 16th link, and may wait")
{
	struct node late = node(10);
	handle_t line;

	chain_link(LIMIT_CALL_DEPTH + 1);
	line = line_to(&chain[1], late.program);
	chain_wait(LIMIT_CALL_DEPTH + 1);
	for (unsigned i = 0; i < LIMIT_CALL_DEPTH; i++)
		EXPECT_BLOCKED(do_call(chain[i].thread, next_of[i], i));
	EXPECT_BLOCKED(do_call(late.thread, line, 1));
	world_end();
}

TEST(depth_behind, "a call is refused that would wait behind a chain of 16")
{
	struct program *late = program_new(10);
	handle_t line;

	chain_make(LIMIT_CALL_DEPTH + 1);
	line = line_to(&chain[0], late);
	EXPECT_ERROR(server_receive, TIMEOUT, do_receive_until(chain[0].thread, chain[0].mailbox, 0, 0));
	for (unsigned i = 0; i < LIMIT_CALL_DEPTH; i++)
		EXPECT_BLOCKED(do_call(chain[i].thread, next_of[i], i));
	EXPECT_ERROR(connection_call, CALL_DEPTH, do_call(late->thread, line, 1));
	world_end();
}

/* A forward by `from` of the call it serves, to a server whose only attendant waits, through others, for the caller. */
TEST(forward_deadlock, "a forward that leads back to the caller is DEADLOCK, and the forwarder keeps the token")
{
	struct node caller = node(10), middle = node(10), back = node(10);
	handle_t to_middle = line_to(&middle, caller.program), to_back = line_to(&back, middle.program);
	handle_t to_caller = line_to(&caller, back.program);
	token_t token;

	EXPECT_ERROR(server_receive, TIMEOUT, do_receive_until(back.thread, back.mailbox, 0, 0));
	EXPECT_ERROR(server_receive, TIMEOUT, do_receive_until(caller.thread, caller.mailbox, 0, 0));
	EXPECT_BLOCKED(do_call(back.thread, to_caller, 1)); /* queued at the caller's own server */
	EXPECT_BLOCKED(do_receive(middle.thread, middle.mailbox));
	EXPECT_BLOCKED(do_call(caller.thread, to_middle, 1));
	token = got(middle.thread).token;
	EXPECT_ERROR(server_forward, DEADLOCK, do_forward(middle.thread, to_back, token, 0));
	EXPECT_OK(do_reply(middle.thread, token, 3, NULL));
	assert_int_equal(got(caller.thread).words[0], 3);
	world_end();
}

TEST(forward_depth, "a forward that makes the chain too long is CALL_DEPTH")
{
	struct node s = node(10), caller = node(10);
	handle_t to_chain, to_s = line_to(&s, caller.program);
	token_t token;

	chain_make(LIMIT_CALL_DEPTH + 1);
	to_chain = line_to(&chain[0], s.program);
	EXPECT_ERROR(server_receive, TIMEOUT, do_receive_until(chain[0].thread, chain[0].mailbox, 0, 0));
	for (unsigned i = 0; i < LIMIT_CALL_DEPTH; i++)
		EXPECT_BLOCKED(do_call(chain[i].thread, next_of[i], i));
	EXPECT_BLOCKED(do_receive(s.thread, s.mailbox));
	EXPECT_BLOCKED(do_call(caller.thread, to_s, 1));
	token = got(s.thread).token;
	EXPECT_ERROR(server_forward, CALL_DEPTH, do_forward(s.thread, to_chain, token, 0));
	EXPECT_OK(do_reply(s.thread, token, 0, NULL));
	world_end();
}

TEST(chain_dies, "when a process in the middle of a chain dies, the one before gets PEER_GONE and the one behind stands free")
{
	chain_make(4);
	for (unsigned i = 0; i < 3; i++)
		EXPECT_BLOCKED(do_call(chain[i].thread, next_of[i], i));
	program_kill(chain[1].program);
	EXPECT_ERROR(connection_call, PEER_GONE, answer(chain[0].thread));
	assert_ptr_equal(chain[2].thread->serving, NULL);
	EXPECT_OK(do_reply(chain[3].thread, chain[2].thread->token, 5, NULL));
	assert_int_equal(got(chain[2].thread).words[0], 5);
	world_end();
}

TEST(mixed_chain, "priority travels through a futex owner that waits in a call")
{
	struct node s = node(4);
	struct program *p = program_new(5);
	handle_t line, owner_handle;
	struct thread *owner, *high;

	sleeps(p->thread, 1000);
	line = line_to(&s, p);
	pass_ns(1000);
	EXPECT_OK(CALL(p->thread, THREAD_CREATE, p->self, 0x1000, 0x2000, 0, 0, 5));
	owner_handle = (handle_t)*thread_a(p->thread, 1);
	owner = CONTAINER_OF(object_named(p, owner_handle), struct thread, object);
	sleeps(p->thread, NEVER);
	EXPECT_BLOCKED(do_call(owner, line, 1)); /* nobody attends yet */
	EXPECT_OK(do_receive(s.thread, s.mailbox));
	high = program_thread(p, 22);
	EXPECT_BLOCKED(do_futex_wait(high, p->data + 8, 0, owner_handle, NEVER));
	assert_int_equal(owner->priority, 22);
	assert_int_equal(s.thread->priority, 22);
	EXPECT_OK(do_reply(s.thread, got(s.thread).token, 0, NULL));
	assert_int_equal(s.thread->priority, 4);
	assert_ptr_equal(arch_cpu.current, owner);
	world_end();
}
