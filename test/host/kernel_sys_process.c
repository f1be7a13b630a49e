/* kernel_sys_process.c - processes: beginning, end, exit record, watching, and what can be asked about them. */
#include "unit.h"

#include "boot/boot.h"
#include "fixture.h"
#include "ipc/call.h"
#include "object/reap.h"
#include "thread/schedule.h"

UNIT_SETUP
{
	world_start();
}

static handle_t result(struct program *p)
{
	return (handle_t)*thread_a(p->thread, 1);
}

static handle_t make_process(struct program *p)
{
	EXPECT_OK(CALL(p->thread, PROCESS_CREATE, p->budget, p->budget));
	return result(p);
}

static void start(struct program *p, handle_t process, unsigned priority)
{
	EXPECT_OK(CALL(p->thread, THREAD_CREATE, process, 0x1000, 0x2000, 0, 0, priority));
	EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, result(p)));
}

static struct abi_process_state info(struct program *p, handle_t process)
{
	struct abi_process_state seen;

	EXPECT_OK(CALL(p->thread, PROCESS_INFO, process, p->data + P));
	peek(p, p->data + P, &seen, sizeof seen);
	return seen;
}

static struct abi_exit_record status(struct program *p, handle_t process)
{
	struct abi_exit_record record;

	EXPECT_OK(CALL(p->thread, PROCESS_STATUS, process, p->data + P));
	peek(p, p->data + P, &record, sizeof record);
	return record;
}

TEST(life, "a process is NEW until its first thread, then runs, and is DEAD when it has exited, with cause and code")
{
	struct program *p = program_new(10), *q = program_new(10);
	handle_t process = make_process(p), running = give(&boss, q->boss_process, p);

	assert_int_equal(info(p, process).state, STATE_NEW);
	assert_int_equal(info(p, running).state, STATE_READY);
	assert_int_equal(info(p, running).threads, 1);
	assert_int_equal(info(p, running).handles, 3);
	assert_int_equal(info(p, running).mapped_pages, DATA_PAGES);
	EXPECT_ERROR(process_status, STATE, CALL(p->thread, PROCESS_STATUS, running, p->data + P));
	do_last_call(q->thread, CALL_PROCESS_EXIT, (uintptr_t)-3);
	assert_int_equal(info(p, running).state, STATE_DEAD);
	assert_int_equal(info(p, running).cause, CAUSE_EXIT);
	assert_int_equal(info(p, running).code, -3);
	assert_int_equal(status(p, running).cause, CAUSE_EXIT);
	assert_int_equal(status(p, running).code, -3);
	assert_int_equal(status(p, running).thread, 1);
	EXPECT_ERROR(process_status, ADDRESS, CALL(p->thread, PROCESS_STATUS, running, 8));
	EXPECT_ERROR(process_info, ADDRESS, CALL(p->thread, PROCESS_INFO, running, 8));
	world_end();
}

TEST(last_thread, "a process ends with code 0 when its last thread exits")
{
	struct program *p = program_new(10), *q = program_new(10);
	handle_t process = give(&boss, q->boss_process, p);
	struct thread *second = program_thread(q, 10);

	do_last_call(q->thread, CALL_THREAD_EXIT, 0);
	assert_int_equal(info(p, process).threads, 1);
	do_last_call(second, CALL_THREAD_EXIT, 0);
	assert_int_equal(status(p, process).cause, CAUSE_EXIT);
	assert_int_equal(status(p, process).code, 0);
	assert_int_equal(status(p, process).thread, 2);
	world_end();
}

TEST(kill, "killing answers when everything is gone; killing again is harmless and changes no record")
{
	struct program *p = program_new(10), *q = program_new(20);
	handle_t process = give(&boss, q->boss_process, p);
	struct thread *other = program_thread(q, 20);
	handle_t mailbox = make_server(q);

	EXPECT_BLOCKED(do_receive(q->thread, mailbox));
	EXPECT_BLOCKED(do_futex_wait(other, q->data, 0, 0, NEVER));
	EXPECT_OK(CALL(p->thread, PROCESS_KILL, process, 17));
	assert_int_equal(q->process->phase, PROCESS_ENDED);
	assert_int_equal(status(p, process).cause, CAUSE_KILLED);
	assert_int_equal(status(p, process).code, 17);
	EXPECT_OK(CALL(p->thread, PROCESS_KILL, process, 18));
	assert_int_equal(status(p, process).code, 17);
	world_end();
}

/* Waits for a line of the device, so that it can be woken in the middle of what a lower thread makes the kernel do. */
static handle_t interrupt_await(struct program *p, unsigned index)
{
	handle_t mailbox = make_server(p), device = give(&boss, boss_device, p);

	EXPECT_OK(CALL(p->thread, DEVICE_INTERRUPT, device, p->budget, index, mailbox, 1, 0));
	EXPECT_BLOCKED(do_receive(p->thread, mailbox));
	return mailbox;
}

TEST(kill_by_three, "several may wait for the same end, each is told, and one of them may be killed while it waits")
{
	struct program *first = program_new(10), *second = program_new(11), *third = program_new(12), *victim = program_new(8);
	struct program *all[] = { third, second, first };
	handle_t process[3];

	for (unsigned i = 0; i < 3; i++)
		process[i] = give(&boss, victim->boss_process, all[i]);
	interrupt_await(third, 1);
	interrupt_await(second, 0);
	EXPECT_BLOCKED(do_futex_wait(first->thread, first->data, 0, 0, soon()));
	EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, victim->boss_budget, 400));
	make_memory(victim, 300, 0);
	pass_ns(1000000);
	host_interrupt_raise(5); /* each comes with the first look while the one below it waits for the end */
	EXPECT_BLOCKED(CALL(first->thread, PROCESS_KILL, process[2], 1));
	assert_ptr_equal(arch_cpu.current, second->thread);
	host_interrupt_raise(6);
	EXPECT_BLOCKED(CALL(second->thread, PROCESS_KILL, process[1], 2));
	assert_ptr_equal(arch_cpu.current, third->thread);
	assert_int_equal(victim->process->phase, PROCESS_ENDING);
	program_kill(second);
	EXPECT_OK(CALL(third->thread, PROCESS_KILL, process[0], 3));
	EXPECT_OK(answer(first->thread));
	assert_int_equal(victim->process->exit.code, 1);
	world_end();
}

TEST(reap_before_lower, "what ended is taken apart before a thread below it runs, although a stopped thread above both is still listed as ready")
{
	struct program *low = program_new(2), *gone = program_new(2), *stopped = program_new(8);
	handle_t mailbox = make_server(stopped);

	EXPECT_BLOCKED(do_receive(stopped->thread, mailbox));
	thread_runs(low->thread);
	call_timeout(stopped->thread); /* these four in one step, as a more urgent thread does them that then blocks */
	stopped->process->stopped = true;
	process_end(gone->process, CAUSE_KILLED, 0);
	reap_raise(&gone->process->object, 3);
	schedule();
	assert_int_equal(reap_priority(), -1);
	assert_int_equal(gone->process->phase, PROCESS_ENDED);
	assert_ptr_equal(arch_cpu.current, low->thread);
	EXPECT_OK(CALL(boss.thread, PROCESS_RESUME, stopped->boss_process));
	world_end();
}

TEST(reap_when_lowered, "what ended is taken apart before a thread below it runs on, although that thread was above it until its urgent caller was taken apart")
{
	struct program *low = program_new(2), *gone = program_new(1), *urgent = program_new(20);
	handle_t mailbox, line;

	EXPECT_BLOCKED(do_futex_wait(urgent->thread, urgent->data, 0, 0, soon()));
	mailbox = make_server(low);
	line = connect(low, mailbox, urgent, 1);
	EXPECT_BLOCKED(do_receive(low->thread, mailbox));
	pass_ns(1000000);
	EXPECT_BLOCKED(do_call(urgent->thread, line, 1));
	assert_ptr_equal(arch_cpu.current, low->thread);
	assert_int_equal(low->thread->priority, 20);
	process_end(gone->process, CAUSE_KILLED, 0); /* in one step, as when an interrupt comes while the one is taken apart */
	reap_remove(&gone->process->object);
	reap_append_at(&gone->process->object, 12);
	process_end(urgent->process, CAUSE_KILLED, 0);
	schedule();
	assert_ptr_equal(arch_cpu.current, low->thread);
	assert_true(low->thread->priority < 12);
	assert_int_equal(reap_priority(), -1);
	assert_int_equal(gone->process->phase, PROCESS_ENDED);
	world_end();
}

TEST(kill_new, "a process that never started can be killed, and goes with its last handle if not")
{
	struct program *p = program_new(10);
	handle_t killed = make_process(p), dropped;
	size_t charged = program_account(p)->account.charged;

	dropped = make_process(p);
	EXPECT_OK(CALL(p->thread, PROCESS_KILL, killed, 1));
	assert_int_equal(status(p, killed).cause, CAUSE_KILLED);
	EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, dropped));
	EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, killed));
	assert_true(program_account(p)->account.charged < charged);
	world_end();
}

TEST(kill_self, "a process may kill itself through a handle, with the code it names")
{
	struct program *p = program_new(10), *q = program_new(10);
	handle_t process = give(&boss, q->boss_process, p);

	thread_runs(q->thread);
	do_last_call(q->thread, CALL_PROCESS_KILL, q->self);
	assert_int_equal(status(p, process).cause, CAUSE_KILLED);
	world_end();
}

TEST(self_reference, "a process with handles to itself, its threads and its budget leaves nothing behind")
{
	struct program *p = program_new(10);

	for (unsigned i = 0; i < 5; i++) {
		EXPECT_OK(CALL(p->thread, HANDLE_DUPLICATE, p->self, RIGHT_ALL));
		EXPECT_OK(CALL(p->thread, THREAD_CREATE, p->self, 0x1000, 0x2000, 0, 0, 10));
		EXPECT_OK(CALL(p->thread, HANDLE_DUPLICATE, p->budget, RIGHT_ALL));
	}
	do_last_call(p->thread, CALL_PROCESS_EXIT, 0);
	world_end();
}

TEST(nobody_knows, "a program lives on although nobody has a handle to its process")
{
	struct program *p = program_new(10);
	handle_t process = make_process(p);
	struct process *child = CONTAINER_OF(object_named(p, process), struct process, object);

	start(p, process, 10);
	EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, process));
	pass_ns(1);
	assert_int_equal(child->phase, PROCESS_RUNNING);
	world_end_hard();
}

TEST(everything_open, "a process that ends with everything open returns all pages")
{
	struct program *p = program_new(10), *q = program_new(10);
	handle_t mailbox = make_server(p), line = connect_with(p, mailbox, q, 1, 4, 2, 3), own = connect(p, mailbox, p, 2), child;
	struct abi_message m = { .in_count = 1, .handle_count = 2, .in = { { p->data + P, 64 } }, .send = { p->self, mailbox } };
	struct thread *caller = program_thread(q, 10);

	EXPECT_OK(CALL(p->thread, PROCESS_WINDOW_CREATE, p->self));
	EXPECT_OK(CALL(p->thread, PROCESS_WATCH, p->self, mailbox, 5, 5));
	EXPECT_OK(CALL(p->thread, PROCESS_FAULT_SET, p->self, mailbox, 6));
	EXPECT_OK(CALL(p->thread, HANDLE_DUPLICATE, mailbox, RIGHT_ALL & ~RIGHT_RECEIVE));
	m.send[1] = result(p);
	EXPECT_OK(do_send(p->thread, own, 1, &m));
	EXPECT_OK(CALL(p->thread, MAP_RESERVE, p->self, 100));
	map_memory(p, make_memory(p, 3, MEMORY_SHARED), 3, PROT_READ);
	child = make_process(p);
	EXPECT_OK(CALL(p->thread, MEMORY_CREATE, p->budget, 2, 0));
	EXPECT_OK(CALL(p->thread, MAP_ADD, child, 0, result(p), 0, 2, RW));
	EXPECT_BLOCKED(do_futex_wait(program_thread(p, 10), p->data, 0, 0, soon()));
	EXPECT_BLOCKED(do_call(q->thread, line, 1));
	EXPECT_BLOCKED(do_call(caller, line, 1));
	program_kill(p);
	EXPECT_ERROR(connection_call, PEER_GONE, answer(q->thread));
	EXPECT_ERROR(connection_call, PEER_GONE, answer(caller));
	world_end();
}

TEST(watch, "the end of a watched process arrives once, with badge, cause and code")
{
	struct program *p = program_new(10), *q = program_new(10);
	handle_t mailbox = make_server(p), process = give(&boss, q->boss_process, p);
	struct got in;

	EXPECT_ERROR(process_watch, ARGUMENT, CALL(p->thread, PROCESS_WATCH, process, mailbox, 9, 32));
	p->process->own->ceiling = 5;
	EXPECT_ERROR(process_watch, PRIORITY, CALL(p->thread, PROCESS_WATCH, process, mailbox, 9, 6));
	EXPECT_OK(CALL(p->thread, PROCESS_WATCH, process, mailbox, 9, 3));
	EXPECT_ERROR(process_watch, BUSY, CALL(p->thread, PROCESS_WATCH, process, mailbox, 9, 3));
	EXPECT_BLOCKED(do_receive(p->thread, mailbox));
	do_last_call(q->thread, CALL_PROCESS_EXIT, 5);
	in = got(p->thread);
	assert_int_equal(in.kind, KIND_EXIT);
	assert_int_equal(in.badge, 9);
	assert_int_equal(in.words[1], CAUSE_EXIT);
	assert_int_equal(in.words[2], 5);
	EXPECT_ERROR(server_receive, TIMEOUT, do_receive_until(p->thread, mailbox, 0, 0));
	world_end();
}

TEST(watch_late, "a process that has ended already is told at once")
{
	struct program *p = program_new(10), *q = program_new(10);
	handle_t mailbox = make_server(p), process = give(&boss, q->boss_process, p);

	program_kill(q);
	EXPECT_OK(CALL(p->thread, PROCESS_WATCH, process, mailbox, 9, 3));
	EXPECT_OK(do_receive_until(p->thread, mailbox, 0, 0));
	assert_int_equal(got(p->thread).kind, KIND_EXIT);
	assert_int_equal(got(p->thread).words[1], CAUSE_KILLED);
	world_end();
}

TEST(watch_order, "the own budget of a process is empty when its watcher hears of the end")
{
	struct program *p = program_new(20), *q = program_new(10);
	handle_t mailbox = make_server(p), process = give(&boss, q->boss_process, p), budget = give(&boss, q->boss_budget, p);

	EXPECT_OK(CALL(p->thread, PROCESS_WATCH, process, mailbox, 9, 3));
	EXPECT_BLOCKED(do_receive(p->thread, mailbox));
	do_last_call(q->thread, CALL_PROCESS_EXIT, 5);
	assert_ptr_equal(arch_cpu.current, p->thread);
	EXPECT_OK(CALL(p->thread, BUDGET_INFO, budget, p->data + P));
	assert_int_equal(CONTAINER_OF(object_named(p, budget), struct budget, object)->account.charged, 0);
	world_end();
}

TEST(watcher_gone, "the end of a watcher's server does not hurt who is watched, who can then be watched anew")
{
	struct program *p = program_new(10), *q = program_new(10);
	handle_t first = make_server(p), second = make_server(p), process = give(&boss, q->boss_process, p);

	EXPECT_OK(CALL(p->thread, PROCESS_WATCH, process, first, 9, 3));
	EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, first));
	EXPECT_OK(CALL(p->thread, PROCESS_WATCH, process, second, 8, 3));
	program_kill(q);
	EXPECT_OK(do_receive_until(p->thread, second, 0, 0));
	assert_int_equal(got(p->thread).badge, 8);
	world_end();
}

TEST(record_kept, "the exit record lasts while handles to the process do, also past the budget it lived on")
{
	struct program *p = program_new(10), *q = program_new(10);
	handle_t process = give(&boss, q->boss_process, p);

	program_kill(q);
	program_budget_end(q);
	assert_int_equal(status(p, process).cause, CAUSE_KILLED);
	EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, process));
	world_end();
}

TEST(watch_gone, "a destroyed server cannot be told of ends or faults")
{
	struct program *p = program_new(10), *q = program_new(10);
	handle_t mailbox = make_server(q), here = give(q, mailbox, p);

	EXPECT_OK(CALL(q->thread, HANDLE_CLOSE, mailbox));
	EXPECT_OK(CALL(p->thread, PROCESS_WATCH, p->self, here, 1, 1)); /* p holds the receive right now */
	program_budget_end(q);
	EXPECT_ERROR(process_watch, PEER_GONE, CALL(p->thread, PROCESS_WATCH, p->self, here, 1, 1));
	EXPECT_ERROR(process_fault_set, PEER_GONE, CALL(p->thread, PROCESS_FAULT_SET, p->self, here, 1));
	world_end();
}

TEST(threads_priority, "process_priority_set sets the n-th thread's priority, up to the ceiling, and needs MANAGE")
{
	struct program *p = program_new(10);
	struct thread *second = program_thread(p, 4);

	EXPECT_OK(CALL(p->thread, PROCESS_PRIORITY_SET, p->self, 1, 7));
	assert_int_equal(second->priority, 7);
	assert_int_equal(p->thread->priority, 10);
	EXPECT_OK(CALL(p->thread, PROCESS_PRIORITY_SET, p->self, 0, 12));
	assert_int_equal(p->thread->priority, 12);
	EXPECT_ERROR(process_priority_set, ARGUMENT, CALL(p->thread, PROCESS_PRIORITY_SET, p->self, 2, 7));
	EXPECT_ERROR(process_priority_set, ARGUMENT, CALL(p->thread, PROCESS_PRIORITY_SET, p->self, UINT32_MAX, 7));
	EXPECT_ERROR(process_priority_set, ARGUMENT, CALL(p->thread, PROCESS_PRIORITY_SET, p->self, 1, LIMIT_PRIORITIES));
	assert_int_equal(second->priority, 7);
	EXPECT_OK(CALL(p->thread, BUDGET_CREATE, p->budget, 20, 7));
	handle_t low = result(p), child;
	EXPECT_OK(CALL(p->thread, PROCESS_CREATE, p->budget, low));
	child = result(p);
	EXPECT_ERROR(process_priority_set, ARGUMENT, CALL(p->thread, PROCESS_PRIORITY_SET, child, 0, 1));
	EXPECT_OK(CALL(p->thread, THREAD_CREATE, child, 0x1000, 0x2000, 0, 0, 5));
	handle_t thread = result(p);
	EXPECT_OK(CALL(p->thread, PROCESS_PRIORITY_SET, child, 0, 7));
	EXPECT_ERROR(process_priority_set, PRIORITY, CALL(p->thread, PROCESS_PRIORITY_SET, child, 0, 8));
	EXPECT_OK(CALL(p->thread, HANDLE_DUPLICATE, child, RIGHT_INSPECT));
	handle_t seen = result(p);
	assert_int_equal(CALL(p->thread, PROCESS_PRIORITY_SET, seen, 0, 5), E_RIGHTS);
	EXPECT_OK(CALL(p->thread, BUDGET_DESTROY, low));
	EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, seen));
	EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, thread));
	EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, child));
	EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, low));
	world_end();
}

TEST(threads_listed, "process_thread lists the live threads and no more")
{
	struct program *p = program_new(10);
	struct thread *second = program_thread(p, 4);
	struct abi_thread_state seen;

	for (unsigned i = 0; i < 2; i++) {
		EXPECT_OK(CALL(p->thread, PROCESS_THREAD, p->self, i, p->data + P));
		peek(p, p->data + P, &seen, sizeof seen);
		assert_int_equal(seen.number, i + 1);
		assert_int_equal(seen.priority, i ? second->priority : 10);
	}
	EXPECT_ERROR(process_thread, ARGUMENT, CALL(p->thread, PROCESS_THREAD, p->self, 2, p->data + P));
	EXPECT_ERROR(process_thread, ADDRESS, CALL(p->thread, PROCESS_THREAD, p->self, 1, 0));
	world_end();
}

TEST(handles_listed, "process_handle walks all handles in use, over holes and pages, at every preemption point")
{
	struct program *p = program_new(10);
	struct abi_handle_state seen;
	handle_t last = 0;
	uint32_t slot = 0;
	unsigned found = 0;

	for (unsigned i = 0; i < 600; i++) {
		EXPECT_OK(CALL(p->thread, HANDLE_DUPLICATE, p->self, RIGHT_ALL));
		last = result(p);
	}
	for (uint32_t i = 3; i < 602; i++) { /* leave the first few and the last one */
		struct handle_entry *entry = handle_entry_at(p->process, i);

		if (entry->key && entry->key != last)
			EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, entry->key));
	}
	host_preempt_every(1);
	while (CALL(p->thread, PROCESS_HANDLE, p->self, slot, p->data + P) == E_OK) {
		peek(p, p->data + P, &seen, sizeof seen);
		slot = (uint32_t)*thread_a(p->thread, 1);
		assert_int_equal(seen.handle & HANDLE_INDEX_MASK, slot - 1);
		assert_true(seen.live);
		found++;
	}
	assert_int_equal(found, p->process->handles.used);
	assert_int_equal(seen.handle, last);
	EXPECT_ERROR(process_handle, ARGUMENT, CALL(p->thread, PROCESS_HANDLE, p->self, slot, p->data + P));
	EXPECT_ERROR(process_handle, ARGUMENT, CALL(p->thread, PROCESS_HANDLE, p->self, 0xffffffffu, p->data + P));
	EXPECT_ERROR(process_handle, ADDRESS, CALL(p->thread, PROCESS_HANDLE, p->self, 0, 8));
	world_end();
}

TEST(handle_details, "process_handle tells type, rights, badge or size, and whether the object lives")
{
	struct program *p = program_new(10);
	handle_t mailbox = make_server(p), line = connect(p, mailbox, p, 99), memory = make_memory(p, 3, 0);
	struct abi_handle_state seen;

	EXPECT_OK(CALL(p->thread, PROCESS_HANDLE, p->self, line & HANDLE_INDEX_MASK, p->data + P));
	peek(p, p->data + P, &seen, sizeof seen);
	assert_int_equal(seen.type, OBJECT_CONNECTION);
	assert_int_equal(seen.rights, RIGHT_ALL_CONNECTION);
	assert_int_equal(seen.detail, 99);
	EXPECT_OK(CALL(p->thread, PROCESS_HANDLE, p->self, memory & HANDLE_INDEX_MASK, p->data + P));
	peek(p, p->data + P, &seen, sizeof seen);
	assert_int_equal(seen.detail, 3);
	EXPECT_OK(CALL(p->thread, CONNECTION_DESTROY, line));
	EXPECT_OK(CALL(p->thread, PROCESS_HANDLE, p->self, line & HANDLE_INDEX_MASK, p->data + P));
	peek(p, p->data + P, &seen, sizeof seen);
	assert_false(seen.live);
	world_end();
}

TEST(window, "a process has one receive window at most, and none after its end")
{
	struct program *p = program_new(10), *q = program_new(10);
	handle_t process = give(&boss, q->boss_process, p);

	EXPECT_OK(CALL(p->thread, PROCESS_WINDOW_CREATE, p->self));
	EXPECT_ERROR(process_window_create, STATE, CALL(p->thread, PROCESS_WINDOW_CREATE, p->self));
	program_kill(q);
	EXPECT_ERROR(process_window_create, STATE, CALL(p->thread, PROCESS_WINDOW_CREATE, process));
	world_end();
}

/* What a process that ends or has ended, `process` for p, is refused. */
static void nothing_starts(struct program *p, handle_t process, handle_t memory, vaddr_t data)
{
	expect_result(CALL(p->thread, THREAD_CREATE, process, 0x1000, 0x2000, 0, 0, 1), E_STATE, "thread_create", __FILE__, __LINE__);
	expect_result(CALL(p->thread, MAP_RESERVE, process, 1), E_STATE, "map_reserve", __FILE__, __LINE__);
	expect_result(CALL(p->thread, MAP_ADD, process, 0, memory, 0, 1, RW), E_STATE, "map_add", __FILE__, __LINE__);
	expect_result(CALL(p->thread, MAP_REMOVE, process, data, 1), E_STATE, "map_remove", __FILE__, __LINE__);
	expect_result(CALL(p->thread, MAP_PROTECT, process, data, 1, 0), E_STATE, "map_protect", __FILE__, __LINE__);
	expect_result(CALL(p->thread, MAP_QUERY, process, 0, p->data + P), E_ADDRESS, "map_query", __FILE__, __LINE__);
	expect_result(CALL(p->thread, PROCESS_READ, process, data, p->data + P, 4), E_ADDRESS, "process_read", __FILE__, __LINE__);
	expect_result(CALL(p->thread, PROCESS_WRITE, process, p->budget, data, p->data + P, 4), E_ADDRESS, "process_write", __FILE__, __LINE__);
	expect_result(CALL(p->thread, PROCESS_PLACE, process, memory, RIGHT_ALL), E_STATE, "process_place", __FILE__, __LINE__);
	expect_result(CALL(p->thread, PROCESS_STOP, process), E_STATE, "process_stop", __FILE__, __LINE__);
}

TEST(ended, "nothing can be started in, mapped into or asked of the space of a process that has ended")
{
	struct program *p = program_new(10), *q = program_new(10);
	handle_t process = give(&boss, q->boss_process, p), memory = make_memory(p, 1, 0);

	program_kill(q);
	nothing_starts(p, process, memory, q->data);
	EXPECT_ERROR(thread_create, STATE, CALL(p->thread, THREAD_CREATE, process, 0x1000, 0x2000, 0, 0, 1));
	EXPECT_ERROR(map_reserve, STATE, CALL(p->thread, MAP_RESERVE, process, 1));
	EXPECT_ERROR(map_add, STATE, CALL(p->thread, MAP_ADD, process, 0, memory, 0, 1, RW));
	EXPECT_ERROR(map_remove, STATE, CALL(p->thread, MAP_REMOVE, process, q->data, 1));
	EXPECT_ERROR(map_protect, STATE, CALL(p->thread, MAP_PROTECT, process, q->data, 1, 0));
	EXPECT_ERROR(process_resume, STATE, CALL(p->thread, PROCESS_RESUME, process));
	EXPECT_ERROR(process_thread, ARGUMENT, CALL(p->thread, PROCESS_THREAD, process, 0, p->data + P));
	EXPECT_ERROR(process_handle, ARGUMENT, CALL(p->thread, PROCESS_HANDLE, process, 0, p->data + P));
	EXPECT_ERROR(process_registers_get, ARGUMENT, CALL(p->thread, PROCESS_REGISTERS_GET, process, 1, p->data + P));
	world_end();
}

TEST(ending, "the same of a process that is still being taken apart")
{
	struct program *high = program_new(12), *low = program_new(9), *victim = program_new(8);
	handle_t process = give(&boss, victim->boss_process, high), killed = give(&boss, victim->boss_process, low),
	         memory = make_memory(high, 1, 0);

	interrupt_await(high, 0);
	EXPECT_BLOCKED(do_futex_wait(low->thread, low->data, 0, 0, soon()));
	EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, victim->boss_budget, 400));
	make_memory(victim, 300, 0);
	pass_ns(1000000);
	host_interrupt_raise(5);
	EXPECT_BLOCKED(CALL(low->thread, PROCESS_KILL, killed, 1));
	assert_ptr_equal(arch_cpu.current, high->thread);
	assert_int_equal(victim->process->phase, PROCESS_ENDING);
	nothing_starts(high, process, memory, victim->data);
	assert_int_equal(victim->process->phase, PROCESS_ENDING);
	EXPECT_BLOCKED(do_receive(high->thread, make_server(high)));
	EXPECT_OK(answer(low->thread));
	assert_int_equal(victim->process->phase, PROCESS_ENDED);
	world_end();
}

TEST(init, "the end of init is the machine's: it says why, and starts over")
{
	struct program *p = program_new(10);

	boot_init = p->process;
	assert_true(HOST_PANICS(do_last_call(p->thread, CALL_PROCESS_EXIT, 7)));
	assert_string_equal(host_panic_text, "halt: restarted");
	assert_non_null(strstr(host_console(), "nacre: init ended: cause 1, code 7"));
}

TEST(many, "processes come and go by the dozen without a page or handle left behind")
{
	struct program *p = program_new(10);
	size_t charged = 0;

	for (unsigned i = 0; i < 60; i++) {
		handle_t process = make_process(p);

		start(p, process, 5 + i % 6);
		EXPECT_OK(CALL(p->thread, PROCESS_KILL, process, i));
		EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, process));
		if (i == 1)
			charged = program_account(p)->account.charged;
	}
	assert_int_equal(program_account(p)->account.charged, charged);
	world_end();
}
