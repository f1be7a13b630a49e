/* figures.c - reads what init shows of every budget and every process. */
#include "figures.h"
#include <stdio.h>
#include <string.h>
#include "abi/nacre_calls.h"
#include "demo.h"
#include "idl/system_client.h"
#include "nacre/clock.h"

enum { FIGURES_MAX = 160, NAME_BYTES = 28, READINGS_MAX = 200, PAUSE_MS = 10 };

struct figure {
	char name[NAME_BYTES];
	uint32_t now, before, most;  /* most: in the rounds in which it was learnt, and then in those that were told */
};

static struct figure figures[FIGURES_MAX];
static unsigned figure_count, changed;
static const char *last_changed;

/* One that is not there has 0, so what appears later has grown. */
static void figure_set(const char *label, const char *of, uintptr_t value)
{
	char name[NAME_BYTES];
	unsigned i = 0;

	snprintf(name, sizeof(name), "%s %s", label, of);
	while (i < figure_count && strcmp(figures[i].name, name) != 0)
		i++;
	if (i == FIGURES_MAX)
		return;
	if (i == figure_count)
		memcpy(figures[figure_count++].name, name, sizeof(name));
	figures[i].now += (uint32_t)value;
}

static void processes_read(void)
{
	struct system_process process;
	nacre_handle_t handle, budget;

	for (uint32_t number = 0; system_process(overview, number, &process, &handle, &budget) == STATUS_OK; number = process.number + 1) {
		struct nacre_process_state state = { 0 };

		if (process.cause)
			continue;
		nacre_process_info(handle, &state);
		nacre_handle_close(handle);
		nacre_handle_close(budget);
		figure_set(process.label, "processes", 1);
		figure_set(process.label, "handles", state.handles);
		figure_set(process.label, "threads", state.threads);
		figure_set(process.label, "mapped", state.mapped_pages);
	}
}

/* The machine's own pages are what the kernel and init have; those of the others what the kernel keeps for them, too. */
static void budgets_read(void)
{
	struct system_budget known;
	nacre_handle_t budget;

	for (uint32_t n = 0; system_budget(overview, n, &known, &budget) == STATUS_OK; n++) {
		struct nacre_budget_state state = { 0 };

		nacre_budget_info(budget, &state);
		nacre_handle_close(budget);
		figure_set(known.label, "pages", state.charged_pages);
		if (known.depth == 0 || !strcmp(known.label, "programs"))
			figure_set(known.label, "given", state.given_pages);
	}
}

static void figures_read(void)
{
	for (unsigned i = 0; i < figure_count; i++) {
		figures[i].before = figures[i].now;
		figures[i].now = 0;
	}
	processes_read();
	budgets_read();
	changed = 0;
	for (unsigned i = 0; i < figure_count; i++)
		if (figures[i].now != figures[i].before) {
			changed++;
			last_changed = figures[i].name;
		}
}

bool figures_settle(void)
{
	for (unsigned i = 0; i < READINGS_MAX; i++) {
		figures_read();
		if (i && !changed)
			return true;
		nacre_sleep_until(nacre_deadline_in(PAUSE_MS * NACRE_MS));
	}
	say("soak: FINDING: %s never came to rest\n", last_changed);
	return false;
}

void figures_learn(void)
{
	for (unsigned i = 0; i < figure_count; i++)
		if (figures[i].now > figures[i].most)
			figures[i].most = figures[i].now;
}

uint32_t figures_growth(unsigned round)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < figure_count; i++) {
		struct figure *figure = &figures[i];

		if (figure->now <= figure->most)
			continue;
		say("soak: GROWTH in round %u: %s was %lu, is %lu\n", round, figure->name, (unsigned long)figure->most,
		    (unsigned long)figure->now);
		sum += figure->now - figure->most;
		figure->most = figure->now;
	}
	return sum;
}

void figures_show(void)
{
	uint32_t pages = 0, handles = 0, threads = 0, processes = 0;

	for (unsigned i = 0; i < figure_count; i++) {
		const char *of = strrchr(figures[i].name, ' ') + 1;

		*(!strcmp(of, "pages") ? &pages : !strcmp(of, "handles") ? &handles : !strcmp(of, "threads") ? &threads :
		  !strcmp(of, "processes") ? &processes : &(uint32_t){ 0 }) += figures[i].now;
	}
	say("soak: at rest: processes %lu threads %lu handles %lu pages %lu\n", (unsigned long)processes, (unsigned long)threads,
	    (unsigned long)handles, (unsigned long)pages);
}
