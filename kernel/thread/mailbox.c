/* mailbox.c - queues of messages, and the threads that attend them. */
#include "thread/mailbox.h"
#include "thread/inherit.h"

struct mailbox mailbox_nowhere;

void mailbox_init(struct mailbox *mailbox, struct object *object)
{
	mailbox->eager = mailbox->keen = mailbox->donor = mailbox->lender = NULL;
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
	mailbox->donor = mailbox->lender = NULL;
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
	if (mailbox->eager || mailbox->keen)
		return mailbox->eager ? mailbox->eager : mailbox->keen;
	return LIST_FIRST(&mailbox->waiting, struct thread, wait_link);
}

/* What makes a thread eager is worked out when it blocks, so that a call need not ask. */
static bool is_eager(const struct mailbox *mailbox, const struct thread *thread)
{
	return mailbox_is_only_attendant(mailbox) && !thread->reply_flags && pqueue_is_empty(&thread->owned);
}

void mailbox_wait(struct mailbox *mailbox, struct thread *thread)
{
	if (!is_eager(mailbox, thread))
		list_append(&mailbox->waiting, &thread->wait_link);
	else if (thread->accept)
		mailbox->keen = thread;
	else
		mailbox->eager = thread;
}

void mailbox_unwait(struct thread *thread)
{
	struct mailbox *mailbox = thread->attends;

	if (mailbox->eager == thread)
		mailbox->eager = NULL;
	else if (mailbox->keen == thread)
		mailbox->keen = NULL;
	else
		list_remove(&thread->wait_link);
}

void mailbox_calm(struct mailbox *mailbox)
{
	struct thread *thread = mailbox->eager ? mailbox->eager : mailbox->keen;

	if (thread)
		list_append(&mailbox->waiting, &thread->wait_link);
	mailbox->eager = mailbox->keen = mailbox->donor = mailbox->lender = NULL;
}

void mailbox_attend(struct mailbox *mailbox, struct thread *thread)
{
	if (thread->attends == mailbox)
		return;
	mailbox_unattend(thread);
	mailbox_calm(mailbox);
	thread->attends = mailbox;
	list_append(&mailbox->attendants, &thread->attend_link);
	inherit_mailbox(mailbox);
}

void mailbox_unattend(struct thread *thread)
{
	struct mailbox *mailbox = thread->attends;

	if (!mailbox)
		return;
	mailbox_calm(mailbox);
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

static void eager_check(const struct mailbox *mailbox, const struct thread *thread, bool accepts)
{
	if (!thread)
		return;
	assert(mailbox_is_only_attendant(mailbox) && thread->attends == mailbox && list_is_empty(&mailbox->waiting));
	assert(thread->state == STATE_RECEIVING && pqueue_is_empty(&thread->owned) && !thread->accept == !accepts);
}

static void answered_check(const struct mailbox *mailbox, const struct thread *caller, bool lends)
{
	if (!caller)
		return;
	assert(mailbox_is_only_attendant(mailbox) && !mailbox_top(mailbox));
	assert(caller->state == STATE_SERVED && caller->kind == KIND_CALL && !caller->accept && !caller->message.address);
	assert(!caller->server_thread->under_way);
	assert(caller->server_thread->attends == mailbox && pqueue_is_empty(&caller->server_thread->owned));
	assert(!caller->loan.pages == !lends);
}

void mailbox_check(const struct mailbox *mailbox)
{
	const struct queue_item *top = mailbox_top(mailbox);

	assert(pqueue_check(&mailbox->queue));
	assert(!top || !mailbox_waiting(mailbox));             /* I1 */
	assert(!mailbox->raised || (top && mailbox->raised->attends == mailbox)); /* I3 */
	assert(!mailbox->eager || !mailbox->keen);
	eager_check(mailbox, mailbox->eager, false);           /* I4 */
	eager_check(mailbox, mailbox->keen, true);
	assert(!mailbox->donor || !mailbox->lender);
	answered_check(mailbox, mailbox->donor, false);        /* I5 */
	answered_check(mailbox, mailbox->lender, true);        /* I6 */
	LIST_FOR_EACH(node, &mailbox->waiting)
		assert(LIST_ENTRY(node, struct thread, wait_link)->state == STATE_RECEIVING);
	LIST_FOR_EACH(node, &mailbox->attendants)
		assert(LIST_ENTRY(node, struct thread, attend_link)->attends == mailbox);
}
