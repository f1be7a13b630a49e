/* realtime.c - what a high thread can rely on (doc/realtime.md): how long less urgent ones can keep it waiting, through a server, a
 * lock and chains of both; and how late it wakes while they flood the kernel. Runs as init where an instruction takes a nanosecond
 * and the host decides nothing: so what is found is the same each time, and the bounds are in instructions. */
#include "nacre/area.h"
#include "nacre/clock.h"
#include "test/alone.h"
#include "test/child.h"

TEST_ALONE;

/* DELAY: from the moment a thread shall run until it does, whatever less urgent ones do. CALL: what calls and locks along the longest
 * chain here cost beside the work that is waited for. TURN: of an equal thread, before it is the next one's turn. */
enum { DELAY = 12000, CALL = 12000, TURN = 10000000 };
enum { LOW = 5, MIDDLE = 10, HIGH = 20, ROUNDS = 12, WORK = 4000, LINKS = 8, MIDDLE_NS = 3000000, WAKES = 400, EQUALS = 3 };

static uint32_t never;
static uint64_t work_ns, start_ns, waited_ns, longest_ns;
static struct helper low, middle, high, links[LINKS];
static struct pair pairs[LINKS];

static void until(uint64_t ns)
{
	nacre_futex_wait(&never, 0, 0, ns);
}

static void work(unsigned turns)
{
	for (volatile unsigned i = 0; i < turns; i++)
		continue;
}

/* Alone, without anybody who could be in the way. */
static void work_measure(void)
{
	uint64_t begin_ns = nacre_clock_ns();

	work(WORK);
	work_ns = nacre_clock_ns() - begin_ns;
}

static void compute(void *unused)
{
	(void)unused;
	until(start_ns + work_ns / 4);
	while (nacre_clock_ns() < start_ns + MIDDLE_NS)
		continue;
}

/* --- servers ------------------------------------------------------------------------------------------------- */

static void call(nacre_handle_t connection, uintptr_t opcode)
{
	struct nacre_words words = { opcode, { 0 } };

	nacre_connection_call(connection, &words);
}

/* Works for its first client; both are answered. */
static void serve(void *pair)
{
	struct nacre_received in = { 0 };

	for (unsigned i = 0; i < 2; i++) {
		if (nacre_server_receive(((struct pair *)pair)->server, NACRE_DEADLINE_NEVER, NULL, &in))
			return;
		if (in.words.opcode == 1)
			work(WORK);
		nacre_server_reply(&in.words, in.token, NULL);
	}
}

/* Once, for the one in front of it, from the next one. */
static void pass_on(void *argument)
{
	const struct pair *pair = argument;
	struct nacre_received in = { 0 };

	if (nacre_server_receive(pair->server, NACRE_DEADLINE_NEVER, NULL, &in))
		return;
	call(pair[1].connection, 2);
	nacre_server_reply(&in.words, in.token, NULL);
}

static void low_calls(void *pair)
{
	until(start_ns);
	call(((struct pair *)pair)->connection, 1);
}

static void high_calls(void *pair)
{
	until(start_ns + waited_ns);
	call(((struct pair *)pair)->connection, 2);
	waited_ns = nacre_clock_ns() - start_ns - waited_ns;
}

/* --- a lock -------------------------------------------------------------------------------------------------- */

static uint32_t lock;
static bool names_owner;
static nacre_handle_t server_of_owner;

static void lock_holds(void *unused)
{
	uintptr_t woken;

	(void)unused;
	until(start_ns);
	lock = 1;
	if (server_of_owner)
		call(server_of_owner, 1);
	else
		work(WORK);
	lock = 0;
	nacre_futex_wake(&lock, 1, &woken);
}

static void lock_wants(void *unused)
{
	(void)unused;
	until(start_ns + waited_ns);
	while (lock)
		nacre_futex_wait(&lock, 1, names_owner ? low.thread : NACRE_HANDLE_NONE, NACRE_DEADLINE_NEVER);
	waited_ns = nacre_clock_ns() - start_ns - waited_ns;
}

/* --- inversion ------------------------------------------------------------------------------------------------- */

/* All begin with a sleep, so it does not matter in which order they are started. The high one comes while the low one works and the
 * middle one computes, at another moment in each round. */
static void play(void (*low_runs)(void *), void (*high_runs)(void *), void *low_for, void *high_for, unsigned round)
{
	start_ns = nacre_deadline_in(200000);
	waited_ns = work_ns / 2 + round * (work_ns / 3 / ROUNDS);
	helper_start_at(&low, low_runs, low_for, LOW);
	helper_start_at(&middle, compute, NULL, MIDDLE);
	helper_start_at(&high, high_runs, high_for, HIGH);
	helper_join(&high);
	helper_join(&low);
	helper_join(&middle);
	if (waited_ns > longest_ns)
		longest_ns = waited_ns;
}

static void within(const char *what, uint64_t bound)
{
	test_note("%s: %lu instructions, bound %lu", what, (unsigned long)longest_ns, (unsigned long)bound);
	EXPECT(longest_ns <= bound);
	longest_ns = 0;
}

TEST(server, "a call waits for the rest of a less urgent one's request, and not for who is in between")
{
	struct pair pair = pair_make(1, 0, 0);

	work_measure();
	for (unsigned round = 0; round < ROUNDS; round++) {
		helper_start_at(&links[0], serve, &pair, LOW);
		play(low_calls, high_calls, &pair, &pair, round);
		helper_join(&links[0]);
	}
	within("a server", work_ns + CALL);
	pair_close(&pair);
}

TEST(lock, "a lock whose holder is named is had when its holder is done, and not when those in between are")
{
	work_measure();
	names_owner = true;
	for (unsigned round = 0; round < ROUNDS; round++)
		play(lock_holds, lock_wants, NULL, NULL, round);
	within("a lock", work_ns + CALL);
}

TEST(unnamed, "a lock whose holder is not named is had when those in between are done: so these tests can see it")
{
	work_measure();
	names_owner = false;
	play(lock_holds, lock_wants, NULL, NULL, 0);
	test_note("a lock without a name: %lu instructions", (unsigned long)longest_ns);
	EXPECT(longest_ns > MIDDLE_NS / 2);
	longest_ns = 0;
}

TEST(chain, "a call through a chain of servers, the last of which works for a less urgent one, waits for that alone")
{
	work_measure();
	for (unsigned i = 0; i < LINKS; i++)
		pairs[i] = pair_make(1, 0, 0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < LINKS; i++)
			helper_start_at(&links[i], i < LINKS - 1 ? pass_on : serve, &pairs[i], LOW);
		play(low_calls, high_calls, &pairs[LINKS - 1], &pairs[0], round);
		for (unsigned i = 0; i < LINKS; i++)
			helper_join(&links[i]);
	}
	within("a chain of servers", work_ns + CALL);
	for (unsigned i = 0; i < LINKS; i++)
		pair_close(&pairs[i]);
}

/* The second request of `serve` is this thread's own. */
TEST(lock_and_server, "a lock whose holder waits for a server is had when that server is done")
{
	struct pair pair = pair_make(1, 0, 0);

	work_measure();
	names_owner = true;
	server_of_owner = pair.connection;
	for (unsigned round = 0; round < ROUNDS; round++) {
		helper_start_at(&links[0], serve, &pair, LOW);
		play(lock_holds, lock_wants, NULL, NULL, round);
		call(pair.connection, 2);
		helper_join(&links[0]);
	}
	server_of_owner = NACRE_HANDLE_NONE;
	within("a lock and a server", work_ns + CALL);
	pair_close(&pair);
}

/* --- floods ---------------------------------------------------------------------------------------------------- */

static volatile bool flooding;
static volatile uint32_t floods;
static struct pair flooded;

/* Wakes at moments that have nothing to do with what the others do, and looks how late it is. */
static void wake(void *unused)
{
	uint32_t random = 1;
	uint64_t at_ns, late_ns;

	(void)unused;
	for (unsigned i = 0; i < WAKES; i++) {
		random = random * 1664525 + 1013904223;
		at_ns = nacre_deadline_in(20000 + (random >> 16 & 0x7fff));
		until(at_ns);
		late_ns = nacre_clock_ns() - at_ns;
		if (late_ns > longest_ns)
			longest_ns = late_ns;
	}
	flooding = false;
}

/* The last flood was no flood if it was not there between most of the wakes. */
static void flood(const char *what, void (*run)(void *), unsigned count, unsigned priority, uint64_t bound)
{
	floods = 0;
	flooding = true;
	for (unsigned i = 0; i < count; i++)
		helper_start_at(&links[i], run, NULL, priority);
	helper_start_at(&high, wake, NULL, HIGH);
	helper_join(&high);
	for (unsigned i = 0; i < count; i++)
		helper_join(&links[i]);
	EXPECT(floods > WAKES / 2);
	within(what, bound);
}

static void signals(void *unused)
{
	(void)unused;
	for (uintptr_t bits = 1; flooding; bits++, floods++)
		nacre_connection_signal(flooded.connection, bits);
}

/* Until the queue is full, which is refused from then on; then it is emptied. */
static void sends(void *unused)
{
	static char text[NACRE_LIMIT_SEND_BYTES];
	struct nacre_message message = { .in_count = 1, .in = { { (uintptr_t)text, sizeof(text) } } };
	struct nacre_received in = { 0 };

	(void)unused;
	while (flooding) {
		struct nacre_words words = { 1, { 0 } };

		if (!nacre_connection_send(flooded.connection, &words, &message))
			floods++;
		else
			while (!nacre_server_receive(flooded.server, NACRE_DEADLINE_NOW, NULL, &in))
				continue;
	}
}

static void nothing(void *unused)
{
	(void)unused;
}

static void threads(void *unused)
{
	static struct helper made[4];

	(void)unused;
	for (; flooding; floods++) {
		for (unsigned i = 0; i < 4; i++)
			helper_start_at(&made[i], nothing, NULL, LOW + 1 + i % 2);
		for (unsigned i = 0; i < 4; i++)
			helper_join(&made[i]);
	}
}

static void memory(void *unused)
{
	struct nacre_area area;

	(void)unused;
	for (; flooding; floods++)
		if (!nacre_area_create(&area, 16, NACRE_MEMORY_PRIVATE))
			nacre_area_destroy(&area);
}

CHILD static void dies(uintptr_t unused)
{
	(void)unused;
	__asm__ volatile(".2byte 0");
}

static void processes(void *unused)
{
	struct child child;

	(void)unused;
	for (; flooding; floods++)
		if (!child_try(&child, CHILD_PAGES)) {
			child_start(&child, dies, 0, LOW);
			child_wait(&child, NULL);
			child_destroy(&child);
		}
}

TEST(signals, "a flood of signals")
{
	flooded = pair_make(1, NACRE_LIMIT_SLOTS, 0);
	flood("signals", signals, EQUALS, LOW, DELAY);
	pair_close(&flooded);
}

TEST(sends, "a flood of messages, into a queue that is full again and again")
{
	flooded = pair_make(1, NACRE_LIMIT_SLOTS, 0);
	flood("sends", sends, EQUALS, LOW, DELAY);
	pair_close(&flooded);
}

TEST(threads, "a flood of threads that are made and end")
{
	flood("threads", threads, 1, LOW, DELAY);
}

TEST(memory, "a flood of pages that are made, mapped and destroyed")
{
	flood("memory", memory, EQUALS, LOW, DELAY);
}

TEST(processes, "a flood of processes that fault, and are taken apart with their budgets")
{
	flood("processes that fault", processes, 1, LOW, DELAY);
}

/* --- faults that are answered -------------------------------------------------------------------------------- */

CHILD static void faults_for_ever(uintptr_t unused)
{
	(void)unused;
	for (;;)
		__asm__ volatile(".2byte 0");
}

/* It may go on where it was, and so faults again. */
static void fault_handle(void *unused)
{
	struct nacre_received in = { 0 };

	(void)unused;
	for (; flooding; floods++) {
		if (nacre_server_receive(flooded.server, NACRE_DEADLINE_NEVER, NULL, &in))
			return;
		in.words.opcode = 0;
		nacre_server_reply(&in.words, in.token, NULL);
	}
}

TEST(faults, "a flood of faults, each of which is answered")
{
	struct child child;

	flooded = pair_make(1, 0, 0);
	child_make(&child, CHILD_PAGES);
	EXPECT_OK(nacre_process_fault_set(child.process, flooded.server, 1));
	child_start(&child, faults_for_ever, 0, LOW);
	flood("faults", fault_handle, 1, LOW, DELAY);
	child_destroy(&child);
	pair_close(&flooded);
}

/* --- interrupts ----------------------------------------------------------------------------------------------- */

/* The goldfish real-time clock of QEMU, as indices of words. Its alarm is a moment that has passed, so it fires at once. */
enum { TIME_LOW, TIME_HIGH, ALARM_LOW, ALARM_HIGH, IRQ_ENABLED, CLEAR_ALARM, ALARM_STATUS, CLEAR_INTERRUPT };

static volatile uint32_t *registers;
static nacre_handle_t interrupt;

static void drive(void *unused)
{
	struct nacre_received in = { 0 };

	(void)unused;
	for (; flooding; floods++) {
		registers[ALARM_HIGH] = 0;
		registers[ALARM_LOW] = 1;
		if (nacre_server_receive(flooded.server, nacre_deadline_in(NACRE_MS), NULL, &in))
			break;
		registers[CLEAR_INTERRUPT] = 1;
		nacre_interrupt_ack(interrupt);
	}
}

TEST(interrupts, "a flood of interrupts of a device, as fast as its driver acknowledges them")
{
	nacre_handle_t device = machine_device("google,goldfish-rtc"), page;
	uintptr_t base;

	EXPECT(device);
	flooded = pair_make(1, 0, 0);
	EXPECT_OK(nacre_device_memory(device, self_budget(), 0, &page));
	EXPECT_OK(nacre_map_add(self_process(), 0, page, 0, 1, NACRE_PROT_WRITE, &base));
	EXPECT_OK(nacre_device_interrupt(device, self_budget(), 0, flooded.server, 2, LOW, &interrupt));
	registers = (volatile uint32_t *)base;
	registers[IRQ_ENABLED] = 1;
	flood("interrupts", drive, 1, LOW, DELAY);
	registers[IRQ_ENABLED] = 0;
	EXPECT_OK(nacre_handle_close(interrupt));
	EXPECT_OK(nacre_map_remove(self_process(), base, 1));
	EXPECT_OK(nacre_handle_close(page));
	pair_close(&flooded);
}

/* --- equals ---------------------------------------------------------------------------------------------------- */

TEST(equals, "equals who flood have a turn each, and no more")
{
	flooded = pair_make(1, NACRE_LIMIT_SLOTS, 0);
	flood("equals", signals, EQUALS, HIGH, EQUALS * (uint64_t)TURN + DELAY);
	pair_close(&flooded);
}
