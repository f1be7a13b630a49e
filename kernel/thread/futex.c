/* futex.c - private futexes with owners. */
#include "thread/futex.h"
#include "thread/deadline.h"
#include "thread/inherit.h"
#include "thread/mailbox.h"
#include "thread/schedule.h"

struct futex *futex_new(struct budget *payer)
{
	struct futex *futex = slab_alloc(&payer->account, sizeof *futex);

	if (futex) {
		pqueue_init(&futex->waiters);
		list_init(&futex->spares);
	}
	return futex;
}

static struct futex *futex_at(const struct process *process, uintptr_t address)
{
	struct tree_node *node = tree_find(&process->futexes, address);

	return node ? CONTAINER_OF(node, struct futex, node) : NULL;
}

static void record_bring(struct thread *thread, uintptr_t address)
{
	struct futex *futex = futex_at(thread->process, address);

	if (futex) {
		list_append(&futex->spares, &thread->futex->spares);
		thread->futex = futex;
		return;
	}
	tree_insert(&thread->process->futexes, &thread->futex->node, address);
}

static void record_take(struct thread *thread)
{
	struct futex *futex = thread->futex;
	struct list *spare = list_pop(&futex->spares);

	if (spare)
		thread->futex = CONTAINER_OF(spare, struct futex, spares);
	else
		tree_remove(&thread->process->futexes, &futex->node);
}

void futex_block(struct thread *self, uintptr_t address, struct thread *owner, uint64_t deadline_ns)
{
	record_bring(self, address);
	pqueue_insert(&self->futex->waiters, &self->item.node, self->priority);
	deadline_set(self, deadline_ns);
	thread_block(self, STATE_FUTEX);
	self->owner = owner;
	if (owner) {
		pqueue_insert(&owner->owned, &self->owner_node, self->priority);
		if (owner->attends)
			mailbox_calm(owner->attends);
		inherit_update(owner);
	}
}

void futex_leave(struct thread *thread)
{
	struct thread *owner = thread->owner;

	thread->state = STATE_READY; /* waits no more: a ring of owners may lead back to it below */
	pqueue_remove(&thread->item.node);
	record_take(thread);
	thread->owner = NULL;
	deadline_clear(thread);
	if (owner) {
		pqueue_remove(&thread->owner_node);
		inherit_update(owner);
	}
}

bool futex_wake_one(struct process *process, uintptr_t address)
{
	struct futex *futex = futex_at(process, address);
	struct thread *thread;

	if (!futex)
		return false;
	thread = CONTAINER_OF(pqueue_top(&futex->waiters), struct thread, item.node);
	futex_leave(thread);
	thread_result(thread, E_OK, NULL, 0);
	thread_ready(thread);
	return true;
}
