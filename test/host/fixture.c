/* fixture.c - the kernel in a host program: its start, the boss, programs, calls, expectations. The checks of its own are in
 * fixture_check.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
/* clang-format on */

#include "boot/boot.h"
#include "fixture.h"
#include "ipc/fast.h"
#include "ipc/loan.h"
#include "kernel/dispatch.h"
#include "kernel/names.h"
#include "memory/random.h"
#include "object/device.h"

enum { PROGRAMS = 512, SLOTS_MOST = 4096, BOSS_PRIORITY = 31, HEADER_BYTES = 192, LINE_FIRST = 5 };

struct program boss;
handle_t boss_device;
struct process *boot_init; /* nobody: no process's end is the machine's */
vaddr_t boot_init_base;
void (*between_steps)(struct thread *thread);

static struct program programs[PROGRAMS];
static unsigned program_count;
static struct frame frames[HOST_RAM_BYTES / PAGE_SIZE];
static struct thread_slot slots[SLOTS_MOST];
static struct interrupt *lines[HOST_IRQ_LINES];
static struct counters at_start;

__attribute__((noreturn, format(printf, 3, 4))) static void fail_at(const char *file, int line, const char *format, ...)
{
	char text[400];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	fprintf(stderr, "%s:%d: %s\n", file, line, text);
	_fail(file, line);
	abort();
}
#define FAIL(...) fail_at(__FILE__, __LINE__, __VA_ARGS__)

static void must(bool condition, const char *what)
{
	if (!condition)
		FAIL("the fixture failed: %s", what);
}

/* --- The world. */

static void memory_start(size_t pages)
{
	paddr_t zero;

	frame_init(HOST_RAM_BASE, pages + 1, frames);
	memset(pa_to_kva(HOST_RAM_BASE), 0xa5, (pages + 1) * PAGE_SIZE); /* whoever forgets to zero will see */
	frame_image_set(HOST_IMAGE_BASE, HOST_IMAGE_BYTES);
	frame_give(HOST_RAM_BASE + PAGE_SIZE, pages);
	random_seed("the same places every time", 26);
	zero = frame_alloc(FRAME_KERNEL);
	frame_zero(zero);
	loan_init(zero);
	budget_init_machine(frame_free_count());
}

static void device_start(void)
{
	struct device *device = object_alloc(&machine_budget, OBJECT_DEVICE, sizeof *device);

	must(device, "a device");
	list_init(&device->pins);
	device->node = 0x40;
	device->region_count = device->line_count = 2;
	device->regions[0].base = 0x10000100;
	device->regions[0].bytes = 0x100;
	device->regions[1].base = 0x10001000;
	device->regions[1].bytes = 0x2000;
	device->lines[0] = LINE_FIRST;
	device->lines[1] = LINE_FIRST + 1;
	boss_device = handle_add(boss.process, &device->object, RIGHT_ALL_DEVICE);
}

static void boss_start(void)
{
	must(!process_new(&machine_budget, &machine_budget, &boss.process), "the boss");
	must(!handle_reserve(boss.process, 3), "its handles");
	must(!thread_new(boss.process, BOSS_PRIORITY, &boss.thread), "its thread");
	registers_init(&boss.thread->registers, 0x1000, 0x2000, 0, 0);
	boss.self = boss.boss_process = handle_add(boss.process, &boss.process->object, RIGHT_ALL_PROCESS);
	boss.budget = boss.boss_budget = handle_add(boss.process, &machine_budget.object, RIGHT_ALL_BUDGET);
	process_started(boss.process);
	boss.process->stopped = true;
	device_start();
}

void world_start_with(size_t pages, size_t thread_slots)
{
	static const uint8_t key[32] = "identity";

	must(pages < ARRAY_SIZE(frames) && thread_slots <= SLOTS_MOST, "its size");
	host_reset();
	memory_start(pages);
	object_id_key(key);
	kernel_wire();
	schedule_init();
	memset(lines, 0, sizeof lines);
	interrupt_init(lines, irq_lines());
	memset(slots, 0, sizeof slots);
	thread_slots_init(slots, thread_slots);
	host_handlers_set(&kernel_handlers);
	host_quick_calls = quick_calls;
	program_count = 0;
	between_steps = NULL;
	boss_start();
	boss.data_memory = make_memory(&boss, DATA_PAGES, MEMORY_PRIVATE);
	boss.data = map_memory(&boss, boss.data_memory, DATA_PAGES, RW);
	fixture_check();
	at_start = counters_read();
}

void world_start(void)
{
	world_start_with(WORLD_PAGES, WORLD_THREADS);
}

static void objects_print(const struct budget *budget, unsigned depth)
{
	LIST_FOR_EACH(node, &budget->objects) {
		const struct object *object = LIST_ENTRY(node, struct object, payer_link);

		fprintf(stderr, "%*s%s %llu: references %u%s%s\n", 2 * (int)depth, "", object_names[object->type],
		        (unsigned long long)object->serial, object->references, object->dead ? ", dead" : "",
		        object->queued ? ", queued" : "");
		if (object->type == OBJECT_BUDGET)
			objects_print(CONTAINER_OF(object, struct budget, object), depth + 1);
	}
}

static size_t handle_pages(const struct process *process)
{
	return process->handles.pages + (process->handles.directory != NULL);
}

static void boss_handles_close(void)
{
	uint32_t slots_used = boss.process->handles.pages * (uint32_t)HANDLES_PER_PAGE;

	for (uint32_t i = 0; i < slots_used; i++) {
		const struct handle_entry *entry = handle_entry_at(boss.process, i);

		if (entry->key && entry->key != boss.self && entry->key != boss.budget && entry->key != boss_device &&
		    entry->key != boss.data_memory)
			EXPECT_OK(CALL(boss.thread, HANDLE_CLOSE, entry->key));
	}
}

/* Without their processes budgets of programs hold nothing, but what a test left on them on purpose. */
void world_end_hard(void)
{
	for (unsigned i = 0; i < program_count; i++)
		if (handle_entry(boss.process, programs[i].boss_budget))
			CALL(boss.thread, BUDGET_DESTROY, programs[i].boss_budget);
	world_end();
}

void world_end(void)
{
	size_t grown = handle_pages(boss.process);
	struct counters now;

	host_preempt_every(0);
	between_steps = NULL;
	for (unsigned i = 0; i < program_count; i++)
		if (handle_entry(boss.process, programs[i].boss_process))
			CALL(boss.thread, PROCESS_KILL, programs[i].boss_process, 0);
	boss_handles_close();
	pass_ns(1);
	must(reap_priority() < 0, "nothing is left to reap");
	grown = handle_pages(boss.process) - 1;
	now = counters_read();
	now.free_frames += grown;
	now.charged -= grown;
	if (!memcmp(&now, &at_start, sizeof now))
		return;
	objects_print(&machine_budget, 0);
	expect_unchanged(&at_start, "world_end", __FILE__, __LINE__);
}

/* --- Programs. */

static handle_t made(struct thread *thread, uintptr_t error, const char *what)
{
	if (error)
		FAIL("the fixture cannot make %s: %s", what, err_names[error < ERR_COUNT ? error : 0]);
	return (handle_t)*thread_a(thread, 1);
}

struct program *program_of(const struct thread *thread)
{
	if (thread->process == boss.process)
		return &boss;
	for (unsigned i = 0; i < program_count; i++)
		if (programs[i].process == thread->process && handle_entry(boss.process, programs[i].boss_process))
			return &programs[i];
	FAIL("a thread of nobody");
}

static handle_t place(handle_t process, handle_t handle, uint32_t rights)
{
	return made(boss.thread, CALL(boss.thread, PROCESS_PLACE, process, handle, rights), "a handle in a new process");
}

static void data_map(struct program *program)
{
	handle_t memory = made(boss.thread, CALL(boss.thread, MEMORY_CREATE, program->boss_budget, DATA_PAGES, MEMORY_PRIVATE), "data");

	made(boss.thread, CALL(boss.thread, MAP_ADD, program->boss_process, 0, memory, 0, DATA_PAGES, RW), "a data mapping");
	program->data = *thread_a(boss.thread, 1);
	program->data_memory = place(program->boss_process, memory, RIGHT_ALL);
	EXPECT_OK(CALL(boss.thread, HANDLE_CLOSE, memory));
}

static struct thread *thread_made(const struct program *program, struct thread *maker, uintptr_t error)
{
	handle_t handle = made(maker, error, "a thread");
	struct thread *thread = LIST_ENTRY(list_last(&program->process->threads), struct thread, process_link);

	EXPECT_OK(CALL(maker, HANDLE_CLOSE, handle));
	return thread;
}

struct program *program_in(handle_t boss_budget, unsigned priority)
{
	struct program *program = &programs[program_count];
	struct thread *b = boss.thread;
	uintptr_t error;

	must(program_count < PROGRAMS, "room for a program");
	*program = (struct program){ .boss_budget = boss_budget };
	program->boss_process = made(b, CALL(b, PROCESS_CREATE, boss.budget, boss_budget), "a process");
	program->process = CONTAINER_OF(object_named(&boss, program->boss_process), struct process, object);
	program_count++;
	program->self = place(program->boss_process, program->boss_process, RIGHT_ALL);
	program->budget = place(program->boss_process, boss_budget, RIGHT_ALL);
	data_map(program);
	error = CALL(b, THREAD_CREATE, program->boss_process, 0x10000, 0x20000, 0, 0x30000, priority);
	program->thread = thread_made(program, b, error);
	return program;
}

struct program *program_new(unsigned priority)
{
	struct thread *b = boss.thread;

	return program_in(made(b, CALL(b, BUDGET_CREATE, boss.budget, PROGRAM_PAGES, 31), "a budget"), priority);
}

struct thread *program_thread(struct program *program, unsigned priority)
{
	struct thread *b = boss.thread;

	return thread_made(program, b, CALL(b, THREAD_CREATE, program->boss_process, 0x10000, 0x20000, 0, 0x30000, priority));
}

void program_kill(struct program *program)
{
	EXPECT_OK(CALL(boss.thread, PROCESS_KILL, program->boss_process, 0));
}

void program_budget_end(struct program *program)
{
	EXPECT_OK(CALL(boss.thread, BUDGET_DESTROY, program->boss_budget));
}

struct budget *program_account(const struct program *program)
{
	return program->process->own;
}

/* --- Running. */

static void boss_wake(void)
{
	boss.process->stopped = false;
	if (arch_cpu.current != boss.thread)
		thread_ready(boss.thread);
	kernel_handlers.timer();
	must(arch_cpu.current == boss.thread, "the boss runs");
}

static void boss_sleep(void)
{
	boss.process->stopped = true;
	thread_unready(boss.thread);
	kernel_handlers.timer();
}

void thread_runs(struct thread *thread)
{
	for (unsigned i = 0; i < 1000 && arch_cpu.current != thread; i++) {
		if (arch_cpu.current)
			thread_yield();
		kernel_handlers.timer();
	}
	if (arch_cpu.current != thread)
		FAIL("thread %u (state %u, priority %u) cannot run: priority %u does", thread->number, thread->state,
		     thread->priority, arch_cpu.current ? arch_cpu.current->priority : 99);
}

void spaces_touch(void)
{
	for (size_t i = 1; i < thread_slot_count(); i++) {
		const struct thread *thread = thread_by_slot(i);

		if (thread && thread->process->space.root)
			host_tlb_fill(thread->process->space.root);
	}
}

/* What a call must not change, and what it must not leave behind. */
enum { X_S0 = 7, X_S1 = 8, X_S2 = 17, X_S11 = 26 };

static bool is_saved(unsigned x)
{
	return x <= X_TP || x == X_S0 || x == X_S1 || (x >= X_S2 && x <= X_S11);
}

static void saved_check(const struct thread *thread, const struct registers *before)
{
	for (unsigned x = 0; x < 31; x++)
		if (is_saved(x) && thread->registers.x[x] != before->x[x])
			FAIL("a call changed x%u, which lives", x + 1);
}

static void dead_check(const struct thread *thread, unsigned number)
{
	const struct call_entry *entry = number < CALL_COUNT ? &call_entries[number] : &(struct call_entry){ .invoke = NULL };
	const uintptr_t *x = thread->registers.x;
	uintptr_t left = x[X_A7] | x[X_T5] | x[X_T6];

	if (!entry->raw) {
		left |= x[X_T0] | x[X_T1] | x[X_T2] | x[X_T3] | x[X_T4];
		for (unsigned i = entry->result_count + 1u; i <= 6; i++)
			left |= x[X_A0 + i];
	}
	if (left)
		FAIL("%s left something in a register", number < CALL_COUNT ? call_names[number] : "no call");
}

bool is_waiting(const struct thread *thread)
{
	return thread->state != STATE_READY;
}

/* One ecall. True: done, or blocked; false: it will be executed again. */
static bool step(struct thread *thread, unsigned number)
{
	struct registers before;
	uintptr_t pc;

	thread_runs(thread);
	before = thread->registers;
	pc = before.pc;
	spaces_touch();
	host_ecall();
	fixture_check();
	if (is_waiting(thread))
		return true;
	saved_check(thread, &before);
	if (thread->registers.pc == pc)
		return false;
	dead_check(thread, number);
	return true;
}

static uintptr_t execute(struct thread *thread, unsigned number)
{
	if (thread == boss.thread)
		boss_wake();
	thread_runs(thread);
	for (unsigned i = 0; !step(thread, number); i++) {
		must(i < 100000, "a call makes progress");
		host_deliver();
		if (between_steps)
			between_steps(thread);
		if (thread == boss.thread)
			boss_wake();
	}
	if (thread == boss.thread)
		boss_sleep();
	return is_waiting(thread) ? BLOCKED : thread->registers.x[X_A0];
}

static void registers_scramble(struct thread *thread, unsigned number)
{
	uintptr_t *x = thread->registers.x;

	must(thread == boss.thread || thread->state == STATE_READY, "who calls does not wait");
	for (unsigned i = 0; i < 31; i++)
		x[i] = 0x5eed0000 + i * 0x101 + thread->number;
	x[X_A7] = number;
}

uintptr_t do_ecall(struct thread *thread, unsigned number, const uintptr_t a[7])
{
	registers_scramble(thread, number);
	memcpy(thread_a(thread, 0), a, 7 * sizeof a[0]);
	return execute(thread, number);
}

void do_last_call(struct thread *thread, unsigned number, uintptr_t argument)
{
	thread_runs(thread);
	registers_scramble(thread, number);
	*thread_a(thread, 0) = argument;
	spaces_touch();
	host_ecall();
	fixture_check();
}

uintptr_t do_futex_wait(struct thread *thread, vaddr_t address, uint32_t expected, handle_t owner, uint64_t deadline_ns)
{
	registers_scramble(thread, CALL_FUTEX_WAIT);
	*thread_a(thread, 0) = address;
	*thread_a(thread, 1) = expected;
	*thread_a(thread, 2) = owner;
	thread->registers.x[X_T1] = deadline_ns;
	return execute(thread, CALL_FUTEX_WAIT);
}

void do_message_start(struct thread *thread, unsigned number, const struct message_registers *in)
{
	uintptr_t *x = thread->registers.x;

	registers_scramble(thread, number);
	x[X_A0] = in->receiver;
	for (unsigned i = 0; i < 6; i++)
		x[X_A1 + i] = in->opcode + i;
	x[X_T0] = in->token;
	x[X_T1] = in->deadline_ns;
	x[X_T3] = in->header;
}

bool do_step(struct thread *thread)
{
	return step(thread, (unsigned)thread->registers.x[X_A7]);
}

uintptr_t do_message_ecall(struct thread *thread, unsigned number, const struct message_registers *in)
{
	do_message_start(thread, number, in);
	return execute(thread, number);
}

vaddr_t header_place(struct thread *thread)
{
	must(thread->number * HEADER_BYTES < PAGE_SIZE, "few threads");
	return program_of(thread)->data + thread->number * HEADER_BYTES;
}

vaddr_t header_write(struct thread *thread, const struct abi_message *message)
{
	_Static_assert(sizeof *message <= HEADER_BYTES, "it fits");
	if (!message)
		return 0;
	poke(program_of(thread), header_place(thread), message, sizeof *message);
	return header_place(thread);
}

struct abi_message header_read(struct thread *thread)
{
	struct abi_message message;

	peek(program_of(thread), header_place(thread), &message, sizeof message);
	return message;
}

uintptr_t do_call(struct thread *thread, handle_t connection, uintptr_t opcode)
{
	return do_message_ecall(thread, CALL_CONNECTION_CALL, &(struct message_registers){ connection, opcode, 1, 0, 8 });
}

uintptr_t do_call_message(struct thread *thread, handle_t connection, uintptr_t opcode, const struct abi_message *message,
                          uint64_t deadline_ns)
{
	return do_message_ecall(thread, CALL_CONNECTION_CALL_MESSAGE, &(struct message_registers){
		connection, opcode, 1, deadline_ns, header_write(thread, message) });
}

uintptr_t do_send(struct thread *thread, handle_t connection, uintptr_t opcode, const struct abi_message *message)
{
	return do_message_ecall(thread, CALL_CONNECTION_SEND, &(struct message_registers){
		connection, opcode, 1, 1, header_write(thread, message) });
}

uintptr_t do_receive(struct thread *thread, handle_t server)
{
	return do_receive_until(thread, server, NEVER, 0);
}

uintptr_t do_receive_until(struct thread *thread, handle_t server, uint64_t deadline_ns, unsigned accept)
{
	struct abi_message message = { .accept = (uint8_t)accept };

	return do_message_ecall(thread, CALL_SERVER_RECEIVE, &(struct message_registers){
		server, 0, 1, deadline_ns, accept ? header_write(thread, &message) : 0 });
}

uintptr_t do_reply(struct thread *thread, token_t token, uintptr_t status, const struct abi_message *message)
{
	return do_message_ecall(thread, CALL_SERVER_REPLY, &(struct message_registers){
		1, status, token, 1, header_write(thread, message) });
}

uintptr_t do_reply_and_receive(struct thread *thread, handle_t server, token_t token, uintptr_t status)
{
	return do_message_ecall(thread, CALL_SERVER_REPLY_AND_RECEIVE, &(struct message_registers){ server, status, token, 1, 8 });
}

uintptr_t do_reply_and_receive_message(struct thread *thread, handle_t server, token_t token, uintptr_t status,
                                       const struct abi_message *message, uint64_t deadline_ns)
{
	return do_message_ecall(thread, CALL_SERVER_REPLY_AND_RECEIVE_MESSAGE, &(struct message_registers){
		server, status, token, deadline_ns, header_write(thread, message) });
}

uintptr_t do_forward(struct thread *thread, handle_t connection, token_t token, uintptr_t opcode)
{
	return do_message_ecall(thread, CALL_SERVER_FORWARD, &(struct message_registers){ connection, opcode, token, 1, 8 });
}

uintptr_t do_token_check(struct thread *thread, token_t token)
{
	return do_message_ecall(thread, CALL_SERVER_TOKEN_CHECK, &(struct message_registers){ 1, 1, token, 1, 8 });
}

uintptr_t answer(const struct thread *thread)
{
	return is_waiting(thread) ? BLOCKED : thread->registers.x[X_A0];
}

struct got got(const struct thread *thread)
{
	const uintptr_t *x = thread->registers.x;
	struct got got = {
		.token = x[X_T0], .badge = x[X_T1], .info = x[X_T2], .length = x[X_T3],
		.loan = x[X_T4] & ~(uintptr_t)(PAGE_SIZE - 1), .loan_pages = x[X_T4] % PAGE_SIZE,
		.kind = x[X_T2] & INFO_KIND, .handles = (x[X_T2] & INFO_HANDLES) >> INFO_HANDLES_SHIFT,
	};

	must(!is_waiting(thread) && x[X_A0] == E_OK, "who got something has been answered with OK");
	memcpy(got.words, &x[X_A1], sizeof got.words);
	return got;
}

/* --- Objects. */

handle_t make_server(struct program *program)
{
	return made(program->thread, CALL(program->thread, SERVER_CREATE, program->budget), "a server");
}

handle_t make_memory(struct program *program, size_t pages, uint32_t options)
{
	return made(program->thread, CALL(program->thread, MEMORY_CREATE, program->budget, pages, options), "memory");
}

handle_t make_budget(struct program *program, size_t pages)
{
	return made(program->thread, CALL(program->thread, BUDGET_CREATE, program->budget, pages, 31), "a budget");
}

handle_t connect_with(struct program *server, handle_t mailbox, struct program *client, uintptr_t badge, unsigned slots_wanted,
                      unsigned loans, unsigned priority)
{
	struct thread *thread = server->thread;
	uintptr_t error = CALL(thread, CONNECTION_MINT, mailbox, server->budget, badge, slots_wanted, loans, priority);

	return pass(server, made(thread, error, "a connection"), client);
}

handle_t connect(struct program *server, handle_t mailbox, struct program *client, uintptr_t badge)
{
	return connect_with(server, mailbox, client, badge, 2, 1, 10);
}

vaddr_t map_memory(struct program *program, handle_t memory, size_t pages, unsigned protection)
{
	made(program->thread, CALL(program->thread, MAP_ADD, program->self, 0, memory, 0, pages, protection), "a mapping");
	return *thread_a(program->thread, 1);
}

handle_t give(const struct program *from, handle_t handle, const struct program *to)
{
	struct handle_entry *entry = handle_entry(from->process, handle);

	must(entry && entry->object && !handle_reserve(to->process, 1), "a handle to give");
	return handle_add(to->process, entry->object, entry->rights);
}

handle_t pass(struct program *from, handle_t handle, const struct program *to)
{
	handle_t given = give(from, handle, to);

	handle_close(from->process, handle_entry(from->process, handle));
	return given;
}

struct object *object_named(const struct program *program, handle_t handle)
{
	struct handle_entry *entry = handle_entry(program->process, handle);

	return entry ? entry->object : NULL;
}

/* --- What programs do. */

void poke(const struct program *program, vaddr_t address, const void *from, size_t size)
{
	if (host_user_write(program->process->space.root, address, from, size))
		FAIL("a program cannot write at %#lx", (unsigned long)host_fault_address);
}

void peek(const struct program *program, vaddr_t address, void *to, size_t size)
{
	if (host_user_read(program->process->space.root, address, to, size))
		FAIL("a program cannot read at %#lx", (unsigned long)host_fault_address);
}

void poke_word(const struct program *program, vaddr_t address, uint32_t value)
{
	poke(program, address, &value, sizeof value);
}

uint32_t peek_word(const struct program *program, vaddr_t address)
{
	uint32_t value;

	peek(program, address, &value, sizeof value);
	return value;
}

bool can_read(const struct program *program, vaddr_t address)
{
	char byte;

	return !host_user_read(program->process->space.root, address, &byte, 1);
}

/* Writes what is there, if that can be read. */
bool can_write(const struct program *program, vaddr_t address)
{
	char byte = 0;

	if (host_user_read(program->process->space.root, address, &byte, 1))
		return false;
	return !host_user_write(program->process->space.root, address, &byte, 1);
}

static uint8_t pattern(size_t i, unsigned seed)
{
	return (uint8_t)(i * 7 + (i >> 8) * 13 + seed);
}

void pattern_write(const struct program *program, vaddr_t address, size_t size, unsigned seed)
{
	uint8_t bytes[PAGE_SIZE];

	for (size_t done = 0; done < size; done += sizeof bytes) {
		size_t piece = min_size(size - done, sizeof bytes);

		for (size_t i = 0; i < piece; i++)
			bytes[i] = pattern(done + i, seed);
		poke(program, address + done, bytes, piece);
	}
}

bool pattern_is(const struct program *program, vaddr_t address, size_t size, unsigned seed)
{
	uint8_t bytes[PAGE_SIZE];

	for (size_t done = 0; done < size; done += sizeof bytes) {
		size_t piece = min_size(size - done, sizeof bytes);

		peek(program, address + done, bytes, piece);
		for (size_t i = 0; i < piece; i++)
			if (bytes[i] != pattern(done + i, seed))
				return false;
	}
	return true;
}

void thread_fault(struct thread *thread, unsigned cause, vaddr_t address)
{
	thread_runs(thread);
	spaces_touch();
	kernel_handlers.fault(cause, address);
	fixture_check();
}

void pass_ns(uint64_t ns)
{
	host_clock_advance_ns(ns);
	spaces_touch();
	do {
		host_deliver();
		fixture_check();
	} while (host_timer_ns() <= arch_clock_ns());
}

void interrupt_raise(unsigned line)
{
	host_interrupt_raise(line);
	host_deliver();
	fixture_check();
}

uint32_t dice(uint32_t sides)
{
	static uint32_t state = 1;

	state = state * 1664525 + 1013904223;
	return (state >> 8) % sides;
}

uint64_t soon(void)
{
	return arch_clock_ns() + 1000000;
}

/* --- Expectations. */

static const char *result_name(uintptr_t result)
{
	if (result == BLOCKED)
		return "(waits)";
	return result < ERR_COUNT && err_names[result] ? err_names[result] : "(no error number)";
}

void expect_result(uintptr_t got_result, uintptr_t wanted, const char *what, const char *file, int line)
{
	if (got_result != wanted)
		fail_at(file, line, "%s: %s, not %s", what, result_name(got_result), result_name(wanted));
}

void expect_unchanged(const struct counters *before, const char *what, const char *file, int line)
{
	struct counters now = counters_read();

	if (memcmp(&now, before, sizeof now))
		fail_at(file, line,
		        "%s: changed something: free frames %zu -> %zu, charged %zu -> %zu, handles %zu -> %zu, "
		        "reserved %zu -> %zu, objects %zu -> %zu, mapped %zu -> %zu",
		        what, before->free_frames, now.free_frames, before->charged, now.charged, before->handles, now.handles,
		        before->reserved, now.reserved, before->objects, now.objects, before->mapped, now.mapped);
}

struct registers *arch_fast_call(handle_t handle)
{
	return fast_call(handle);
}

struct registers *arch_fast_reply(handle_t handle)
{
	return fast_reply(handle);
}

struct registers *arch_fast_call_message(handle_t handle)
{
	return fast_call_message(handle);
}

struct registers *arch_fast_reply_message(handle_t handle)
{
	return fast_reply_message(handle);
}

quick_t arch_quick_signal(handle_t handle, uintptr_t bits)
{
	return quick_signal(handle, bits);
}

quick_t arch_quick_yield(void)
{
	return quick_yield();
}

quick_t arch_fast_interrupt(unsigned line)
{
	return fast_interrupt(line);
}
