/* budget.h - a budget: what may be spent, by whom, and everything it pays for.
 *
 * The counters are memory/account.h; here is the object: the tree, the ceiling, CPU time, and the end. Destroying a
 * budget ends the processes that live on it, then the objects it pays for, deepest child first, and gives its pages back to
 * the parent. The walk down is a loop: budgets nest at most LIMIT_BUDGET_DEPTH deep.
 *
 *   I1  references = handles + objects paid for + processes living on it
 *   I2  ceiling <= parent's ceiling; depth = parent's depth + 1 */
#pragma once
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
};

extern struct budget machine_budget;
extern const struct object_type budget_type;
void budget_check(const struct object *object);

extern void (*budget_gone)(const struct budget *budget); /* it is about to be freed; set by boot */
void budget_init_machine(size_t pages);
err_t budget_new(struct budget *parent, size_t pages, unsigned ceiling, struct budget **out) must_use; /* E_BUDGET E_LIMIT E_PRIORITY */
void budget_state(const struct budget *budget, struct abi_budget_state *state);
