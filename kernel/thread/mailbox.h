/* mailbox.h - where threads and messages meet: the part of a server that scheduling and inheritance know.
 *
 *   EMPTY --message--> QUEUED --receive--> EMPTY       I1  never both messages queued and threads waiting
 *     +----receive---> WAITING --message--> EMPTY      I2  the queue holds calling threads, send slots and notices
 *                                                      I3  raised is an attendant, and only while something is queued
 *                                                      I4  eager or keen is the only attendant; then nobody else waits
 *                                                      I5  donor is served by the only attendant, who owns no futex that is
 *                                                          waited for; nothing is queued; its call accepts no handles, and
 *                                                          what is left of its header is thread.room
 *                                                      I6  lender is what donor would be, had its call lent no pages
 * The queue is ordered by priority, first come first within one. A thread attends the mailbox it last received from. While
 * something is queued, one attendant - the one with the oldest call - runs at no less than the top's priority. */
#pragma once
#include "thread/thread.h"

struct mailbox {
	struct thread *eager;    /* waits and can be handed to at once (ipc/fast.h): in no list; NULL: nobody */
	struct thread *donor;    /* the caller whose answer is all there is to do here, or NULL */
	struct thread *lender;   /* the same, where the answer returns a loan; at most one of the two */
	struct thread *keen;     /* as eager, but it has set handle slots aside; at most one of the two */
	struct list waiting;     /* struct thread.wait_link: who else waits */
	struct pqueue queue;     /* struct queue_item.node */
	struct list attendants;  /* struct thread.attend_link, oldest call first */
	struct thread *raised;
	struct object *object;   /* the server it belongs to */
};

extern struct mailbox mailbox_nowhere; /* nobody ever waits here */

void mailbox_init(struct mailbox *mailbox, struct object *object);
void mailbox_queue(struct mailbox *mailbox, struct queue_item *item, unsigned priority);
void mailbox_unqueue(struct mailbox *mailbox, struct queue_item *item);
void mailbox_requeue(struct mailbox *mailbox, struct queue_item *item, unsigned priority); /* its sender's priority changed */
struct queue_item *mailbox_top(const struct mailbox *mailbox);          /* NULL: empty */
struct thread *mailbox_waiting(const struct mailbox *mailbox);          /* NULL: nobody */
void mailbox_wait(struct mailbox *mailbox, struct thread *thread);      /* it waits, as eager as can be */
void mailbox_unwait(struct thread *thread);                             /* it waits no longer */
void mailbox_calm(struct mailbox *mailbox);                             /* no short ways from here on; who waits, waits on */
void mailbox_attend(struct mailbox *mailbox, struct thread *thread);    /* thread receives here from now on */
void mailbox_unattend(struct thread *thread);
void mailbox_call_taken(struct thread *thread);                         /* its newest call is now the youngest of all */
void mailbox_check(const struct mailbox *mailbox);

static inline bool mailbox_is_only_attendant(const struct mailbox *mailbox)
{
	return mailbox->attendants.next == mailbox->attendants.prev;
}
