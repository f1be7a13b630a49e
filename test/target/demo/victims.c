/* victims.c - services are killed, and replaced while they are in use. */
#include "victims.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "abi/nacre_calls.h"
#include "idl/killer_client.h"
#include "idl/system_client.h"
#include "load.h"
#include "nacre/clock.h"

struct victim victims[TRADES_MAX];
nacre_handle_t overview;
_Atomic uint32_t deaths;
static nacre_handle_t killer;

bool victim_find(unsigned trade, struct system_process *process)
{
	for (uint32_t number = 0; system_process(overview, number, process, NULL, NULL) == STATUS_OK; number = process->number + 1)
		if (process->kind == SYSTEM_KIND_SERVICE && !process->cause && !strcmp(process->label, trades[trade].service))
			return true;
	return false;
}

bool victims_open(void)
{
	struct system_process process;
	nacre_status_t status = killer_connect("demo/killer", &killer);

	if (!status)
		status = killer_arm(killer, overview);
	if (status)
		say("demo: the killer cannot be reached: %s\n", nacre_error_sentence(status));
	for (unsigned t = 0; t < trade_count && !status; t++) {
		if (!victim_find(t, &process)) {
			say("demo: %s does not run\n", trades[t].service);
			return false;
		}
		victims[t].restarts_before = process.restarts;
	}
	return !status;
}

void victims_shuffle(unsigned *order, struct dice *dice)
{
	for (unsigned i = 0; i < trade_count; i++)
		order[i] = i;
	for (unsigned i = trade_count - 1; i; i--) {
		unsigned other = dice_throw(dice, i + 1), kept = order[i];

		order[i] = order[other];
		order[other] = kept;
	}
}

/* --- killing ------------------------------------------------------------------------------------------------- */

bool victim_kill(unsigned trade, uint32_t within_ns, struct dice *dice)
{
	struct client *client = &clients[trade][0];
	struct victim *victim = &victims[trade];
	struct system_process process;
	uint64_t at_ns = 0, lost = client->lost;
	nacre_status_t status;

	if (!victim_find(trade, &process)) {
		say("demo: %s does not run\n", trades[trade].service);
		return false;
	}
	load_ahead(trade, true);
	status = killer_kill(killer, process.number, dice_throw(dice, within_ns), &at_ns);
	victim->busy += !status && load_is_busy(trade); /* they have not run since */
	if (status) {
		say("demo: %s could not be killed: %s\n", trades[trade].service, nacre_error_sentence(status));
		return false;
	}
	deaths++;
	victim->deaths++;
	wait_begin();
	trades[trade].probe(client);
	victim->last_ns = nacre_clock_ns() - at_ns;
	victim->last_ns -= wait_end();
	load_ahead(trade, false);
	if (client->lost != lost)
		return true; /* it is in the account */
	victim->sum_ns += victim->last_ns;
	if (victim->last_ns > victim->longest_ns)
		victim->longest_ns = victim->last_ns;
	return true;
}

/* --- replacing ----------------------------------------------------------------------------------------------- */

enum { STACK_BYTES = 8 << 10 };

static struct replacing {
	pthread_t thread;
	nacre_status_t status;
} replacing[TRADES_MAX];

static void *replace(void *given)
{
	struct replacing *one = given;
	const char *service = trades[one - replacing].service;
	char path[64];

	snprintf(path, sizeof(path), "next-%s", service);
	one->status = system_replace(overview, service, path);
	return NULL;
}

bool victims_replace(void)
{
	pthread_attr_t attr;
	bool all = true;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	for (unsigned t = 0; t < trade_count; t++)
		if (!trades[t].is_fixed && pthread_create(&replacing[t].thread, &attr, replace, &replacing[t]))
			return false;
	for (unsigned t = 0; t < trade_count; t++) {
		if (trades[t].is_fixed)
			continue;
		pthread_join(replacing[t].thread, NULL);
		victims[t].replaced += !replacing[t].status;
		all &= !replacing[t].status;
		say("  %-13s runs from bin/next-%s: %s\n", trades[t].service, trades[t].service,
		    replacing[t].status ? nacre_error_sentence(replacing[t].status) : "yes");
	}
	return all;
}

bool victims_check(void)
{
	struct system_process process;
	bool same = true;

	for (unsigned t = 0; t < trade_count; t++) {
		uint32_t counted = victims[t].deaths + victims[t].replaced, known;

		known = victim_find(t, &process) ? process.restarts - victims[t].restarts_before : 0;
		if (known == counted)
			continue;
		say("demo: %s was started anew %lu times, says init; %lu here\n", trades[t].service, (unsigned long)known,
		    (unsigned long)counted);
		same = false;
	}
	return same;
}
