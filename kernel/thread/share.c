/* share.c - CPU time per budget. */
#include "thread/share.h"
#include "object/reap.h"

enum { LET_GO_PER_STEP = 8 };
#define TICK ((uint64_t)1 << SHARE_DIGITS)
#define LONGEST ((uint32_t)1 << 31) /* ticks between two looks at a ruler: what is worked out stays in 64 bits */

static struct heap refills; /* exhausted budgets, by when they have time again, or earlier */

/* The nearest budget above that has a share, or NULL. */
static struct budget *ruler_above(const struct budget *budget)
{
	struct budget *above = budget->object.payer;

	while (above && !above->ratio)
		above = above->object.payer;
	return above;
}

static struct budget *ruler_of(struct budget *budget)
{
	struct budget *ruler = budget->ratio ? budget : ruler_above(budget);

	if (!ruler && cpu.shares_changed != UINT32_MAX)
		budget->unruled_at = cpu.shares_changed;
	return ruler;
}

static bool is_exhausted(const struct budget *ruler)
{
	return ruler && ruler->exhausted;
}

/* What it has not given on. */
static uint32_t own_ratio(const struct budget *ruler)
{
	return (uint32_t)(ruler->ratio - ruler->given);
}

/* Time passes, and pays. */
static void pay(struct budget *ruler, uint64_t now)
{
	uint64_t passed = now - ruler->since;
	uint64_t paid = (passed < UINT32_MAX ? passed : UINT32_MAX) * own_ratio(ruler);

	ruler->since = now;
	ruler->owed = ruler->owed > paid ? ruler->owed - paid : 0;
}

/* How long until so much is used or paid at such a rate: never more than it takes. */
static __attribute__((noinline)) uint64_t time_for(uint64_t ticks, uint32_t ratio)
{
	uint64_t time = (ticks >> SHARE_DIGITS) * (UINT32_MAX / ((ratio >> 4) + 1)) >> 12;

	return (time < LONGEST ? time : LONGEST) + 1;
}

/* It is looked at again when all that it owes may be paid. */
static void wait_for_pay(struct budget *ruler, uint64_t now)
{
	if (ruler->exhausted)
		heap_remove(&refills, &ruler->refill);
	ruler->exhausted = true;
	heap_insert(&refills, &ruler->refill, now + time_for(ruler->owed, own_ratio(ruler)));
}

/* A use that no clock could see counts as a tick: short ones are not free. */
static void use(struct budget *ruler, uint64_t used, uint64_t now)
{
	ruler->owed += used ? used * TICK : TICK;
	pay(ruler, now);
	if (!ruler->exhausted && ruler->owed > ruler->most && own_ratio(ruler) != SHARE_ALL)
		wait_for_pay(ruler, now);
}

void share_settle(void)
{
	uint64_t now = arch_ticks(), used = now - cpu.ruled_since;

	cpu.ruled_since = now;
	use(cpu.ruler, used, now);
	if (cpu.second)
		use(cpu.second, used, now);
}

static const struct thread *worked_for(const struct thread *thread)
{
	const struct pqueue_node *waiter = pqueue_top(&thread->owned);

	if (thread->serving || !waiter || !is_exhausted(ruler_of(thread->process->own)))
		return thread->serving;
	return CONTAINER_OF(waiter, struct thread, owner_node);
}

static struct budget *payer_of(const struct thread *thread)
{
	const struct thread *next;

	for (unsigned i = 0; i < LIMIT_CALL_DEPTH && (next = worked_for(thread)); i++)
		thread = next;
	return thread->process->own;
}

bool share_is_over(const struct thread *thread)
{
	return is_exhausted(ruler_of(thread->process->own)) && is_exhausted(ruler_of(payer_of(thread)));
}

/* It is used from now on. How long can it be? */
static uint64_t start(struct budget *ruler, uint64_t now)
{
	uint32_t others = SHARE_ALL - own_ratio(ruler);

	pay(ruler, now);
	if (ruler->exhausted || !others)
		return LONGEST;
	return time_for(ruler->most > ruler->owed ? ruler->most - ruler->owed : 0, others);
}

struct budget *share_begin(struct thread *root)
{
	struct budget *payer = root ? payer_of(root) : NULL, *ruler = payer ? ruler_of(payer) : NULL, *second = NULL;
	uint64_t now, when = NEVER_NS;

	if (cpu.ruler && arch_ticks() != cpu.ruled_since)
		share_settle();
	now = arch_ticks();
	if (is_exhausted(ruler))
		second = ruler_of(arch_here()->current->process->own);
	if (ruler)
		when = now + start(ruler, now);
	if (second) /* exhausted: just now, and the thread is to be held at once */
		when = second->exhausted ? now : now + start(second, now);
	if (second == ruler)
		second = NULL;
	if (refills.root && refills.root->key < when)
		when = refills.root->key;
	cpu.ruler = ruler;
	cpu.second = second;
	cpu.ruled_since = now;
	cpu.unruled = ruler ? 0 : cpu.shares_changed;
	cpu.share_timer = when;
	arch_fast_forbid(FAST_SHARE, is_exhausted(ruler));
	return payer;
}

void share_hold(struct thread *thread)
{
	struct budget *ruler = ruler_of(thread->process->own);

	if (list_is_empty(&ruler->held) || ruler->held_priority < thread->priority)
		ruler->held_priority = thread->priority;
	list_append(&ruler->held, &thread->wait_link);
}

bool share_let_go(struct budget *budget)
{
	for (unsigned i = 0; i < LET_GO_PER_STEP && !budget->exhausted; i++) {
		struct list *link = list_pop(&budget->held);

		if (!link)
			return true;
		thread_ready(LIST_ENTRY(link, struct thread, wait_link));
	}
	return budget->exhausted;
}

static void has_time(struct budget *ruler)
{
	heap_remove(&refills, &ruler->refill);
	ruler->exhausted = false;
	if (!ruler->object.queued && !list_is_empty(&ruler->held))
		reap_append_at(&ruler->object, ruler->held_priority);
}

/* One in an interrupt: the timer stays due, so others follow at once. */
void share_tick(uint64_t now)
{
	struct budget *ruler;

	if (!refills.root || refills.root->key > now)
		return;
	cpu.unruled = 0;
	ruler = CONTAINER_OF(refills.root, struct budget, refill);
	pay(ruler, now);
	if (ruler->owed < TICK)
		has_time(ruler);
	else
		wait_for_pay(ruler, now);
}

/* --- Changes. */

/* Its share, or what of it is left, is another one. */
static void most_set(struct budget *ruler, uint64_t now)
{
	uint32_t own = own_ratio(ruler);
	uint64_t run = arch_ticks_from_ns(ruler->cpu_period_ns) * own >> SHARE_DIGITS;

	ruler->most = run * (SHARE_ALL - own);
	if (ruler->exhausted)
		wait_for_pay(ruler, now);
}

/* Rounded up; share <= period < 2^30. */
static uint32_t ratio_of(uint32_t share, uint32_t period)
{
	uint32_t ratio = 0;

	for (unsigned i = 0; i < SHARE_DIGITS; i++) {
		share <<= 1;
		ratio <<= 1;
		if (share >= period) {
			share -= period;
			ratio++;
		}
	}
	return ratio + (share != 0);
}

/* What it owes is above's from now on. */
static void ends(struct budget *budget, struct budget *above)
{
	if (budget->exhausted)
		has_time(budget);
	if (above)
		above->owed += budget->owed;
	budget->owed = 0;
	if (cpu.ruler == budget)
		cpu.ruler = above;
	if (cpu.second == budget)
		cpu.second = NULL;
}

err_t share_set(struct budget *budget, uint32_t share_ns, uint32_t period_ns)
{
	struct budget *above = ruler_above(budget);
	uint32_t ratio = share_ns ? ratio_of(share_ns, period_ns) : 0;
	uint64_t more = (ratio ? ratio : budget->given) - budget_takes(budget), now;
	bool starts = !budget->ratio;

	if (ratio && budget->given + SHARE_LEAST > ratio)
		return E_BUDGET;
	if (above && above->given + more + SHARE_LEAST > above->ratio)
		return E_BUDGET;

	/* --- Point of no return. */
	if (cpu.ruler)
		share_settle();
	now = arch_ticks();
	if (!starts)
		pay(budget, now);
	if (above)
		pay(above, now);
	for (struct budget *b = budget->object.payer; b; b = b == above ? NULL : b->object.payer)
		b->given += more;
	budget->ratio = ratio;
	budget->cpu_share_ns = share_ns;
	budget->cpu_period_ns = share_ns ? period_ns : 0;
	if (above)
		most_set(above, now);
	if (!ratio) {
		ends(budget, above);
	} else {
		most_set(budget, now);
		if (starts) { /* cut from another it starts used up: else who makes it anew again and again would have more */
			budget->owed = above ? budget->most : 0;
			budget->since = now;
		}
	}
	if (cpu.shares_changed != UINT32_MAX)
		cpu.shares_changed++;
	cpu.unruled = 0;
	schedule_need();
	return E_OK;
}

void share_gone(struct budget *budget)
{
	err_t error = budget->ratio ? share_set(budget, 0, 0) : E_OK;

	assert(!error);
	if (cpu.charged == &budget->cpu_ticks)
		cpu.charged = &cpu.nobodys_ticks;
}
