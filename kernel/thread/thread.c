/* thread.c - threads: slots, results, beginning and end. */
#include "thread/thread.h"
#include "thread/deadline.h"
#include "thread/futex.h"
#include "thread/inherit.h"
#include "thread/schedule.h"

void (*thread_unwait)(struct thread *thread);

static struct thread_slot *slots;
static size_t slot_count, slots_used; /* all there are; one past the last that ever had a thread: the lowest are taken first */
static uint32_t first_free; /* 0: none; slot 0 is never used, so that no token is 0 */

#define TOKEN_SLOT_MASK (((token_t)1 << TOKEN_SLOT_BITS) - 1)
#define TOKEN_FIRST ((token_t)1 << TOKEN_SLOT_BITS)

void thread_slots_init(struct thread_slot *memory, size_t count)
{
	slots = memory;
	slot_count = count;
	slots_used = 1;
	first_free = 0;
	for (size_t i = count; i-- > 1;) {
		slots[i] = (struct thread_slot){ .token = TOKEN_FIRST | i, .next_free = first_free };
		first_free = (uint32_t)i;
	}
}

struct thread *thread_by_slot(size_t slot)
{
	return slots[slot].thread;
}

size_t thread_slot_count(void)
{
	return slots_used;
}

struct thread *thread_by_token(token_t token)
{
	token_t slot = token & TOKEN_SLOT_MASK;
	struct thread *thread = slot < slot_count ? slots[slot].thread : NULL;

	return thread && thread->token == token && thread->state == STATE_SERVED ? thread : NULL;
}

void thread_token_next(struct thread *thread)
{
	thread->token += TOKEN_FIRST;
}

static void slot_take(struct thread *thread)
{
	struct thread_slot *slot = &slots[first_free];

	slots_used = max_size(slots_used, first_free + 1);
	first_free = slot->next_free;
	slot->thread = thread;
	thread->token = slot->token;
}

static void slot_free(struct thread *thread)
{
	uint32_t index = (uint32_t)(thread->token & TOKEN_SLOT_MASK);

	slots[index] = (struct thread_slot){ .token = thread->token + TOKEN_FIRST, .next_free = first_free };
	first_free = index;
}

err_t thread_new(struct process *process, unsigned priority, struct thread **out)
{
	struct thread *thread;

	if (!first_free)
		return E_LIMIT;
	thread = object_alloc(process->own, OBJECT_THREAD, sizeof *thread);
	if (!thread)
		return E_BUDGET;
	thread->futex = futex_new(process->own);
	if (!thread->futex) {
		object_cancel(&thread->object);
		return E_BUDGET;
	}
	slot_take(thread);
	list_init(&thread->wait_link);
	list_init(&thread->attend_link);
	list_init(&thread->parked_link);
	pqueue_init(&thread->owned);
	thread->deadline.key = NEVER_NS; /* in no heap */
	thread->process = process;
	thread->number = process->next_thread++;
	thread_base_priority_set(thread, priority);
	thread->priority = (uint8_t)priority;
	thread->handles = process->handles.first;
	thread->state = STATE_READY;
	list_append(&process->threads, &thread->process_link);
	process->thread_count++;
	object_hold(&thread->object); /* the process's list */
	*out = thread;
	return E_OK;
}

static void owned_release(struct thread *thread)
{
	struct pqueue_node *node;

	while ((node = pqueue_top(&thread->owned))) {
		pqueue_remove(node);
		CONTAINER_OF(node, struct thread, owner_node)->owner = NULL;
	}
}

/* Its own process's threads alone can wait for a futex it owns, and each counts against that process: not bounded by
 * others. */
void thread_end(struct thread *thread)
{
	struct process *process = thread->process;

	if (thread->state == STATE_DEAD)
		return;
	thread_unwait(thread);
	deadline_forget(thread);
	mailbox_unattend(thread);
	owned_release(thread);
	thread_block(thread, STATE_DEAD);
	slab_free(thread->futex);
	slot_free(thread);
	list_remove(&thread->process_link);
	process->thread_count--;
	thread->object.dead = true;
	object_release(&thread->object);
}

static void thread_mark(struct object *object)
{
	(void)object; /* dead is set by thread_end; what is left is memory */
}

/* A thread object dies alone only after thread_end. With its budget it may be met alive: its process is on that
 * budget and was ended first, so it never is. */
static bool thread_step(struct object *object)
{
	struct thread *thread = CONTAINER_OF(object, struct thread, object);

	assert(thread->state == STATE_DEAD);
	return true;
}

void thread_result(struct thread *thread, err_t error, const uintptr_t *results, unsigned count)
{
	uintptr_t *x = thread->registers.x;

	x[X_A1] = x[X_A1 + 1] = x[X_A1 + 2] = x[X_A1 + 3] = x[X_A1 + 4] = x[X_A1 + 5] = x[X_A7] = 0;
	for (unsigned i = 0; i < count; i++)
		x[X_A1 + i] = results[i];
	x[X_A0] = (uintptr_t)error;
	x[X_T0] = x[X_T1] = x[X_T2] = 0;
	x[X_T3] = x[X_T4] = x[X_T5] = x[X_T6] = 0;
}

_Static_assert(offsetof(struct thread, bare) == offsetof(struct thread, registers) + sizeof(struct registers), "entry.S knows this");

void thread_dress(struct thread *thread)
{
	if (thread->bare)
		thread_result(thread, E_OK, NULL, 0);
	thread->bare = 0;
}

void thread_words_copy(struct thread *to, const struct thread *from)
{
	for (unsigned i = 0; i < 6; i++)
		to->registers.x[X_A1 + i] = from->registers.x[X_A1 + i];
}

static void waits_on_id(const struct thread *thread, struct abi_thread_state *state)
{
	const struct object *object = NULL;

	if (thread->state == STATE_CALLING)
		object = thread->mailbox->object;
	else if (thread->state == STATE_RECEIVING)
		object = thread->attends->object;
	else if (thread->state == STATE_SERVED)
		object = &thread_taker(thread)->object;
	else if (thread->state == STATE_FUTEX && thread->owner)
		object = &thread->owner->object;
	if (object)
		object_id(object, state->waits_on);
}

void thread_state_read(const struct thread *thread, struct abi_thread_state *state)
{
	bool stopped = thread->process->stopped && thread->state == STATE_READY;
	unsigned shown = thread->state == STATE_REAPING ? STATE_READY : thread->state;

	if (thread_has_faulted(thread))
		shown = STATE_FAULTED;
	*state = (struct abi_thread_state){
		.number = thread->number,
		.state = stopped ? STATE_STOPPED : shown,
		.priority = thread->base_priority,
		.effective = thread->priority,
		.deadline_ns = thread->has_deadline ? thread->deadline_ns : NEVER_NS,
	};
	waits_on_id(thread, state);
}

void thread_check(const struct object *object)
{
	struct thread *thread = CONTAINER_OF(object, struct thread, object);

	if (thread->state == STATE_DEAD)
		return;
	assert(slots[thread->token & TOKEN_SLOT_MASK].thread == thread);        /* I5 */
	assert(!thread->has_deadline || thread_waits(thread));                  /* I2 */
	assert(!thread->has_deadline || deadline_is_covered(thread, thread->deadline_ns));
	assert(heap_holds(&thread->deadline) == (thread->deadline.key != NEVER_NS));
	assert(thread->buffer_room == thread_buffer_room(thread) || !thread->buffer_size); /* I7 */
	assert(!thread->has_room || (thread_waits(thread) && !thread->message.address)); /* I6 */
	assert(!thread->serving || thread->serving->server_thread == thread);   /* I3 */
	assert(!thread->server_thread || thread->server_thread->serving == thread);
	assert((thread->state == STATE_SERVED) == (thread_taker(thread) != NULL));
	assert(thread->priority >= thread->base_priority && thread->calm == thread->base_priority * 0x101u);
	assert(thread->handles == thread->process->handles.first || thread->process->phase >= PROCESS_ENDING);
	assert(!thread->bare || thread->state == STATE_READY);                  /* I8 */
}

const struct object_type thread_type = { .mark = thread_mark, .step = thread_step };
