/* inherit.c - priority inheritance through messages and futexes. */
#include "thread/inherit.h"
#include "thread/futex.h"
#include "thread/schedule.h"

static unsigned raise_to(unsigned priority, const struct pqueue *queue)
{
	const struct pqueue_node *top = pqueue_top(queue);

	return top && top->priority > priority ? top->priority : priority;
}

static unsigned effective_priority(const struct thread *thread)
{
	unsigned priority = thread->base_priority;

	if (thread->serving && thread->serving->priority > priority)
		priority = thread->serving->priority;
	if (thread->attends && thread->attends->raised == thread)
		priority = raise_to(priority, &thread->attends->queue);
	return raise_to(priority, &thread->owned);
}

static void requeue_waiter(struct thread *thread)
{
	pqueue_remove(&thread->item.node);
	pqueue_insert(&thread->futex->waiters, &thread->item.node, thread->priority);
	if (thread->owner) {
		pqueue_remove(&thread->owner_node);
		pqueue_insert(&thread->owner->owned, &thread->owner_node, thread->priority);
	}
}

/* Who works for a waiting thread now, and has its place in a queue corrected? */
static struct thread *pass_on(struct thread *thread)
{
	switch (thread->state) {
	case STATE_CALLING:
		if (!thread->item.queued)
			return NULL; /* it is just leaving the queue; a ring of several attendants leads back to it */
		mailbox_requeue(thread->mailbox, &thread->item, thread->priority);
		return thread->mailbox->raised;
	case STATE_SERVED:
		return thread->server_thread;
	case STATE_FUTEX:
		requeue_waiter(thread);
		return thread->owner;
	default:
		return NULL;
	}
}

void inherit_update(struct thread *thread)
{
	for (unsigned link = 0; thread && link <= LIMIT_CALL_DEPTH; link++) {
		unsigned priority = effective_priority(thread);

		if (priority == thread->priority)
			return;
		thread_priority_apply(thread, priority);
		thread = pass_on(thread);
	}
}

void inherit_mailbox(struct mailbox *mailbox)
{
	struct thread *before = mailbox->raised;
	struct thread *now = LIST_FIRST(&mailbox->attendants, struct thread, attend_link);

	if (!mailbox_top(mailbox))
		now = NULL;
	mailbox->raised = now;
	if (before && before != now)
		inherit_update(before);
	if (now)
		inherit_update(now);
}

/* The thread whose progress a thread waits for, or NULL: it can run, or nobody in particular. */
static const struct thread *waits_for(const struct thread *thread)
{
	switch (thread->state) {
	case STATE_CALLING:
		return LIST_FIRST(&thread->mailbox->attendants, struct thread, attend_link);
	case STATE_SERVED:
		return thread->server_thread;
	case STATE_FUTEX:
		return thread->owner;
	default:
		return NULL;
	}
}

/* A ring is only certain where each mailbox on the way has one attendant: another one might still answer. */
static bool is_certain(const struct mailbox *mailbox)
{
	return mailbox->attendants.next == mailbox->attendants.prev;
}

static err_t probe(const struct thread *from, const struct thread *next, bool certain, unsigned links)
{
	for (; next; next = waits_for(next)) {
		if (next == from)
			return certain ? E_DEADLOCK : E_OK;
		if (++links > LIMIT_CALL_DEPTH)
			return E_CALL_DEPTH;
		if (next->state == STATE_CALLING)
			certain = certain && is_certain(next->mailbox);
	}
	return E_OK;
}

err_t inherit_probe(const struct thread *caller, const struct mailbox *mailbox)
{
	const struct thread *next = LIST_FIRST(&mailbox->attendants, struct thread, attend_link);

	return probe(caller, next, is_certain(mailbox), caller->depth);
}

err_t inherit_probe_owner(const struct thread *waiter, const struct thread *owner)
{
	return probe(waiter, owner, true, 0);
}
