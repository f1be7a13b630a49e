/* objects.c - of the reference model: what exists, who holds it, who pays for it, and what follows when it ends. */
#include "world.h"

struct ref_world ref;
unsigned ref_deaths;

/* --- Payment: whole pages, and small objects that share pages by size. No page serves two budgets. */

long ref_charged(int budget)
{
	long charged = O(budget)->own_pages;

	for (unsigned i = 0; i < ref.costs.class_count; i++)
		charged += O(budget)->shared[i].pages;
	return charged;
}

long ref_left(int budget)
{
	long given = 0;

	EACH_OBJECT(i, OBJECT_BUDGET)
		if (O(i)->parent == budget)
			given += O(i)->limit;
	return O(budget)->limit - ref_charged(budget) - given;
}

static bool charge(int budget, long pages)
{
	if (ref_left(budget) < pages)
		return false;
	O(budget)->own_pages += pages;
	return true;
}

/* The size, or NONE: the budget cannot pay for another page. */
static int piece_take(int budget, unsigned bytes)
{
	int class = 0;
	struct ref_shared *shared;

	while (ref.costs.classes[class].bytes < bytes)
		class++;
	shared = &O(budget)->shared[class];
	if (shared->pieces == shared->pages * ref.costs.classes[class].count) {
		if (ref_left(budget) < 1)
			return NONE;
		shared->pages++;
	}
	shared->pieces++;
	return class;
}

static long pages_least(int budget, unsigned class)
{
	long count = ref.costs.classes[class].count;

	return (O(budget)->shared[class].pieces + count - 1) / count;
}

static void piece_give(int budget, int class)
{
	struct ref_shared *shared;

	if (class == NONE)
		return;
	shared = &O(budget)->shared[class];
	shared->pieces--;
	if (shared->pages > shared->pieces)
		shared->pages = shared->pieces;
}

/* C7: where pieces were given back, `pages` is the most there can be. What is charged says how many there are. */
bool ref_observe(int budget, long charged)
{
	long too_many = ref_charged(budget) - charged;
	unsigned open = 0, class = 0;
	long most = 0;

	for (unsigned i = 0; i < ref.costs.class_count; i++) {
		long slack = O(budget)->shared[i].pages - pages_least(budget, i);

		open += slack > 0;
		most += slack;
		class = slack > 0 ? i : class;
	}
	if (too_many < 0 || too_many > most)
		return false;
	if (open == 1)
		O(budget)->shared[class].pages -= too_many;
	else if (too_many == most)
		for (unsigned i = 0; i < ref.costs.class_count; i++)
			O(budget)->shared[i].pages = pages_least(budget, i);
	else if (too_many)
		ref.vague = true;
	return true;
}

/* --- Making. */

int ref_object_make(unsigned type, int payer)
{
	int index = ref.object_count;
	struct ref_object *object = O(index);

	*object = (struct ref_object){ .payer = payer, .piece = NONE, .maker = NONE, .parent = NONE, .own = NONE, .process = NONE,
	                               .at = NONE, .via = NONE, .taker = NONE, .server_thread = NONE, .serving = NONE, .attends = NONE,
	                               .owner = NONE, .server = NONE, .deadline = REF_NEVER };
	if (payer != NONE && ref.costs.bytes[type]) {
		object->piece = piece_take(payer, ref.costs.bytes[type]);
		if (object->piece == NONE)
			return NONE;
	}
	object->type = type;
	ref.object_count++;
	return index;
}

bool ref_object_part(int object, int payer, unsigned bytes)
{
	int class = piece_take(payer, bytes);

	if (class == NONE)
		return false;
	O(object)->parts[O(object)->part_count++] = class;
	return true;
}

/* Pages of a process are its own budget's, all others the payer's. */
static int whole_payer(const struct ref_object *object)
{
	return object->type == OBJECT_PROCESS ? object->own : object->payer;
}

bool ref_object_whole(int object, int payer, long pages)
{
	if (!charge(payer, pages))
		return false;
	O(object)->whole += pages;
	return true;
}

static void pages_back(struct ref_object *object)
{
	while (object->part_count)
		piece_give(whole_payer(object), object->parts[--object->part_count]);
	if (object->whole)
		O(whole_payer(object))->own_pages -= object->whole;
	object->whole = 0;
}

/* The last that was made. */
void ref_object_unmake(int object)
{
	pages_back(O(object));
	piece_give(O(object)->payer, O(object)->piece);
	ref.object_count--;
	O(object)->type = 0;
}

/* --- Handles. */

bool ref_is_held(int handle)
{
	return ref.handles[handle].process != NONE || ref.handles[handle].send != NONE;
}

int ref_handle_of(int process, uint32_t value)
{
	for (int i = 0; i < ref.handle_count; i++)
		if (ref.handles[i].process == process && ref.handles[i].value == value)
			return i;
	return NONE;
}

unsigned ref_table_used(int process)
{
	unsigned used = 0;

	EACH_HANDLE(handle)
		used += handle->process == process;
	return used;
}

/* A stale handle is an error and never somebody else's object: values are not used twice (C2). */
int ref_handle_make(int process, int object, uint32_t rights, uint32_t value)
{
	for (int i = 0; i < ref.handle_count; i++)
		if (ref.handles[i].value == value && (ref.handles[i].process == process || ref.handles[i].past == process))
			ref_differ("the new handle %#x is not new in process %d", value, process);
	if (!value)
		ref_differ("0 is no handle");
	if (O(object)->maker == NONE) {
		O(object)->maker = process;
		O(object)->first_handle = value;
	}
	ref.handles[ref.handle_count] = (struct ref_handle){ process, object, value, rights, NONE, NONE, NONE };
	return ref.handle_count++;
}

int ref_handle(int process, int object, uint32_t rights, uint32_t value)
{
	if (object != NONE && O(object)->type == OBJECT_CONNECTION && rights & (RIGHT_CALL | RIGHT_SIGNAL))
		O(object)->had_client = true;
	return ref_handle_make(process, object, rights, value);
}

void ref_handle_close(int handle)
{
	struct ref_handle *entry = &ref.handles[handle];

	entry->past = entry->process;
	entry->process = entry->send = NONE;
}

int ref_handles_to(int object, uint32_t any_right)
{
	int count = 0;

	for (int i = 0; i < ref.handle_count; i++)
		if (ref_is_held(i) && ref.handles[i].object == object && (!any_right || ref.handles[i].rights & any_right))
			count++;
	return count;
}

/* They stay, and answer PEER_GONE. What a thread was stays charged until the last of them is closed. */
void ref_handles_orphan(int object)
{
	EACH_HANDLE(handle)
		if (handle->object == object) {
			handle->keeps = object;
			handle->object = NONE;
		}
}

static bool is_kept(int object)
{
	for (int i = 0; i < ref.handle_count; i++)
		if (ref_is_held(i) && ref.handles[i].keeps == object && ref.handles[i].object == NONE)
			return true;
	return false;
}

/* --- Ends. */

void ref_thread_end(int index)
{
	struct ref_object *thread = O(index);

	if (thread->state == STATE_SERVED || thread->state == STATE_CALLING)
		ref_call_end_early(index, E_PEER_GONE);
	ref_park(index);
	thread->state = STATE_GONE;
	thread->attends = NONE;
	EACH_OBJECT(i, OBJECT_THREAD)
		if (O(i)->owner == index)
			O(i)->owner = NONE;
	if (ref.running == index)
		ref.running = NONE;
	ref_object_die(index);
}

void ref_process_end(int index, unsigned cause, int32_t code)
{
	struct ref_object *process = O(index);

	if (process->phase == PHASE_ENDED)
		return;
	ref_deaths++;
	process->phase = PHASE_ENDED;
	process->cause = cause;
	process->code = code;
	EACH_OBJECT(i, OBJECT_THREAD)
		if (O(i)->process == index)
			ref_thread_end(i);
	EACH_OBJECT(i, OBJECT_THREAD)
		if (O(i)->state == STATE_SERVED && O(i)->taker == index) /* it took their calls, and may have done something */
			ref_answer_call(i, E_PEER_GONE);
	for (int i = 0; i < ref.handle_count; i++)
		if (ref.handles[i].process == index)
			ref_handle_close(i);
	pages_back(process);
	if (process->watched && !process->told)
		ref_post(index, 1);
}

void ref_object_die(int index)
{
	struct ref_object *object = O(index);

	if (object->gone)
		return;
	ref_deaths++;
	ref_handles_orphan(index);
	if (object->type == OBJECT_PROCESS)
		ref_process_end(index, CAUSE_BUDGET, 0);
	if (object->type == OBJECT_THREAD && object->state != STATE_GONE)
		ref_differ("the model ends a thread by its object");
	object->gone = true;
	if (object->type == OBJECT_BUDGET) {
		EACH_OBJECT(i, OBJECT_PROCESS)
			if (O(i)->own == index)
				ref_process_end(i, CAUSE_BUDGET, 0);
		for (int i = 0; i < ref.object_count; i++)
			if (O(i)->type && !O(i)->gone && (O(i)->payer == index || O(i)->parent == index))
				ref_object_die(i);
	}
	if (object->type == OBJECT_SERVER || object->type == OBJECT_CONNECTION)
		EACH_OBJECT(i, OBJECT_THREAD) {
			bool queued = O(i)->state == STATE_CALLING && O(i)->at == index;

			if (queued || ((O(i)->state == STATE_CALLING || O(i)->state == STATE_SERVED) && O(i)->via == index))
				ref_answer_call(i, E_PEER_GONE);
			else if (O(i)->state == STATE_RECEIVING && O(i)->at == index)
				ref_answer_call(i, E_PEER_GONE);
			if (O(i)->attends == index)
				O(i)->attends = NONE;
		}
	if (object->type == OBJECT_CONNECTION)
		ref_sends_drop(index);
	if (object->type == OBJECT_SERVER)
		EACH_OBJECT(i, OBJECT_CONNECTION)
			if (O(i)->server == index)
				ref_sends_drop(i);
	if (object->type != OBJECT_PROCESS)
		pages_back(object);
	if (object->type == OBJECT_THREAD && is_kept(index))
		return;
	piece_give(object->payer, object->piece);
	object->piece = NONE;
}

int ref_server_of(int connection)
{
	int server = O(connection)->server;

	return server == NONE || O(server)->gone ? NONE : server;
}

static bool is_used(int budget)
{
	for (int i = 0; i < ref.object_count; i++)
		if (O(i)->type && O(i)->gone && O(i)->payer == budget && O(i)->piece != NONE)
			return true;
	for (int i = 0; i < ref.object_count; i++)
		if (O(i)->type && !O(i)->gone && (O(i)->payer == budget ||
		    (O(i)->type == OBJECT_PROCESS && O(i)->own == budget && O(i)->phase != PHASE_ENDED)))
			return true;
	return false;
}

/* The last client handle of a connection went: its calls end; when what was sent has been received, CLOSED is posted. */
static void connection_settle(int index)
{
	struct ref_object *connection = O(index);
	bool is_open = connection->had_client && !connection->closed_told && ref_server_of(index) != NONE;

	if (connection->had_client && !connection->closing && !ref_handles_to(index, RIGHT_CALL | RIGHT_SIGNAL)) {
		ref_deaths++;
		connection->closing = true;
		EACH_OBJECT(i, OBJECT_THREAD)
			if ((O(i)->state == STATE_CALLING || O(i)->state == STATE_SERVED) && O(i)->via == index)
				ref_call_end_early(i, E_PEER_GONE);
	}
	if (connection->closing && !connection->closed_posted && !ref_sends_queued(index)) {
		connection->closed_posted = true;
		ref_post(index, SIGNAL_CLOSED);
	}
	if (!ref_handles_to(index, 0) && (!is_open || !connection->had_client))
		ref_object_die(index);
}

static void object_settle(int index)
{
	struct ref_object *object = O(index);

	switch (object->type) {
	case OBJECT_SERVER:
		if (!ref_handles_to(index, RIGHT_RECEIVE)) /* nobody can ever receive there again */
			ref_object_die(index);
		break;
	case OBJECT_CONNECTION:
		connection_settle(index);
		break;
	case OBJECT_BUDGET:
		if (object->parent != NONE && !ref_handles_to(index, 0) && !is_used(index))
			ref_object_die(index);
		break;
	case OBJECT_PROCESS:
		if (object->phase == PHASE_RUNS) {
			bool has_threads = false;

			EACH_OBJECT(i, OBJECT_THREAD)
				has_threads |= O(i)->process == index;
			if (!has_threads && index)
				ref_process_end(index, CAUSE_EXIT, 0);
		} else if (!ref_handles_to(index, 0)) {
			ref_object_die(index);
		}
		break;
	case OBJECT_MEMORY:
	case OBJECT_INTERRUPT:
		if (!ref_handles_to(index, 0))
			ref_object_die(index);
		break;
	default:
		break;
	}
}

void ref_settle(void)
{
	unsigned before;

	do {
		before = ref_deaths;
		for (int i = 0; i < ref.object_count; i++)
			if (O(i)->type && !O(i)->gone) {
				object_settle(i);
			} else if (O(i)->type && O(i)->piece != NONE && !is_kept(i)) {
				piece_give(O(i)->payer, O(i)->piece);
				O(i)->piece = NONE;
				ref_deaths++;
			}
	} while (ref_deaths != before);
}

/* --- The world at its start: process 0 is who made it all; it never runs, but holds handles. */

void ref_start(const struct ref_costs *costs, long machine_pages)
{
	ref = (struct ref_world){ .costs = *costs, .running = NONE, .handed = NONE };
	ref_object_make(OBJECT_PROCESS, NONE);
	O(0)->phase = PHASE_RUNS;
	O(ref_object_make(OBJECT_BUDGET, NONE))->limit = machine_pages;
	O(1)->ceiling = LIMIT_PRIORITIES - 1;
}

int ref_budget(int parent, long pages, unsigned ceiling)
{
	int index;

	if (ref_left(parent) < pages)
		return NONE;
	index = ref_object_make(OBJECT_BUDGET, parent);
	if (index == NONE)
		return NONE;
	if (ref_left(parent) < pages) {
		ref_object_unmake(index);
		return NONE;
	}
	O(index)->parent = parent;
	O(index)->limit = pages;
	O(index)->ceiling = ceiling;
	O(index)->depth = O(parent)->depth + 1;
	return index;
}

int ref_process(int payer, int own)
{
	int index = ref_object_make(OBJECT_PROCESS, payer);

	if (index == NONE)
		return NONE;
	O(index)->own = own;
	O(index)->next_number = 1;
	if (ref_object_whole(index, own, ref.costs.process_pages))
		return index;
	ref_object_unmake(index);
	return NONE;
}

int ref_thread(int process, unsigned priority)
{
	int own = O(process)->own, index = ref_object_make(OBJECT_THREAD, own);

	if (index == NONE)
		return NONE;
	if (!ref_object_part(index, own, ref.costs.futex)) {
		ref_object_unmake(index);
		return NONE;
	}
	O(index)->process = process;
	O(index)->number = O(process)->next_number++;
	O(index)->base = O(index)->priority = priority;
	O(index)->state = STATE_READY;
	O(index)->stamp = ref_tick();
	O(process)->phase = PHASE_RUNS;
	return index;
}

void ref_extra(int process, long pages, const unsigned *bytes, unsigned count)
{
	if (!ref_object_whole(process, O(process)->own, pages))
		ref_differ("the model's world does not fit");
	for (unsigned i = 0; i < count; i++)
		if (!ref_object_part(process, O(process)->own, bytes[i]))
			ref_differ("the model's world does not fit");
}

bool ref_full(void)
{
	return ref.vague || ref.object_count > REF_OBJECTS - 8 || ref.handle_count > REF_HANDLES - 12 || ref.token_count > REF_HANDLES - 8;
}
