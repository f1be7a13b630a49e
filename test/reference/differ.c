/* differ.c - the kernel and the reference model side by side. */
#include "differ.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "kernel/names.h"
#include "object/reap.h"
#include "poison.h"
#include "world.h"

enum { PROGRAMS = 3, DEVICES = 2, LINE_FIRST = 5, STEPS_MOST = 400, STATES_BYTES = 384, HEADERS = 20, ANSWER_WAITS = 31 };

unsigned long differ_steps, differ_unfinished, differ_split;
unsigned long differ_answers[70][32], differ_allocations;
unsigned differ_looks;

/* --- Bytes. */

static const uint8_t *bytes;
static size_t bytes_left;
static uint8_t at[DIFFER_BYTES];

static bool next_step(void)
{
	if (bytes_left < DIFFER_BYTES)
		return false;
	memcpy(at, bytes, DIFFER_BYTES);
	bytes += DIFFER_BYTES;
	bytes_left -= DIFFER_BYTES;
	return true;
}

/* --- What is told when they differ: all steps so far, in words. */

static char story[1 << 16];
static size_t told;

static void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void tell(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (told < sizeof story - 200)
		told += (size_t)vsnprintf(story + told, sizeof story - told, format, arguments);
	va_end(arguments);
}

static const char *answer_name(uintptr_t value)
{
	return value < ERR_COUNT ? err_names[value] : "(no error)";
}

static const char *errors_name(unsigned errors)
{
	static char text[200];
	size_t length = 0;

	text[0] = 0;
	for (unsigned i = 0; i < ERR_COUNT; i++)
		if (errors >> i & 1 && length < sizeof text - 20)
			length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", length ? " or " : "", err_names[i]);
	return text;
}

static void threads_tell(void)
{
	static const char *const states[] = { "new", "ready", "receiving", "calling", "served", "on a futex", "faulted", "stopped", "ended" };

	tell("What the model says:\n");
	EACH_OBJECT(i, OBJECT_THREAD)
		tell("  thread %d (process %d): %s at %d via %d by thread %d, priority %u of %u, attends %d, deadline %lld%s, place %lld\n", i,
		     O(i)->process, states[O(i)->state], O(i)->at, O(i)->via, O(i)->server_thread, O(i)->base, O(i)->priority, O(i)->attends,
		     (long long)O(i)->deadline, O(i)->loose ? ", loose" : "", (long long)(O(i)->stamp - (UINT64_MAX >> 1)));
	for (int i = 0; i < ref.object_count; i++)
		if (O(i)->server != NONE && !O(i)->gone)
			tell("  %s %d at server %d: badge %lu, bits %#lx, priority %u, %d client handles of %d%s%s\n",
			     O(i)->type == OBJECT_CONNECTION ? "connection" : O(i)->type == OBJECT_PROCESS ? "process" : "interrupt", i, O(i)->server,
			     (unsigned long)O(i)->badge, (unsigned long)O(i)->bits, O(i)->notice_priority,
			     ref_handles_to(i, RIGHT_CALL | RIGHT_SIGNAL), ref_handles_to(i, 0), O(i)->closing ? ", closing" : "",
			     O(i)->closed_told ? ", closed" : "");
	EACH_OBJECT(i, OBJECT_THREAD)
		if (O(i)->expect.check)
			tell("  thread %d is to be answered %s %#lx %#lx\n", i, errors_name(O(i)->expect.errors), (unsigned long)O(i)->expect.a[0],
			     (unsigned long)O(i)->expect.a[1]);
}

void ref_differ(const char *format, ...)
{
	va_list arguments;

	threads_tell();
	va_start(arguments, format);
	fprintf(stderr, "%s\nreference: ", story);
	vfprintf(stderr, format, arguments);
	fprintf(stderr, "\n");
	va_end(arguments);
	abort();
}

/* --- Which object of the kernel each of the model's is. */

static struct {
	void *object;
	size_t slot;    /* of a thread */
	uint64_t serial;
} kernel_of[REF_OBJECTS];
static struct program *programs[PROGRAMS];
static int program_index[PROGRAMS];

static void bind(int index, struct object *object)
{
	kernel_of[index].object = object;
	kernel_of[index].serial = object->serial;
	if (object->type == OBJECT_THREAD)
		kernel_of[index].slot = CONTAINER_OF(object, struct thread, object)->token & (((token_t)1 << TOKEN_SLOT_BITS) - 1);
}

static struct process *process_kernel(int index)
{
	return index ? CONTAINER_OF((struct object *)kernel_of[index].object, struct process, object) : boss.process;
}

static struct thread *thread_kernel(int index)
{
	struct thread *thread = thread_by_slot(kernel_of[index].slot);

	return thread && thread->object.serial == kernel_of[index].serial ? thread : NULL;
}

static int thread_index(const struct thread *thread)
{
	if (thread)
		EACH_OBJECT(i, OBJECT_THREAD)
			if (kernel_of[i].serial == thread->object.serial)
				return i;
	return NONE;
}

static void bind_new(void)
{
	for (int i = 2; i < ref.object_count; i++) {
		const struct handle_entry *entry;

		if (O(i)->gone || kernel_of[i].object || O(i)->maker == NONE)
			continue;
		entry = handle_entry(process_kernel(O(i)->maker), O(i)->first_handle);
		if (!entry || !entry->object || entry->object->type != O(i)->type)
			ref_differ("the handle %#x that was made names no such object", O(i)->first_handle);
		bind(i, entry->object);
	}
}

/* --- What the model may look at. */

static vaddr_t memory_of(int thread, size_t *header)
{
	unsigned number = O(thread)->number;

	*header = 0;
	for (unsigned i = 0; i < PROGRAMS; i++)
		if (program_index[i] == O(thread)->process && number < HEADERS) {
			*header = programs[i]->data + number * 192;
			return programs[i]->data + PAGE_SIZE + number * STATES_BYTES;
		}
	return 0;
}

static unsigned number_called; /* by the current step */
static bool is_split;            /* it was left for a more urgent thread, and will go on later: the model cannot say what it has done so far */

static void states_look(int thread, struct ref_seen *seen)
{
	size_t header;
	vaddr_t base = memory_of(thread, &header);
	paddr_t root = thread_kernel(thread)->process->space.root;
	struct abi_message message;
	struct abi_budget_state budget;
	struct abi_process_state process;
	struct abi_thread_state state;
	struct abi_exit_record record;
	struct abi_handle_state handle;

	if (!base)
		return;
	if (!host_user_read(root, header, &message, sizeof message))
		memcpy(seen->received, message.received, sizeof seen->received);
	if (number_called == CALL_BUDGET_INFO && !host_user_read(root, base, &budget, sizeof budget))
		memcpy(seen->out, (uintptr_t[]){ budget.limit_pages, budget.charged_pages, budget.given_pages, budget.ceiling, budget.depth }, 5 * sizeof(uintptr_t));
	if (number_called == CALL_PROCESS_INFO && !host_user_read(root, base, &process, sizeof process))
		memcpy(seen->out, (uintptr_t[]){ process.state, process.threads, process.handles, process.cause, (uintptr_t)process.code }, 5 * sizeof(uintptr_t));
	if (number_called == CALL_PROCESS_HANDLE && !host_user_read(root, base, &handle, sizeof handle)) {
		memcpy(seen->out, (uintptr_t[]){ handle.handle, handle.type, handle.live, handle.rights, (uintptr_t)handle.detail }, 5 * sizeof(uintptr_t));
		memcpy(seen->id, handle.id, sizeof seen->id);
	}
	if ((number_called == CALL_THREAD_INFO || number_called == CALL_PROCESS_THREAD) && !host_user_read(root, base, &state, sizeof state))
		memcpy(seen->out, (uintptr_t[]){ state.number, state.state, state.priority, state.effective }, 4 * sizeof(uintptr_t));
	if (number_called == CALL_PROCESS_STATUS && !host_user_read(root, base, &record, sizeof record))
		memcpy(seen->out, (uintptr_t[]){ record.cause, (uintptr_t)record.code }, 2 * sizeof(uintptr_t));
}

struct ref_seen ref_look(int index)
{
	const struct thread *thread = thread_kernel(index);
	struct ref_seen seen = { .waits = true };

	if (!thread)
		return seen;
	seen.waits = is_waiting(thread);
	memcpy(seen.a, &thread->registers.x[X_A0], sizeof seen.a);
	seen.token = thread->registers.x[X_T0];
	seen.badge = thread->registers.x[X_T1];
	seen.info = thread->registers.x[X_T2];
	seen.length = thread->registers.x[X_T3];
	states_look(index, &seen);
	return seen;
}

int ref_runs(void)
{
	bind_new();
	return thread_index(arch_cpu.current);
}

/* --- The world: three programs, each with a server, connected to each other. */

static struct ref_costs costs(void)
{
	static const unsigned sizes[] = { 64, 96, 128, 192, 272, 400, 576, 672, 1008, 1360, 2016 };
	struct ref_costs told_costs = {
		.bytes = { 0, sizeof(struct process), sizeof(struct thread), sizeof(struct server), sizeof(struct connection), sizeof(struct memory),
		           0, sizeof(struct interrupt), sizeof(struct budget) },
		.slot = sizeof(struct send_slot), .futex = sizeof(struct futex), .list_entry = sizeof(uint32_t), .process_pages = 2,
		.class_count = ARRAY_SIZE(sizes),
	};

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		told_costs.classes[i].bytes = sizes[i];
		told_costs.classes[i].count = (PAGE_SIZE - 16) / sizes[i];
	}
	return told_costs;
}

static handle_t boss_made(uintptr_t error)
{
	if (error)
		ref_differ("the world cannot be made: %s", answer_name(error));
	return (handle_t)*thread_a(boss.thread, 1);
}

static void ref_close(int process, handle_t handle)
{
	ref_handle_close(ref_handle_of(process, handle));
}

static void thread_bind(int index, const struct thread *thread)
{
	bind(index, (struct object *)&thread->object);
}

static struct budget *budget_kernel(int index)
{
	return CONTAINER_OF((struct object *)kernel_of[index].object, struct budget, object);
}

static void program_make(unsigned i)
{
	unsigned ceiling = 12 + at[i] % 16, priority = 10 + at[3 + i] % 3;
	const unsigned extra[] = { sizeof(struct memory), DATA_PAGES * sizeof(uint32_t), sizeof(struct mapping) };
	handle_t own = boss_made(CALL(boss.thread, BUDGET_CREATE, boss.budget, PROGRAM_PAGES, ceiling));
	struct program *p = programs[i] = program_in(own, priority);
	int budget = ref_budget(1, PROGRAM_PAGES, ceiling), process = ref_process(1, budget), first;

	program_index[i] = process;
	ref_handle(0, budget, RIGHT_ALL_BUDGET, own);
	ref_handle(0, process, RIGHT_ALL_PROCESS, p->boss_process);
	ref_handle(process, process, RIGHT_ALL_PROCESS, p->self);
	ref_handle(process, budget, RIGHT_ALL_BUDGET, p->budget);
	handle_close(p->process, handle_entry(p->process, p->data_memory));
	ref_extra(process, 0, extra, ARRAY_SIZE(extra));
	first = ref_thread(process, priority);
	thread_bind(first, p->thread);
	bind_new();
	ref_extra(process, (long)budget_kernel(budget)->account.charged - ref_charged(budget), NULL, 0);
	for (unsigned n = 0; n < 1 + (at[6] >> i & 1u); n++) {
		struct thread *thread = program_thread(p, 9 + (at[6] >> (2 + i + 2 * n)) % 4);

		thread_bind(ref_thread(process, thread->base_priority), thread);
	}
}

static void server_make(unsigned i)
{
	handle_t server = boss_made(CALL(boss.thread, SERVER_CREATE, programs[i]->boss_budget)), line;
	int budget = O(program_index[i])->own, index = ref_object_make(OBJECT_SERVER, budget), connection;

	ref_handle(0, index, RIGHT_ALL_SERVER, server);
	bind_new();
	ref_handle(program_index[i], index, RIGHT_ALL_SERVER, give(&boss, server, programs[i]));
	for (unsigned j = 0; j < PROGRAMS; j++) {
		unsigned slots = at[7] >> j & 1 ? 2 : 1;

		line = boss_made(CALL(boss.thread, CONNECTION_MINT, server, programs[i]->boss_budget, 10 * i + j + 1, slots, 1, 10 + j));
		connection = ref_object_make(OBJECT_CONNECTION, budget);
		for (unsigned n = 0; n < slots; n++)
			ref_object_part(connection, budget, ref.costs.slot);
		O(connection)->server = index;
		O(connection)->badge = 10 * i + j + 1;
		O(connection)->slots = slots;
		O(connection)->notice_priority = 10 + j;
		ref_handle(0, connection, RIGHT_ALL_CONNECTION, line);
		bind_new();
		ref_handle(program_index[j], connection, RIGHT_ALL_CONNECTION, give(&boss, line, programs[j]));
		CALL(boss.thread, HANDLE_CLOSE, line);
		ref_close(0, line);
	}
	CALL(boss.thread, HANDLE_CLOSE, server);
	ref_close(0, server);
}

static void world_make(void)
{
	struct ref_costs costs_now = costs();
	int device;

	world_start_with(600, 48);
	memset(kernel_of, 0, sizeof kernel_of);
	ref_start(&costs_now, (long)machine_budget.account.limit);
	bind(0, &boss.process->object);
	bind(1, &machine_budget.object);
	for (unsigned i = 0; i < PROGRAMS; i++)
		program_make(i);
	for (unsigned i = 0; i < PROGRAMS; i++)
		server_make(i);
	device = ref_object_make(OBJECT_DEVICE, NONE);
	ref_handle(0, device, RIGHT_ALL_DEVICE, boss_device);
	bind_new();
	ref_handle(program_index[0], device, RIGHT_ALL_DEVICE, give(&boss, boss_device, programs[0]));
	for (unsigned i = 0; i < PROGRAMS; i++) { /* each has power over the next */
		const struct program *next = programs[(i + 1) % PROGRAMS];

		ref_handle(program_index[i], program_index[(i + 1) % PROGRAMS], RIGHT_ALL_PROCESS, give(&boss, next->boss_process, programs[i]));
	}
	ref_schedule();
}

/* --- One step. */

static void compare_thread(int index)
{
	const struct ref_object *model = O(index);
	const struct thread *thread = thread_kernel(index);
	const struct object *waits_at = NULL;

	if (model->gone != !thread)
		ref_differ("thread %d is %s, in the kernel it is not", index, model->gone ? "gone" : "alive");
	if (!thread)
		return;
	if (thread->state != model->state)
		ref_differ("thread %d is in state %u, in the kernel %u: %s, info %#lx, badge %lu, %#lx", index, model->state, thread->state,
		           answer_name(thread->registers.x[X_A0]), (unsigned long)thread->registers.x[X_T2],
		           (unsigned long)thread->registers.x[X_T1], (unsigned long)thread->registers.x[X_A0 + 2]);
	if (thread->priority > model->priority && ref_in_ring(index))
		ref.vague = true;
	else if (thread->priority != model->priority && !ref.vague)
		ref_differ("thread %d has priority %u, in the kernel %u", index, model->priority, thread->priority);
	if (thread->state == STATE_RECEIVING)
		waits_at = thread->attends->object;
	if (thread->state == STATE_CALLING)
		waits_at = thread->mailbox->object;
	if (waits_at && waits_at != kernel_of[model->at].object)
		ref_differ("thread %d waits at server %d, in the kernel at another", index, model->at);
	if (thread->state == STATE_SERVED && thread_taker(thread) != process_kernel(model->taker))
		ref_differ("the call of thread %d was taken by process %d, in the kernel by another", index, model->taker);
	if (thread->state == STATE_SERVED && thread_index(thread->server_thread) != model->server_thread)
		ref_differ("thread %d is served by thread %d, in the kernel by %d", index, model->server_thread, thread_index(thread->server_thread));
}

static void compare_answer(int index)
{
	struct ref_object *model = O(index);
	struct ref_seen seen;

	if (!model->expect.check || model->gone || model->state != STATE_READY)
		return;
	model->expect.check = false;
	seen = ref_look(index);
	if (model->expect.errors >> E_CALL_DEPTH & 1)
		model->expect.errors |= 1ull << E_DEADLOCK; /* C9 */
	if (seen.a[0] >= ERR_COUNT || !(model->expect.errors >> seen.a[0] & 1))
		ref_differ("thread %d is answered %s, in the kernel %s", index, errors_name(model->expect.errors), answer_name(seen.a[0]));
	if (seen.a[0])
		return;
	for (unsigned i = 0; i < model->expect.count; i++)
		if (seen.a[1 + i] != model->expect.a[i] && !(model->expect.token_kind > KIND_SEND && i == 0))
			ref_differ("thread %d gets %#lx as result %u, in the kernel %#lx", index, (unsigned long)model->expect.a[i], i + 1,
			           (unsigned long)seen.a[1 + i]);
	if (!model->expect.token_kind)
		return;
	if (seen.info != model->expect.info || seen.badge != model->expect.badge || seen.length)
		ref_differ("thread %d receives info %#lx badge %lu, in the kernel %#lx %lu and %lu bytes", index, (unsigned long)model->expect.info,
		           (unsigned long)model->expect.badge, (unsigned long)seen.info, (unsigned long)seen.badge, (unsigned long)seen.length);
	if (model->expect.token_kind != KIND_CALL && seen.token)
		ref_differ("thread %d receives a token with a message that nobody waits for", index);
}

/* Payment, when it differs: pages by size. */
static void pages_tell(int index)
{
	for (unsigned i = 0; i < ref.costs.class_count; i++)
		if (O(index)->shared[i].pages)
			tell("  of %u bytes: %ld pieces in %ld pages\n", ref.costs.classes[i].bytes, O(index)->shared[i].pieces, O(index)->shared[i].pages);
	tell("  other pages: %ld\n", O(index)->own_pages);
}

static void compare(void)
{
	size_t alive = 0;

	for (int i = 2; i < ref.object_count; i++) {
		if (O(i)->type == OBJECT_THREAD) {
			compare_thread(i);
			compare_answer(i);
		}
		if (O(i)->gone)
			continue;
		if (O(i)->type == OBJECT_BUDGET && !ref_observe(i, (long)budget_kernel(i)->account.charged)) {
			pages_tell(i);
			ref_differ("budget %d is charged %ld pages, in the kernel %zu", i, ref_charged(i), budget_kernel(i)->account.charged);
		}
		if (O(i)->type == OBJECT_BUDGET && !ref.vague && (budget_kernel(i)->account.limit != (size_t)O(i)->limit ||
		    account_left(&budget_kernel(i)->account) != (size_t)ref_left(i)))
			ref_differ("budget %d is charged %ld of %ld pages, %ld are left, in the kernel %zu, %zu, %zu", i, ref_charged(i), O(i)->limit,
			           ref_left(i), budget_kernel(i)->account.charged, budget_kernel(i)->account.limit, account_left(&budget_kernel(i)->account));
		if (O(i)->type == OBJECT_PROCESS && process_kernel(i)->handles.used != ref_table_used(i))
			ref_differ("process %d has %u handles, in the kernel %u", i, ref_table_used(i), process_kernel(i)->handles.used);
	}
	for (size_t slot = 1; slot < thread_slot_count(); slot++)
		alive += thread_by_slot(slot) != NULL;
	EACH_OBJECT(i, OBJECT_THREAD)
		alive--;
	if (alive != 1) /* the boss's */
		ref_differ("the kernel has %zu threads that the model has not", alive - 1);
}

/* Ends that wait for something less urgent are finished now, as if the CPU had been idle for a moment. */
static void rest(void)
{
	if (reap_priority() < 0)
		return;
	differ_unfinished++;
	while (reap_priority() >= 0)
		reap_step();
	kernel_handlers.timer();
	fixture_check();
}

static void deliver(void)
{
	rest();
	do {
		host_deliver();
		rest();
		fixture_check();
	} while (host_timer_ns() <= arch_clock_ns());
}

/* --- Choosing. */

static int self, here;

static uint32_t pick(uint8_t byte, unsigned type)
{
	int found[REF_HANDLES], count = 0;
	bool is_past = byte >= 236 && byte < 246;

	if (byte >= 246)
		return byte == 255 ? 0 : 0x7777u * byte;
	for (int i = 0; i < ref.handle_count; i++) {
		const struct ref_handle *handle = &ref.handles[i];

		if (is_past ? handle->past != here || !handle->value : handle->process != here)
			continue;
		if (byte < 226 && type && (handle->object == NONE || O(handle->object)->type != type))
			continue;
		found[count++] = i;
	}
	return count ? ref.handles[found[byte % count]].value : 0;
}

static uint64_t pick_deadline(uint8_t byte)
{
	if (byte < 160)
		return REF_NEVER;
	return byte < 176 ? 0 : arch_clock_ns() + (byte - 175u) * 40000u;
}

/* Mostly the call that it serves, else any that was ever given. */
static uint64_t pick_token(uint8_t byte)
{
	if (byte < 170 && O(self)->serving != NONE)
		return O(O(self)->serving)->token;
	if (byte < 220) { /* one that its process took */
		EACH_OBJECT(i, OBJECT_THREAD)
			if (O(i)->state == STATE_SERVED && O(i)->taker == here && byte-- % 4 == 0)
				return O(i)->token;
	}
	if (byte > 250)
		return byte == 255 ? 0 : byte * 0x12345u;
	return ref.token_count ? ref.tokens[byte % ref.token_count] : 0;
}

static const uint8_t calls[] = {
	CALL_CONNECTION_CALL, CALL_CONNECTION_CALL, CALL_CONNECTION_CALL, CALL_CONNECTION_CALL, CALL_CONNECTION_CALL, CALL_CONNECTION_CALL,
	CALL_CONNECTION_CALL_MESSAGE, CALL_CONNECTION_CALL_MESSAGE, CALL_CONNECTION_CALL_MESSAGE, CALL_CONNECTION_CALL_MESSAGE,
	CALL_SERVER_RECEIVE, CALL_SERVER_RECEIVE, CALL_SERVER_RECEIVE, CALL_SERVER_RECEIVE, CALL_SERVER_RECEIVE, CALL_SERVER_RECEIVE,
	CALL_SERVER_REPLY_AND_RECEIVE, CALL_SERVER_REPLY_AND_RECEIVE, CALL_SERVER_REPLY_AND_RECEIVE, CALL_SERVER_REPLY_AND_RECEIVE,
	CALL_SERVER_REPLY_AND_RECEIVE_MESSAGE, CALL_SERVER_REPLY_AND_RECEIVE_MESSAGE, CALL_SERVER_REPLY_AND_RECEIVE_MESSAGE,
	CALL_SERVER_REPLY, CALL_SERVER_REPLY, CALL_SERVER_REPLY, CALL_SERVER_FORWARD, CALL_SERVER_FORWARD, CALL_SERVER_TOKEN_CHECK,
	CALL_CONNECTION_SEND, CALL_CONNECTION_SEND, CALL_CONNECTION_SEND, CALL_CONNECTION_SIGNAL, CALL_CONNECTION_SIGNAL,
	CALL_SERVER_CREATE, CALL_CONNECTION_MINT, CALL_CONNECTION_MINT, CALL_CONNECTION_DESTROY, CALL_HANDLE_CLOSE, CALL_HANDLE_CLOSE,
	CALL_HANDLE_DUPLICATE, CALL_HANDLE_DUPLICATE, CALL_HANDLE_INFO, CALL_BUDGET_CREATE, CALL_BUDGET_RESIZE, CALL_BUDGET_INFO,
	CALL_BUDGET_DESTROY, CALL_PROCESS_CREATE, CALL_PROCESS_PLACE, CALL_PROCESS_PLACE, CALL_PROCESS_KILL, CALL_PROCESS_INFO,
	CALL_PROCESS_STATUS, CALL_PROCESS_WATCH, CALL_PROCESS_STOP, CALL_PROCESS_RESUME, CALL_PROCESS_RESUME, CALL_PROCESS_EXIT,
	CALL_THREAD_CREATE, CALL_THREAD_CREATE, CALL_THREAD_EXIT, CALL_THREAD_YIELD, CALL_THREAD_YIELD, CALL_THREAD_YIELD,
	CALL_THREAD_PRIORITY_SET, CALL_THREAD_PRIORITY_SET, CALL_THREAD_SELF, CALL_THREAD_INFO, CALL_MEMORY_CREATE, CALL_MEMORY_INFO,
	CALL_MEMORY_SEAL, CALL_DEVICE_INTERRUPT, CALL_INTERRUPT_ACK, CALL_FUTEX_WAIT, CALL_FUTEX_WAIT, CALL_FUTEX_WAKE, CALL_CLOCK_NOW,
	CALL_SYSTEM_VERSION, CALL_COUNT, CALL_HANDLE_ID, CALL_PROCESS_HANDLE, CALL_PROCESS_HANDLE, CALL_PROCESS_THREAD,
	CALL_PROCESS_PRIORITY_SET, CALL_PROCESS_PRIORITY_SET, CALL_THREAD_BUFFER_SET,
};

static bool ends_much(unsigned number)
{
	return number == CALL_PROCESS_KILL || number == CALL_PROCESS_EXIT || number == CALL_BUDGET_DESTROY || number == CALL_THREAD_EXIT ||
	       number == CALL_PROCESS_STOP || number == CALL_CONNECTION_DESTROY;
}

static size_t threads_alive(void)
{
	size_t count = 0;

	EACH_OBJECT(i, OBJECT_THREAD)
		count++;
	return count;
}

static bool is_too_much(unsigned number)
{
	if (number == CALL_THREAD_CREATE && threads_alive() >= REF_THREADS_MOST)
		return true;
	return ref_table_used(here) >= REF_TABLE && number != CALL_HANDLE_CLOSE;
}

static void plain_choose(struct ref_call *call, vaddr_t buffer)
{
	uintptr_t *a = call->a;

	switch (call->number) {
	case CALL_SERVER_CREATE:
		a[0] = pick(at[1], OBJECT_BUDGET);
		break;
	case CALL_CONNECTION_MINT:
		a[0] = pick(at[1], OBJECT_SERVER), a[1] = pick(at[2], OBJECT_BUDGET), a[2] = at[3], a[3] = at[4] % 66u, a[4] = at[5] % 33u;
		a[5] = at[6] % 33u;
		break;
	case CALL_CONNECTION_SIGNAL:
		a[0] = pick(at[1], OBJECT_CONNECTION), a[1] = at[2] < 250 ? (uintptr_t)at[2] : (uintptr_t)at[3] << 28;
		break;
	case CALL_CONNECTION_DESTROY:
		a[0] = pick(at[1], OBJECT_CONNECTION);
		break;
	case CALL_HANDLE_CLOSE: case CALL_HANDLE_INFO: case CALL_HANDLE_ID:
		a[0] = pick(at[1], at[2] % 9u);
		break;
	case CALL_HANDLE_DUPLICATE:
		a[0] = pick(at[1], at[2] % 9u), a[1] = at[3] < 128 ? RIGHT_ALL : at[3] < 250 ? (at[4] | at[5] << 8) & RIGHT_ALL : at[4] << 4;
		break;
	case CALL_BUDGET_CREATE:
		a[0] = pick(at[1], OBJECT_BUDGET), a[1] = at[2] % 40u, a[2] = at[3] % 33u;
		break;
	case CALL_BUDGET_RESIZE:
		a[0] = pick(at[1], OBJECT_BUDGET), a[1] = at[2] % 120u;
		break;
	case CALL_BUDGET_INFO: case CALL_BUDGET_DESTROY:
		a[0] = pick(at[1], OBJECT_BUDGET), a[1] = buffer;
		break;
	case CALL_PROCESS_CREATE:
		a[0] = pick(at[1], OBJECT_BUDGET), a[1] = pick(at[2], OBJECT_BUDGET);
		break;
	case CALL_PROCESS_PLACE:
		a[0] = pick(at[1], OBJECT_PROCESS), a[1] = pick(at[2], at[3] % 9u), a[2] = at[4] < 200 ? RIGHT_ALL : at[4] < 250 ? at[5] & RIGHT_ALL : at[5] << 5;
		break;
	case CALL_PROCESS_KILL: case CALL_PROCESS_INFO: case CALL_PROCESS_STATUS:
		a[0] = pick(at[1], OBJECT_PROCESS), a[1] = call->number == CALL_PROCESS_KILL ? at[2] : buffer;
		break;
	case CALL_PROCESS_HANDLE:
		a[0] = pick(at[1], OBJECT_PROCESS), a[1] = at[2] < 250 ? at[2] % 64u : (uintptr_t)at[2] << 24, a[2] = buffer;
		break;
	case CALL_PROCESS_THREAD:
		a[0] = pick(at[1], OBJECT_PROCESS), a[1] = at[2] % 5u, a[2] = buffer;
		break;
	case CALL_PROCESS_PRIORITY_SET:
		a[0] = pick(at[1], OBJECT_PROCESS), a[1] = at[2] % 4u, a[2] = at[3] < 240 ? 9 + at[3] % 5u : at[3] % 34u;
		break;
	case CALL_PROCESS_WATCH:
		a[0] = pick(at[1], OBJECT_PROCESS), a[1] = pick(at[2], OBJECT_SERVER), a[2] = at[3], a[3] = at[4] % 33u;
		break;
	case CALL_PROCESS_STOP: case CALL_PROCESS_RESUME:
		a[0] = pick(at[1], OBJECT_PROCESS);
		break;
	case CALL_PROCESS_EXIT:
		a[0] = at[1];
		break;
	case CALL_THREAD_CREATE:
		a[0] = pick(at[1], OBJECT_PROCESS), a[1] = 0x10000, a[2] = at[2] < 250 ? 0x20000 : 0x20001, a[5] = at[3] < 240 ? 9 + at[3] % 5u : at[3] % 34u;
		break;
	case CALL_THREAD_PRIORITY_SET:
		a[0] = pick(at[1], OBJECT_THREAD), a[1] = at[2] < 240 ? 9 + at[2] % 5u : at[2] % 34u;
		break;
	case CALL_THREAD_BUFFER_SET:
		a[0] = buffer, a[1] = at[1] < 240 ? at[1] % 80u : LIMIT_COPY_BYTES + 1 + (uintptr_t)at[2];
		break;
	case CALL_THREAD_INFO:
		a[0] = pick(at[1], OBJECT_THREAD), a[1] = buffer;
		break;
	case CALL_MEMORY_CREATE:
		a[0] = pick(at[1], OBJECT_BUDGET), a[1] = at[2] % 24u, a[2] = at[3] < 250 ? at[3] % 2u : at[3] % 8u + 4;
		break;
	case CALL_MEMORY_INFO: case CALL_MEMORY_SEAL:
		a[0] = pick(at[1], OBJECT_MEMORY);
		break;
	case CALL_DEVICE_INTERRUPT:
		a[0] = pick(at[1], OBJECT_DEVICE), a[1] = pick(at[2], OBJECT_BUDGET), a[2] = at[3] % 3u, a[3] = pick(at[4], OBJECT_SERVER), a[4] = at[5];
		a[5] = at[6] % 33u;
		break;
	case CALL_INTERRUPT_ACK:
		a[0] = pick(at[1], OBJECT_INTERRUPT);
		break;
	case CALL_FUTEX_WAIT: case CALL_FUTEX_WAKE:
		a[0] = buffer ? programs[0]->data : 8;
		for (unsigned i = 0; i < PROGRAMS; i++)
			if (program_index[i] == here)
				a[0] = programs[i]->data + 15 * PAGE_SIZE + at[1] % 2u * 8 + (at[1] > 250 ? 2 : 0);
		a[1] = call->number == CALL_FUTEX_WAKE ? at[2] % 4u : at[2] > 240;
		a[2] = call->number == CALL_FUTEX_WAIT && at[3] & 1 ? pick(at[4], OBJECT_THREAD) : 0;
		call->deadline = pick_deadline(at[5]);
		break;
	default:
		break;
	}
}

static bool is_message(unsigned number)
{
	return (number >= CALL_CONNECTION_CALL && number <= CALL_SERVER_TOKEN_CHECK) || number == CALL_CONNECTION_SEND;
}

static bool takes_header(unsigned number)
{
	return is_message(number) && number != CALL_CONNECTION_CALL && number != CALL_SERVER_REPLY_AND_RECEIVE && number != CALL_SERVER_FORWARD &&
	       number != CALL_SERVER_TOKEN_CHECK;
}

static void message_choose(struct ref_call *call, size_t header)
{
	bool receives = call->number == CALL_SERVER_RECEIVE || call->number == CALL_SERVER_REPLY_AND_RECEIVE || call->number == CALL_SERVER_REPLY_AND_RECEIVE_MESSAGE;

	call->a[0] = pick(at[1], receives ? OBJECT_SERVER : OBJECT_CONNECTION);
	for (int i = 0; i < REF_WORDS; i++)
		call->words[i] = (uintptr_t)(differ_steps * 16) + (uintptr_t)i;
	call->token = pick_token(at[2]);
	call->deadline = pick_deadline(at[3]);
	if (!header || !takes_header(call->number) || at[4] & 1)
		return;
	call->message.given = true;
	call->message.accept = call->number == CALL_CONNECTION_SEND || call->number == CALL_SERVER_REPLY ? 0 : at[4] >> 1 & 3;
	call->message.count = call->number == CALL_SERVER_RECEIVE ? 0 : at[4] >> 3 & 3;
	for (unsigned i = 0; i < call->message.count; i++)
		call->message.send[i] = pick(at[5 + i % 3], at[5 + i % 3] % 9u);
}

static const char *type_of(uint32_t value)
{
	static const char *const names[] = { "?", "process", "thread", "server", "connection", "memory", "device", "interrupt", "budget" };
	int handle = ref_handle_of(here, value);

	return handle == NONE ? "nothing" : ref.handles[handle].object == NONE ? "gone" : names[O(ref.handles[handle].object)->type];
}

static void call_tell(const struct ref_call *call)
{
	int handle = ref_handle_of(here, (uint32_t)call->a[0]);

	tell("%4lu thread %d (process %d, priority %u): %s(", differ_steps, self, here, O(self)->priority,
	     call->number < CALL_COUNT ? call_names[call->number] : "no_call");
	tell("%#lx = %s %d", (unsigned long)call->a[0], type_of((uint32_t)call->a[0]), handle == NONE ? NONE : ref.handles[handle].object);
	for (unsigned i = 1; i < 6 && !is_message(call->number); i++)
		tell(", %#lx", (unsigned long)call->a[i]);
	if (is_message(call->number)) {
		tell(", words %#lx, token %#lx, deadline %lld", (unsigned long)call->words[0], (unsigned long)call->token, (long long)call->deadline);
		if (call->message.given)
			tell(", accepts %u, sends %u: %#x %#x %#x", call->message.accept, call->message.count, call->message.send[0],
			     call->message.send[1], call->message.send[2]);
	}
}

static void registers_set(struct thread *thread, const struct ref_call *call, size_t header)
{
	uintptr_t *x = thread->registers.x;
	struct abi_message message = { .accept = (uint8_t)call->message.accept, .handle_count = (uint8_t)call->message.count };

	do_message_start(thread, call->number, &(struct message_registers){ .receiver = call->a[0], .token = call->token,
	                 .deadline_ns = call->deadline, .header = call->message.given ? header : 0 });
	if (is_message(call->number))
		memcpy(&x[X_A0 + 1], call->words, sizeof call->words);
	else
		memcpy(&x[X_A0], call->a, sizeof call->a);
	memcpy(message.send, call->message.send, sizeof message.send);
	if (call->message.given)
		host_user_write(thread->process->space.root, header, &message, sizeof message);
}

static void call_step(void)
{
	struct thread *thread = arch_cpu.current;
	unsigned long allocations;
	struct ref_call call = { .number = calls[at[0] % ARRAY_SIZE(calls)] };
	uintptr_t pc = thread->registers.pc;
	vaddr_t buffer;
	size_t header;

	self = ref.running;
	here = O(self)->process;
	buffer = memory_of(self, &header);
	if ((ends_much(call.number) && at[7] & 3) || is_too_much(call.number))
		call.number = CALL_THREAD_YIELD;
	call.memory = buffer != 0;
	if (is_message(call.number))
		message_choose(&call, header);
	else
		plain_choose(&call, buffer);
	number_called = call.number;
	call_tell(&call);
	registers_set(thread, &call, header);
	allocations = poison_allocations;
	for (;;) {
		spaces_touch();
		host_ecall();
		fixture_check();
		if (thread_kernel(self) != thread || is_waiting(thread) || thread->registers.pc != pc || arch_cpu.current != thread)
			break;
		host_deliver();
	}
	call.fails = allocations < poison_fail_at && poison_fail_at <= poison_allocations;
	if (call.fails)
		tell("  (an allocation fails)\n");
	deliver();
	is_split = thread_kernel(self) == thread && !is_waiting(thread) && thread->registers.pc == pc;
	if (is_split)
		return;
	if (!thread_kernel(self) || is_waiting(thread))
		tell(") -> %s\n", thread_kernel(self) ? "(waits)" : "(gone)");
	else
		tell(") -> %s %#lx\n", answer_name(thread->registers.x[X_A0]), (unsigned long)thread->registers.x[X_A0 + 1]);
	if (thread_kernel(self)) {
		uintptr_t error = is_waiting(thread) ? ANSWER_WAITS : thread->registers.x[X_A0];

		differ_answers[call.number < CALL_COUNT ? call.number : CALL_COUNT][error & 31]++;
	}
	ref_step(&call);
}

static void step(void)
{
	if (at[0] >= 250 && at[1] & 1) {
		tell("%4lu line %u fires\n", differ_steps, at[1] >> 1 & 1u);
		host_interrupt_raise(LINE_FIRST + (at[1] >> 1 & 1u));
		deliver();
		ref_line(at[1] >> 1 & 1u);
	} else if (at[0] >= 232 || ref.running == NONE) {
		tell("%4lu %u us pass\n", differ_steps, (at[1] + 1u) * 50);
		host_clock_advance_ns((at[1] + 1ull) * 50000);
		deliver();
		ref_time(arch_clock_ns());
	} else {
		call_step();
	}
	differ_split += is_split;
	if (is_split)
		return;
	bind_new();
	compare();
	differ_steps++;
}

void differ_run(const uint8_t *data, size_t size, const struct differ_options *options)
{
	unsigned looks_before;

	bytes = data;
	bytes_left = size;
	told = 0;
	story[0] = 0;
	if (!next_step())
		return;
	world_make();
	is_split = false;
	host_preempt_every(options->preempt_every);
	host_preempt_at(options->preempt_at ? host_counts.pending_asks + options->preempt_at : 0);
	looks_before = host_counts.pending_asks;
	poison_allocations = 0;
	poison_fail_at = options->fail_at;
	for (unsigned i = 0; i < STEPS_MOST && !ref_full() && !is_split && next_step(); i++)
		step();
	differ_looks = host_counts.pending_asks - looks_before;
	differ_allocations = poison_allocations;
	host_preempt_at(0);
	poison_fail_at = 0;
	world_end_hard();
}
