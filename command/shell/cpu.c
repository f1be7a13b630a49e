/* cpu.c - cpu: what each budget used of the CPU's time, and its share of it. */
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/format.h"
#include "terminal.h"
#include "idl/system_client.h"
#include "nacre/clock.h"
#include "table.h"

/* Tenths of a percent; times below 2^54 ns, which is half a year. */
static uint32_t tenths_of(uint64_t part, uint64_t whole)
{
	while (whole > UINT32_MAX) {
		whole >>= 1;
		part >>= 1;
	}
	return whole ? (uint32_t)divide_u64(part * 1000 + whole / 2, (uint32_t)whole, NULL) : 0;
}

static const char *percent_text(char to[16], uint32_t tenths)
{
	format_text(to, 16, "%lu.%lu%%", (unsigned long)(tenths / 10), (unsigned long)(tenths % 10));
	return to;
}

static void out_share(const struct nacre_budget_state *state)
{
	char share[16], period[28];

	if (!state->cpu_share_ns) {
		out("%16s\n", "-");
		return;
	}
	out("%6s of %4s ms\n", percent_text(share, tenths_of(state->cpu_share_ns, state->cpu_period_ns)),
	    number_text(period, divide_u64(state->cpu_period_ns, NACRE_MS, NULL)));
}

int run_cpu(int argc, char **argv)
{
	struct nacre_budget_state state;
	struct system_budget budget;
	char used[24], part[16];
	nacre_handle_t handle;

	(void)argc, (void)argv;
	out("%-20s %12s %8s %16s\n", "BUDGET", "USED", "OF ALL", "SHARE");
	for (uint32_t n = 0; system_budget(shell.system, n, &budget, &handle) == STATUS_OK; n++) {
		if (nacre_budget_info(handle, &state) == NACRE_E_OK) {
			out("%*s%-*s %12s %8s ", (int)(2 * budget.depth), "", (int)(20 - 2 * budget.depth), budget.label,
			    seconds_text(used, state.cpu_ns), percent_text(part, tenths_of(state.cpu_ns, nacre_clock_ns())));
			out_share(&state);
		}
		nacre_handle_close(handle);
	}
	return STATUS_DONE;
}
