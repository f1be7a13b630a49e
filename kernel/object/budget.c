/* budget.c - budgets as objects. */
#include "object/budget.h"
#include "object/process.h"

struct budget machine_budget;
void (*budget_gone)(struct budget *budget);
bool (*budget_let_go)(struct budget *budget);

static void budget_start(struct budget *budget, unsigned ceiling, unsigned depth)
{
	budget->ceiling = (uint8_t)ceiling;
	budget->depth = (uint8_t)depth;
	list_init(&budget->objects);
	list_init(&budget->processes);
	list_init(&budget->held);
}

void budget_init_machine(size_t pages)
{
	object_init(&machine_budget.object, NULL, OBJECT_BUDGET);
	object_hold(&machine_budget.object); /* the machine does not end */
	account_init_root(&machine_budget.account, pages);
	budget_start(&machine_budget, LIMIT_PRIORITIES - 1, 0);
	machine_budget.unruled_at = 1;
}

err_t budget_new(struct budget *parent, size_t pages, unsigned ceiling, struct budget **out)
{
	struct budget *budget;
	err_t error;

	if (parent->depth >= LIMIT_BUDGET_DEPTH)
		return E_LIMIT;
	if (ceiling > parent->ceiling)
		return E_PRIORITY;
	budget = object_alloc(parent, OBJECT_BUDGET, sizeof *budget);
	if (!budget)
		return E_BUDGET;
	error = account_init(&budget->account, &parent->account, pages);
	if (error) {
		object_cancel(&budget->object);
		return error;
	}
	budget_start(budget, ceiling, parent->depth + 1u);
	budget->unruled_at = parent->unruled_at;
	*out = budget;
	return E_OK;
}

void budget_state(const struct budget *budget, struct abi_budget_state *state)
{
	*state = (struct abi_budget_state){
		.limit_pages = budget->account.limit,
		.charged_pages = budget->account.charged,
		.given_pages = budget->account.given,
		.ceiling = budget->ceiling,
		.depth = budget->depth,
		.cpu_ns = arch_ticks_to_ns(budget->cpu_ticks),
		.cpu_share_ns = budget->cpu_share_ns,
		.cpu_period_ns = budget->cpu_period_ns,
	};
}

/* Nothing to do at once: object_alloc refuses a dead payer, and the scheduler runs no thread of a dead budget. */
static void budget_mark(struct object *object)
{
	(void)object;
}

/* Goes down to the deepest first child and does one step there; a child that is finished frees itself. */
static bool budget_step(struct object *object)
{
	struct budget *budget = CONTAINER_OF(object, struct budget, object);
	struct process *process;
	struct object *first;

	if (!object->dead)
		return budget_let_go(budget);
	for (;;) {
		process = LIST_FIRST(&budget->processes, struct process, own_link);
		if (process) {
			process_end(process, CAUSE_BUDGET, 0);
			process_step(&process->object);
			return false;
		}
		first = LIST_FIRST(&budget->objects, struct object, payer_link);
		if (!first)
			break;
		object_destroy(first);
		if (first->type != OBJECT_BUDGET) {
			object_step(first);
			return false;
		}
		budget = CONTAINER_OF(first, struct budget, object);
	}
	if (&budget->object != object) {
		object_step(&budget->object);
		return false;
	}
	budget_gone(budget);
	if (!budget->closed)
		account_close(&budget->account);
	budget->closed = true;
	return true;
}

void budget_check(const struct object *object)
{
	struct budget *budget = CONTAINER_OF(object, struct budget, object);

	uint64_t given = 0;

	LIST_FOR_EACH(node, &budget->objects) {
		const struct object *child = LIST_ENTRY(node, struct object, payer_link);

		if (child->type == OBJECT_BUDGET)
			given += budget_takes(CONTAINER_OF(child, struct budget, object));
	}
	assert(budget->given == given && (!budget->ratio || given + SHARE_LEAST <= budget->ratio)); /* I3 */
	assert(budget->ratio <= SHARE_ALL);
	assert(budget->exhausted == heap_holds(&budget->refill) && (budget->ratio || !budget->exhausted)); /* I4 */
	assert(budget->exhausted || list_is_empty(&budget->held)); /* I5 */
	assert(budget->depth <= LIMIT_BUDGET_DEPTH);
	assert(object->references >= list_count(&budget->objects) + list_count(&budget->processes));
	account_check(&budget->account);
}

const struct object_type budget_type = { .mark = budget_mark, .step = budget_step };
