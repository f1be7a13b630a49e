/* main.c - the tour (make demo, doc/demo.md): everything works, is killed under its clients, and nobody loses a request.
 *
 *     demo SEED DEATHS                                the last line is the account, and the machine's exit status says it, too
 *     demo soak SEED ROUNDS                           the soak (soak.h)
 *
 * Time is counted in instructions: under QEMU's -icount shift=0 one is a nanosecond of clock_now. What is spent on other
 * programs between a kill and the answer is in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "abi/nacre_calls.h"
#include "idl/console_client.h"
#include "idl/process_client.h"
#include "idl/system_client.h"
#include "load.h"
#include "nacre/clock.h"
#include "nacre/startup.h"
#include "soak.h"
#include "victims.h"

enum { STATUS_BAD = 1, DEATHS_ENOUGH = 100, LOAD_MS = 500, GAP_MS = 12, NARROWEST = 2 };

static void heading(const char *text)
{
	say("\n=== %s\n\n", text);
}

/* --- 1: what runs ---------------------------------------------------------------------------------------------- */

static void show_processes(void)
{
	struct system_process process;
	nacre_handle_t handle, budget;

	for (uint32_t number = 0; system_process(overview, number, &process, &handle, &budget) == STATUS_OK; number = process.number + 1) {
		struct nacre_budget_state state = { 0 };

		nacre_budget_info(budget, &state);
		nacre_handle_close(handle);
		nacre_handle_close(budget);
		if (process.kind == SYSTEM_KIND_SERVICE)
			say("  %-15s process %-3lu priority %-3lu %4lu KiB\n", process.label, (unsigned long)process.number,
			    (unsigned long)process.priority, (unsigned long)state.charged_pages * 4);
	}
}

/* --- 2: load --------------------------------------------------------------------------------------------------- */

static bool show_load(void)
{
	if (!load_begin(LOAD_PRIORITY))
		return false;
	nacre_sleep_until(nacre_deadline_in(LOAD_MS * NACRE_MS));
	for (unsigned t = 0; t < trade_count; t++)
		say("  %-13s %7lu requests  %s\n", trades[t].service, (unsigned long)load_sum(t).requests, trades[t].what);
	return true;
}

/* --- 3: a hostile program ---------------------------------------------------------------------------------------- */

static bool hostile_run(void)
{
	static const char strings[] = "demo-hostile";
	struct process_start start = { 0 };
	nacre_handle_t init, stdout_handle = nacre_startup_handle("stdout");
	uint32_t number, cause = 0, code = 0;
	nacre_status_t status = process_connect("svc/process", &init);

	if (!status)
		status = process_start_narrow(init, &start, strings, sizeof(strings), "svc/time", sizeof("svc/time"), stdout_handle,
					      stdout_handle, stdout_handle, NACRE_HANDLE_NONE, &number);
	if (!status)
		status = process_wait(init, number, &cause, &code);
	nacre_handle_close(init);
	if (status)
		say("demo: the hostile program could not be run: %s\n", nacre_error_sentence(status));
	else
		say("  it ended: %s\n", cause == NACRE_CAUSE_READ ? "killed by the kernel at its first read of memory that is not its own" :
					code ? "it got somewhere" : "nobody stopped it");
	return !status && cause == NACRE_CAUSE_READ;
}

/* --- 4: deaths ------------------------------------------------------------------------------------------------------ */

static void show_names(void)
{
	say("  round  ");
	for (unsigned t = 0; t < trade_count; t++)
		say(" %8.8s", trades[t].service);
	say("\n");
}

/* Each dies once, in an order of its own. */
static bool round_of_deaths(unsigned round, struct dice *dice)
{
	unsigned order[TRADES_MAX] = { 0 };

	victims_shuffle(order, dice);
	for (unsigned i = 0; i < trade_count; i++)
		if (!victim_kill(order[i], GAP_MS * NACRE_MS, dice))
			return false;
	say("  %5u  ", round);
	for (unsigned t = 0; t < trade_count; t++)
		say(" %7luk", (unsigned long)((victims[t].last_ns + 999) / 1000));
	say("\n");
	return true;
}

static bool rounds_of_deaths(unsigned from, unsigned to, struct dice *dice)
{
	show_names();
	for (unsigned round = from; round <= to; round++)
		if (!round_of_deaths(round, dice))
			return false;
	return true;
}

/* --- 6: the account ---------------------------------------------------------------------------------------------------- */

struct sums {
	uint64_t requests, lost, longest_ns;
	uint64_t drivers_ns;         /* the longest of a driver */
};

static void show_row(unsigned t, struct sums *sums)
{
	struct client sum = load_sum(t);
	const struct victim *victim = &victims[t];

	say("  %-13s %6lu %5lu %8lu %9lu %6lu %5lu %10lu %10lu\n", trades[t].service, (unsigned long)victim->deaths,
	    (unsigned long)victim->busy, (unsigned long)victim->replaced, (unsigned long)sum.requests, (unsigned long)sum.again,
	    (unsigned long)sum.lost, (unsigned long)(victim->deaths ? victim->sum_ns / victim->deaths : 0),
	    (unsigned long)victim->longest_ns);
	sums->requests += sum.requests;
	sums->lost += sum.lost;
	if (victim->longest_ns > sums->longest_ns)
		sums->longest_ns = victim->longest_ns;
	if (trades[t].is_driver && victim->longest_ns > sums->drivers_ns)
		sums->drivers_ns = victim->longest_ns;
}

static struct sums account(void)
{
	struct sums sums = { 0 };

	say("                       while                       asked       instructions to the\n");
	say("  service       deaths  busy replaced  requests  again  lost    next right answer\n");
	say("                                                                  mean    longest\n");
	for (unsigned t = 0; t < trade_count; t++)
		show_row(t, &sums);
	for (unsigned t = 0; t < trade_count; t++)
		for (unsigned i = 0; i < CLIENTS_EACH; i++)
			if (clients[t][i].lost)
				say("  LOST at %s, client %u: %s\n", trades[t].service, i, clients[t][i].why);
	say("\n  A driver is back within %lu instructions.\n", (unsigned long)sums.drivers_ns);
	return sums;
}

/* --- the tour ------------------------------------------------------------------------------------------------------------ */

static bool tour(unsigned long seed, unsigned rounds)
{
	struct dice dice = { seed * 0x9e3779b97f4a7c15ull + 1 };

	heading("1. What runs: drivers and services are programs, each with its own memory");
	show_processes();
	if (!load_open() || !victims_open())
		return false;
	heading("2. Load: their clients ask without a pause, and check every answer");
	if (!show_load())
		return false;
	heading("3. A hostile program tries to get at all this");
	if (!hostile_run())
		return false;
	heading("4. Deaths: each service is killed in the middle of its work, again and again");
	say("  Thousand instructions from the kill until the next client has its right answer:\n\n");
	if (!rounds_of_deaths(1, rounds / 2, &dice))
		return false;
	heading("5. Replaced while in use: another file, the same mailbox, the same clients");
	if (!victims_replace())
		return false;
	heading("6. And the replacements die, too");
	return rounds_of_deaths(rounds / 2 + 1, rounds, &dice);
}

static void power_off(uint32_t status)
{
	while (console_drain(console) == NACRE_E_PEER_GONE)
		;
	system_end(overview, SYSTEM_ENDING_POWEROFF, status);
}

int main(int argc, char **argv)
{
	bool soaks = argc > 3 && !strcmp(argv[1], "soak");
	unsigned long seed = argc > 1 ? strtoul(argv[1 + soaks], NULL, 10) : 1;
	unsigned long wanted = argc > 2 ? strtoul(argv[2 + soaks], NULL, 10) : DEATHS_ENOUGH;
	unsigned rounds = (unsigned)((wanted + trade_count - 1) / trade_count);
	struct sums sums;
	bool whole;

	if (console_connect("dev/console", &console) || system_connect("svc/system", &overview))
		return STATUS_BAD;
	say("\nNacre, %u bits: a %s with seed %lu\n", (unsigned)sizeof(void *) * 8, soaks ? "soak" : "tour", seed);
	if (soaks)
		power_off(soak(seed, (unsigned)wanted) ? STATUS_BAD : 0);
	whole = tour(seed, rounds < NARROWEST ? NARROWEST : rounds);
	load_end();
	heading("The account");
	sums = account();
	whole = victims_check() && whole;
	if (!whole)
		say("\ndemo: the tour was not finished\n");
	say("\ndemo: requests %lu lost %lu deaths %lu longest-gap-instructions %lu\n", (unsigned long)sums.requests, (unsigned long)sums.lost,
	    (unsigned long)deaths, (unsigned long)sums.longest_ns);
	power_off(whole && !sums.lost && deaths >= wanted ? 0 : STATUS_BAD);
	return STATUS_BAD;
}
