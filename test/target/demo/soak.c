/* soak.c - everything at once (make soak, doc/soak.md). A round:
 *
 *   1. the fuzzer of system calls begins: processes that call anything and die at any moment
 *   2. the clients begin to ask every service
 *   3. programs that take all they can of one thing each are started until init has no page left for another one
 *   4. each service is killed once, and each time a program is started, that ends, or crashes, or is killed by its end of the budget
 *   5. all of them end, and when everybody has come to rest nobody has more than before
 *
 * All that is random comes out of the seed: order and moments of the deaths, who is started, the fuzzer's own seed. */
#include "soak.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "figures.h"
#include "idl/block_client.h"
#include "idl/process_client.h"
#include "load.h"
#include "nacre/clock.h"
#include "victims.h"

/* The load computes without a pause, so who shall get anywhere beside it runs above it, or like the fuzzer's processes at about
 * its priority. The first round is the one in which
 * services find out how much they need: tables of handles grow, and a client's first call makes a connection. */
enum { SOAK_PRIORITY = 2, CROWD_PRIORITY = 3, WITHIN_MS = 2, LEARN = 1, CROWD_MAX = 64, STRINGS_BYTES = 96, END_SECTOR = 2047, FUZZ_CALLS = 1500, PAGE = 4096 };

static const char *const greedy[] = {
	"greed-threads", "greed-handles", "greed-servers", "greed-memory", "greed-process", "greed-connect", "greed-alarms",
};

/* What a program may end like. */
static const struct fleeting {
	const char *words;           /* its name and arguments, each ended by a NUL */
	uint32_t size, arguments, cause;
} fleeting[] = {
	{ "hello", sizeof("hello"), 0, NACRE_CAUSE_EXIT },
	{ "demo-hostile", sizeof("demo-hostile"), 0, NACRE_CAUSE_READ },
	{ "crash\0illegal", sizeof("crash\0illegal"), 1, NACRE_CAUSE_ILLEGAL },
	{ "crash\0null", sizeof("crash\0null"), 1, NACRE_CAUSE_WRITE },
};

static nacre_handle_t processes;
static struct dice dice;
static uint32_t findings, programs;
static uint32_t crowd[CROWD_MAX];
static unsigned crowd_count;

static void finding(const char *what, const char *about)
{
	findings++;
	say("soak: FINDING: %s: %s\n", what, about);
}

static nacre_status_t run(const char *words, size_t size, uint32_t arguments, uint32_t priority, uint32_t *number)
{
	struct process_start start = { .argument_count = arguments, .priority = priority };
	nacre_status_t status = process_start_quiet(processes, &start, words, size, number);

	programs += !status;
	return status;
}

static void expect_end(uint32_t number, const char *name, uint32_t wanted)
{
	uint32_t cause = 0, code = 0;
	char how[64];
	nacre_status_t status = process_wait(processes, number, &cause, &code);

	if (status)
		finding(name, nacre_error_sentence(status));
	else if (cause != wanted || (cause == NACRE_CAUSE_EXIT && code)) {
		snprintf(how, sizeof(how), "it ended by cause %lu, code %ld", (unsigned long)cause, (long)(int32_t)code);
		finding(name, how);
	}
}

/* --- who runs beside -------------------------------------------------------------------------------------------- */

static uint32_t fuzzer_begin(void)
{
	char words[STRINGS_BYTES];
	uint32_t number = 0;
	int size = snprintf(words, sizeof(words), "test-fuzz%c%d%c%lu", 0, FUZZ_CALLS, 0, (unsigned long)dice_throw(&dice, 1u << 30) + 1);
	nacre_status_t status = run(words, (size_t)size + 1, 2, 0, &number);

	if (status)
		finding("test-fuzz", nacre_error_sentence(status));
	return number;
}

/* Until there is no room for the next. */
static void crowd_begin(void)
{
	nacre_status_t status = STATUS_OK;

	for (crowd_count = 0; crowd_count < CROWD_MAX && !status; crowd_count += !status) {
		const char *name = greedy[dice_throw(&dice, ARRAY_SIZE(greedy))];

		status = run(name, strlen(name) + 1, 0, CROWD_PRIORITY, &crowd[crowd_count]);
	}
	if (status != NACRE_E_BUDGET)
		finding("memory was not used up", status ? nacre_error_sentence(status) : "there is room for more programs than this asks for");
}

/* One less of the crowd makes room for it. */
static void fleeting_run(void)
{
	const struct fleeting *one = &fleeting[dice_throw(&dice, ARRAY_SIZE(fleeting))];
	nacre_status_t status;
	uint32_t number;

	if (!crowd_count)
		return;
	process_kill(processes, crowd[--crowd_count], 1);
	expect_end(crowd[crowd_count], "a greedy program", NACRE_CAUSE_KILLED);
	status = run(one->words, one->size, one->arguments, 0, &number);
	if (status)
		finding(one->words, nacre_error_sentence(status));
	else
		expect_end(number, one->words, one->cause);
}

static void crowd_end(void)
{
	for (unsigned i = 0; i < crowd_count; i++)
		process_kill(processes, crowd[i], 1);
	while (crowd_count)
		expect_end(crowd[--crowd_count], "a greedy program", NACRE_CAUSE_KILLED);
}

/* --- a round ------------------------------------------------------------------------------------------------------- */

static void deaths_make(void)
{
	unsigned order[TRADES_MAX] = { 0 };

	victims_shuffle(order, &dice);
	for (unsigned i = 0; i < trade_count; i++) {
		if (!victim_kill(order[i], WITHIN_MS * NACRE_MS, &dice))
			findings++;
		fleeting_run();
	}
}

static uint64_t lost_all(void)
{
	uint64_t lost = 0;

	for (unsigned t = 0; t < trade_count; t++)
		lost += load_sum(t).lost;
	return lost;
}

static void lost_tell(uint64_t before)
{
	if (lost_all() == before)
		return;
	findings += (uint32_t)(lost_all() - before);
	for (unsigned t = 0; t < trade_count; t++)
		for (unsigned i = 0; i < CLIENTS_EACH; i++)
			if (clients[t][i].lost)
				say("soak: FINDING: lost at %s, client %u: %s\n", trades[t].service, i, clients[t][i].why);
}

static uint32_t round_play(unsigned round)
{
	uint64_t lost = lost_all();
	uint32_t fuzzer = fuzzer_begin(), growth = 0;

	if (!load_begin(SOAK_PRIORITY))
		findings++;
	crowd_begin();
	deaths_make();
	crowd_end();
	load_end();
	if (fuzzer)
		expect_end(fuzzer, "test-fuzz", NACRE_CAUSE_EXIT);
	lost_tell(lost);
	if (!victims_check())
		findings++;
	if (!figures_settle())
		findings++;
	else if (round <= LEARN)
		figures_learn();
	else
		growth = figures_growth(round);
	return growth;
}

/* --- all ------------------------------------------------------------------------------------------------------------- */

/* Only the host knows how long an hour is. */
static bool is_over(nacre_handle_t disk)
{
	static _Alignas(PAGE) uint8_t page[PAGE];
	nacre_status_t status = block_read(disk, END_SECTOR, page, BLOCK_SECTOR_BYTES);

	if (status)
		finding("the disk's last sector", nacre_error_sentence(status));
	return status || page[0];
}

static bool prepare(unsigned long seed, nacre_handle_t *disk)
{
	crowded = true;
	dice.state = seed * 0x9e3779b97f4a7c15ull + 1;
	return load_open() && victims_open() && !process_connect("svc/process", &processes) && !block_connect("dev/block0", disk);
}

uint32_t soak(unsigned long seed, unsigned rounds)
{
	uint64_t begin_ns = nacre_clock_ns();
	nacre_handle_t disk;
	uint32_t growth = 0;
	unsigned round = 0;

	if (!prepare(seed, &disk))
		findings++;
	while (!findings && (rounds ? round < rounds : !is_over(disk))) {
		growth += round_play(++round);
		say("soak: round %u deaths %lu requests %lu programs %lu growth %lu findings %lu\n", round, (unsigned long)deaths,
		    (unsigned long)all_requests(), (unsigned long)programs, (unsigned long)growth, (unsigned long)findings);
	}
	figures_show();
	say("soak: seconds of the guest's %lu\n", (unsigned long)((nacre_clock_ns() - begin_ns) / NACRE_S));
	say("soak: rounds %u deaths %lu requests %lu growth %lu findings %lu\n", round, (unsigned long)deaths,
	    (unsigned long)all_requests(), (unsigned long)growth, (unsigned long)findings);
	return growth + findings;
}
