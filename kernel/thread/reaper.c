/* reaper.c - takes ended objects apart, in the place of a thread. */
#include "thread/reaper.h"
#include "object/reap.h"
#include "thread/schedule.h"

static struct list waiters = LIST_EMPTY(waiters);
static int priority; /* of the most urgent cause since the queue was empty */

/* What is queued while a thread runs is that thread's doing; what an interrupt ends has no thread and can wait. */
static void wanted(void)
{
	int cause = cpu.current ? cpu.current->priority : 0;

	if (cause > priority)
		priority = cause;
}

void reaper_init(void)
{
	reap_wanted = wanted;
}

void reaper_wait(struct thread *thread)
{
	thread->reap_ticket = reap_ticket();
	if (reap_passed(thread->reap_ticket))
		return;
	wanted();
	if (thread->priority > priority)
		priority = thread->priority;
	thread_block(thread, STATE_REAPING);
	list_append(&waiters, &thread->wait_link);
}

void reaper_unwait(struct thread *thread)
{
	list_remove(&thread->wait_link);
}

int reaper_priority(void)
{
	return reap_is_empty() ? -1 : priority;
}

/* Waiters have rising tickets, so only the first ones can be through. One a step: their number is theirs to choose. */
static void waiter_wake(void)
{
	struct thread *thread = LIST_FIRST(&waiters, struct thread, wait_link);

	if (!thread || !reap_passed(thread->reap_ticket))
		return;
	list_remove(&thread->wait_link);
	thread_ready(thread);
}

void reaper_run(void)
{
	do {
		reap_step();
		waiter_wake();
	} while (!reap_is_empty() && !arch_interrupt_pending());
	if (!reap_is_empty())
		return;
	priority = 0;
	while (!list_is_empty(&waiters))
		waiter_wake();
}
