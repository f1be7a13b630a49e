/* kernel_sys_stress.c - programs that call at random: right and wrong handles, good and bad addresses, at any moment, while time
 * passes, interrupts come, threads fault, and processes are killed and started again. After each step all invariants hold;
 * at the end everything comes back. Which thread runs is the scheduler's choice.
 * STRESS_SEED=n in the environment tries another sequence; hunting is a loop over n. */
#include "unit.h"

#include "fixture.h"
#include "kernel/dispatch.h"
#include "kernel/names.h"
#include "trace/trace.h"

enum { PEOPLE = 5, THREADS = 3, TOKENS = 8, PEOPLE_PAGES = 220 };

static struct program *people[PEOPLE];
static token_t tokens[PEOPLE][TOKENS];
static unsigned counts[CALL_COUNT][ERR_COUNT + 2]; /* by result; behind the errors: waits, gone */
static uint64_t restarting[256];                   /* by slot: serial of a thread in the middle of a call */

static bool one_in(uint32_t n)
{
	return dice(n) == 0;
}

/* --- People. */


static struct program *person_make(void)
{
	handle_t budget;
	struct program *p;

	EXPECT_OK(CALL(boss.thread, BUDGET_CREATE, boss.budget, PEOPLE_PAGES, 24));
	budget = (handle_t)*thread_a(boss.thread, 1);
	p = program_in(budget, 20);
	for (unsigned i = 1; i < THREADS; i++)
		program_thread(p, 19 + dice(3));
	EXPECT_OK(CALL(boss.thread, PROCESS_WINDOW_CREATE, p->boss_process));
	return p;
}

/* Objects are made by the boss on the person's budget and given away; who can run is not asked. */
static handle_t boss_makes(unsigned call, const uintptr_t a[7])
{
	return do_ecall(boss.thread, call, a) ? 0 : (handle_t)*thread_a(boss.thread, 1);
}

static void acquaint(struct program *p)
{
	handle_t server = boss_makes(CALL_SERVER_CREATE, (uintptr_t[7]){ p->boss_budget }), line;

	if (!server)
		return;
	give(&boss, server, p);
	give(&boss, boss_device, p);
	for (unsigned i = 0; i < PEOPLE; i++) {
		if (!people[i] || !handle_entry(boss.process, people[i]->boss_process) || people[i]->process->phase != PROCESS_RUNNING)
			continue;
		line = boss_makes(CALL_CONNECTION_MINT, (uintptr_t[7]){ server, p->boss_budget, i + 1, dice(4), dice(5), dice(25) });
		if (line)
			pass(&boss, line, people[i]);
		give(&boss, people[i]->boss_process, p);
	}
	CALL(boss.thread, PROCESS_FAULT_SET, p->boss_process, server, 99);
	CALL(boss.thread, HANDLE_CLOSE, server);
}

static unsigned person_of(const struct thread *thread)
{
	for (unsigned i = 0; i < PEOPLE; i++)
		if (people[i] && handle_entry(boss.process, people[i]->boss_process) && people[i]->process == thread->process)
			return i;
	return PEOPLE; /* a process that one of them made */
}

static void person_renew(unsigned i)
{
	if (people[i]) {
		if (one_in(2))
			CALL(boss.thread, PROCESS_KILL, people[i]->boss_process, 1);
		CALL(boss.thread, BUDGET_DESTROY, people[i]->boss_budget); /* its own program may have been there first */
		CALL(boss.thread, HANDLE_CLOSE, people[i]->boss_process);
		CALL(boss.thread, HANDLE_CLOSE, people[i]->boss_budget);
	}
	people[i] = person_make();
	acquaint(people[i]);
}

/* --- Random arguments. */

static handle_t any_handle(const struct process *process, unsigned type)
{
	uint32_t slots = process->handles.pages * (uint32_t)HANDLES_PER_PAGE;
	handle_t found = one_in(16) ? dice(1 << 20) : 0;

	for (unsigned i = 0; i < 400 && slots && !found; i++) {
		const struct handle_entry *entry = handle_entry_at(process, dice(slots < 256 ? slots : 256));

		if (entry->key && (!type || (entry->object && entry->object->type == type) || one_in(60)))
			found = entry->key;
	}
	return found;
}

static vaddr_t any_address(const struct process *process)
{
	const struct mapping *mapping = space_next(&process->space, one_in(2) ? process->space.region : 0);

	for (unsigned i = dice(6); i && mapping; i--)
		mapping = space_next(&process->space, mapping->base + mapping->pages * P);
	if (!mapping || one_in(12))
		return dice(3) ? dice(1 << 30) : process->space.window + P * dice(400);
	return mapping->base + (one_in(3) ? 0 : dice((uint32_t)mapping->pages) * P) + (one_in(8) ? dice(P) : 0);
}

/* Pages that most likely are the process's own, readable and writable. */
static vaddr_t own_pages(const struct process *process, size_t *pages)
{
	const struct mapping *mapping;

	for (unsigned i = 0; i < 20; i++) {
		mapping = space_find(&process->space, any_address(process));
		if (!mapping || mapping->protection != RW || !mapping->pages || one_in(30))
			continue;
		size_t first = dice((uint32_t)mapping->pages);

		*pages = 1 + dice((uint32_t)(mapping->pages - first));
		return mapping->base + first * P;
	}
	*pages = 1 + dice(4);
	return any_address(process);
}

static struct abi_segment any_segment(const struct process *process)
{
	size_t pages;
	vaddr_t base = own_pages(process, &pages) + dice(P);

	return (struct abi_segment){ base, one_in(3) ? dice((uint32_t)pages * P) : dice(100) };
}

static uint64_t any_deadline(void)
{
	if (one_in(6))
		return 0;
	return one_in(10) ? NEVER : arch_clock_ns() + dice(300000);
}

static struct abi_message any_message(const struct process *process)
{
	struct abi_message m = { .accept = (uint8_t)dice(4) };

	for (m.in_count = (uint8_t)(one_in(2) ? 0 : dice(5)); one_in(40); m.in_count = 5)
		continue;
	m.out_count = (uint8_t)(one_in(2) ? 0 : dice(5));
	for (unsigned i = 0; i < 4; i++) {
		m.in[i] = any_segment(process);
		m.out[i] = any_segment(process);
		m.send[i] = any_handle(process, 0);
	}
	m.handle_count = (uint8_t)(one_in(2) ? 0 : dice(3));
	m.pages = one_in(2) ? PAGES_NONE : dice(4);
	m.page_base = own_pages(process, &m.page_count);
	if (m.pages == PAGES_MOVE)
		m.page_base = any_handle(process, OBJECT_MEMORY);
	if (one_in(30))
		m.page_count = dice(50);
	return m;
}

/* Where a person's headers lie; nobody says it still owns that page. */
static vaddr_t message_put(const struct thread *thread, const struct abi_message *m)
{
	unsigned who = person_of(thread);
	vaddr_t at;

	if (who == PEOPLE || one_in(8))
		return one_in(2) ? 0 : any_address(thread->process);
	at = people[who]->data + 192 * (thread->number % 20);
	host_user_write(thread->process->space.root, at, m, sizeof *m);
	return at;
}

static token_t any_token(const struct thread *thread)
{
	unsigned who = person_of(thread);

	if (thread->serving && !one_in(4))
		return thread->serving->token; /* which its registers held */
	return who == PEOPLE || one_in(20) ? dice(1 << 24) : tokens[who][dice(TOKENS)];
}

/* --- Random calls. */

#define H(type) any_handle(process, OBJECT_##type)

static const uint8_t message_calls[] = {
	CALL_CONNECTION_CALL, CALL_CONNECTION_CALL_MESSAGE, CALL_CONNECTION_CALL_MESSAGE, CALL_CONNECTION_CALL_MESSAGE,
	CALL_CONNECTION_CALL_MESSAGE, CALL_SERVER_REPLY_AND_RECEIVE_MESSAGE, CALL_SERVER_REPLY_AND_RECEIVE_MESSAGE,
	CALL_SERVER_RECEIVE, CALL_SERVER_RECEIVE, CALL_SERVER_RECEIVE, CALL_SERVER_REPLY, CALL_SERVER_REPLY, CALL_SERVER_REPLY,
	CALL_SERVER_FORWARD, CALL_SERVER_TOKEN_CHECK, CALL_CONNECTION_SEND, CALL_CONNECTION_SEND, CALL_SERVER_REPLY_AND_RECEIVE,
};

static void message_call_set(struct thread *thread)
{
	struct process *process = thread->process;
	unsigned call = message_calls[dice(ARRAY_SIZE(message_calls))];
	bool receives = call == CALL_SERVER_RECEIVE || call == CALL_SERVER_REPLY_AND_RECEIVE || call == CALL_SERVER_REPLY_AND_RECEIVE_MESSAGE;
	struct abi_message m = any_message(process);

	if (receives && one_in(2))
		m = (struct abi_message){ .accept = 4 };
	if (call == CALL_SERVER_REPLY_AND_RECEIVE && one_in(3))
		call = CALL_SERVER_RECEIVE; /* rarely without a deadline */
	if (call == CALL_CONNECTION_SEND && !one_in(8)) {
		m.out_count = m.accept = 0;
		m.in_count = (uint8_t)dice(2);
		m.in[0].size = dice(66);
		m.pages = m.pages == PAGES_MOVE ? PAGES_MOVE : PAGES_NONE;
	}
	do_message_start(thread, call, &(struct message_registers){
		receives ? H(SERVER) : H(CONNECTION), dice(1000), any_token(thread), any_deadline(), message_put(thread, &m) });
}

struct recipe {
	unsigned call, weight;
};
static const struct recipe recipes[] = {
	{ CALL_SERVER_CREATE, 2 }, { CALL_CONNECTION_MINT, 4 }, { CALL_CONNECTION_SIGNAL, 6 }, { CALL_CONNECTION_DESTROY, 1 },
	{ CALL_HANDLE_CLOSE, 8 }, { CALL_HANDLE_DUPLICATE, 5 }, { CALL_HANDLE_INFO, 1 }, { CALL_HANDLE_ID, 1 },
	{ CALL_BUDGET_CREATE, 2 }, { CALL_BUDGET_RESIZE, 2 }, { CALL_BUDGET_INFO, 1 }, { CALL_BUDGET_DESTROY, 1 },
	{ CALL_PROCESS_CREATE, 2 }, { CALL_PROCESS_PLACE, 3 }, { CALL_PROCESS_KILL, 1 }, { CALL_PROCESS_INFO, 1 },
	{ CALL_PROCESS_STATUS, 1 }, { CALL_PROCESS_WATCH, 2 }, { CALL_PROCESS_FAULT_SET, 2 }, { CALL_PROCESS_WINDOW_CREATE, 1 },
	{ CALL_PROCESS_THREAD, 1 }, { CALL_PROCESS_HANDLE, 1 }, { CALL_PROCESS_STOP, 1 }, { CALL_PROCESS_RESUME, 5 },
	{ CALL_PROCESS_READ, 1 }, { CALL_PROCESS_WRITE, 3 }, { CALL_PROCESS_REGISTERS_GET, 1 }, { CALL_THREAD_CREATE, 4 },
	{ CALL_THREAD_EXIT, 1 }, { CALL_THREAD_YIELD, 3 }, { CALL_THREAD_PRIORITY_SET, 4 }, { CALL_THREAD_BUFFER_SET, 5 },
	{ CALL_THREAD_INFO, 1 }, { CALL_MEMORY_CREATE, 6 }, { CALL_MEMORY_INFO, 1 }, { CALL_MEMORY_SEAL, 2 }, { CALL_MEMORY_CLAIM, 4 },
	{ CALL_MAP_RESERVE, 2 }, { CALL_MAP_ADD, 9 }, { CALL_MAP_REMOVE, 5 }, { CALL_MAP_PROTECT, 4 }, { CALL_MAP_QUERY, 1 },
	{ CALL_DEVICE_MEMORY, 1 }, { CALL_DEVICE_INTERRUPT, 2 }, { CALL_DEVICE_PIN, 4 }, { CALL_DEVICE_UNPIN, 2 }, { CALL_DEVICE_RESET, 1 },
	{ CALL_INTERRUPT_ACK, 3 }, { CALL_FUTEX_WAIT, 6 }, { CALL_FUTEX_WAKE, 6 }, { CALL_CLOCK_NOW, 1 }, { CALL_PROCESS_EXIT, 1 },
};

static unsigned recipe_choose(void)
{
	unsigned total = 0, at;

	for (unsigned i = 0; i < ARRAY_SIZE(recipes); i++)
		total += recipes[i].weight;
	at = dice(total);
	for (unsigned i = 0;; at -= recipes[i++].weight)
		if (at < recipes[i].weight)
			return recipes[i].call;
}

/* Typed handles go where the contract wants them; the rest is small numbers and addresses, which fit somewhere. */
static void plain_call_set(struct thread *thread)
{
	struct process *process = thread->process;
	unsigned call = recipe_choose();
	const struct call_entry *entry = &call_entries[call];
	uintptr_t *a = thread_a(thread, 0);

	do_message_start(thread, call, &(struct message_registers){ .deadline_ns = any_deadline() });
	for (unsigned i = 0; i < 7; i++)
		a[i] = one_in(2) ? dice(8) : one_in(2) ? any_address(process) : dice(60);
	for (unsigned i = 0; i < entry->handle_count; i++)
		a[entry->handles[i].slot] = any_handle(process, entry->handles[i].type);
	if (entry->handle_count && entry->handles[0].type == OBJECT_PROCESS && person_of(thread) < PEOPLE && !one_in(4))
		a[entry->handles[0].slot] = people[person_of(thread)]->self;
	switch (call) {
	case CALL_HANDLE_CLOSE: case CALL_HANDLE_DUPLICATE: case CALL_HANDLE_INFO: case CALL_HANDLE_ID:
		a[0] = any_handle(process, 0);
		a[1] = one_in(2) ? RIGHT_ALL : dice(RIGHT_ALL);
		break;
	case CALL_PROCESS_PLACE:
		a[1] = any_handle(process, 0);
		a[2] = RIGHT_ALL;
		break;
	case CALL_BUDGET_CREATE: case CALL_BUDGET_RESIZE: case CALL_MEMORY_CREATE:
		a[1] = dice(one_in(4) ? 300 : 20);
		a[2] = dice(one_in(8) ? 6 : 2);
		break;
	case CALL_THREAD_CREATE:
		a[2] = 16 * dice(100);
		a[5] = 18 + dice(5);
		break;
	case CALL_THREAD_PRIORITY_SET:
		a[1] = 15 + dice(8);
		break;
	case CALL_THREAD_BUFFER_SET:
		a[0] = own_pages(process, &a[1]) + dice(2);
		a[1] = one_in(20) ? dice(80000) : a[1] * P - dice(P);
		break;
	case CALL_PROCESS_READ: case CALL_PROCESS_WRITE:
		a[call == CALL_PROCESS_READ ? 1 : 2] = any_address(process);
		a[call == CALL_PROCESS_READ ? 2 : 3] = any_address(process);
		a[call == CALL_PROCESS_READ ? 3 : 4] = dice(5000);
		break;
	case CALL_MAP_ADD:
		a[1] = one_in(8) ? any_address(process) : 0;
		a[3] = one_in(4) ? dice(3) : 0;
		a[4] = 1 + dice(6);
		a[5] = one_in(4) ? dice(8) : RW;
		break;
	case CALL_MAP_REMOVE: case CALL_MAP_PROTECT: {
		const struct mapping *mapping = space_next(&process->space, any_address(process));

		a[1] = mapping ? mapping->base : any_address(process);
		a[2] = mapping && !one_in(6) ? mapping->pages : dice(40);
		a[3] = dice(4);
		if (call == CALL_MAP_REMOVE && person_of(thread) < PEOPLE && a[1] == people[person_of(thread)]->data && !one_in(10))
			a[1] = 0;
		break;
	}
	case CALL_DEVICE_PIN: case CALL_DEVICE_UNPIN:
		a[1] = own_pages(process, &a[2]);
		if (one_in(2)) { /* in the window */
			a[1] = window_slot(&process->space, dice(4));
			a[2] = 1 + dice(2);
		}
		a[3] = any_address(process);
		break;
	case CALL_FUTEX_WAIT: case CALL_FUTEX_WAKE:
		a[0] = person_of(thread) < PEOPLE ? people[person_of(thread)]->data + (DATA_PAGES - 1) * P + 8 * dice(2) : 8;
		a[1] = call == CALL_FUTEX_WAKE ? 1 + dice(4) : 0;
		a[2] = one_in(2) ? 0 : H(THREAD);
		break;
	default:
		break;
	}
	if ((call == CALL_PROCESS_KILL || call == CALL_BUDGET_DESTROY || call == CALL_PROCESS_EXIT || call == CALL_THREAD_EXIT ||
	     call == CALL_PROCESS_STOP) && !one_in(5))
		thread->registers.x[X_A7] = CALL_THREAD_YIELD;
}

/* --- Steps. */

static void token_keep(const struct thread *thread, unsigned who)
{
	token_t token = thread->registers.x[X_T0];

	if (who < PEOPLE && token)
		tokens[who][dice(TOKENS)] = token;
}

static void thread_step(struct thread *thread)
{
	size_t slot = thread->token & (((token_t)1 << TOKEN_SLOT_BITS) - 1);
	uint64_t serial = thread->object.serial;
	unsigned who = person_of(thread), call;
	uintptr_t pc = thread->registers.pc;

	token_keep(thread, who); /* of a receive that has been answered */
	if (restarting[slot] != serial || one_in(12)) {
		if (one_in(2))
			message_call_set(thread);
		else
			plain_call_set(thread);
	}
	call = (unsigned)thread->registers.x[X_A7];
	spaces_touch();
	host_ecall();
	fixture_check();
	restarting[slot] = 0;
	if (!thread_by_slot(slot) || thread_by_slot(slot)->object.serial != serial || thread->process->phase > PROCESS_RUNNING) {
		counts[call][ERR_COUNT + 1]++;
		return;
	}
	if (is_waiting(thread)) {
		counts[call][ERR_COUNT]++;
		return;
	}
	if (thread->registers.pc == pc) {
		restarting[slot] = serial;
		return;
	}
	assert_true(thread->registers.x[X_A0] < ERR_COUNT);
	counts[call][thread->registers.x[X_A0]]++;
}

static void world_step(void)
{
	struct thread *thread = arch_cpu.current;

	if (one_in(150))
		person_renew(dice(PEOPLE));
	else if (one_in(30))
		interrupt_raise(5 + dice(2));
	else if (!thread || one_in(4))
		pass_ns(dice(200000));
	else if (one_in(60))
		thread_fault(thread, CAUSE_READ + dice(8), any_address(thread->process));
	else
		thread_step(thread);
	if (!arch_cpu.current && one_in(10))
		person_renew(dice(PEOPLE));
}

static void counts_print(void)
{
	for (unsigned call = 0; call < CALL_COUNT; call++)
		for (unsigned i = 0; i < ERR_COUNT + 2; i++)
			if (counts[call][i])
				fprintf(stderr, "stress: %s %s %u\n", call_names[call], i < ERR_COUNT ? err_names[i] : i == ERR_COUNT ? "(waits)" : "(gone)",
				        counts[call][i]);
}

static void stress(unsigned seed, unsigned steps, unsigned preempt_every)
{
	const char *other = getenv("STRESS_SEED");

	world_start_with(2500, 200);
	for (unsigned i = 0; i < seed * 1000 + (other ? (unsigned)atoi(other) * 17 : 0); i++)
		dice(2);
	for (unsigned i = 0; i < PEOPLE; i++)
		person_renew(i);
	host_preempt_every(preempt_every);
	for (unsigned i = 0; i < steps; i++)
		world_step();
	counts_print();
	world_end_hard();
}

TEST(calls, "some thousand random calls leave every invariant true, and everything comes back")
{
	stress(1, 6000, 0);
}

TEST(preempted, "the same with every second preemption point taken")
{
	stress(2, 6000, 2);
}

TEST(all_preempted, "the same with every preemption point taken")
{
	stress(3, 6000, 1);
}
