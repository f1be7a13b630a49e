/* deadline.c - threads that wait until a time. */
#include "thread/deadline.h"
#include "thread/schedule.h"

void (*deadline_expired)(struct thread *thread);
static struct heap deadlines;

/* More in one interrupt would hold up the others; the timer is still due, so the rest follow at once. */
enum { EXPIRIES_PER_INTERRUPT = 8 };

static void take_out(struct thread *thread)
{
	heap_remove(&deadlines, &thread->deadline);
	thread->deadline.key = NEVER_NS;
}

static void place(struct thread *thread, uint64_t when_ns)
{
	if (heap_holds(&thread->deadline))
		take_out(thread);
	heap_insert(&deadlines, &thread->deadline, when_ns);
	schedule_need();
}

void deadline_set(struct thread *thread, uint64_t when_ns)
{
	assert(!thread->has_deadline);
	if (when_ns == NEVER_NS)
		return;
	if (!deadline_is_covered(thread, when_ns))
		place(thread, when_ns);
	thread->deadline_ns = when_ns;
	thread->has_deadline = true;
}

void deadline_clear(struct thread *thread)
{
	thread->has_deadline = false;
}

void deadline_forget(struct thread *thread)
{
	thread->has_deadline = false;
	if (heap_holds(&thread->deadline))
		take_out(thread);
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
		bool lends = thread->loan.pages;

		if (thread->has_deadline && thread->deadline_ns > now_ns) {
			place(thread, thread->deadline_ns);
			continue;
		}
		take_out(thread);
		if (!thread->has_deadline)
			continue;
		thread->has_deadline = false;
		deadline_expired(thread);
		if (lends) /* taking that back is work enough */
			return;
	}
}
