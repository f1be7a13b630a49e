/* schedule.h - which thread runs: 32 fixed priorities, round robin within one, constant time.
 *
 *   I1  cpu.current is READY and in no ready list, or NULL
 *   I2  after schedule() no ready thread has a higher priority than cpu.current
 *   I3  bit p of cpu.ready_bits is set if and only if ready list p is not empty
 * Handing over (call, reply) makes the other side current at once: it inherits at least the priority of who hands over.
 * CPU time is charged on a change of the paying budget only, so handing over costs no look at the clock. */
#pragma once
#include "thread/thread.h"

#define SLICE_NS 10000000u /* round robin within a priority */

struct cpu {
	struct thread *current;
	struct list ready[LIMIT_PRIORITIES];
	uint32_t ready_bits;
	bool slice_over;
	struct budget *charged;   /* who pays since charged_since_ns */
	uint64_t charged_since_ns;
	uint64_t slice_end_ns;
	uint64_t timer_ns;        /* what the timer is set to */
};
extern struct cpu cpu;

void schedule_init(void);
void thread_ready(struct thread *thread);        /* it may run again: to the back of its priority */
void thread_block(struct thread *thread, unsigned state); /* leaves the CPU or its ready list */
void thread_hand_over(struct thread *to);        /* to runs now, if nothing ready is higher */
void thread_priority_apply(struct thread *thread, unsigned priority); /* keeps the ready lists right */
void thread_unready(struct thread *thread);      /* out of its ready list or off the CPU, still READY (stopped, ending) */
void thread_yield(void);
void schedule(void);                             /* end of every trap: chooses, switches, sets the timer */
void schedule_tick(void);                        /* the timer fired */
void schedule_budget_gone(const struct budget *budget); /* it is being freed: nothing more is charged to it */
void schedule_check(void);
