/* deadline.c - threads that wait until a time. */
#include "thread/deadline.h"

void (*deadline_expired)(struct thread *thread);
static struct heap deadlines;

/* More in one interrupt would hold up the others; the timer is still due, so the rest follow at once. */
enum { EXPIRIES_PER_INTERRUPT = 8 };

void deadline_set(struct thread *thread, uint64_t when_ns)
{
	assert(!thread->has_deadline);
	if (when_ns == NEVER_NS)
		return;
	heap_insert(&deadlines, &thread->deadline, when_ns);
	thread->has_deadline = true;
}

void deadline_clear(struct thread *thread)
{
	if (!thread->has_deadline)
		return;
	heap_remove(&deadlines, &thread->deadline);
	thread->has_deadline = false;
}

uint64_t deadline_next_ns(void)
{
	const struct heap_node *top = heap_top(&deadlines);

	return top ? top->key : NEVER_NS;
}

void deadlines_expire(uint64_t now_ns)
{
	for (int i = 0; i < EXPIRIES_PER_INTERRUPT; i++) {
		struct heap_node *top = heap_top(&deadlines);

		if (!top || top->key > now_ns)
			return;
		struct thread *thread = CONTAINER_OF(top, struct thread, deadline);

		deadline_clear(thread);
		deadline_expired(thread);
	}
}
