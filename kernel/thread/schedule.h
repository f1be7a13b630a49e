/* schedule.h - which thread runs: 32 fixed priorities, round robin within one, constant time.
 *
 *   I1  arch_cpu.current is READY and in no ready list, or NULL
 *   I2  after schedule() no ready thread has a higher priority than arch_cpu.current
 *   I3  bit p of arch_cpu.ready_bits is set if and only if ready list p is not empty
 *   I4  a turn that is timed (slice_end) is that of a live thread, cpu.turn
 * A turn belongs to a thread: SLICE_NS each time it comes to the back of its priority. Who is preempted, or waits for an answer and is
 * handed the CPU back, goes on with what was left; and so does what works for it, so that no short call buys a new turn.
 * Handing over (call, reply) makes the other side current at once: it inherits at least the priority of who hands over.
 * CPU time is charged on a change of the paying budget only, so handing over costs no look at the clock. */
#pragma once
#include "thread/thread.h"

#define SLICE_NS 10000000u /* round robin within a priority */

struct cpu {
	struct list ready[LIMIT_PRIORITIES];
	bool slice_over;          /* the current thread yields */
	struct thread *turn;      /* whose it was when schedule() last looked; NULL: nobody's */
	uint64_t *charged;        /* cpu_ticks of the budget that pays since charged_since, or nobodys_ticks; what follows is in ticks */
	uint64_t charged_since, nobodys_ticks;
	uint64_t slice_end;       /* of the turn; NEVER_NS: not timed */
	uint32_t slice;           /* SLICE_NS */
	uint64_t timer;           /* what the timer is set to: never later than the earliest deadline, slice_end and share_timer */
	uint64_t deadline_ns, deadline; /* the earliest, and what it is in ticks */
	uint32_t shares_changed, unruled; /* how often, from 1; what the unruled_at of who may be switched to quickly is: thread/share.h */
	struct budget *ruler, *second;  /* who owes what is used since ruled_since, or NULL; who owes it as well */
	uint64_t ruled_since, share_timer; /* when a share may be used up, or an exhausted one have time again */
};
extern struct cpu cpu;
extern uint32_t schedule_always; /* UNSETTLED_...: what is left of arch_cpu.unsettled by schedule(); boot sets it */

/* What schedule() decides by has changed: before the kernel returns to a program it must be called. */
static inline void schedule_need(void)
{
	arch_cpu.unsettled |= UNSETTLED_SCHEDULE;
}

/* Whoever paid until now has, and from now on `next` does. */
static inline void schedule_charge(struct budget *next)
{
	if (&next->cpu_ticks == cpu.charged)
		return;
	arch_ticks_charge(cpu.charged, &cpu.charged_since);
	cpu.charged = &next->cpu_ticks;
}

/* It goes to the front of its priority: ready_insert for those who count instructions. */
static inline void schedule_preempted(struct arch_cpu *here, struct thread *thread)
{
	struct list *head = &cpu.ready[thread->priority], *first = head->next;

	here->ready_bits |= 1u << thread->priority;
	thread->wait_link.next = first;
	thread->wait_link.prev = head;
	first->prev = &thread->wait_link;
	head->next = &thread->wait_link;
}

void schedule_init(void);
void thread_ready(struct thread *thread);        /* it may run again: to the back of its priority */
void thread_block(struct thread *thread, unsigned state); /* leaves the CPU or its ready list */
void thread_hand_over(struct thread *to);        /* to runs now, if nothing ready is higher */
void thread_priority_apply(struct thread *thread, unsigned priority); /* keeps the ready lists right */
void thread_unready(struct thread *thread);      /* out of its ready list or off the CPU, still READY (stopped, ending) */
void thread_yield(void);
quick_t quick_yield(void);                       /* the same, as arch_quick_yield; yield.c */
void schedule(void);                             /* end of every trap: chooses, switches, sets the timer */
void schedule_tick(void);                        /* the timer fired */
void schedule_check(void);
