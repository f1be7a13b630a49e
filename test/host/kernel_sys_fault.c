/* kernel_sys_fault.c - faults as messages. */
#include "unit.h"

#include "fixture.h"

static struct program *handler, *victim;
static struct thread *h, *v;
static handle_t faults, process; /* the handler's */

#define BUFFER (handler->data + 2 * P)

UNIT_SETUP
{
	world_start();
	handler = program_new(10);
	victim = program_new(10);
	h = handler->thread;
	v = victim->thread;
	faults = make_server(handler);
	process = give(&boss, victim->boss_process, handler);
	EXPECT_OK(CALL(h, PROCESS_FAULT_SET, process, faults, 66));
	EXPECT_OK(CALL(h, THREAD_BUFFER_SET, BUFFER, sizeof(struct abi_registers)));
}

static struct abi_exit_record record(void)
{
	struct abi_exit_record seen;

	EXPECT_OK(CALL(h, PROCESS_STATUS, process, handler->data + P));
	peek(handler, handler->data + P, &seen, sizeof seen);
	return seen;
}

static void registers_fill(struct thread *thread)
{
	thread->registers.pc = 0x4440;
	for (unsigned i = 0; i < 31; i++)
		thread->registers.x[i] = 0x1000 + i;
}

TEST(message, "a fault arrives with cause, address, pc and thread, and the registers in the receive buffer")
{
	struct abi_registers seen;
	struct got in;

	registers_fill(v);
	EXPECT_BLOCKED(do_receive(h, faults));
	thread_fault(v, CAUSE_WRITE, 0x123456);
	in = got(h);
	assert_int_equal(in.info, KIND_FAULT);
	assert_int_equal(in.badge, 66);
	assert_int_equal(in.words[0], CAUSE_WRITE);
	assert_int_equal(in.words[1], 0x123456);
	assert_int_equal(in.words[2], 0x4440);
	assert_int_equal(in.words[3], v->number);
	assert_int_equal(in.length, sizeof seen);
	peek(handler, BUFFER, &seen, sizeof seen);
	assert_memory_equal(&seen, &v->registers, sizeof seen);
	world_end();
}

TEST(resume, "a reply of status 0 lets the thread go on where it was, every register as it was")
{
	struct registers before;

	registers_fill(v);
	before = v->registers;
	EXPECT_BLOCKED(do_receive(h, faults));
	thread_fault(v, CAUSE_BREAKPOINT, 0x4440);
	EXPECT_OK(do_reply(h, got(h).token, 0, NULL));
	assert_int_equal(v->state, STATE_READY);
	assert_memory_equal(&v->registers, &before, sizeof before);
	world_end();
}

TEST(change, "a reply with registers lets it go on with those")
{
	struct abi_message m = { .in_count = 1, .in = { { BUFFER, sizeof(struct abi_registers) } } };
	struct abi_registers changed;

	registers_fill(v);
	EXPECT_BLOCKED(do_receive(h, faults));
	thread_fault(v, CAUSE_READ, 8);
	memcpy(&changed, &v->registers, sizeof changed);
	changed.pc += 4;
	changed.x[5] = 77;
	poke(handler, BUFFER, &changed, sizeof changed);
	EXPECT_OK(do_reply(h, got(h).token, 0, &m));
	assert_memory_equal(&v->registers, &changed, sizeof changed);
	world_end();
}

TEST(change_refused, "a reply with something else than whole registers is refused, and the token stays good")
{
	struct abi_message m = { .in_count = 1, .in = { { BUFFER, 8 } } };
	token_t token;

	EXPECT_BLOCKED(do_receive(h, faults));
	thread_fault(v, CAUSE_READ, 8);
	token = got(h).token;
	EXPECT_ERROR(server_reply, ARGUMENT, do_reply(h, token, 0, &m));
	m = (struct abi_message){ .in_count = 1, .in = { { 8, sizeof(struct abi_registers) } } };
	EXPECT_ERROR(server_reply, ADDRESS, do_reply(h, token, 0, &m));
	EXPECT_OK(do_reply(h, token, 0, NULL));
	world_end();
}

TEST(kill, "a reply of another status ends the process, with the fault as its cause")
{
	struct abi_exit_record seen;

	registers_fill(v);
	EXPECT_BLOCKED(do_receive(h, faults));
	thread_fault(v, CAUSE_ILLEGAL, 0xbad);
	EXPECT_OK(do_reply(h, got(h).token, 1, NULL));
	EXPECT_OK(CALL(h, PROCESS_KILL, process, 3)); /* waits until it is gone */
	seen = record();
	assert_int_equal(seen.cause, CAUSE_ILLEGAL);
	assert_int_equal(seen.address, 0xbad);
	assert_int_equal(seen.thread, 1);
	assert_int_equal(seen.registers.pc, 0x4440);
	assert_int_equal(seen.registers.x[30], 0x1000 + 30);
	world_end();
}

TEST(no_server, "without a fault server a fault ends the process")
{
	struct program *other = program_new(10);
	handle_t there = give(&boss, other->boss_process, handler);
	struct abi_exit_record seen;

	thread_fault(other->thread, CAUSE_FETCH, 0x5550);
	EXPECT_OK(CALL(h, PROCESS_STATUS, there, handler->data + P));
	peek(handler, handler->data + P, &seen, sizeof seen);
	assert_int_equal(seen.cause, CAUSE_FETCH);
	assert_int_equal(seen.address, 0x5550);
	world_end();
}

TEST(queued, "a fault waits in the queue like a call, at the priority of its thread, and shows as FAULTED")
{
	struct abi_thread_state seen;

	thread_fault(v, CAUSE_READ, 8);
	EXPECT_OK(CALL(h, PROCESS_THREAD, process, 0, handler->data + P));
	peek(handler, handler->data + P, &seen, sizeof seen);
	assert_int_equal(seen.state, STATE_FAULTED);
	EXPECT_OK(do_receive(h, faults));
	assert_int_equal(got(h).kind, KIND_FAULT);
	EXPECT_OK(do_reply(h, got(h).token, 0, NULL));
	world_end();
}

TEST(small_buffer, "without room for the registers they are left out, and the length says so")
{
	EXPECT_OK(CALL(h, THREAD_BUFFER_SET, BUFFER, sizeof(struct abi_registers) - 1));
	EXPECT_BLOCKED(do_receive(h, faults));
	thread_fault(v, CAUSE_READ, 8);
	assert_int_equal(got(h).length, 0);
	EXPECT_OK(do_reply(h, got(h).token, 0, NULL));
	world_end();
}

TEST(server_gone_queued, "a fault that waits for a server which goes ends the process")
{
	thread_fault(v, CAUSE_READ, 8);
	EXPECT_OK(CALL(h, HANDLE_CLOSE, faults));
	EXPECT_OK(CALL(h, PROCESS_KILL, process, 3));
	assert_int_equal(record().cause, CAUSE_READ);
	world_end();
}

TEST(server_dies_taken, "a fault whose server's process dies with it taken ends the process")
{
	EXPECT_BLOCKED(do_receive(h, faults));
	thread_fault(v, CAUSE_READ, 8);
	assert_int_equal(v->state, STATE_SERVED);
	program_kill(handler);
	pass_ns(1);
	assert_int_equal(victim->process->phase, PROCESS_ENDED);
	assert_int_equal(victim->process->exit.cause, CAUSE_READ);
	world_end();
}

TEST(queue_outlives, "a queued fault waits for the successor of a fault server's process")
{
	struct program *successor = program_new(10);
	handle_t inherited = give(handler, faults, successor);

	thread_fault(v, CAUSE_READ, 8);
	program_kill(handler);
	EXPECT_OK(do_receive(successor->thread, inherited));
	assert_int_equal(got(successor->thread).kind, KIND_FAULT);
	EXPECT_OK(do_reply(successor->thread, got(successor->thread).token, 0, NULL));
	assert_int_equal(v->state, STATE_READY);
	world_end();
}

TEST(victim_dies, "a faulted thread's process may be killed at any time; the token is stale then")
{
	token_t token;

	EXPECT_BLOCKED(do_receive(h, faults));
	thread_fault(v, CAUSE_READ, 8);
	token = got(h).token;
	EXPECT_OK(CALL(h, PROCESS_KILL, process, 5));
	assert_int_equal(record().cause, CAUSE_KILLED);
	EXPECT_ERROR(server_reply, STALE_TOKEN, do_reply(h, token, 0, NULL));
	world_end();
}

TEST(self, "a fault of the only thread that attends its own fault server ends the process")
{
	handle_t own = make_server(victim);

	EXPECT_OK(CALL(v, PROCESS_FAULT_SET, victim->self, own, 1));
	EXPECT_ERROR(server_receive, TIMEOUT, do_receive_until(v, own, 0, 0));
	thread_fault(v, CAUSE_READ, 8);
	assert_int_equal(record().cause, CAUSE_READ);
	world_end();
}

TEST(helper, "a fault of one thread may be handled by another of the same process")
{
	handle_t own = make_server(victim);
	struct thread *helper = program_thread(victim, 10);

	EXPECT_OK(CALL(v, PROCESS_FAULT_SET, victim->self, own, 1));
	EXPECT_BLOCKED(do_receive(helper, own));
	thread_fault(v, CAUSE_READ, 8);
	EXPECT_OK(do_reply(helper, got(helper).token, 0, NULL));
	assert_int_equal(v->state, STATE_READY);
	world_end();
}

TEST(not_forwarded, "a fault cannot be forwarded")
{
	struct program *back = program_new(10);
	handle_t back_line = connect(back, make_server(back), handler, 3);
	token_t token;

	EXPECT_BLOCKED(do_receive(h, faults));
	thread_fault(v, CAUSE_READ, 8);
	token = got(h).token;
	EXPECT_ERROR(server_forward, STALE_TOKEN, do_forward(h, back_line, token, 0));
	EXPECT_OK(do_reply(h, token, 0, NULL));
	world_end();
}

TEST(serving, "a server thread that faults while it serves a call still answers it afterwards")
{
	struct program *client = program_new(10);
	handle_t mailbox = make_server(victim), line = connect(victim, mailbox, client, 1);
	token_t token;

	EXPECT_BLOCKED(do_receive(h, faults));
	EXPECT_BLOCKED(do_receive(v, mailbox));
	EXPECT_BLOCKED(do_call(client->thread, line, 1));
	token = got(v).token;
	thread_fault(v, CAUSE_READ, 8);
	EXPECT_OK(do_reply(h, got(h).token, 0, NULL));
	EXPECT_OK(do_reply(v, token, 4, NULL));
	assert_int_equal(got(client->thread).words[0], 4);
	world_end();
}

TEST(reset, "the fault server can be changed while a fault waits at the old one")
{
	handle_t second = make_server(handler);

	thread_fault(v, CAUSE_READ, 8);
	EXPECT_OK(CALL(h, PROCESS_FAULT_SET, process, second, 67));
	EXPECT_OK(do_receive(h, faults));
	EXPECT_OK(do_reply(h, got(h).token, 0, NULL));
	EXPECT_BLOCKED(do_receive(h, second));
	thread_fault(v, CAUSE_READ, 9);
	assert_int_equal(got(h).badge, 67);
	EXPECT_OK(do_reply(h, got(h).token, 0, NULL));
	world_end();
}
