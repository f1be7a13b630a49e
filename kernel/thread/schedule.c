/* schedule.c - which thread runs. */
#include "thread/schedule.h"
#include "thread/deadline.h"
#include "object/reap.h"
#include "thread/reaper.h"
#include "trace/trace.h"

struct cpu cpu;

void schedule_init(void)
{
	cpu = (struct cpu){ .timer_ns = NEVER_NS, .slice_end_ns = NEVER_NS };
	for (unsigned i = 0; i < LIMIT_PRIORITIES; i++)
		list_init(&cpu.ready[i]);
}

static void ready_insert(struct thread *thread, bool front)
{
	struct list *list = &cpu.ready[thread->priority];

	(front ? list_prepend : list_append)(list, &thread->wait_link);
	cpu.ready_bits |= 1u << thread->priority;
}

static void ready_remove(struct thread *thread)
{
	list_remove(&thread->wait_link);
	if (list_is_empty(&cpu.ready[thread->priority]))
		cpu.ready_bits &= ~(1u << thread->priority);
}

static bool is_listed(const struct thread *thread)
{
	return thread->state == STATE_READY && !list_is_empty(&thread->wait_link);
}

static int top_ready(void)
{
	return cpu.ready_bits ? 31 - __builtin_clz(cpu.ready_bits) : -1;
}

void thread_ready(struct thread *thread)
{
	thread->state = STATE_READY;
	if (thread != cpu.current && process_runs(thread->process))
		ready_insert(thread, false);
}

void thread_unready(struct thread *thread)
{
	if (is_listed(thread))
		ready_remove(thread);
	if (cpu.current == thread)
		cpu.current = NULL;
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
}

/* The slice goes with the CPU: slice_end_ns stays as it is. */
void thread_hand_over(struct thread *to)
{
	to->state = STATE_READY;
	if (!process_runs(to->process))
		return;
	if (cpu.current || top_ready() > to->priority) {
		ready_insert(to, true);
		return;
	}
	cpu.current = to;
}

void thread_yield(void)
{
	cpu.slice_over = true;
}

void schedule_tick(void)
{
	uint64_t now_ns = arch_clock_ns();

	cpu.timer_ns = NEVER_NS; /* it fires once */
	deadlines_expire(now_ns);
	if (now_ns >= cpu.slice_end_ns)
		cpu.slice_over = true;
}

/* A caller's budget pays for all that works for it, down the chain. */
static struct budget *paying_budget(const struct thread *thread)
{
	for (unsigned i = 0; thread->serving && i < LIMIT_CALL_DEPTH; i++)
		thread = thread->serving;
	return thread->process->own;
}

static void charge_cpu(struct budget *next)
{
	uint64_t now_ns;

	if (next == cpu.charged)
		return;
	now_ns = arch_clock_ns();
	if (cpu.charged)
		cpu.charged->cpu_ns += now_ns - cpu.charged_since_ns;
	cpu.charged = next;
	cpu.charged_since_ns = now_ns;
}

void schedule_budget_gone(const struct budget *budget)
{
	if (cpu.charged == budget)
		cpu.charged = NULL;
}

static void set_timer(void)
{
	uint64_t when_ns = deadline_next_ns();

	if (cpu.slice_end_ns < when_ns)
		when_ns = cpu.slice_end_ns;
	if (when_ns == cpu.timer_ns)
		return;
	cpu.timer_ns = when_ns;
	arch_timer_set_ns(when_ns);
}

/* A slice is timed only while somebody of the same priority waits for its end. */
static void set_slice(bool fresh)
{
	if (!cpu.current || !(cpu.ready_bits >> cpu.current->priority & 1))
		cpu.slice_end_ns = NEVER_NS;
	else if (fresh || cpu.slice_end_ns == NEVER_NS)
		cpu.slice_end_ns = arch_clock_ns() + SLICE_NS;
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
	struct thread *thread = cpu.current;
	bool over = cpu.slice_over;

	cpu.current = NULL;
	if (process_runs(thread->process))
		ready_insert(thread, !over);
}

static bool must_choose(void)
{
	const struct thread *thread = cpu.current;

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
	int runs = cpu.current ? cpu.current->priority : -1;

	while (reap_priority() >= 0 && reap_priority() >= top_ready() && reap_priority() >= runs) {
		reaper_run();
		arch_interrupt_poll();
	}
}

void schedule(void)
{
	struct thread *before = cpu.current;
	bool fresh = cpu.slice_over;

	reap();
	if (must_choose()) {
		if (cpu.current)
			put_back();
		cpu.current = pick();
		fresh = fresh || cpu.current != before;
	}
	cpu.slice_over = false;
	set_slice(fresh);
	set_timer();
	charge_cpu(cpu.current ? paying_budget(cpu.current) : NULL);
	if (!cpu.current) {
		arch_cpu.frame = NULL;
		return;
	}
	if (arch_cpu.frame != &cpu.current->registers)
		switch_to(cpu.current);
}

void schedule_check(void)
{
	for (unsigned i = 0; i < LIMIT_PRIORITIES; i++) {
		assert(list_is_empty(&cpu.ready[i]) == !(cpu.ready_bits >> i & 1)); /* I3 */
		LIST_FOR_EACH(node, &cpu.ready[i]) {
			struct thread *thread = LIST_ENTRY(node, struct thread, wait_link);

			assert(thread->state == STATE_READY && thread->priority == i && thread != cpu.current);
		}
	}
	assert(!cpu.current || (cpu.current->state == STATE_READY && list_is_empty(&cpu.current->wait_link)));
}
