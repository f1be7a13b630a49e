/* calls.c - of the reference model: what each call asks for, what can be wrong with it, and what it does. */
#include <string.h>

#include "world.h"

static const struct ref_call *in;
static struct ref_seen seen;
static int self, here;          /* the running thread, its process */
static unsigned wrong;          /* all that is wrong: a bit for each error (C1) */

static void error(unsigned number)
{
	wrong |= 1u << number;
}

static void error_if(bool condition, unsigned number)
{
	if (condition)
		error(number);
}

static void result(unsigned at, uintptr_t value)
{
	O(self)->expect.a[at] = value;
	if (O(self)->expect.count <= at)
		O(self)->expect.count = at + 1;
}

/* The object behind a handle of the caller's, or NONE. type 0: any. */
static int need(uintptr_t value, unsigned type, uint32_t rights)
{
	int handle = ref_handle_of(here, (uint32_t)value);
	const struct ref_handle *entry = &ref.handles[handle == NONE ? 0 : handle];

	if (handle == NONE)
		error(E_BAD_HANDLE);
	else if (entry->object == NONE)
		error(E_PEER_GONE);
	else if (type && O(entry->object)->type != type)
		error(E_WRONG_TYPE);
	else if ((entry->rights & rights) != rights)
		error(E_RIGHTS);
	else
		return entry->object;
	return NONE;
}

static const uint32_t all_rights[OBJECT_TYPE_COUNT] = {
	0, RIGHT_ALL_PROCESS, RIGHT_ALL_THREAD, RIGHT_ALL_SERVER, RIGHT_ALL_CONNECTION, RIGHT_ALL_MEMORY, RIGHT_ALL_DEVICE,
	RIGHT_ALL_INTERRUPT, RIGHT_ALL_BUDGET,
};

/* What was made is the first result; the maker has a handle with all rights. */
static void made(int object)
{
	if (object == NONE) {
		error(E_BUDGET);
		return;
	}
	ref_handle(here, object, all_rights[O(object)->type], (uint32_t)seen.a[1]);
}

/* --- Messages. */

static void receive(uintptr_t handle, uint64_t deadline)
{
	int server = need(handle, OBJECT_SERVER, RIGHT_RECEIVE);

	error_if(in->message.accept > LIMIT_HANDLES, E_ARGUMENT);
	if (wrong)
		return;
	ref_park(self);
	if (O(self)->attends != server) {
		O(self)->attends = server;
		O(self)->attend_stamp = ref_tick();
	}
	O(self)->state = STATE_RECEIVING;
	O(self)->at = server;
	O(self)->message = in->message;
	O(self)->deadline = deadline;
	ref_pump(server);
	if (O(self)->state == STATE_RECEIVING && deadline <= ref.now) {
		ref_answer(self, E_TIMEOUT);
		O(self)->loose = true;
	}
}

static void call(uint64_t deadline)
{
	int connection = need(in->a[0], OBJECT_CONNECTION, RIGHT_CALL);
	int server = connection == NONE ? NONE : ref_server_of(connection);
	bool is_awaited = false;

	error_if(connection != NONE && server == NONE, E_PEER_GONE);
	if (wrong)
		return;
	EACH_OBJECT(i, OBJECT_THREAD)
		is_awaited |= O(i)->state == STATE_RECEIVING && O(i)->at == server;
	if (!is_awaited && ref_deadlock(self, server)) {
		error(ref_deadlock(self, server));
		error_if(deadline <= ref.now, E_TIMEOUT);
	}
	if (wrong)
		return;
	O(self)->state = STATE_CALLING;
	O(self)->loose = false;
	O(self)->at = server;
	O(self)->via = connection;
	O(self)->stamp = ref_tick();
	O(self)->message = in->message;
	O(self)->deadline = deadline;
	for (int i = 0; i < REF_WORDS; i++)
		O(self)->words[i] = in->words[i];
	ref_pump(server);
	if (O(self)->state == STATE_SERVED)
		ref.handed = O(self)->server_thread;
}

/* The caller that a token names, if this process took its call and has not answered. */
static int token_caller(void)
{
	EACH_OBJECT(i, OBJECT_THREAD)
		if (O(i)->state == STATE_SERVED && O(i)->taker == here && O(i)->token == in->token)
			return i;
	return NONE;
}

static unsigned reply_errors(int caller)
{
	return ref_transfer_errors(here, &in->message, O(caller)->message.accept);
}

static void reply(int caller)
{
	ref_transfer(here, &in->message, O(caller)->process, ref_look(caller).received);
	ref_call_unlink(caller);
	ref_answer(caller, E_OK);
	O(caller)->expect.count = REF_WORDS;
	for (int i = 0; i < REF_WORDS; i++)
		O(caller)->expect.a[i] = in->words[i];
}

static void server_reply(void)
{
	int caller = token_caller();

	if (caller == NONE)
		error(E_STALE_TOKEN);
	else
		wrong |= reply_errors(caller);
	if (!wrong)
		reply(caller);
}

static void reply_and_receive(uint64_t deadline)
{
	int caller = in->token ? token_caller() : NONE;

	need(in->a[0], OBJECT_SERVER, RIGHT_RECEIVE);
	if (caller != NONE)
		wrong |= reply_errors(caller);
	if (wrong)
		return;
	if (caller != NONE)
		reply(caller);
	O(self)->reply_stale = in->token && caller == NONE;
	receive(in->a[0], deadline);
	if (caller == NONE || O(caller)->state != STATE_READY)
		return;
	if (O(self)->state == STATE_RECEIVING)
		ref.handed = caller;
	else
		O(caller)->loose = O(self)->loose = true; /* C6 */
}

static void forward(void)
{
	int connection = need(in->a[0], OBJECT_CONNECTION, RIGHT_CALL), caller = token_caller();
	int server = connection == NONE ? NONE : ref_server_of(connection);

	error_if(caller == NONE, E_STALE_TOKEN);
	error_if(connection != NONE && server == NONE, E_PEER_GONE);
	if (wrong)
		return;
	if (ref_deadlock(caller, server))
		error(ref_deadlock(caller, server));
	if (wrong)
		return;
	ref_call_unlink(caller);
	O(caller)->state = STATE_CALLING;
	O(caller)->at = server;
	O(caller)->via = connection;
	O(caller)->stamp = ref_tick();
	O(caller)->forwarded = true;
	for (int i = 0; i < REF_WORDS; i++)
		O(caller)->words[i] = in->words[i];
	ref_pump(server);
	O(self)->loose = true; /* it inherits no more */
	if (O(caller)->state == STATE_SERVED)
		O(O(caller)->server_thread)->loose = true;
}

static void send(void)
{
	int connection = need(in->a[0], OBJECT_CONNECTION, RIGHT_CALL);
	struct ref_send *send = NULL;
	unsigned queued = 0;

	error_if(connection != NONE && ref_server_of(connection) == NONE, E_PEER_GONE);
	wrong |= ref_transfer_errors(here, &in->message, LIMIT_HANDLES);
	for (int i = 0; i < REF_SENDS; i++) {
		queued += ref.sends[i].used && ref.sends[i].connection == connection;
		if (!ref.sends[i].used)
			send = &ref.sends[i];
	}
	error_if(connection != NONE && queued >= O(connection)->slots, E_QUEUE_FULL);
	if (wrong)
		return;
	*send = (struct ref_send){ .used = true, .connection = connection, .priority = O(self)->priority, .stamp = ref_tick(),
	                           .count = in->message.count };
	for (int i = 0; i < REF_WORDS; i++)
		send->words[i] = in->words[i];
	for (unsigned i = 0; i < send->count; i++) {
		const struct ref_handle *handle = &ref.handles[ref_handle_of(here, in->message.send[i])];

		send->handles[i] = ref.handle_count;
		ref.handles[ref.handle_count++] = (struct ref_handle){ NONE, handle->object, 0, handle->rights, (int)(send - ref.sends), NONE, NONE };
	}
	ref_pump(ref_server_of(connection));
}

static void signal_set(void)
{
	int connection = need(in->a[0], OBJECT_CONNECTION, RIGHT_SIGNAL);

	error_if(!in->a[1] || in->a[1] & ~(uintptr_t)0x3fffffff, E_ARGUMENT);
	error_if(connection != NONE && ref_server_of(connection) == NONE, E_PEER_GONE);
	if (!wrong)
		ref_post(connection, in->a[1]);
}

/* --- Objects. */

static void mint(void)
{
	int server = need(in->a[0], OBJECT_SERVER, RIGHT_MINT), payer = need(in->a[1], OBJECT_BUDGET, RIGHT_SPEND), index;

	error_if(in->a[3] > LIMIT_SLOTS || in->a[4] > LIMIT_LOANS || in->a[5] >= LIMIT_PRIORITIES, E_ARGUMENT);
	error_if(payer != NONE && in->a[5] > O(payer)->ceiling, E_PRIORITY);
	if (wrong)
		return;
	index = ref_object_make(OBJECT_CONNECTION, payer);
	for (unsigned i = 0; index != NONE && i < in->a[3]; i++)
		if (!ref_object_part(index, payer, ref.costs.slot)) {
			ref_object_unmake(index);
			index = NONE;
		}
	if (index != NONE) {
		O(index)->server = server;
		O(index)->badge = in->a[2];
		O(index)->slots = (unsigned)in->a[3];
		O(index)->notice_priority = (unsigned)in->a[5];
	}
	made(index);
}

static void close_handle(void)
{
	int handle = ref_handle_of(here, (uint32_t)in->a[0]);

	if (handle == NONE)
		error(E_BAD_HANDLE);
	else
		ref_handle_close(handle);
}

static void duplicate(void)
{
	int object = need(in->a[0], 0, RIGHT_DUPLICATE);

	error_if(in->a[1] & ~(uintptr_t)RIGHT_ALL, E_ARGUMENT);
	if (!wrong)
		ref_handle(here, object, ref.handles[ref_handle_of(here, (uint32_t)in->a[0])].rights & (uint32_t)in->a[1], (uint32_t)seen.a[1]);
}

static void handle_info(void)
{
	int object = need(in->a[0], 0, 0);

	if (wrong)
		return;
	result(0, O(object)->type);
	result(1, ref.handles[ref_handle_of(here, (uint32_t)in->a[0])].rights);
}

/* An ID is the same at every look, whoever looks, and no two objects ever have the same one. */
static void id_seen(int object, const uintptr_t *id)
{
	struct ref_object *o = O(object);

	for (int i = 0; i < ref.object_count; i++)
		if (O(i)->is_known && (i == object) != !memcmp(O(i)->id, id, sizeof o->id))
			ref_differ("the ID of object %d %s", object, i == object ? "changed" : "is that of another");
	o->is_known = true;
	memcpy(o->id, id, sizeof o->id);
}

static void handle_id(void)
{
	int object = need(in->a[0], 0, 0);

	if (wrong || seen.a[0])
		return;
	id_seen(object, &seen.a[1]);
	for (unsigned i = 0; i < 4; i++)
		result(i, O(object)->id[i]);
}

static void budget_create(void)
{
	int parent = need(in->a[0], OBJECT_BUDGET, RIGHT_SPEND);

	error_if(in->a[2] >= LIMIT_PRIORITIES, E_ARGUMENT);
	error_if(parent != NONE && in->a[2] > O(parent)->ceiling, E_PRIORITY);
	error_if(parent != NONE && O(parent)->depth >= LIMIT_BUDGET_DEPTH, E_LIMIT);
	if (!wrong)
		made(ref_budget(parent, (long)in->a[1], (unsigned)in->a[2]));
}

static void budget_resize(void)
{
	int budget = need(in->a[0], OBJECT_BUDGET, RIGHT_MANAGE);
	long pages = (long)in->a[1], more;

	if (wrong)
		return;
	more = pages - O(budget)->limit;
	error_if(O(budget)->parent == NONE, E_STATE);
	error_if(O(budget)->parent != NONE && (more > 0 ? ref_left(O(budget)->parent) < more : ref_left(budget) < -more), E_BUDGET);
	if (!wrong)
		O(budget)->limit = pages;
}

static void budget_info(void)
{
	int budget = need(in->a[0], OBJECT_BUDGET, RIGHT_INSPECT);
	const struct ref_object *b = O(budget == NONE ? 1 : budget);

	error_if(!in->memory, E_ADDRESS);
	if (wrong)
		return;
	if (seen.out[0] != (uintptr_t)b->limit || seen.out[1] != (uintptr_t)ref_charged(budget) || seen.out[3] != b->ceiling || seen.out[4] != b->depth ||
	    seen.out[2] != (uintptr_t)(b->limit - ref_charged(budget) - ref_left(budget)))
		ref_differ("budget_info: limit %ld charged %ld; the kernel: %ld, %ld", b->limit, ref_charged(budget), (long)seen.out[0], (long)seen.out[1]);
}

static void budget_destroy(void)
{
	int budget = need(in->a[0], OBJECT_BUDGET, RIGHT_DESTROY);

	error_if(budget != NONE && O(budget)->parent == NONE, E_STATE);
	if (!wrong)
		ref_object_die(budget);
}

static void process_create(void)
{
	int payer = need(in->a[0], OBJECT_BUDGET, RIGHT_SPEND), own = need(in->a[1], OBJECT_BUDGET, RIGHT_SPEND);

	if (!wrong)
		made(ref_process(payer, own));
}

static void process_place(void)
{
	int process = need(in->a[0], OBJECT_PROCESS, RIGHT_MANAGE), object = need(in->a[1], 0, 0);
	int handle = ref_handle_of(here, (uint32_t)in->a[1]);

	error_if(handle != NONE && ref.handles[handle].object != NONE && !(ref.handles[handle].rights & (RIGHT_TRANSFER | RIGHT_RECEIVE)), E_RIGHTS);
	error_if(process != NONE && O(process)->phase != PHASE_NEW, E_STATE);
	error_if(in->a[2] & ~(uintptr_t)RIGHT_ALL, E_ARGUMENT);
	if (!wrong)
		ref_handle(process, object, ref.handles[handle].rights & (uint32_t)in->a[2], (uint32_t)seen.a[1]);
}

static void process_kill(void)
{
	int process = need(in->a[0], OBJECT_PROCESS, RIGHT_DESTROY);

	if (!wrong)
		ref_process_end(process, CAUSE_KILLED, (int32_t)in->a[1]);
}

static void process_info(void)
{
	static const unsigned states[] = { STATE_NEW, STATE_READY, STATE_DEAD };
	int process = need(in->a[0], OBJECT_PROCESS, RIGHT_INSPECT);
	const struct ref_object *p = O(process == NONE ? 0 : process);
	unsigned threads = 0, state = p->stopped && p->phase == PHASE_RUNS ? STATE_STOPPED : states[p->phase];

	error_if(!in->memory, E_ADDRESS);
	if (wrong)
		return;
	EACH_OBJECT(i, OBJECT_THREAD)
		threads += O(i)->process == process;
	if (seen.out[0] != state || seen.out[1] != threads || seen.out[2] != ref_table_used(process))
		ref_differ("process_info: state %u, threads %u, handles %u; the kernel: %u, %u, %u", state, threads, ref_table_used(process),
		           (unsigned)seen.out[0], (unsigned)seen.out[1], (unsigned)seen.out[2]);
	if (p->phase == PHASE_ENDED && (seen.out[3] != p->cause || (int32_t)seen.out[4] != p->code))
		ref_differ("process_info: cause %u code %d; the kernel: %u, %d", p->cause, p->code, (unsigned)seen.out[3], (int)seen.out[4]);
}

static void process_status(void)
{
	int process = need(in->a[0], OBJECT_PROCESS, RIGHT_INSPECT);

	error_if(process != NONE && O(process)->phase != PHASE_ENDED, E_STATE);
	error_if(!in->memory, E_ADDRESS);
	if (!wrong && (seen.out[0] != O(process)->cause || (int32_t)seen.out[1] != O(process)->code))
		ref_differ("process_status: cause %u code %d; the kernel: %u, %d", O(process)->cause, O(process)->code, (unsigned)seen.out[0],
		           (int)seen.out[1]);
}

/* Slots are the low halves of handles. */
static const struct ref_handle *handle_from(int process, uintptr_t slot)
{
	const struct ref_handle *found = NULL;

	EACH_HANDLE(handle)
		if (handle->process == process && (handle->value & 0xffff) >= slot &&
		    (!found || (handle->value & 0xffff) < (found->value & 0xffff)))
			found = handle;
	return found;
}

static uintptr_t detail(const struct ref_object *object)
{
	return object->type == OBJECT_CONNECTION ? object->badge : object->type == OBJECT_MEMORY ? object->pages :
	       object->type == OBJECT_BUDGET ? (uintptr_t)object->limit : 0;
}

static void process_handle(void)
{
	int process = need(in->a[0], OBJECT_PROCESS, RIGHT_INSPECT);
	const struct ref_handle *handle = process == NONE ? NULL : handle_from(process, (uint32_t)in->a[1]);
	const struct ref_object *object = handle && handle->object != NONE ? O(handle->object) : NULL;

	error_if(process != NONE && !handle, E_ARGUMENT);
	error_if(!in->memory, E_ADDRESS);
	if (wrong || seen.a[0])
		return;
	result(0, (handle->value & 0xffff) + 1);
	if (seen.out[0] != handle->value || seen.out[1] != (object ? object->type : 0) || seen.out[2] != (object != NULL))
		ref_differ("process_handle: %#x, type %u; the kernel: %#lx, type %lu, live %lu", handle->value, object ? object->type : 0,
		           (unsigned long)seen.out[0], (unsigned long)seen.out[1], (unsigned long)seen.out[2]);
	if (object && (seen.out[3] != handle->rights || seen.out[4] != detail(object)))
		ref_differ("process_handle: rights %#x detail %#lx; the kernel: %#lx, %#lx", handle->rights, (unsigned long)detail(object),
		           (unsigned long)seen.out[3], (unsigned long)seen.out[4]);
	if (object)
		id_seen(handle->object, (uintptr_t[]){ seen.id[0], seen.id[1], seen.id[2], seen.id[3] });
}

static void process_watch(void)
{
	int process = need(in->a[0], OBJECT_PROCESS, RIGHT_MANAGE), server = need(in->a[1], OBJECT_SERVER, RIGHT_MINT);
	struct ref_object *p = O(process == NONE ? 0 : process);

	error_if(in->a[3] >= LIMIT_PRIORITIES, E_ARGUMENT);
	error_if(in->a[3] > O(O(here)->own)->ceiling, E_PRIORITY);
	error_if(process != NONE && p->watched && ref_server_of(process) != NONE, E_BUSY);
	if (wrong)
		return;
	p->watched = true;
	p->told = false;
	p->server = server;
	p->badge = in->a[2];
	p->notice_priority = (unsigned)in->a[3];
	if (p->phase == PHASE_ENDED)
		ref_post(process, 1);
}

static void process_stop(bool stop)
{
	int process = need(in->a[0], OBJECT_PROCESS, RIGHT_DEBUG);

	error_if(stop && process == here, E_BUSY);
	error_if(process != NONE && (stop ? O(process)->stopped || O(process)->phase != PHASE_RUNS : !O(process)->stopped), E_STATE);
	if (wrong)
		return;
	O(process)->stopped = stop;
	EACH_OBJECT(i, OBJECT_THREAD)
		if (O(i)->process == process && O(i)->state == STATE_READY) {
			O(i)->stamp = ref_tick();
			O(i)->loose = true;
		}
}

static void thread_create(void)
{
	int process = need(in->a[0], OBJECT_PROCESS, RIGHT_MANAGE);

	error_if(in->a[5] >= LIMIT_PRIORITIES || in->a[2] % 16, E_ARGUMENT);
	error_if(process != NONE && O(process)->phase == PHASE_ENDED, E_STATE);
	error_if(process != NONE && in->a[5] > O(O(process)->own)->ceiling, E_PRIORITY);
	if (!wrong)
		made(ref_thread(process, (unsigned)in->a[5]));
}

static void priority_set(int thread, uintptr_t priority)
{
	error_if(priority >= LIMIT_PRIORITIES, E_ARGUMENT);
	error_if(thread != NONE && priority > O(O(O(thread)->process)->own)->ceiling, E_PRIORITY);
	if (!wrong)
		O(thread)->base = (unsigned)priority;
}

static void thread_priority(void)
{
	priority_set(need(in->a[0], OBJECT_THREAD, RIGHT_MANAGE), in->a[1]);
}

/* The n-th of a process, in the order in which they were made. */
static int thread_of(int process, uintptr_t index)
{
	if (process != NONE)
		for (unsigned number = 0; number < O(process)->next_number; number++)
			EACH_OBJECT(i, OBJECT_THREAD)
				if (O(i)->process == process && O(i)->number == number && !index--)
					return i;
	error_if(process != NONE, E_ARGUMENT);
	return NONE;
}

static void process_priority(void)
{
	priority_set(thread_of(need(in->a[0], OBJECT_PROCESS, RIGHT_MANAGE), (uint32_t)in->a[1]), in->a[2]);
}

static void thread_state(int thread)
{
	const struct ref_object *t = O(thread == NONE ? 0 : thread);

	error_if(!in->memory, E_ADDRESS);
	if (wrong)
		return;
	ref_priorities();
	if (seen.out[0] != t->number || seen.out[1] != (O(t->process)->stopped ? STATE_STOPPED : t->state) || seen.out[2] != t->base ||
	    seen.out[3] != t->priority)
		ref_differ("thread_info: number %u state %u priority %u, %u; the kernel: %u, %u, %u, %u", t->number, t->state, t->base, t->priority,
		           (unsigned)seen.out[0], (unsigned)seen.out[1], (unsigned)seen.out[2], (unsigned)seen.out[3]);
}

static void thread_info(void)
{
	thread_state(need(in->a[0], OBJECT_THREAD, RIGHT_INSPECT));
}

static void process_thread(void)
{
	thread_state(thread_of(need(in->a[0], OBJECT_PROCESS, RIGHT_INSPECT), (uint32_t)in->a[1]));
}

/* No bytes are sent, so where they would go is seen in nothing but the answer. */
static void buffer_set(void)
{
	error_if(in->a[1] > LIMIT_COPY_BYTES, E_ARGUMENT);
	error_if(in->a[1] && !in->memory, E_ADDRESS);
}

static void memory_create(void)
{
	int payer = need(in->a[0], OBJECT_BUDGET, RIGHT_SPEND), index;

	error_if(!in->a[1] || in->a[2] > (MEMORY_SHARED | MEMORY_CONTIGUOUS), E_ARGUMENT);
	if (wrong)
		return;
	index = ref_object_make(OBJECT_MEMORY, payer);
	if (index != NONE && (!ref_object_whole(index, payer, (long)in->a[1]) ||
	    (in->a[1] > 1 && !ref_object_part(index, payer, (unsigned)in->a[1] * ref.costs.list_entry)))) {
		ref_object_unmake(index);
		index = NONE;
	}
	if (index != NONE) {
		O(index)->pages = in->a[1];
		O(index)->options = in->a[2];
	}
	made(index);
}

static void memory_info(void)
{
	int memory = need(in->a[0], OBJECT_MEMORY, RIGHT_INSPECT);

	if (wrong)
		return;
	result(0, O(memory)->pages);
	result(1, O(memory)->options);
}

static void memory_seal(void)
{
	int memory = need(in->a[0], OBJECT_MEMORY, RIGHT_MANAGE);

	error_if(memory != NONE && O(memory)->options & MEMORY_SEALED, E_SEALED);
	if (!wrong)
		O(memory)->options |= MEMORY_SEALED;
}

static void device_interrupt(void)
{
	int device = need(in->a[0], OBJECT_DEVICE, RIGHT_MANAGE), payer = need(in->a[1], OBJECT_BUDGET, RIGHT_SPEND);
	int server = need(in->a[3], OBJECT_SERVER, RIGHT_MINT), index;
	unsigned line = (unsigned)in->a[2];

	error_if(in->a[2] >= 2 || in->a[5] >= LIMIT_PRIORITIES, E_ARGUMENT);
	error_if(payer != NONE && in->a[5] > O(payer)->ceiling, E_PRIORITY);
	EACH_OBJECT(i, OBJECT_INTERRUPT)
		error_if(O(i)->line == line, E_BUSY);
	if (wrong)
		return;
	(void)device;
	index = ref_object_make(OBJECT_INTERRUPT, payer);
	if (index != NONE) {
		O(index)->line = line;
		O(index)->server = server;
		O(index)->badge = in->a[4];
		O(index)->notice_priority = (unsigned)in->a[5];
	}
	made(index);
}

static void lines_deliver(void)
{
	EACH_OBJECT(i, OBJECT_INTERRUPT)
		if (ref.line_masked >> O(i)->line & 1 && !O(i)->masked) { /* it waited for that */
			ref.line_masked &= ~(1ull << O(i)->line);
			O(i)->masked = true;
			ref_post(i, 1);
		}
}

static void interrupt_ack(void)
{
	int interrupt = need(in->a[0], OBJECT_INTERRUPT, RIGHT_MANAGE);

	if (!wrong)
		O(interrupt)->masked = false;
}

/* --- Futexes: the one word that the harness uses holds 0. */

static void futex_wait(void)
{
	int owner = NONE, handle;

	error_if(in->a[0] % 4 || !in->memory, E_ADDRESS);
	error_if(in->a[1] != 0, E_CHANGED);
	if (in->a[2]) {
		handle = ref_handle_of(here, (uint32_t)in->a[2]);
		if (need(in->a[2], 0, 0) != NONE) {
			owner = ref.handles[handle].object;
			error_if(O(owner)->type != OBJECT_THREAD, E_WRONG_TYPE);
		}
	}
	if (owner != NONE && O(owner)->type == OBJECT_THREAD) {
		error_if(owner == self || O(owner)->process != here, E_ARGUMENT);
		if (owner != self && ref_futex_deadlock(self, owner))
			error(ref_futex_deadlock(self, owner));
	}
	if (in->deadline <= ref.now)
		error(E_TIMEOUT);
	if (wrong)
		return;
	O(self)->state = STATE_FUTEX;
	O(self)->futex = in->a[0];
	O(self)->owner = owner;
	O(self)->stamp = ref_tick();
	O(self)->deadline = in->deadline;
}

static void futex_wake(void)
{
	uintptr_t woken = 0;

	error_if(in->a[0] % 4, E_ADDRESS);
	if (wrong)
		return;
	for (int best; woken < in->a[1]; woken++) {
		best = NONE;
		EACH_OBJECT(i, OBJECT_THREAD)
			if (O(i)->state == STATE_FUTEX && O(i)->process == here && O(i)->futex == in->a[0] &&
			    (best == NONE || O(i)->priority > O(best)->priority || (O(i)->priority == O(best)->priority && O(i)->stamp < O(best)->stamp)))
				best = i;
		if (best == NONE)
			break;
		ref_answer(best, E_OK);
	}
	result(0, woken);
}

static void thread_self(void)
{
	ref_handle(here, self, RIGHT_ALL_THREAD, (uint32_t)seen.a[1]);
}

/* --- Steps. */

const bool ref_covers[CALL_COUNT] = {
	[CALL_SYSTEM_VERSION] = true, [CALL_CONNECTION_CALL] = true, [CALL_SERVER_REPLY_AND_RECEIVE] = true,
	[CALL_CONNECTION_CALL_MESSAGE] = true, [CALL_SERVER_REPLY_AND_RECEIVE_MESSAGE] = true, [CALL_SERVER_RECEIVE] = true,
	[CALL_SERVER_REPLY] = true, [CALL_SERVER_FORWARD] = true, [CALL_SERVER_TOKEN_CHECK] = true, [CALL_SERVER_CREATE] = true,
	[CALL_CONNECTION_MINT] = true, [CALL_CONNECTION_SEND] = true, [CALL_CONNECTION_SIGNAL] = true, [CALL_CONNECTION_DESTROY] = true,
	[CALL_HANDLE_CLOSE] = true, [CALL_HANDLE_DUPLICATE] = true, [CALL_HANDLE_INFO] = true, [CALL_BUDGET_CREATE] = true,
	[CALL_BUDGET_RESIZE] = true, [CALL_BUDGET_INFO] = true, [CALL_BUDGET_DESTROY] = true, [CALL_PROCESS_CREATE] = true,
	[CALL_PROCESS_PLACE] = true, [CALL_PROCESS_EXIT] = true, [CALL_PROCESS_KILL] = true, [CALL_PROCESS_INFO] = true,
	[CALL_PROCESS_STATUS] = true, [CALL_PROCESS_WATCH] = true, [CALL_PROCESS_STOP] = true, [CALL_PROCESS_RESUME] = true,
	[CALL_THREAD_CREATE] = true, [CALL_THREAD_EXIT] = true, [CALL_THREAD_YIELD] = true, [CALL_THREAD_PRIORITY_SET] = true,
	[CALL_THREAD_INFO] = true, [CALL_MEMORY_CREATE] = true, [CALL_MEMORY_INFO] = true, [CALL_MEMORY_SEAL] = true,
	[CALL_DEVICE_INTERRUPT] = true, [CALL_INTERRUPT_ACK] = true, [CALL_FUTEX_WAIT] = true, [CALL_FUTEX_WAKE] = true,
	[CALL_CLOCK_NOW] = true, [CALL_THREAD_SELF] = true,
	[CALL_HANDLE_ID] = true, [CALL_PROCESS_HANDLE] = true, [CALL_PROCESS_THREAD] = true, [CALL_PROCESS_PRIORITY_SET] = true,
	[CALL_THREAD_BUFFER_SET] = true,
};

static void do_call(void)
{
	int object;

	switch (in->number) {
	case CALL_SYSTEM_VERSION: result(0, VERSION_MAJOR << 16 | VERSION_MINOR); break;
	case CALL_CONNECTION_CALL: call(REF_NEVER); break;
	case CALL_CONNECTION_CALL_MESSAGE: call(in->deadline); break;
	case CALL_SERVER_RECEIVE: receive(in->a[0], in->deadline); break;
	case CALL_SERVER_REPLY_AND_RECEIVE: reply_and_receive(REF_NEVER); break;
	case CALL_SERVER_REPLY_AND_RECEIVE_MESSAGE: reply_and_receive(in->deadline); break;
	case CALL_SERVER_REPLY: server_reply(); break;
	case CALL_SERVER_FORWARD: forward(); break;
	case CALL_SERVER_TOKEN_CHECK: error_if(token_caller() == NONE, E_STALE_TOKEN); break;
	case CALL_CONNECTION_SEND: send(); break;
	case CALL_CONNECTION_SIGNAL: signal_set(); break;
	case CALL_CONNECTION_MINT: mint(); break;
	case CALL_CONNECTION_DESTROY:
		object = need(in->a[0], OBJECT_CONNECTION, RIGHT_DESTROY);
		if (!wrong)
			ref_object_die(object);
		break;
	case CALL_SERVER_CREATE:
		object = need(in->a[0], OBJECT_BUDGET, RIGHT_SPEND);
		if (!wrong)
			made(ref_object_make(OBJECT_SERVER, object));
		break;
	case CALL_HANDLE_CLOSE: close_handle(); break;
	case CALL_HANDLE_DUPLICATE: duplicate(); break;
	case CALL_HANDLE_INFO: handle_info(); break;
	case CALL_HANDLE_ID: handle_id(); break;
	case CALL_BUDGET_CREATE: budget_create(); break;
	case CALL_BUDGET_RESIZE: budget_resize(); break;
	case CALL_BUDGET_INFO: budget_info(); break;
	case CALL_BUDGET_DESTROY: budget_destroy(); break;
	case CALL_PROCESS_CREATE: process_create(); break;
	case CALL_PROCESS_PLACE: process_place(); break;
	case CALL_PROCESS_EXIT: ref_process_end(here, CAUSE_EXIT, (int32_t)in->a[0]); break;
	case CALL_PROCESS_KILL: process_kill(); break;
	case CALL_PROCESS_INFO: process_info(); break;
	case CALL_PROCESS_STATUS: process_status(); break;
	case CALL_PROCESS_WATCH: process_watch(); break;
	case CALL_PROCESS_HANDLE: process_handle(); break;
	case CALL_PROCESS_THREAD: process_thread(); break;
	case CALL_PROCESS_PRIORITY_SET: process_priority(); break;
	case CALL_PROCESS_STOP: process_stop(true); break;
	case CALL_PROCESS_RESUME: process_stop(false); break;
	case CALL_THREAD_CREATE: thread_create(); break;
	case CALL_THREAD_EXIT: ref_thread_end(self); break;
	case CALL_THREAD_YIELD: ref.yielded = true; break;
	case CALL_THREAD_PRIORITY_SET: thread_priority(); break;
	case CALL_THREAD_BUFFER_SET: buffer_set(); break;
	case CALL_THREAD_INFO: thread_info(); break;
	case CALL_MEMORY_CREATE: memory_create(); break;
	case CALL_MEMORY_INFO: memory_info(); break;
	case CALL_MEMORY_SEAL: memory_seal(); break;
	case CALL_DEVICE_INTERRUPT: device_interrupt(); break;
	case CALL_INTERRUPT_ACK: interrupt_ack(); break;
	case CALL_FUTEX_WAIT: futex_wait(); break;
	case CALL_FUTEX_WAKE: futex_wake(); break;
	case CALL_CLOCK_NOW: result(0, (uintptr_t)ref.now); break;
	case CALL_THREAD_SELF: thread_self(); break;
	default: error(E_BAD_CALL);
	}
}

static bool is_due(int thread)
{
	return O(thread)->state != STATE_READY && O(thread)->deadline <= ref.now;
}

/* The earliest first. */
static void deadlines(void)
{
	int next;

	do {
		next = NONE;
		EACH_OBJECT(i, OBJECT_THREAD)
			if (is_due(i) && (next == NONE || O(i)->deadline < O(next)->deadline))
				next = i;
		if (next != NONE)
			ref_call_end_early(next, E_TIMEOUT);
	} while (next != NONE);
}

static unsigned before[REF_OBJECTS], ended;

static void step_begin(void)
{
	ref_priorities();
	ended = ref_deaths;
	for (int i = 0; i < ref.object_count; i++)
		O(i)->woken = false;
	for (int i = 0; i < ref.object_count; i++)
		before[i] = O(i)->type == OBJECT_THREAD ? O(i)->priority : 0;
}

/* Whose priority changed goes to the end of its new equals in a queue, and may be anywhere among those that are ready (C4). */
static void step_end(void)
{
	ref_settle();
	deadlines();
	lines_deliver();
	ref_settle();
	ref_priorities();
	for (int i = 0; i < ref.object_count; i++)
		if (O(i)->type == OBJECT_THREAD && !O(i)->gone && before[i] != O(i)->priority && before[i]) {
			O(i)->loose = true;
			if (O(i)->state == STATE_CALLING || O(i)->state == STATE_FUTEX)
				O(i)->stamp = ref_tick();
		}
	if (ref_deaths != ended)
		EACH_OBJECT(i, OBJECT_THREAD)
			O(i)->loose |= O(i)->woken;
	ref_schedule();
}

void ref_step(const struct ref_call *what)
{
	step_begin();
	in = what;
	self = ref.running;
	here = O(self)->process;
	seen = ref_look(self);
	wrong = 0;
	O(self)->expect.count = 0;
	O(self)->expect.token_kind = 0;
	O(self)->expect.errors = 1u << E_OK;
	O(self)->expect.set = false;
	if (what->fails)
		error(E_BUDGET);
	else
		do_call();
	if (wrong) {
		O(self)->expect.errors = wrong;
		O(self)->expect.count = 0;
	}
	O(self)->expect.check = O(self)->state == STATE_READY;
	ref_settle();
	if (ref_deaths != ended && !O(self)->gone)
		O(self)->loose = true; /* it waited until what it ended was gone */
	step_end();
}

void ref_time(uint64_t now)
{
	step_begin();
	if (ref.running != NONE)
		O(ref_root(ref.running))->used += now - ref.now;
	ref.now = now;
	step_end();
}

void ref_line(unsigned line)
{
	step_begin();
	ref.line_masked |= 1ull << line;
	step_end();
}
