/* reaper.c - takes ended objects apart, in the place of a thread. */
#include "thread/reaper.h"
#include "object/reap.h"
#include "thread/schedule.h"

/* What is queued while a thread runs is that thread's doing. */
static unsigned cause(void)
{
	return arch_here()->current ? arch_here()->current->priority : 0;
}

/* Waiters form a ring without a head: object->waiters is the first, or NULL. */
static void waiter_leave(struct thread *thread)
{
	struct list *next = thread->wait_link.next;

	if (thread->reaps->waiters == &thread->wait_link)
		thread->reaps->waiters = next == &thread->wait_link ? NULL : next;
	list_remove(&thread->wait_link);
	thread->reaps = NULL;
}

static void gone(struct object *object)
{
	while (object->waiters) {
		struct thread *thread = LIST_ENTRY(object->waiters, struct thread, wait_link);

		waiter_leave(thread);
		thread_ready(thread);
	}
}

void reaper_init(void)
{
	reap_cause = cause;
	reap_gone = gone;
}

void reaper_wait(struct thread *thread, struct object *object)
{
	if (!object->queued)
		return;
	thread_block(thread, STATE_REAPING);
	thread->reaps = object;
	if (object->waiters)
		list_insert_before(object->waiters, &thread->wait_link);
	else
		object->waiters = &thread->wait_link;
	reap_raise(object, thread->priority);
}

void reaper_unwait(struct thread *thread)
{
	waiter_leave(thread);
}

void reaper_run(void)
{
	int priority = reap_priority();

	do
		reap_step();
	while (reap_priority() >= priority && !arch_interrupt_pending());
}
