/* budget.h - a budget: what may be spent, by whom, and everything it pays for.
 *
 * The counters are memory/account.h; here is the object: the tree, the ceiling, CPU time, and the end. Destroying a
 * budget ends the processes that live on it, then the objects it pays for, deepest child first, and gives its pages back to
 * the parent. The walk down is a loop: budgets nest at most LIMIT_BUDGET_DEPTH deep.
 *
 *   I1  references = handles + objects paid for + processes living on it
 *   I2  ceiling <= parent's ceiling; depth = parent's depth + 1
 *   I3  given = what the shares of children, or of theirs, take together; of its own share as much is left as the least share
 *   I4  exhausted: in the heap of thread/share.c, and it has a share
 *   I5  a thread is held only while the budget is exhausted, or on the reap queue to let it go */
#pragma once
#include "base/heap.h"
#include "object/object.h"

struct budget {
	struct object object;
	struct account account;
	struct list objects;   /* struct object.payer_link */
	struct list processes; /* struct process.own_link: those whose own budget this is */
	uint8_t ceiling, depth;
	bool closed;           /* ending: the pages are back with the parent */
	uint64_t cpu_ticks;    /* used */
	uint64_t cpu_share_ns, cpu_period_ns; /* 0: not limited */

	/* Of CPU time, by thread/share.h. Parts of the machine, and ticks that are owed, have 24 binary digits behind the point. */
	uint32_t unruled_at;   /* cpu.shares_changed when it was last known that no share rules it */
	uint32_t ratio;        /* its share; 0: none */
	uint64_t given;        /* to shares further down */
	uint64_t owed, since;  /* ticks of a CPU that were used and that its share had not paid for yet at this time */
	uint64_t most;         /* that it may owe */
	bool exhausted;        /* it owed more, and has not paid all of it yet */
	uint8_t held_priority; /* no thread that is held has a higher one */
	struct heap_node refill;
	struct list held;      /* struct thread.wait_link: READY, but out of time */
};
#define SHARE_DIGITS 24
#define SHARE_ALL ((uint32_t)1 << SHARE_DIGITS)
#define SHARE_LEAST (SHARE_ALL >> 10)

/* What a budget takes of the share of the next above it that has one. */
static inline uint64_t budget_takes(const struct budget *budget)
{
	return budget->ratio ? budget->ratio : budget->given;
}

extern struct budget machine_budget;
extern const struct object_type budget_type;
void budget_check(const struct object *object);

extern void (*budget_gone)(struct budget *budget); /* it is about to be freed; set by boot */
extern bool (*budget_let_go)(struct budget *budget); /* a step of waking who is held; true: all are, or it is exhausted again; set by boot */
void budget_init_machine(size_t pages);
err_t budget_new(struct budget *parent, size_t pages, unsigned ceiling, struct budget **out) must_use; /* E_BUDGET E_LIMIT E_PRIORITY */
void budget_state(const struct budget *budget, struct abi_budget_state *state);
