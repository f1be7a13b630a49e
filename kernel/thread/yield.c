/* yield.c - the processor to the next of the same priority, in few steps. */
#include "thread/schedule.h"

/* Only from one who yielded to one who yielded, or at least did nothing that leaves a result (bare); schedule() knows the others. */
quick_t quick_yield(void)
{
	struct arch_cpu *here = arch_here();
	struct thread *self = here->current, *next;
	uint32_t rivals = here->ready_bits >> self->priority;
	struct list *head = &cpu.ready[self->priority], *second, *last;
	struct process *process;

	if (!rivals)
		return 0; /* alone: E_OK */
	next = LIST_ENTRY(head->next, struct thread, wait_link);
	process = next->process;
	if (rivals != 1 || !next->bare || next->serving || !process->quick_space || process->own->unruled_at != cpu.unruled) {
		thread_yield();
		return 0;
	}

	/* The timer stands at the end of a slice that began earlier, or before: schedule_tick will see that it is too early. */
	second = next->wait_link.next;
	head->next = second;
	second->prev = head;
	list_init(&next->wait_link);
	last = head->prev;
	last->next = &self->wait_link;
	self->wait_link.prev = last;
	self->wait_link.next = head;
	head->prev = &self->wait_link;
	next->bare = 0;
	here->current = next;
	arch_space_switch(here, process->quick_space);
	arch_ticks_charge(cpu.charged, &cpu.charged_since);
	cpu.charged = &process->own->cpu_ticks;
	self->slice_left = cpu.slice;
	cpu.turn = next;
	cpu.slice_end = cpu.charged_since + cpu.slice;
	return arch_quick_leave(&next->registers, 0, 0, 0);
}
