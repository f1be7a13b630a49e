/* mailbox.h - where threads and messages meet: the part of a server that scheduling and inheritance know.
 *
 *   EMPTY --message--> QUEUED --receive--> EMPTY       I1  never both messages queued and threads waiting
 *     +----receive---> WAITING --message--> EMPTY      I2  the queue holds calling threads, send slots and notices
 *                                                      I3  raised is an attendant, and only while something is queued
 * The queue is ordered by priority, first come first within one. A thread attends the mailbox it last received from. While
 * something is queued, one attendant - the one with the oldest call - runs at no less than the top's priority. */
#pragma once
#include "thread/thread.h"

struct mailbox {
	struct list waiting;     /* struct thread.wait_link */
	struct pqueue queue;     /* struct queue_item.node */
	struct list attendants;  /* struct thread.attend_link, oldest call first */
	struct thread *raised;
	struct object *object;   /* the server it belongs to */
};

void mailbox_init(struct mailbox *mailbox, struct object *object);
void mailbox_queue(struct mailbox *mailbox, struct queue_item *item, unsigned priority);
void mailbox_unqueue(struct mailbox *mailbox, struct queue_item *item);
void mailbox_requeue(struct mailbox *mailbox, struct queue_item *item, unsigned priority); /* its sender's priority changed */
struct queue_item *mailbox_top(const struct mailbox *mailbox);          /* NULL: empty */
struct thread *mailbox_waiting(const struct mailbox *mailbox);          /* NULL: nobody */
void mailbox_attend(struct mailbox *mailbox, struct thread *thread);    /* thread receives here from now on */
void mailbox_unattend(struct thread *thread);
void mailbox_call_taken(struct thread *thread);                         /* its newest call is now the youngest of all */
void mailbox_check(const struct mailbox *mailbox);
