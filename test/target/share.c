/* share.c - shares of CPU time on the machine: programs that try to have more than theirs, and what they had by their budgets' counters.
 *
 * Each attempt runs beside an honest program of a lower priority that has no share and computes: what it got is what really was
 * left, whoever's account the rest went to. A share is 2 ms in 10 ms throughout. */
#include "nacre/clock.h"
#include "test/alone.h"
#include "test/child_code.h"
#include "test/count.h"

TEST_ALONE;

enum { HONEST_PRIORITY = 3, PRIORITY = 6, SERVER_PRIORITY = 9, PAGES = 60, PART_PAGES = 12 };
#define SHARE_NS  (2 * NACRE_MS)
#define PERIOD_NS (10 * NACRE_MS)
#define WATCH_NS  (200 * NACRE_MS)

/* What the programs are told in the words of the answer to their question. */
enum { OWN_PROCESS, OWN_BUDGET, CODE, WHERE, LINE };

/* --- programs ---------------------------------------------------------------------------------------------------- */

CHILD static void computes(uintptr_t unused)
{
	(void)unused;
	for (;;)
		__asm__ volatile("");
}

CHILD static void computes_for(uint64_t ns)
{
	uint64_t now = 0, end;

	nacre_clock_now(&now);
	for (end = now + ns; now < end;)
		nacre_clock_now(&now);
}

CHILD static void sleeps_for(uint64_t ns)
{
	uint32_t never = 0;
	uint64_t now = 0;

	nacre_clock_now(&now);
	nacre_futex_wait(&never, 0, 0, now + ns);
}

CHILD static void yields(uintptr_t unused)
{
	(void)unused;
	for (;;)
		nacre_thread_yield();
}

/* Just before the share is used up. */
CHILD static void sleeps_in_time(uintptr_t unused)
{
	(void)unused;
	for (;;) {
		computes_for(SHARE_NS * 9 / 10);
		sleeps_for(NACRE_MS / 20);
	}
}

/* Runs that are as short as can be. */
CHILD static void sleeps_always(uintptr_t unused)
{
	(void)unused;
	for (;;)
		sleeps_for(1);
}

CHILD static nacre_err_t process_in(const struct nacre_words *plan, nacre_handle_t budget)
{
	nacre_handle_t process = 0, stack = 0, thread = 0;
	uintptr_t base = 0, top = 0;
	nacre_err_t error = nacre_process_create((nacre_handle_t)plan->word[OWN_BUDGET], budget, &process);

	if (!error)
		error = nacre_map_add(process, 0, (nacre_handle_t)plan->word[CODE], 0, plan->opcode, NACRE_PROT_READ | NACRE_PROT_EXECUTE, &base);
	if (!error)
		error = nacre_memory_create(budget, 1, NACRE_MEMORY_PRIVATE, &stack);
	if (!error)
		error = nacre_map_add(process, 0, stack, 0, 1, NACRE_PROT_WRITE, &top);
	if (!error)
		error = nacre_thread_create(process, base + plan->word[WHERE], top + 4096, 0, 0, PRIORITY, &thread);
	nacre_handle_close(stack);
	nacre_handle_close(thread);
	nacre_handle_close(process);
	return error;
}

/* Two processes on its own budget, and one on a budget inside it. */
CHILD static void multiplies(uintptr_t control)
{
	struct nacre_words plan;
	nacre_handle_t inner = 0;

	plan_ask(control, &plan);
	for (unsigned i = 0; i < 2; i++)
		if (process_in(&plan, (nacre_handle_t)plan.word[OWN_BUDGET]))
			nacre_process_exit(__LINE__);
	if (nacre_budget_create((nacre_handle_t)plan.word[OWN_BUDGET], PART_PAGES, PRIORITY, &inner) || process_in(&plan, inner))
		nacre_process_exit(__LINE__);
	computes(0);
}

/* Budgets with a process that computes, made anew all the time: with a share of their own, or with none. */
CHILD static void renews(uintptr_t control, uint64_t share_ns)
{
	struct nacre_words plan;
	nacre_handle_t inner = 0;

	plan_ask(control, &plan);
	for (;;) {
		if (nacre_budget_create((nacre_handle_t)plan.word[OWN_BUDGET], PART_PAGES, PRIORITY, &inner))
			nacre_process_exit(__LINE__);
		if (share_ns && nacre_budget_cpu_set(inner, share_ns, PERIOD_NS))
			nacre_process_exit(__LINE__);
		if (process_in(&plan, inner))
			nacre_process_exit(__LINE__);
		sleeps_for(3 * NACRE_MS);
		if (nacre_budget_destroy(inner) || nacre_handle_close(inner))
			nacre_process_exit(__LINE__);
	}
}

CHILD static void renews_plain(uintptr_t control)
{
	renews(control, 0);
}

CHILD static void renews_ruled(uintptr_t control)
{
	renews(control, NACRE_MS);
}

/* Its budget again and again with another share: for who has no right to change his own this is refused. */
CHILD static void changes_share(uintptr_t control)
{
	struct nacre_words plan;

	plan_ask(control, &plan);
	for (;;)
		if (nacre_budget_cpu_set((nacre_handle_t)plan.word[OWN_BUDGET], 0, 0) != NACRE_E_RIGHTS)
			nacre_process_exit(__LINE__);
}

CHILD static void calls(uintptr_t control)
{
	struct nacre_words plan, words;

	plan_ask(control, &plan);
	for (;;) {
		words_clear(&words, 1);
		nacre_connection_call((nacre_handle_t)plan.word[LINE], &words);
	}
}

CHILD static void serves(uintptr_t server, uint64_t work_ns)
{
	struct nacre_received in;
	nacre_token_t token = 0;

	for (;;) {
		received_clear(&in);
		if (nacre_server_reply_and_receive((nacre_handle_t)server, &in.words, token, &in))
			nacre_process_exit(__LINE__);
		token = in.token;
		if (work_ns)
			computes_for(work_ns);
	}
}

CHILD static void serves_long(uintptr_t server)
{
	serves(server, 5 * NACRE_MS);
}

CHILD static void serves_shortly(uintptr_t server)
{
	serves(server, 0);
}

CHILD static void serves_for_ever(uintptr_t server)
{
	serves(server, NACRE_S * 1000);
}

/* --- watching ---------------------------------------------------------------------------------------------------- */

static struct child honest, greedy, server;
static struct pair control, service;

static uint64_t used(const struct child *child)
{
	struct nacre_budget_state state;

	EXPECT_OK(nacre_budget_info(child->budget, &state));
	return state.cpu_ns;
}

static void pass(uint64_t ns)
{
	uint32_t never = 0;

	EXPECT_EQ(nacre_futex_wait(&never, 0, 0, nacre_deadline_in(ns)), NACRE_E_TIMEOUT);
}

/* It must have run until now, which shows that it was not refused what it was to try. */
static void expect_runs(const struct child *child)
{
	struct nacre_exit_record record = { 0 };
	nacre_err_t error = nacre_process_status(child->process, &record);

	if (!error)
		test_note("it has ended: cause %u, code %d", (unsigned)record.cause, (int)record.code);
	EXPECT_EQ(error, NACRE_E_STATE);
}

/* In parts of a thousand of the time that was watched. */
struct seen {
	unsigned honest, greedy, server;
};

static struct seen watch(void)
{
	uint64_t began, h, g, s = 0, passed;
	struct seen seen = { 0 };

	pass(3 * PERIOD_NS);
	began = nacre_clock_ns();
	h = used(&honest), g = used(&greedy);
	if (server.budget)
		s = used(&server);
	pass(WATCH_NS);
	passed = nacre_clock_ns() - began;
	seen.honest = (unsigned)((used(&honest) - h) * 1000 / passed);
	seen.greedy = (unsigned)((used(&greedy) - g) * 1000 / passed);
	if (server.budget)
		seen.server = (unsigned)((used(&server) - s) * 1000 / passed);
	expect_runs(&greedy);
	expect_runs(&honest);
	test_note("of 1000: greedy %u, honest %u, server %u", seen.greedy, seen.honest, seen.server);
	return seen;
}

static void end(struct child *child)
{
	if (child->budget)
		child_destroy(child);
	*child = (struct child){ 0 };
}

static void pair_end(struct pair *pair)
{
	if (pair->server)
		pair_close(pair);
	*pair = (struct pair){ 0 };
}

static void all_end(void)
{
	end(&greedy);
	end(&honest);
	end(&server);
	pair_end(&service);
	pair_end(&control);
}

static void honest_start(void)
{
	all_end(); /* of a test that failed */
	child_make(&honest, CHILD_PAGES);
	child_start(&honest, computes, 0, HONEST_PRIORITY);
}

static void greedy_make(void)
{
	child_make(&greedy, PAGES);
	EXPECT_OK(nacre_budget_cpu_set(greedy.budget, SHARE_NS, PERIOD_NS));
}

static void service_start(void (*run)(uintptr_t), uint64_t share_ns)
{
	service = pair_make(2, 0, 0);
	child_make(&server, CHILD_PAGES);
	if (share_ns)
		EXPECT_OK(nacre_budget_cpu_set(server.budget, share_ns, PERIOD_NS));
	child_start(&server, run, child_give(&server, service.server, NACRE_RIGHT_ALL), SERVER_PRIORITY);
}

/* The greedy program asks what it needs to know, and goes on. */
static void plan_tell(void (*run)(uintptr_t))
{
	struct nacre_received in = { 0 };
	uintptr_t options = 0;
	struct nacre_words plan = { 0 };

	control = pair_make(1, 0, 0);
	EXPECT_OK(nacre_memory_info(child_code(), &plan.opcode, &options));
	plan.word[OWN_PROCESS] = child_give(&greedy, greedy.process, NACRE_RIGHT_ALL);
	plan.word[OWN_BUDGET] = child_give(&greedy, greedy.budget, NACRE_RIGHT_ALL & ~(NACRE_RIGHT_MANAGE | NACRE_RIGHT_DESTROY));
	plan.word[CODE] = child_give(&greedy, child_code(), NACRE_RIGHT_ALL);
	plan.word[WHERE] = child_offset(computes);
	if (service.connection)
		plan.word[LINE] = child_give(&greedy, service.connection, NACRE_RIGHT_ALL);
	child_start(&greedy, run, child_give(&greedy, control.connection, NACRE_RIGHT_ALL), PRIORITY);
	EXPECT_OK(nacre_server_receive(control.server, nacre_deadline_in(NACRE_S), NULL, &in));
	EXPECT_EQ(in.words.opcode, CHILD_ASKS);
	EXPECT_OK(nacre_server_reply(&plan, in.token, NULL));
}

/* The rule: share * (time + period). The rest of the room is for what a system call takes, which is not stopped half way. */
static void expect_kept(struct seen seen, unsigned least)
{
	EXPECT(seen.greedy <= 230);
	EXPECT(seen.greedy >= least);
	EXPECT(seen.honest >= 740);
	all_end();
}

static void attempt(void (*run)(uintptr_t), unsigned threads, unsigned least)
{
	honest_start();
	greedy_make();
	child_start(&greedy, run, 0, PRIORITY);
	for (unsigned i = 1; i < threads; i++)
		EXPECT_OK(child_thread(&greedy, run, 0, PRIORITY - 2 + i % 5));
	expect_kept(watch(), least);
}

static void attempt_told(void (*run)(uintptr_t), unsigned least)
{
	honest_start();
	greedy_make();
	plan_tell(run);
	expect_kept(watch(), least);
}

/* --- attempts ---------------------------------------------------------------------------------------------------- */

TEST(without, "without a share the more urgent program has all of the machine")
{
	struct seen seen;

	honest_start();
	child_make(&greedy, PAGES);
	child_start(&greedy, computes, 0, PRIORITY);
	seen = watch();
	EXPECT(seen.greedy >= 980);
	EXPECT(seen.honest <= 10);
	EXPECT_OK(nacre_budget_cpu_set(greedy.budget, SHARE_NS, PERIOD_NS)); /* while it runs */
	expect_kept(watch(), 185);
}

TEST(computes, "a program that computes has its share, and another one the rest")
{
	attempt(computes, 1, 185);
}

TEST(threads, "eight threads of five priorities have no more than one")
{
	attempt(computes, 8, 185);
}

TEST(yields, "yielding all the time gains nothing, by one thread or by four")
{
	attempt(yields, 1, 185);
	attempt(yields, 4, 185);
}

TEST(sleeps, "sleeping just before the share is used up gains nothing, nor do the shortest of sleeps")
{
	attempt(sleeps_in_time, 1, 150);
	attempt(sleeps_in_time, 4, 150);
	attempt(sleeps_always, 2, 0);
}

TEST(multiplies, "processes on the same budget and on a budget inside it have no more together")
{
	struct seen seen;

	honest_start();
	greedy_make();
	plan_tell(multiplies);
	seen = watch();
	EXPECT(seen.honest >= 740);
	EXPECT(seen.honest <= 830); /* and they did have it */
	EXPECT(seen.greedy <= 200); /* the inner budget counts what it used itself */
	all_end();
}

TEST(renews, "budgets that are made anew again and again, with a share of their own or without, gain nothing")
{
	attempt_told(renews_plain, 0);
	attempt_told(renews_ruled, 0);
}

TEST(changes, "who may not change its budget cannot lift its share, and trying is paid for")
{
	attempt_told(changes_share, 185);
}

TEST(served, "having a server work for it gains nothing: it owes the server's time, and the server's budget has hardly used any")
{
	struct seen seen;

	honest_start();
	service_start(serves_long, 0);
	greedy_make();
	plan_tell(calls);
	seen = watch();
	EXPECT(seen.server <= 20);
	EXPECT(seen.greedy >= 150);
	EXPECT(seen.greedy <= 250);
	EXPECT(seen.honest >= 720);
	all_end();
}

TEST(served_shortly, "short calls without end gain nothing")
{
	honest_start();
	service_start(serves_shortly, 0);
	greedy_make();
	plan_tell(calls);
	expect_kept(watch(), 150);
}

TEST(accomplice, "an accomplice with a share that serves it for ever gives it no more than both shares")
{
	struct seen seen;

	honest_start();
	service_start(serves_for_ever, NACRE_MS);
	greedy_make();
	plan_tell(calls);
	seen = watch();
	EXPECT(seen.greedy + seen.server <= 340);
	EXPECT(seen.greedy + seen.server >= 90);
	EXPECT(seen.honest >= 640);
	all_end();
}
