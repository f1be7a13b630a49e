/* budget.c - system calls on budgets. */
#include "syscall/handlers.h"
#include "thread/share.h"

#define PERIOD_SHORTEST_NS 1000000u
#define PERIOD_LONGEST_NS 1000000000u

err_t sys_budget_create(struct thread *self, struct budget *parent, size_t pages, uint32_t ceiling, handle_t *out)
{
	struct budget *budget;
	err_t error;

	if (ceiling >= LIMIT_PRIORITIES)
		return E_ARGUMENT;
	error = result_reserve(self);
	if (error)
		return error;
	error = budget_new(parent, pages, ceiling, &budget);
	if (error) {
		result_cancel(self);
		return error;
	}
	*out = handle_add(self->process, &budget->object, RIGHT_ALL_BUDGET);
	return E_OK;
}

err_t sys_budget_resize(struct thread *self, struct budget *budget, size_t pages)
{
	(void)self;
	return budget->account.parent ? account_resize(&budget->account, pages) : E_STATE;
}

err_t sys_budget_cpu_set(struct thread *self, struct budget *budget, uint64_t share_ns, uint64_t period_ns)
{
	(void)self;
	if (share_ns && (share_ns > period_ns || period_ns - PERIOD_SHORTEST_NS > PERIOD_LONGEST_NS - PERIOD_SHORTEST_NS ||
	                 (uint32_t)share_ns < ((uint32_t)period_ns + 1023) >> 10))
		return E_ARGUMENT;
	return share_set(budget, (uint32_t)share_ns, (uint32_t)period_ns);
}

/* With what the running thread has used of it since the last change of payer. */
uint64_t budget_cpu_now_ns(const struct budget *budget)
{
	return arch_ticks_to_ns(budget->cpu_ticks + (&budget->cpu_ticks == cpu.charged ? arch_ticks() - cpu.charged_since : 0));
}

err_t sys_budget_info(struct thread *self, struct budget *budget, user_ptr_t to)
{
	struct abi_budget_state state;

	budget_state(budget, &state);
	state.cpu_ns = budget_cpu_now_ns(budget);
	return user_write(self, to, &state, sizeof state);
}

err_t sys_budget_destroy(struct thread *self, struct budget *budget)
{
	if (!budget->account.parent)
		return E_STATE;
	object_destroy(&budget->object);
	return wait_reaped(self, &budget->object);
}
