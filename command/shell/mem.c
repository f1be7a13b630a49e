/* mem.c - mem: the tree of budgets. */
#include "abi/nacre_calls.h"
#include "terminal.h"
#include "facts.h"
#include "idl/system_client.h"
#include "table.h"

static void out_budget(const struct system_budget *budget, const struct nacre_budget_state *state)
{
	char limit[20], charged[20], given[20], left[20];

	out("%*s%-*s %12s %12s %12s %12s\n", (int)(2 * budget->depth), "", (int)(20 - 2 * budget->depth), budget->label,
	    pages_text(limit, state->limit_pages), pages_text(charged, state->charged_pages),
	    pages_text(given, state->given_pages),
	    pages_text(left, state->limit_pages - state->charged_pages - state->given_pages));
}

int run_mem(int argc, char **argv)
{
	struct nacre_budget_state state;
	struct system_budget budget;
	struct system_facts facts;
	nacre_handle_t handle;

	if (!facts_read(&facts))
		return complain(argv[0], "init does not answer");
	(void)argc;
	out("%-20s %12s %12s %12s %12s\n", "BUDGET", "LIMIT", "CHARGED", "GIVEN ON", "LEFT");
	for (uint32_t n = 0; system_budget(shell.system, n, &budget, &handle) == STATUS_OK; n++) {
		if (nacre_budget_info(handle, &state) == NACRE_E_OK)
			out_budget(&budget, &state);
		nacre_handle_close(handle);
	}
	out("%lu KiB RAM, %lu KiB of it the boot stage's and the kernel's\n", (unsigned long)facts.ram_kib,
	    (unsigned long)facts.kernel_kib);
	return STATUS_DONE;
}
