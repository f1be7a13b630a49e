/* thread.c - threads: made, ended, taking turns, waking each other. */
#include "../bench.h"
#include "nacre/clock.h"
#include "peer.h"

static struct peer peer;
static struct helper helper;

/* Ends each measurement that the other process begins with its yield. */
CHILD static void take_turns(uintptr_t at)
{
	const volatile struct plan *plan = (const volatile struct plan *)at;

	while (!plan->stop) {
		MARK_END;
		nacre_thread_yield();
	}
	nacre_process_exit(0);
}

/* A share that is cut from another begins used up. */
static void pass_period(void)
{
	static uint32_t never;

	EXPECT_EQ(nacre_futex_wait(&never, 0, 0, nacre_deadline_in(20 * NACRE_MS)), NACRE_E_TIMEOUT);
}

TEST(yield, "a yield to a thread of another process, until that runs; and a yield to nobody")
{
	peer_make(&peer);
	peer_start(&peer, take_turns, PRIORITY);
	nacre_thread_yield();
	BENCH("yield_2p");
	for (unsigned round = 0; round < ROUNDS; round++) {
		MARK_BEGIN;
		nacre_thread_yield();
	}
	peer.plan->stop = 1;
	child_wait(&peer.child, NULL);
	peer_end(&peer);
	BENCH("yield_alone");
	for (unsigned round = 0; round < ROUNDS; round++) {
		MARK_BEGIN;
		nacre_thread_yield();
		MARK_END;
	}
}

TEST(yield_share, "a yield to a thread of another process, where both have a share of CPU time")
{
	peer_make(&peer);
	EXPECT_OK(nacre_budget_cpu_set(self_budget(), 9900000, 10000000));
	EXPECT_OK(nacre_budget_cpu_set(peer.child.budget, 4900000, 10000000));
	pass_period();
	peer_start(&peer, take_turns, PRIORITY);
	nacre_thread_yield();
	BENCH("yield_share_2p");
	for (unsigned round = 0; round < ROUNDS; round++) {
		MARK_BEGIN;
		nacre_thread_yield();
	}
	peer.plan->stop = 1;
	child_wait(&peer.child, NULL);
	EXPECT_OK(nacre_budget_cpu_set(self_budget(), 0, 0));
	peer_end(&peer);
}

struct sleeper {
	uint32_t word;
	bool stop;
};

static void sleep_on(void *argument)
{
	struct sleeper *sleeper = argument;

	while (!*(volatile bool *)&sleeper->stop) {
		nacre_futex_wait(&sleeper->word, 0, 0, NACRE_DEADLINE_NEVER);
		MARK_END;
	}
}

TEST(futex, "a futex wake until the more urgent sleeper runs, and one that wakes nobody")
{
	static struct sleeper sleeper;
	uint32_t nobody = 0;

	helper_start_at(&helper, sleep_on, &sleeper, URGENT);
	BENCH("futex_wake");
	for (unsigned round = 0; round < ROUNDS; round++) {
		MARK_BEGIN;
		nacre_futex_wake(&sleeper.word, 1, NULL);
	}
	sleeper.stop = true;
	nacre_futex_wake(&sleeper.word, 1, NULL);
	helper_join(&helper);
	BENCH("futex_wake_none");
	for (unsigned round = 0; round < ROUNDS; round++) {
		MARK_BEGIN;
		nacre_futex_wake(&nobody, 1, NULL);
		MARK_END;
	}
}

static void nothing(void *unused)
{
	(void)unused;
}

static void end_at_once(uint32_t *running)
{
	nacre_thread_exit(running);
}

TEST(thread, "a thread made and started; the same, until it has run, ended and was joined")
{
	BENCH("thread_create");
	for (unsigned round = 0; round < ROUNDS; round++) {
		void *tls;
		nacre_err_t error;

		__asm__("mv %0, tp" : "=r"(tls));
		helper.running = 1;
		MARK_BEGIN;
		error = nacre_thread_create(self_process(), (uintptr_t)end_at_once, (uintptr_t)(helper.stack + sizeof helper.stack),
		                            (uintptr_t)&helper.running, (uintptr_t)tls, LAZY, &helper.thread);
		MARK_END;
		EXPECT_OK(error);
		helper_join(&helper);
	}
	BENCH("thread_create_join");
	for (unsigned round = 0; round < ROUNDS; round++) {
		MARK_BEGIN;
		helper_start_at(&helper, nothing, NULL, PRIORITY);
		helper_join(&helper);
		MARK_END;
	}
}

TEST(process, "an empty process made, and destroyed with its budget")
{
	BENCH("process_create");
	for (unsigned round = 0; round < ROUNDS; round++) {
		nacre_handle_t budget, process;
		nacre_err_t error;

		EXPECT_OK(nacre_budget_create(self_budget(), CHILD_PAGES, PRIORITY, &budget));
		MARK_BEGIN;
		error = nacre_process_create(self_budget(), budget, &process);
		MARK_END;
		EXPECT_OK(error);
		EXPECT_OK(nacre_budget_destroy(budget));
		EXPECT_OK(nacre_handle_close(process));
		EXPECT_OK(nacre_handle_close(budget));
	}
	BENCH("process_destroy");
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct child child;
		nacre_err_t error;

		child_make(&child, CHILD_PAGES);
		MARK_BEGIN;
		error = nacre_budget_destroy(child.budget);
		MARK_END;
		EXPECT_OK(error);
		EXPECT_OK(nacre_handle_close(child.budget));
		EXPECT_OK(nacre_handle_close(child.process));
		EXPECT_OK(nacre_handle_close(child.server));
	}
}
