/* schedule.c - which thread runs. */
#include "thread/schedule.h"
#include "thread/deadline.h"
#include "object/reap.h"
#include "thread/reaper.h"
#include "trace/trace.h"

struct cpu cpu;
uint32_t schedule_always;

void schedule_init(void)
{
	arch_cpu.current = NULL;
	arch_cpu.ready_bits = arch_cpu.reap_bits = 0;
	arch_cpu.unsettled = schedule_always;
	cpu = (struct cpu){ .timer = NEVER_NS, .slice_end = NEVER_NS, .deadline_ns = NEVER_NS, .deadline = NEVER_NS };
	cpu.charged = &cpu.nobodys_ticks;
	cpu.slice = arch_ticks_from_ns(SLICE_NS);
	for (unsigned i = 0; i < LIMIT_PRIORITIES; i++)
		list_init(&cpu.ready[i]);
}

static void ready_insert(struct thread *thread, bool front)
{
	struct list *list = &cpu.ready[thread->priority];

	(front ? list_prepend : list_append)(list, &thread->wait_link);
	arch_cpu.ready_bits |= 1u << thread->priority;
	schedule_need();
}

static void ready_remove(struct thread *thread)
{
	list_remove(&thread->wait_link);
	if (list_is_empty(&cpu.ready[thread->priority]))
		arch_cpu.ready_bits &= ~(1u << thread->priority);
	schedule_need();
}

static bool is_listed(const struct thread *thread)
{
	return thread->state == STATE_READY && !list_is_empty(&thread->wait_link);
}

static int top_ready(void)
{
	return arch_cpu.ready_bits ? 31 - __builtin_clz(arch_cpu.ready_bits) : -1;
}

void thread_ready(struct thread *thread)
{
	thread->state = STATE_READY;
	if (thread != arch_cpu.current && process_runs(thread->process))
		ready_insert(thread, false);
}

void thread_unready(struct thread *thread)
{
	if (is_listed(thread))
		ready_remove(thread);
	if (arch_cpu.current == thread)
		arch_cpu.current = NULL;
	schedule_need();
}

void thread_block(struct thread *thread, unsigned state)
{
	thread_unready(thread);
	thread->state = (uint8_t)state;
}

void thread_priority_apply(struct thread *thread, unsigned priority)
{
	bool listed = is_listed(thread);

	if (listed)
		ready_remove(thread);
	thread->priority = (uint8_t)priority;
	if (listed)
		ready_insert(thread, false);
	schedule_need();
}

/* The slice goes with the CPU: slice_end_ns stays as it is. */
void thread_hand_over(struct thread *to)
{
	to->state = STATE_READY;
	if (!process_runs(to->process))
		return;
	if (arch_cpu.current || top_ready() > to->priority) {
		ready_insert(to, true);
		return;
	}
	arch_cpu.current = to;
	schedule_need();
}

void thread_yield(void)
{
	cpu.slice_over = true;
	schedule_need();
}

void schedule_tick(void)
{
	uint64_t now = arch_ticks();

	cpu.timer = NEVER_NS; /* it fires once */
	deadlines_expire(arch_ticks_to_ns(now));
	if (now >= cpu.slice_end)
		cpu.slice_over = true;
}

/* A caller's budget pays for all that works for it, down the chain. */
static struct budget *paying_budget(const struct thread *thread)
{
	for (unsigned i = 0; thread->serving && i < LIMIT_CALL_DEPTH; i++)
		thread = thread->serving;
	return thread->process->own;
}

static void charge(uint64_t *next)
{
	if (next == cpu.charged)
		return;
	arch_ticks_charge(cpu.charged, &cpu.charged_since);
	cpu.charged = next;
}

void schedule_budget_gone(const struct budget *budget)
{
	if (cpu.charged == &budget->cpu_ticks)
		cpu.charged = &cpu.nobodys_ticks;
}

/* The earliest deadline is seldom another one than before, and only then its ticks must be worked out. */
static void set_timer(void)
{
	uint64_t when_ns = deadline_next_ns(), when;

	if (when_ns != cpu.deadline_ns) {
		cpu.deadline_ns = when_ns;
		cpu.deadline = arch_ticks_from_ns(when_ns);
	}
	when = cpu.slice_end < cpu.deadline ? cpu.slice_end : cpu.deadline;
	if (when == cpu.timer)
		return;
	cpu.timer = when;
	arch_timer_set(when);
}

/* A slice is timed only while somebody of the same priority waits for its end. */
static void set_slice(bool fresh)
{
	if (!arch_cpu.current || !(arch_cpu.ready_bits >> arch_cpu.current->priority & 1))
		cpu.slice_end = NEVER_NS;
	else if (fresh || cpu.slice_end == NEVER_NS)
		cpu.slice_end = arch_ticks() + cpu.slice;
}

/* Threads whose process must not run were ready before that was known; they leave the list when met. */
static struct thread *pick(void)
{
	int top;

	while ((top = top_ready()) >= 0) {
		struct thread *thread = LIST_FIRST(&cpu.ready[top], struct thread, wait_link);

		ready_remove(thread);
		if (process_runs(thread->process))
			return thread;
	}
	return NULL;
}

static void put_back(void)
{
	struct thread *thread = arch_cpu.current;
	bool over = cpu.slice_over;

	arch_cpu.current = NULL;
	if (process_runs(thread->process))
		ready_insert(thread, !over);
}

static bool must_choose(void)
{
	const struct thread *thread = arch_cpu.current;

	if (!thread || !process_runs(thread->process))
		return true;
	return top_ready() > thread->priority || (cpu.slice_over && top_ready() == thread->priority);
}

static void switch_to(struct thread *thread)
{
	trace(TRACE_SWITCH, thread->object.serial, thread->priority, 0);
	trace_thread = thread->object.serial;
	arch_cpu.frame = &thread->registers;
	arch_space_activate(thread->process->space.root);
}

/* Objects that ended are taken apart here while nothing more urgent is ready. Interrupts that come meanwhile are taken
 * between steps; their handlers make threads ready and come back here by return, not by nesting. */
static void reap(void)
{
	int runs = arch_cpu.current ? arch_cpu.current->priority : -1;

	while (reap_priority() >= 0 && reap_priority() >= top_ready() && reap_priority() >= runs) {
		reaper_run();
		arch_interrupt_poll();
	}
}

void schedule(void)
{
	struct thread *before = arch_cpu.current;
	bool fresh = cpu.slice_over;

	reap();
	if (must_choose()) {
		if (arch_cpu.current)
			put_back();
		arch_cpu.current = pick();
		fresh = fresh || arch_cpu.current != before;
	}
	cpu.slice_over = false;
	set_slice(fresh);
	set_timer();
	charge(arch_cpu.current ? &paying_budget(arch_cpu.current)->cpu_ticks : &cpu.nobodys_ticks);
	arch_cpu.unsettled = schedule_always;
	if (!arch_cpu.current) {
		arch_cpu.frame = NULL;
		return;
	}
	if (arch_cpu.frame != &arch_cpu.current->registers)
		switch_to(arch_cpu.current);
}

void schedule_check(void)
{
	for (unsigned i = 0; i < LIMIT_PRIORITIES; i++) {
		assert(list_is_empty(&cpu.ready[i]) == !(arch_cpu.ready_bits >> i & 1)); /* I3 */
		LIST_FOR_EACH(node, &cpu.ready[i]) {
			struct thread *thread = LIST_ENTRY(node, struct thread, wait_link);

			assert(thread->state == STATE_READY && thread->priority == i && thread != arch_cpu.current);
		}
	}
	assert(!arch_cpu.current || (arch_cpu.current->state == STATE_READY && list_is_empty(&arch_cpu.current->wait_link)));
}
