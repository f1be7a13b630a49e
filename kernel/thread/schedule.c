/* schedule.c - which thread runs. */
#include "thread/schedule.h"
#include "thread/deadline.h"
#include "object/reap.h"
#include "thread/reaper.h"
#include "thread/share.h"
#include "trace/trace.h"

struct cpu cpu;
uint32_t schedule_always;

void schedule_init(void)
{
	arch_here()->current = NULL;
	arch_here()->ready_bits = arch_here()->reap_bits = 0;
	arch_here()->unsettled = schedule_always;
	cpu = (struct cpu){ .timer = NEVER_NS, .slice_end = NEVER_NS, .deadline_ns = NEVER_NS, .deadline = NEVER_NS,
	                    .share_timer = NEVER_NS, .shares_changed = 1, .unruled = 1 };
	cpu.charged = &cpu.nobodys_ticks;
	cpu.slice = (uint32_t)arch_ticks_from_ns(SLICE_NS);
	for (unsigned i = 0; i < LIMIT_PRIORITIES; i++)
		list_init(&cpu.ready[i]);
}

static void ready_insert(struct thread *thread, bool front)
{
	struct list *list = &cpu.ready[thread->priority];

	(front ? list_prepend : list_append)(list, &thread->wait_link);
	if (!front)
		thread->slice_left = cpu.slice;
	arch_here()->ready_bits |= 1u << thread->priority;
	schedule_need();
}

static void ready_remove(struct thread *thread)
{
	list_remove(&thread->wait_link);
	if (list_is_empty(&cpu.ready[thread->priority]))
		arch_here()->ready_bits &= ~(1u << thread->priority);
	schedule_need();
}

static bool is_listed(const struct thread *thread)
{
	return thread->state == STATE_READY && !list_is_empty(&thread->wait_link);
}

static int top_ready(void)
{
	return arch_here()->ready_bits ? 31 - __builtin_clz(arch_here()->ready_bits) : -1;
}

void thread_ready(struct thread *thread)
{
	thread->state = STATE_READY;
	if (thread != arch_here()->current && process_runs(thread->process))
		ready_insert(thread, false);
}

void thread_unready(struct thread *thread)
{
	if (is_listed(thread))
		ready_remove(thread);
	if (arch_here()->current == thread)
		arch_here()->current = NULL;
	schedule_need();
}

void thread_block(struct thread *thread, unsigned state)
{
	thread_unready(thread);
	thread->state = (uint8_t)state;
	if (state == STATE_DEAD && cpu.turn == thread) {
		cpu.turn = NULL;
		cpu.slice_end = NEVER_NS;
	}
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

/* The slice goes with the CPU: whose turn it is stays as it is. */
void thread_hand_over(struct thread *to)
{
	to->state = STATE_READY;
	if (!process_runs(to->process))
		return;
	if (arch_here()->current || top_ready() > to->priority) {
		ready_insert(to, true);
		return;
	}
	arch_here()->current = to;
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
	share_tick(now);
	if (now < cpu.slice_end)
		return;
	cpu.turn->slice_left = 0;
	cpu.slice_end = NEVER_NS;
}

/* The caller for whom, down the chain, a thread works: its budget pays, and it is its turn. */
static struct thread *root_of(struct thread *thread)
{
	for (unsigned i = 0; thread->serving && i < LIMIT_CALL_DEPTH; i++)
		thread = thread->serving;
	return thread;
}

static void charge(uint64_t *next)
{
	if (next == cpu.charged)
		return;
	arch_ticks_charge(cpu.charged, &cpu.charged_since);
	cpu.charged = next;
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
	if (cpu.share_timer < when)
		when = cpu.share_timer;
	if (when == cpu.timer)
		return;
	cpu.timer = when;
	arch_timer_set(when);
}

/* A turn is timed only while somebody of that priority waits for its end, and on while a more urgent server works for who has it. One
 * that ended meanwhile is over when the server has done. */
static void set_slice(struct thread *owner)
{
	bool timed = owner && arch_here()->ready_bits >> owner->priority & 1 &&
	             (owner->slice_left || owner->priority == arch_here()->current->priority);
	bool was_timed = cpu.slice_end != NEVER_NS;
	uint64_t now;

	if (timed == was_timed && (!timed || owner == cpu.turn)) {
		cpu.turn = owner;
		return;
	}
	now = arch_ticks();
	if (was_timed)
		cpu.turn->slice_left = cpu.slice_end > now ? (uint32_t)(cpu.slice_end - now) : 0;
	cpu.turn = owner;
	cpu.slice_end = timed ? now + owner->slice_left : NEVER_NS;
}

/* Objects that ended are taken apart here while nothing more urgent is ready. Interrupts that come meanwhile are taken
 * between steps; their handlers make threads ready and come back here by return, not by nesting. */
static void reap_ready(void)
{
	/* Who runs may be less urgent after each step: whom it worked for is gone. */
	while (arch_here()->reap_bits && reap_priority() >= top_ready() &&
	       (!arch_here()->current || reap_priority() >= arch_here()->current->priority)) {
		reaper_run();
		arch_interrupt_poll();
	}
}

static inline void reap(void)
{
	if (arch_here()->reap_bits)
		reap_ready();
}

/* Threads whose process must not run, or whose share is used up, were ready before that was known; they leave the list when met. How
 * many there are is up to programs, so each is followed by a look at interrupts, and at what is to be taken apart: to that they
 * looked more urgent. */
static struct thread *pick(void)
{
	int top;

	while ((top = top_ready()) >= 0) {
		struct thread *thread = LIST_FIRST(&cpu.ready[top], struct thread, wait_link);

		ready_remove(thread);
		if (process_runs(thread->process)) {
			if (!share_stops(thread))
				return thread;
			share_hold(thread);
		}
		arch_interrupt_poll();
		reap();
	}
	return NULL;
}

static bool turn_is_over(struct thread *thread)
{
	const struct thread *root = root_of(thread);

	return cpu.slice_over || (!root->slice_left && root->priority == thread->priority);
}

static void put_back(void)
{
	struct thread *thread = arch_here()->current, *root = root_of(thread);
	bool over = turn_is_over(thread);

	arch_here()->current = NULL;
	if (over && root->priority == thread->priority) {
		root->slice_left = cpu.slice;
		if (cpu.turn == root)
			cpu.slice_end = NEVER_NS; /* what is left of the old turn is forfeit */
	}
	if (process_runs(thread->process))
		ready_insert(thread, !over);
	else
		reap(); /* to which it looked more urgent */
}

static bool must_choose(void)
{
	const struct thread *thread = arch_here()->current;

	if (!thread || !process_runs(thread->process) || share_stops(thread))
		return true;
	return top_ready() > thread->priority || (top_ready() == thread->priority && turn_is_over(arch_here()->current));
}

static void switch_to(struct thread *thread)
{
	trace(TRACE_SWITCH, thread->object.serial, thread->priority, 0);
	trace_thread = thread->object.serial;
	arch_here()->frame = &thread->registers;
	arch_space_activate(thread->process->space.root);
}

void schedule(void)
{
	struct budget *payer;
	struct thread *root;

	if (cpu.ruler)
		share_settle();
	reap();
	if (must_choose()) {
		if (arch_here()->current)
			put_back();
		arch_here()->current = pick();
	}
	cpu.slice_over = false;
	root = arch_here()->current ? root_of(arch_here()->current) : NULL;
	set_slice(root);
	payer = root ? root->process->own : NULL;
	if ((payer ? payer->unruled_at : cpu.shares_changed) != cpu.unruled)
		payer = share_begin(root);
	set_timer();
	charge(payer ? &payer->cpu_ticks : &cpu.nobodys_ticks);
	arch_here()->unsettled = schedule_always;
	if (!arch_here()->current) {
		arch_here()->frame = NULL;
		return;
	}
	if (arch_here()->frame != &arch_here()->current->registers)
		switch_to(arch_here()->current);
}

void schedule_check(void)
{
	for (unsigned i = 0; i < LIMIT_PRIORITIES; i++) {
		assert(list_is_empty(&cpu.ready[i]) == !(arch_here()->ready_bits >> i & 1)); /* I3 */
		LIST_FOR_EACH(node, &cpu.ready[i]) {
			struct thread *thread = LIST_ENTRY(node, struct thread, wait_link);

			assert(thread->state == STATE_READY && thread->priority == i && thread != arch_here()->current);
		}
	}
	assert(!arch_here()->current || (arch_here()->current->state == STATE_READY && list_is_empty(&arch_here()->current->wait_link)));
	assert(cpu.slice_end == NEVER_NS || (cpu.turn && cpu.turn->state != STATE_DEAD)); /* I4 */
}
