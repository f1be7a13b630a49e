/* main.c - the campaign: one fault a case (inject.h).
 *
 *     test-inject DRIVER SEED FIRST END       the cases FIRST to END - 1
 *
 * What came of each case is a line on the second disk, in a sector of its own, where the host reads it: the console may be the
 * driver under test. Sector 0 says how far it is: `ready`, `done`, or why it cannot go on. */
#include "inject.h"
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/bits.h"
#include "idl/block_client.h"
#include "idl/system_client.h"
#include "nacre/area.h"
#include "nacre/clock.h"

/* ROUNDS: of requests, with a fault. ROUND_NUMBERS: a case uses so many at most. */
enum { ROUNDS = 4, ROUND_NUMBERS = 4096, CANARY_PAGES = 160, CANARY = 0x5a };

/* A hang is seen by init within two heartbeats and its grace (system/inject.toml: 100 ms). */
#define HANG_NS (400 * NACRE_MS)
#define RECOVERY_NS (5 * NACRE_S)

static const struct load *const loads[] = { &load_block, &load_net, &load_noise, &load_console, &load_clock };
const struct load *load;
static nacre_handle_t init, disk;
static uint32_t seed, number;
static struct nacre_area canary;

/* --- deaths, as init tells of them ----------------------------------------------------------------------- */

struct deaths {
	bool any;
	enum system_dying dying;     /* of the driver's first */
	uint32_t cause, code, neighbours;
	char neighbour[16];
};

static uint32_t serial_last(void)
{
	struct system_death death;

	return system_death(init, 0, &death) == STATUS_OK ? death.serial : 0;
}

static struct deaths deaths_since(uint32_t serial)
{
	struct deaths deaths = { 0 };
	struct system_death death;

	for (uint32_t n = 0; system_death(init, n, &death) == STATUS_OK && death.serial > serial; n++) {
		if (!strcmp(death.label, load->service)) {
			deaths.any = true;
			deaths.dying = death.dying;
			deaths.cause = death.cause;
			deaths.code = death.code;
		} else {
			deaths.neighbours++;
			memcpy(deaths.neighbour, death.label, sizeof(deaths.neighbour) - 1);
		}
	}
	return deaths;
}

static struct deaths death_await(uint32_t serial, uint64_t ns)
{
	uint64_t end_ns = nacre_deadline_in(ns);
	struct deaths deaths;

	while (deaths = deaths_since(serial), !deaths.any && nacre_clock_ns() < end_ns)
		nacre_sleep_until(nacre_deadline_in(5 * NACRE_MS));
	return deaths;
}

/* --- requests -------------------------------------------------------------------------------------------- */

static enum answer serve_round(void)
{
	return load->round(number++);
}

/* Until it serves rightly. */
static bool settle(void)
{
	uint64_t end_ns = nacre_deadline_in(RECOVERY_NS);

	do
		if (serve_round() == ANSWER_RIGHT)
			return true;
	while (nacre_clock_ns() < end_ns);
	return false;
}

/* What a person would do with a driver that does not work. */
static bool operator_restarts(void)
{
	return system_restart(init, load->service) == STATUS_OK && settle();
}

/* A round in a thread of its own, so that one can be under way while the driver is stopped. */
static struct {
	sem_t go, done;
	enum answer answer;
} helper;

static void *help(void *nothing)
{
	(void)nothing;
	for (;;) {
		sem_wait(&helper.go);
		helper.answer = serve_round();
		sem_post(&helper.done);
	}
	return NULL;
}

/* --- a case ---------------------------------------------------------------------------------------------- */

struct verdict {
	bool planted, executed;
	enum answer answer;          /* the first that was not right */
	struct deaths deaths;
	bool recovered;
	const char *by;              /* whom */
	unsigned escapes, broken;    /* descriptors that lie; bytes of the canary */
};

static void escapes_look(struct verdict *verdict)
{
	unsigned escapes = rings_escapes();

	if (escapes > verdict->escapes)
		verdict->escapes = escapes;
}

static unsigned canary_broken(void)
{
	const uintptr_t *words = canary.base, sound = (uintptr_t)-1 / 255 * CANARY;
	unsigned broken = 0;

	for (size_t i = 0; i < CANARY_PAGES * NACRE_PAGE_BYTES / sizeof(*words); i++)
		broken += words[i] != sound;
	if (broken)
		memset(canary.base, CANARY, CANARY_PAGES * NACRE_PAGE_BYTES);
	return broken;
}

/* Would the instruction be executed? A breakpoint in its place says so, and init starts the driver anew. */
static bool probe(const struct fault *fault)
{
	uint32_t serial = serial_last();
	enum answer answer = ANSWER_RIGHT;
	struct deaths deaths;

	if (!target_stop() || !fault_breakpoint(fault))
		return false;
	target_resume();
	for (unsigned i = 0; i < ROUNDS && answer == ANSWER_RIGHT; i++)
		answer = serve_round();
	deaths = deaths_since(serial);
	if (deaths.any)
		return deaths.cause == NACRE_CAUSE_BREAKPOINT;
	if (target_stop()) {
		fault_undo(fault);
		target_resume();
	}
	return false;
}

/* The driver takes a request, and that very moment its registers change. */
static void plant_in_registers(const struct fault *fault, struct verdict *verdict)
{
	if (!target_stop())
		return;
	sem_post(&helper.go);
	nacre_sleep_until(nacre_deadline_in(NACRE_MS));
	verdict->planted = fault_plant(fault);
	target_resume();
	sem_wait(&helper.done);
	verdict->answer = helper.answer;
}

static void plant(const struct fault *fault, struct verdict *verdict)
{
	if (fault->kind == FAULT_REGISTER) {
		plant_in_registers(fault, verdict);
		return;
	}
	if (!target_stop())
		return;
	verdict->planted = fault_plant(fault);
	target_resume();
}

static void recover(struct verdict *verdict)
{
	verdict->by = "nobody";
	verdict->recovered = verdict->answer == ANSWER_RIGHT && !verdict->deaths.any;
	if (verdict->deaths.any) {
		verdict->by = "init";
		verdict->recovered = settle();
	}
	if (!verdict->recovered) {
		verdict->by = "operator";
		verdict->recovered = operator_restarts();
	}
}

static void judge(const struct fault *fault, struct verdict *verdict)
{
	uint32_t serial = serial_last();

	plant(fault, verdict);
	escapes_look(verdict);
	for (unsigned i = 0; i < ROUNDS && verdict->answer == ANSWER_RIGHT; i++) {
		verdict->answer = serve_round();
		escapes_look(verdict);
	}
	verdict->deaths = deaths_since(serial);
	if (!verdict->deaths.any && verdict->answer != ANSWER_RIGHT && verdict->answer != ANSWER_WRONG)
		verdict->deaths = death_await(serial, HANG_NS);
	recover(verdict);
	verdict->broken = canary_broken();
}

/* A process that was just started and serves. */
static const char *begin(bool again)
{
	const char *why;

	if (again && system_restart(init, load->service))
		return "init does not restart it";
	if (!settle())
		return "it does not serve when it was started";
	why = target_open(init, load->service);
	if (!why)
		rings_find();
	return why;
}

static const char *case_run(uint32_t n, struct fault *fault, struct verdict *verdict)
{
	struct dice dice = { .state = seed * 0x9e3779b1u ^ n * 0x85ebca77u };
	const char *why;
	uintptr_t base;

	*verdict = (struct verdict){ .answer = ANSWER_RIGHT };
	number = n * ROUND_NUMBERS;
	why = begin(true);
	if (why)
		return why;
	dice_throw(&dice);
	if (!fault_choose(fault, &dice))
		return "there is nothing to plant the fault in";
	base = target.base;
	if (fault_is_in_text(fault)) {
		verdict->executed = probe(fault);
		why = begin(false);
		fault->address += target.base - base;
	}
	if (why)
		return why;
	judge(fault, verdict);
	return NULL;
}

/* --- telling --------------------------------------------------------------------------------------------- */

static bool tell(uint64_t sector, const char *text)
{
	static uint8_t *page;

	if (!page)
		page = aligned_alloc(4096, 4096);
	memset(page, 0, BLOCK_SECTOR_BYTES);
	memcpy(page, text, strnlen(text, BLOCK_SECTOR_BYTES - 1));
	return block_write(disk, sector, page, BLOCK_SECTOR_BYTES) == STATUS_OK;
}

static const char *ended(const struct verdict *verdict)
{
	static const char *const names[] = { [SYSTEM_DYING_CRASH] = "crash", [SYSTEM_DYING_HANG] = "hang", [SYSTEM_DYING_END] = "exit" };

	return verdict->deaths.any ? names[verdict->deaths.dying] : "lives";
}

static uint32_t hex(const uint8_t bytes[4])
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

static bool tell_case(uint64_t sector, uint32_t n, const struct fault *fault, const struct verdict *verdict, uint64_t ns)
{
	static const char *const answers[] = { "right", "wrong", "late", "refused" };
	char line[BLOCK_SECTOR_BYTES];

	snprintf(line, sizeof(line),
		 "case=%lu kind=%s at=%#lx before=%#lx after=%#lx planted=%d executed=%d answer=%s ended=%s cause=%lu code=%ld "
		 "recovered=%d by=%s escapes=%u canary=%u neighbours=%lu neighbour=%s rings=%u ms=%lu\n",
		 (unsigned long)n, fault_names[fault->kind],
		 (unsigned long)(fault->kind == FAULT_REGISTER ? fault->address
				 : fault->address - target.base < 1u << 20 ? fault->address - target.base : fault->address % 4096),
		 (unsigned long)hex(fault->before), (unsigned long)(fault->kind == FAULT_REGISTER ? fault->bit : hex(fault->after)),
		 verdict->planted, verdict->executed, answers[verdict->answer], ended(verdict), (unsigned long)verdict->deaths.cause,
		 (long)(int32_t)verdict->deaths.code, verdict->recovered, verdict->by, verdict->escapes, verdict->broken,
		 (unsigned long)verdict->deaths.neighbours, verdict->deaths.neighbours ? verdict->deaths.neighbour : "-", rings_count(),
		 (unsigned long)(ns / NACRE_MS));
	return tell(sector, line);
}

static int run(uint32_t first, uint32_t end)
{
	for (uint32_t n = first; n < end; n++) {
		uint64_t begin_ns = nacre_clock_ns();
		struct verdict verdict;
		struct fault fault = { 0 };
		const char *why = case_run(n, &fault, &verdict);

		if (why) {
			tell(0, why);
			return EXIT_FAILURE;
		}
		if (!tell_case(n - first + 1, n, &fault, &verdict, nacre_clock_ns() - begin_ns))
			return EXIT_FAILURE;
	}
	return tell(0, "done") ? EXIT_SUCCESS : EXIT_FAILURE;
}

static const char *prepare(const char *driver)
{
	pthread_t thread;

	for (size_t i = 0; i < ARRAY_SIZE(loads); i++)
		if (!strcmp(loads[i]->service, driver))
			load = loads[i];
	if (!load)
		return "there is no driver of that name here";
	if (system_connect("svc/system", &init) || block_connect_now("dev/block1", &disk))
		return "init or the second disk cannot be reached; is the system description inject?";
	/* The driver of noise waits for who takes it. */
	if ((load != &load_noise && !load_noise.open()) || !load->open())
		return "the driver's service cannot be reached";
	if (nacre_area_create(&canary, CANARY_PAGES, 0))
		return "there is no memory for the canary";
	memset(canary.base, CANARY, CANARY_PAGES * NACRE_PAGE_BYTES);
	sem_init(&helper.go, 0, 0);
	sem_init(&helper.done, 0, 0);
	return pthread_create(&thread, NULL, help, NULL) ? "there is no memory for a thread" : NULL;
}

int main(int argc, char **argv)
{
	const char *why = argc == 5 ? prepare(argv[1]) : "usage: test-inject DRIVER SEED FIRST END";

	if (!why && !settle())
		why = "the driver does not serve before anything was planted";
	if (!why)
		why = tell(0, "ready") ? NULL : "the second disk cannot be written";
	if (why) {
		printf("test-inject: %s\n", why);
		return EXIT_FAILURE;
	}
	seed = (uint32_t)strtoul(argv[2], NULL, 0);
	return run((uint32_t)strtoul(argv[3], NULL, 0), (uint32_t)strtoul(argv[4], NULL, 0));
}
