/* mailbox.c - queues of messages, and the threads that attend them. */
#include "thread/mailbox.h"
#include "thread/inherit.h"

void mailbox_init(struct mailbox *mailbox, struct object *object)
{
	list_init(&mailbox->waiting);
	list_init(&mailbox->attendants);
	pqueue_init(&mailbox->queue);
	mailbox->raised = NULL;
	mailbox->object = object;
}

void mailbox_queue(struct mailbox *mailbox, struct queue_item *item, unsigned priority)
{
	assert(!item->queued);
	item->queued = true;
	pqueue_insert(&mailbox->queue, &item->node, priority);
	inherit_mailbox(mailbox);
}

void mailbox_unqueue(struct mailbox *mailbox, struct queue_item *item)
{
	assert(item->queued);
	item->queued = false;
	pqueue_remove(&item->node);
	inherit_mailbox(mailbox);
}

void mailbox_requeue(struct mailbox *mailbox, struct queue_item *item, unsigned priority)
{
	pqueue_remove(&item->node);
	pqueue_insert(&mailbox->queue, &item->node, priority);
}

struct queue_item *mailbox_top(const struct mailbox *mailbox)
{
	struct pqueue_node *node = pqueue_top(&mailbox->queue);

	return node ? CONTAINER_OF(node, struct queue_item, node) : NULL;
}

struct thread *mailbox_waiting(const struct mailbox *mailbox)
{
	return LIST_FIRST(&mailbox->waiting, struct thread, wait_link);
}

void mailbox_attend(struct mailbox *mailbox, struct thread *thread)
{
	if (thread->attends == mailbox)
		return;
	mailbox_unattend(thread);
	thread->attends = mailbox;
	list_append(&mailbox->attendants, &thread->attend_link);
	inherit_mailbox(mailbox);
}

void mailbox_unattend(struct thread *thread)
{
	struct mailbox *mailbox = thread->attends;

	if (!mailbox)
		return;
	list_remove(&thread->attend_link);
	thread->attends = NULL;
	inherit_mailbox(mailbox);
}

void mailbox_call_taken(struct thread *thread)
{
	struct mailbox *mailbox = thread->attends;

	list_remove(&thread->attend_link);
	list_append(&mailbox->attendants, &thread->attend_link);
	if (mailbox->raised == thread) /* more is queued: the one with the oldest call is another now */
		inherit_mailbox(mailbox);
}

void mailbox_check(const struct mailbox *mailbox)
{
	const struct queue_item *top = mailbox_top(mailbox);

	assert(pqueue_check(&mailbox->queue));
	assert(!top || !mailbox_waiting(mailbox));             /* I1 */
	assert(!mailbox->raised || (top && mailbox->raised->attends == mailbox)); /* I3 */
	LIST_FOR_EACH(node, &mailbox->waiting)
		assert(LIST_ENTRY(node, struct thread, wait_link)->state == STATE_RECEIVING);
	LIST_FOR_EACH(node, &mailbox->attendants)
		assert(LIST_ENTRY(node, struct thread, attend_link)->attends == mailbox);
}
