/* futex.h - threads of one process that wait on a word of its memory.
 *
 * Waiters of one address share a record: a node in process->futexes with their queue, by priority. Records are turnstiles:
 * every thread brings one; the first waiter's becomes the record of the address, those of later waiters lie in its spare list,
 * and who leaves takes one along, no matter whose it was. So nothing is allocated to wait, and no step depends on how many
 * wait. A waiter may name the thread that holds what it waits for; that thread is raised meanwhile.
 *   I1  a record in the tree has at least one waiter, and one spare less than waiters
 *   I2  a thread has a record if and only if it does not wait on a futex */
#pragma once
#include "thread/thread.h"

struct futex {
	struct tree_node node;    /* in process->futexes, by address */
	struct pqueue waiters;    /* struct thread.item.node */
	struct list spares;       /* of the address: records lent by later waiters; as a spare: link in that list */
};

struct futex *futex_new(struct budget *payer) must_use; /* NULL: it cannot pay */
/* E_OK: it waits now, and its result will be E_OK or E_TIMEOUT. */
void futex_block(struct thread *self, uintptr_t address, struct thread *owner, uint64_t deadline_ns);
bool futex_wake_one(struct process *process, uintptr_t address); /* false: nobody waits there */
void futex_leave(struct thread *thread); /* stops waiting; the caller decides what becomes of it */
