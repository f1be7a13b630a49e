/* messages.c - of the reference model: what waits where, who receives it, who is raised, and who runs. */
#include "world.h"

uint64_t ref_tick(void)
{
	return ++ref.clock + (UINT64_MAX >> 1);
}

static uint64_t front_tick(void)
{
	return (uint64_t)--ref.front + (UINT64_MAX >> 1);
}

/* --- Waiting and its end. */

/* To the back of its equals; who runs stays where it is. */
void ref_wake(int index)
{
	struct ref_object *thread = O(index);

	thread->state = STATE_READY;
	thread->loose = false;
	thread->woken = true;
	thread->deadline = REF_NEVER;
	thread->at = thread->via = thread->taker = thread->server_thread = thread->owner = NONE;
	thread->forwarded = thread->reply_stale = false;
	thread->message = (struct ref_message){ .given = false };
	if (index != ref.running)
		thread->stamp = ref_tick();
}

void ref_answer(int index, unsigned error)
{
	ref_wake(index);
	O(index)->expect.set = O(index)->expect.check = true;
	O(index)->expect.errors = 1u << error;
	O(index)->expect.count = 0;
	O(index)->expect.token_kind = 0;
}

/* The call was taken: from now on no token names it. */
void ref_call_unlink(int index)
{
	struct ref_object *caller = O(index);

	if (caller->server_thread != NONE)
		O(caller->server_thread)->serving = NONE;
	caller->server_thread = caller->taker = NONE;
	caller->token = 0;
}

void ref_answer_call(int index, unsigned error)
{
	if (O(index)->state == STATE_SERVED)
		ref_call_unlink(index);
	ref_answer(index, error);
	O(index)->loose = true; /* C4 */
}

/* CANCELLED tells of calls that were parked. */
void ref_call_end_early(int index, unsigned error)
{
	int via = O(index)->via;
	bool is_parked = O(index)->state == STATE_SERVED && O(index)->server_thread == NONE;

	ref_answer_call(index, error);
	if (is_parked && via != NONE)
		ref_post(via, SIGNAL_CANCELLED);
}

void ref_park(int index)
{
	int caller = O(index)->serving;

	if (caller != NONE)
		O(caller)->server_thread = NONE;
	O(index)->serving = NONE;
}

/* --- What is queued at a server: calling threads, sends, notices. */

struct item {
	enum { NOTHING, CALLS, SENT, NOTICE } what;
	int index;
	unsigned priority;
	uint64_t stamp;
	bool loose;
};

static bool is_shown(const struct item *item, const struct ref_seen *seen)
{
	unsigned kind = seen->info & INFO_KIND;

	if (item->what == CALLS)
		return kind == KIND_CALL && seen->a[1] == O(item->index)->words[0];
	if (item->what == SENT)
		return kind == KIND_SEND && seen->a[1] == ref.sends[item->index].words[0];
	return (kind == KIND_SIGNAL ? seen->a[2] == O(item->index)->bits : kind == KIND_INTERRUPT || kind == KIND_EXIT) && seen->badge == O(item->index)->badge;
}

/* Among equals the first come is first, but where a place is open (C4): then the one that was received. */
static void consider(struct item *top, struct item item, const struct ref_seen *seen)
{
	if (seen && top->what != NOTHING && item.priority == top->priority && (item.loose || top->loose)) {
		bool chosen = is_shown(&item, seen) && !is_shown(top, seen);

		if (chosen)
			*top = item;
		else if (!is_shown(top, seen) && item.stamp < top->stamp)
			*top = item;
		return;
	}
	if (top->what == NOTHING || item.priority > top->priority || (item.priority == top->priority && item.stamp < top->stamp))
		*top = item;
}

static struct item top_item(int server, const struct ref_seen *seen)
{
	struct item top = { .what = NOTHING };

	for (int i = 0; i < ref.object_count; i++) {
		const struct ref_object *object = O(i);

		if (object->type == OBJECT_THREAD && object->state == STATE_CALLING && object->at == server)
			consider(&top, (struct item){ CALLS, i, object->priority, object->stamp, object->loose }, seen);
		else if (object->bits && object->server == server && !object->gone)
			consider(&top, (struct item){ NOTICE, i, object->notice_priority, object->notice_stamp, false }, seen);
	}
	for (int i = 0; i < REF_SENDS; i++)
		if (ref.sends[i].used && ref_server_of(ref.sends[i].connection) == server)
			consider(&top, (struct item){ SENT, i, ref.sends[i].priority, ref.sends[i].stamp, false }, seen);
	return top;
}

bool ref_sends_queued(int connection)
{
	for (int i = 0; i < REF_SENDS; i++)
		if (ref.sends[i].used && ref.sends[i].connection == connection)
			return true;
	return false;
}

static void send_drop(struct ref_send *send)
{
	for (unsigned i = 0; i < send->count; i++)
		ref_handle_close(send->handles[i]);
	send->used = false;
}

void ref_sends_drop(int connection)
{
	for (int i = 0; i < REF_SENDS; i++)
		if (ref.sends[i].used && ref.sends[i].connection == connection)
			send_drop(&ref.sends[i]);
}

/* --- Handles in messages. */

unsigned ref_transfer_errors(int from, const struct ref_message *message, unsigned accept)
{
	unsigned errors = message->count > accept ? 1u << E_HANDLE_ROOM : 0;

	for (unsigned i = 0; i < message->count; i++) {
		int handle = ref_handle_of(from, message->send[i]);

		if (handle == NONE)
			errors |= 1u << E_BAD_HANDLE;
		else if (ref.handles[handle].object == NONE)
			errors |= 1u << E_PEER_GONE;
		else if (!(ref.handles[handle].rights & RIGHT_TRANSFER) || ref.handles[handle].rights & RIGHT_RECEIVE)
			errors |= 1u << E_RIGHTS;
	}
	return errors;
}

unsigned ref_transfer(int from, const struct ref_message *message, int to, const uint32_t *values)
{
	for (unsigned i = 0; i < message->count; i++) {
		const struct ref_handle *handle = &ref.handles[ref_handle_of(from, message->send[i])];

		ref_handle_make(to, handle->object, handle->rights, values[i]);
	}
	return message->count;
}

/* --- Receiving. */

static void received(int index, unsigned kind, uintptr_t badge, const uintptr_t *words, unsigned word_count, unsigned info)
{
	struct ref_object *thread = O(index);
	bool stale = thread->reply_stale;

	thread->reply_stale = false;
	ref_answer(index, E_OK);
	thread->expect.token_kind = kind;
	thread->expect.badge = badge;
	thread->expect.info = kind | info | (stale ? INFO_REPLY_STALE : 0);
	thread->expect.count = word_count;
	for (unsigned i = 0; i < word_count; i++)
		thread->expect.a[i] = words[i];
}

static void token_given(int receiver, int caller)
{
	uintptr_t token = ref_look(receiver).token;

	for (int i = 0; i < ref.token_count; i++)
		if (ref.tokens[i] == token)
			ref_differ("token %#lx was given before", (unsigned long)token);
	ref.tokens[ref.token_count++] = token;
	O(caller)->token = token;
}

/* False: the call failed on what it brings, its caller knows, and the receiver waits on. */
static bool receive_call(int index, int caller_index)
{
	struct ref_object *thread = O(index), *caller = O(caller_index);
	static const struct ref_message empty;
	const struct ref_message *message = caller->forwarded ? &empty : &caller->message;
	unsigned errors = ref_transfer_errors(caller->process, message, thread->message.accept), elsewhere = 0;
	const struct ref_seen seen = ref_look(caller_index);
	unsigned handles;

	EACH_OBJECT(i, OBJECT_THREAD) /* C3: it may have been refused for another, that accepts fewer handles */
		if (O(i)->state == STATE_RECEIVING && O(i)->at == thread->at)
			elsewhere |= ref_transfer_errors(caller->process, message, O(i)->message.accept);
	if (errors || (!seen.waits && seen.a[0] && seen.a[0] < 32 && elsewhere >> seen.a[0] & 1)) {
		errors |= elsewhere;
		ref_answer(caller_index, E_OK);
		caller->expect.errors = errors;
		caller->loose = true;
		return false;
	}
	handles = ref_transfer(caller->process, message, thread->process, ref_look(index).received);
	received(index, KIND_CALL, O(caller->via)->badge, caller->words, REF_WORDS,
	         (caller->forwarded ? INFO_FORWARDED : 0) | handles << INFO_HANDLES_SHIFT);
	token_given(index, caller_index);
	caller->state = STATE_SERVED;
	caller->at = NONE;
	caller->taker = thread->process;
	caller->server_thread = index;
	thread->serving = caller_index;
	thread->attend_stamp = ref_tick();
	return true;
}

/* Handles that the receiver did not say it accepts are dropped; the count tells how many came. */
static void receive_send(int index, struct ref_send *send)
{
	const struct ref_seen seen = ref_look(index);
	unsigned accept = O(index)->message.accept, taken = 0;

	for (unsigned i = 0; i < send->count; i++) {
		struct ref_handle *handle = &ref.handles[send->handles[i]];

		if (taken < accept) {
			int made = ref_handle_make(O(index)->process, handle->object == NONE ? 0 : handle->object, handle->rights, seen.received[taken++]);

			ref.handles[made].object = handle->object;
			ref.handles[made].keeps = handle->keeps;
		}
	}
	received(index, KIND_SEND, O(send->connection)->badge, send->words, REF_WORDS, taken << INFO_HANDLES_SHIFT);
	send_drop(send);
}

static void receive_notice(int index, struct ref_object *from)
{
	uintptr_t words[2] = { from->cause, 0 };

	switch (from->type) {
	case OBJECT_CONNECTION:
		received(index, KIND_SIGNAL, from->badge, (uintptr_t[2]){ 0, from->bits }, 2, 0);
		from->closed_told |= (from->bits & SIGNAL_CLOSED) != 0;
		if (from->closed_told)
			ref_deaths++;
		break;
	case OBJECT_INTERRUPT:
		received(index, KIND_INTERRUPT, from->badge, words, 0, 0);
		break;
	default:
		received(index, KIND_EXIT, from->badge, (uintptr_t[3]){ 0, from->cause, (uintptr_t)(intptr_t)from->code }, 3, 0);
		from->told = true;
		break;
	}
	from->bits = 0;
}

/* C3: any of those that wait: who shows it, else who waits no more, else one of them. */
static int waiting(int server)
{
	int found = NONE;
	unsigned best = 0;

	EACH_OBJECT(i, OBJECT_THREAD)
		if (O(i)->state == STATE_RECEIVING && O(i)->at == server) {
			struct ref_seen seen = ref_look(i);
			struct item item = top_item(server, &seen);
			unsigned fits = 1u + !seen.waits + (!seen.waits && item.what != NOTHING && is_shown(&item, &seen));

			if (fits > best) {
				found = i;
				best = fits;
			}
		}
	return found;
}

/* Never both: messages that wait and threads that wait. */
void ref_pump(int server)
{
	for (;;) {
		struct ref_seen seen;
		struct item item;
		int receiver;

		ref_priorities();
		receiver = waiting(server);
		if (receiver == NONE)
			break;
		seen = ref_look(receiver);
		item = top_item(server, &seen);
		if (item.what == NOTHING)
			break;
		if (item.what == CALLS)
			receive_call(receiver, item.index);
		else if (item.what == SENT)
			receive_send(receiver, &ref.sends[item.index]);
		else
			receive_notice(receiver, O(item.index));
	}
}

void ref_post(int index, uintptr_t bits)
{
	struct ref_object *from = O(index);

	if (from->server == NONE || O(from->server)->gone)
		return;
	if (!from->bits)
		from->notice_stamp = ref_tick();
	from->bits |= bits;
	ref_pump(from->server);
}

/* --- Rings of waiting. */

/* Of those that attend a server the one with the oldest call: it is raised while something is queued there. */
static int raised(int server, bool *is_only)
{
	int found = NONE;
	unsigned count = 0;

	EACH_OBJECT(i, OBJECT_THREAD)
		if (O(i)->attends == server) {
			count++;
			if (found == NONE || O(i)->attend_stamp < O(found)->attend_stamp)
				found = i;
		}
	*is_only &= count == 1;
	return found;
}

/* Whom it waits for, NONE: it does not, or nobody can be named. */
static int waits_for(int thread)
{
	bool ignored = true;

	switch (O(thread)->state) {
	case STATE_CALLING:
		return raised(O(thread)->at, &ignored);
	case STATE_SERVED:
		return O(thread)->server_thread;
	case STATE_FUTEX:
		return O(thread)->owner;
	default:
		return NONE;
	}
}

/* Follows the waiting. DEADLOCK only where it is certain who would have to act; a ring that others have closed has no end. */
static unsigned leads_to(int thread, int wanted, bool is_certain)
{
	for (unsigned links = 0; thread != NONE && thread != wanted; links++) {
		if (links >= LIMIT_CALL_DEPTH)
			return E_CALL_DEPTH;
		if (O(thread)->state == STATE_CALLING)
			raised(O(thread)->at, &is_certain);
		thread = waits_for(thread);
	}
	return thread == wanted && is_certain ? E_DEADLOCK : E_OK;
}

/* In a ring of waiting everybody's priority is held up by everybody's. */
bool ref_in_ring(int thread)
{
	int next = thread;

	for (unsigned links = 0; links <= LIMIT_CALL_DEPTH && next != NONE; links++) {
		next = waits_for(next);
		if (next == thread)
			return true;
	}
	return false;
}

unsigned ref_deadlock(int caller, int server)
{
	bool is_certain = true;
	int attendant = raised(server, &is_certain);

	return leads_to(attendant, caller, is_certain);
}

unsigned ref_futex_deadlock(int waiter, int owner)
{
	return leads_to(owner, waiter, true);
}

/* --- Inheritance: the least priorities that satisfy all rules. */

static bool raise_to(int thread, unsigned priority)
{
	if (thread == NONE || O(thread)->priority >= priority)
		return false;
	O(thread)->priority = priority;
	return true;
}

void ref_priorities(void)
{
	bool changed = true, ignored = true;

	EACH_OBJECT(i, OBJECT_THREAD)
		O(i)->priority = O(i)->base;
	while (changed) {
		changed = false;
		EACH_OBJECT(i, OBJECT_THREAD) {
			if (O(i)->state == STATE_SERVED)
				changed |= raise_to(O(i)->server_thread, O(i)->priority);
			if (O(i)->state == STATE_FUTEX)
				changed |= raise_to(O(i)->owner, O(i)->priority);
		}
		EACH_OBJECT(i, OBJECT_SERVER) {
			struct item top = top_item(i, NULL);

			if (top.what != NOTHING)
				changed |= raise_to(raised(i, &ignored), top.priority);
		}
	}
}

/* --- Who runs. */

static bool wants_cpu(int thread)
{
	return thread != NONE && !O(thread)->gone && O(thread)->state == STATE_READY && !O(O(thread)->process)->stopped;
}

/* For whom a thread works: it is that one's turn. */
int ref_root(int thread)
{
	for (unsigned i = 0; O(thread)->serving != NONE && i < LIMIT_CALL_DEPTH; i++)
		thread = O(thread)->serving;
	return thread;
}

static bool turn_may_be_over(int thread)
{
	return O(ref_root(thread))->used >= REF_SLICE_NS;
}

static bool is_loose(int thread)
{
	return O(thread)->loose || turn_may_be_over(thread);
}

static bool goes_before(int thread, int other)
{
	return O(other)->stamp < O(thread)->stamp && !is_loose(other);
}

static bool may_run(int thread, unsigned top)
{
	bool stays = wants_cpu(ref.running) && O(ref.running)->priority == top;

	if (!wants_cpu(thread) || O(thread)->priority != top)
		return false;
	if (wants_cpu(ref.handed) && O(ref.handed)->priority == top && (thread == ref.handed || !turn_may_be_over(ref.handed)))
		return thread == ref.handed;
	if (thread == ref.running)
		return true;
	if (stays && !is_loose(ref.running))
		return false;
	if (is_loose(thread))
		return true;
	EACH_OBJECT(i, OBJECT_THREAD)
		if (i != ref.running && wants_cpu(i) && O(i)->priority == top && goes_before(thread, i))
			return false;
	return true;
}

void ref_schedule(void)
{
	int seen = ref_runs();
	unsigned top = 0;
	bool anybody = false;

	ref_priorities();
	EACH_OBJECT(i, OBJECT_THREAD)
		if (wants_cpu(i)) {
			anybody = true;
			top = O(i)->priority > top ? O(i)->priority : top;
		}
	if (ref.yielded && ref.running != NONE) {
		O(ref.running)->stamp = ref_tick();
		if (O(ref_root(ref.running))->priority == O(ref.running)->priority)
			O(ref_root(ref.running))->used = 0;
		ref.running = NONE;
	}
	if (seen == NONE ? anybody : !may_run(seen, top))
		ref_differ("thread %d runs; allowed would be, at priority %u: %d, whose turn used %llu", seen, top, ref.handed,
		           ref.handed == NONE ? 0ull : (unsigned long long)O(ref_root(ref.handed))->used);
	if (wants_cpu(ref.running) && ref.running != seen) {
		O(ref.running)->stamp = front_tick(); /* it goes on with its turn, before its equals */
		O(ref.running)->loose |= O(ref.running)->priority == top;
	}
	if (wants_cpu(ref.handed) && ref.handed != seen)
		O(ref.handed)->loose = true;
	ref.running = seen;
	if (seen != NONE)
		O(seen)->loose = false;
	ref.handed = NONE;
	ref.yielded = false;
}
