/* main.c - the system call fuzzer: rounds of processes that share servers, connections and memory, call whatever the
 * contract has, and are killed in the middle of it. A kernel that proves its invariants says where one does not hold.
 *
 *     test-fuzz [CALLS [SEED]]
 *
 * Ends with 0 when that many calls were made, and every page and handle is back after each round. On a machine that counts
 * instructions (`make fuzz N=...`) a seed does the same each time.
 *
 * As init, with nothing around it, it has the real-time clock and the trace to give. Then its processes hold the clock as a driver does:
 * they map its registers, bind its line, pin memory for it; and now and then its alarm goes off. What to do stands in the image's file
 * `fuzz`: CALLS SEED. */
#include <stdio.h>
#include <stdlib.h>
#include "base/archive.h"
#include "nacre/area.h"
#include "nacre/clock.h"
#include "test/alone.h"
#include "test/count.h"
#include "worker.h"

TEST_ALONE;

enum { CALLS = 20000, SEED = 1, ROUND_CALLS = 1500, BUDGET_PAGES = 56, PATIENCE_NS = 400000, LOST = 1, TURNS_MAX = 5000 };

static struct nacre_area area, registers;
static nacre_handle_t device, trace; /* 0: it has none */
static struct arena *arena;
static uint32_t random_state;

static uint32_t roll(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return (random_state >> 4) % below;
}

/* --- the device ---------------------------------------------------------------------------------------------------- */

/* Words of the goldfish real-time clock. */
enum { TIME_LOW, TIME_HIGH, ALARM_LOW, ALARM_HIGH, IRQ_ENABLED, ALARM_CLEAR, ALARM_STATUS, IRQ_CLEAR };

static void device_open(void)
{
	nacre_handle_t memory = NACRE_HANDLE_NONE;

	if (!machine_info())
		return;
	device = machine_device("google,goldfish-rtc");
	trace = machine_info()->trace;
	EXPECT_OK(nacre_device_memory(device, self_budget(), 0, &memory));
	EXPECT_OK(nacre_area_map(&registers, memory, 0, 1, NACRE_PROT_READ | NACRE_PROT_WRITE));
}

/* An interrupt soon, for whoever has bound the line. */
static void alarm_set(void)
{
	volatile uint32_t *word = registers.base;
	uint64_t when;

	if (!device)
		return;
	word[IRQ_CLEAR] = 1;
	when = word[TIME_LOW];
	when |= (uint64_t)word[TIME_HIGH] << 32;
	when += roll(PATIENCE_NS);
	word[IRQ_ENABLED] = 1;
	word[ALARM_HIGH] = (uint32_t)(when >> 32);
	word[ALARM_LOW] = (uint32_t)when;
}

/* It is quiet, and nothing is pinned for it any more: pins outlive who made them. */
static void device_rest(void)
{
	volatile uint32_t *word = registers.base;

	if (!device)
		return;
	word[ALARM_CLEAR] = 1;
	word[IRQ_ENABLED] = 0;
	word[IRQ_CLEAR] = 1;
	EXPECT_OK(nacre_device_reset(device));
}

/* --- making a round ------------------------------------------------------------------------------------------------ */

struct round {
	struct child child[PROCESSES];
	struct pair pair[PROCESSES];
	nacre_handle_t shared, sealed;
};

static void arena_reset(void)
{
	arena->left = ROUND_CALLS;
	for (unsigned i = 0; i < WORKERS; i++)
		arena->workers[i] = (struct worker){ .random = random_state + i * 0x9e3779b9u + 1,
						     .arena = (uint32_t)offsetof(struct arena, workers[i]) };
}

static void arena_open(void)
{
	EXPECT_OK(nacre_area_create(&area, NACRE_PAGES(sizeof(*arena)), NACRE_MEMORY_SHARED));
	arena = area.base;
	arena->kernel_ram = KERNEL_RAM;
	arena->kernel_text = KERNEL_TEXT;
	memcpy(arena->calls, fuzz_calls, sizeof(fuzz_calls));
	for (unsigned i = 0; i < FUZZ_CALLS; i++)
		arena->total_weight += fuzz_calls[i].weight;
}

static uintptr_t map_into(struct child *child, nacre_handle_t memory, size_t pages)
{
	uintptr_t base;

	EXPECT_OK(nacre_map_add(child->process, 0, memory, 0, pages, NACRE_PROT_WRITE, &base));
	return base;
}

static void know(nacre_handle_t known[TYPES][KNOWN], uint32_t type, unsigned n, struct child *child, nacre_handle_t handle)
{
	known[type][n] = child_give(child, handle, NACRE_RIGHT_ALL);
	known[0][roll(KNOWN)] = known[type][n];
}

/* What a process has at first: itself, its neighbour, its budget, all servers and connections, memory of each kind. */
static void handles_give(struct round *round, unsigned n, nacre_handle_t known[TYPES][KNOWN], nacre_handle_t room)
{
	struct child *child = &round->child[n], *other = &round->child[(n + 1) % PROCESSES];

	know(known, NACRE_OBJECT_PROCESS, 0, child, child->process);
	know(known, NACRE_OBJECT_PROCESS, 1, child, other->process);
	know(known, NACRE_OBJECT_BUDGET, 0, child, child->budget);
	know(known, NACRE_OBJECT_BUDGET, 1, child, roll(4) ? child->budget : other->budget);
	for (unsigned i = 0; i < PROCESSES; i++) {
		know(known, NACRE_OBJECT_SERVER, i, child, round->pair[i].server);
		know(known, NACRE_OBJECT_CONNECTION, i, child, round->pair[i].connection);
	}
	know(known, NACRE_OBJECT_MEMORY, 0, child, round->shared);
	know(known, NACRE_OBJECT_MEMORY, 1, child, round->sealed);
	know(known, NACRE_OBJECT_MEMORY, 2, child, room);
	if (device)
		know(known, NACRE_OBJECT_DEVICE, 0, child, device);
	if (trace && !roll(3))
		know(known, NACRE_OBJECT_MEMORY, 3, child, trace);
}

static void process_prepare(struct round *round, unsigned n)
{
	struct child *child = &round->child[n];
	nacre_handle_t known[TYPES][KNOWN] = { 0 }, room;
	uintptr_t rooms[THREADS], base = map_into(child, area.memory, NACRE_PAGES(sizeof(*arena)));

	for (unsigned t = 0; t < THREADS; t++) {
		EXPECT_OK(nacre_memory_create(child->budget, ROOM_PAGES, NACRE_MEMORY_PRIVATE, &room));
		rooms[t] = map_into(child, room, ROOM_PAGES);
		if (t == THREADS - 1)
			handles_give(round, n, known, room);
		EXPECT_OK(nacre_handle_close(room));
	}
	if (roll(4))
		EXPECT_OK(nacre_process_window_create(child->process));
	if (!roll(3))
		EXPECT_OK(nacre_process_fault_set(child->process, round->pair[roll(PROCESSES)].server, 77));
	for (unsigned t = 0; t < THREADS; t++) {
		struct worker *worker = &arena->workers[n * THREADS + t];

		memcpy(worker->known, known, sizeof(known));
		for (unsigned i = 0; i < ADDRESSES; i++)
			worker->addresses[i] = rooms[t];
		worker->registers[0] = base;
	}
}

static uintptr_t worker_in(const struct arena *where, unsigned n)
{
	return (uintptr_t)&where->workers[n];
}

static void process_start(struct round *round, unsigned n)
{
	const struct arena *there = (const struct arena *)arena->workers[n * THREADS].registers[0];

	child_start(&round->child[n], worker_run, worker_in(there, n * THREADS), 1 + roll(4));
	for (unsigned t = 1; t < THREADS; t++) /* it may have ended already */
		child_thread(&round->child[n], worker_run, worker_in(there, n * THREADS + t), 1 + roll(4));
}

static void round_make(struct round *round)
{
	arena_reset();
	EXPECT_OK(nacre_memory_create(self_budget(), 2, NACRE_MEMORY_SHARED, &round->shared));
	EXPECT_OK(nacre_memory_create(self_budget(), 1, NACRE_MEMORY_SHARED, &round->sealed));
	EXPECT_OK(nacre_memory_seal(round->sealed));
	for (unsigned n = 0; n < PROCESSES; n++) {
		round->pair[n] = pair_make(n + 1, roll(4), roll(4));
		child_make(&round->child[n], BUDGET_PAGES);
	}
	for (unsigned n = 0; n < PROCESSES; n++)
		process_prepare(round, n);
	for (unsigned n = 0; n < PROCESSES; n++)
		process_start(round, n);
}

/* --- running it ------------------------------------------------------------------------------------------------------ */

static uint32_t calls_made(void)
{
	uint32_t calls = 0;

	for (unsigned i = 0; i < WORKERS; i++)
		calls += arena->workers[i].calls;
	return calls;
}

static void wait_a_little(void)
{
	uint32_t never = 0;

	EXPECT_EQ(nacre_futex_wait(&never, 0, 0, nacre_deadline_in(1 + roll(PATIENCE_NS))), NACRE_E_TIMEOUT);
}

/* From outside, at any moment. Some of it is refused, because the children got there first. */
static void meddle(struct round *round)
{
	struct child *child = &round->child[roll(PROCESSES)];

	if (!roll(8))
		alarm_set();
	switch (roll(400)) {
	case 0:
		nacre_process_kill(child->process, 0);
		break;
	case 1:
		nacre_connection_destroy(round->pair[roll(PROCESSES)].connection);
		break;
	case 2:
		nacre_budget_resize(child->budget, BUDGET_PAGES / 2 + roll(BUDGET_PAGES));
		break;
	case 3:
		nacre_process_resume(child->process);
		break;
	case 4:
		if (!nacre_process_stop(child->process)) {
			wait_a_little();
			nacre_process_resume(child->process);
		}
		break;
	}
}

/* Until its calls are made, or nobody makes any more: all wait for each other, or are gone. */
static uint32_t round_run(struct round *round)
{
	uint32_t before = ~0u, now;
	unsigned idle = 0;

	for (unsigned turn = 0; turn < TURNS_MAX && arena->left && idle < 6; turn++) {
		wait_a_little();
		now = calls_made();
		idle = now == before ? idle + 1 : 0;
		before = now;
		meddle(round);
	}
	return calls_made();
}

/* The budgets go in any order. */
static void round_end(struct round *round)
{
	unsigned first = roll(PROCESSES);

	for (unsigned i = 0; i < PROCESSES; i++) {
		struct child *child = &round->child[(first + i) % PROCESSES];

		nacre_budget_destroy(child->budget); /* a child may have done it */
		EXPECT_OK(nacre_handle_close(child->budget));
		EXPECT_OK(nacre_handle_close(child->process));
		EXPECT_OK(nacre_handle_close(child->server));
	}
	for (unsigned i = 0; i < PROCESSES; i++)
		pair_close(&round->pair[i]);
	device_rest();
	EXPECT_OK(nacre_handle_close(round->shared));
	EXPECT_OK(nacre_handle_close(round->sealed));
}

/* What a child destroyed is taken apart at that child's priority, and so only while this thread, which is above it, waits. */
static void round_settle(struct count before)
{
	for (unsigned turn = 0; turn < TURNS_MAX && count_now().pages != before.pages; turn++)
		wait_a_little();
	expect_all_back(before);
}

static uint32_t round_play(void)
{
	struct round round = { 0 };
	uint32_t calls;

	round_make(&round);
	calls = round_run(&round);
	round_end(&round);
	return calls;
}

static unsigned count_nonzero(const uint32_t *list, size_t count)
{
	unsigned found = 0;

	for (size_t i = 0; i < count; i++)
		found += list[i] != 0;
	return found;
}

/* By the contract's numbers; those that end the caller cannot. */
static void never_note(void)
{
	char text[200];
	size_t size = 0;

	for (unsigned i = 0; i < FUZZ_CALLS && size < sizeof(text) - 8; i++)
		if (!arena->answered[i])
			size += (size_t)snprintf(text + size, sizeof(text) - size, " %u", i);
	test_note("no success of call%s", size ? text : " none");
}

static const char *wanted_calls, *wanted_seed;

/* Its words are wanted, where there is such a file. */
static void file_read(void)
{
	static char text[32];
	const struct nacre_boot_info *boot = machine_info();
	struct archive_file wanted = { .name = "fuzz" };
	struct archive archive;
	struct nacre_area image;

	if (!boot)
		return;
	EXPECT_OK(nacre_area_map(&image, boot->image, 0, NACRE_PAGES(boot->image_offset + boot->image_bytes), NACRE_PROT_READ));
	archive_open(&archive, (char *)image.base + boot->image_offset, boot->image_bytes);
	if (archive_find(&archive, &wanted, 1) && wanted.size < sizeof(text)) {
		memcpy(text, wanted.content, wanted.size);
		wanted_calls = strtok(text, " \n");
		wanted_seed = strtok(NULL, " \n");
	}
	EXPECT_OK(nacre_area_unmap(&image));
}

/* As a program that is started it has its children's highest priority; so it has as init, or they would never be above its own. */
static void priority_set(void)
{
	nacre_handle_t self;

	EXPECT_OK(nacre_thread_self(&self));
	EXPECT_OK(nacre_thread_priority_set(self, self_ceiling()));
	EXPECT_OK(nacre_handle_close(self));
}

TEST(calls, "processes that call anything, and die at any moment, break no invariant and leave nothing behind")
{
	uint32_t wanted, seed, made = 0, rounds = 0;
	struct count before;

	file_read();
	priority_set();
	wanted = wanted_calls ? (uint32_t)strtoul(wanted_calls, NULL, 10) : CALLS;
	seed = wanted_seed ? (uint32_t)strtoul(wanted_seed, NULL, 10) : SEED;
	random_state = seed * 2654435761u | 1;
	arena_open();
	device_open();
	round_play();
	wait_a_little();
	before = count_now();
	for (; made < wanted; rounds++) {
		made += round_play();
		round_settle(before);
		if (rounds % 50 == 49)
			test_note("so far %u calls", (unsigned)made);
	}
	test_note("seed %u: %u calls in %u rounds, %u of %u calls succeeded some time, %u kinds of answer", (unsigned)seed,
		  (unsigned)made, (unsigned)rounds, count_nonzero(arena->answered, FUZZ_CALLS), (unsigned)FUZZ_CALLS,
		  count_nonzero(arena->errors, 128));
	never_note();
	test_note("%u structures written were looked through; the first word like an address of the kernel's: 0x%lx, by call %u",
		  (unsigned)arena->looked, (unsigned long)arena->leak, (unsigned)arena->leak_call);
	EXPECT_EQ(arena->leaks, 0);
	EXPECT_OK(nacre_area_destroy(&area));
}

int main(int argc, char **argv)
{
	wanted_calls = argc > 1 ? argv[1] : NULL;
	wanted_seed = argc > 2 ? argv[2] : NULL;
	return test_main(1, argv);
}
