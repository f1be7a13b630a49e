/* thread.c - threads and futexes. */
#include "nacre/clock.h"
#include "test/child.h"

static struct helper first, second;

static void nothing(void *unused)
{
	(void)unused;
}

static nacre_err_t thread_in(nacre_handle_t process, uintptr_t stack, unsigned priority, nacre_handle_t *thread)
{
	return nacre_thread_create(process, 0x1000, stack, 0, 0, priority, thread);
}

TEST(thread_refused, "a thread needs an aligned stack, a priority up to its budget's ceiling, and a budget that can pay")
{
	nacre_handle_t budget, process, thread;
	nacre_err_t error;

	EXPECT_OK(nacre_budget_create(self_budget(), 6, 5, &budget));
	EXPECT_OK(nacre_process_create(self_budget(), budget, &process));
	EXPECT_ERROR(thread_create, ARGUMENT, thread_in(process, 8, 1, &thread));
	EXPECT_ERROR(thread_create, ARGUMENT, thread_in(process, 16, 32, &thread));
	EXPECT_ERROR(thread_create, PRIORITY, thread_in(process, 16, 6, &thread));
	do
		error = thread_in(process, 16, 1, &thread); /* they never run: this thread is more urgent */
	while (!error);
	EXPECT_ERROR(thread_create, BUDGET, error);
	EXPECT_OK(nacre_budget_destroy(budget));
	EXPECT_OK(nacre_handle_close(process));
	EXPECT_OK(nacre_handle_close(budget));
}

TEST(thread_slots, "when no thread slot is free, one more thread is refused, and all come back with the budget")
{
	nacre_handle_t budget, process, thread;
	nacre_err_t error;

	EXPECT_OK(nacre_budget_create(self_budget(), 2500, 5, &budget));
	EXPECT_OK(nacre_process_create(self_budget(), budget, &process));
	do {
		error = thread_in(process, 16, 1, &thread);
		if (!error)
			EXPECT_OK(nacre_handle_close(thread));
	} while (!error);
	EXPECT_ERROR(thread_create, LIMIT, error);
	EXPECT_OK(nacre_budget_destroy(budget));
	EXPECT_OK(nacre_handle_close(process));
	EXPECT_OK(nacre_handle_close(budget));
	helper_start(&first, nothing, NULL);
	helper_join(&first);
}

TEST(thread_priority, "a thread's priority changes up to its budget's ceiling, and not after its end")
{
	struct nacre_thread_state state;
	nacre_handle_t kept, budget, process, thread;

	helper_start(&first, nothing, NULL);
	EXPECT_OK(nacre_handle_duplicate(first.thread, NACRE_RIGHT_ALL, &kept));
	EXPECT_ERROR(thread_priority_set, ARGUMENT, nacre_thread_priority_set(kept, 32));
	EXPECT_OK(nacre_thread_priority_set(kept, 20)); /* still below this one: it has not run yet */
	EXPECT_OK(nacre_thread_info(kept, &state));
	EXPECT_EQ(state.priority, 20);
	EXPECT_ERROR(thread_info, ADDRESS, nacre_thread_info(kept, (void *)8));
	helper_join(&first);
	EXPECT_ERROR(thread_priority_set, PEER_GONE, nacre_thread_priority_set(kept, 1));
	EXPECT_ERROR(thread_info, PEER_GONE, nacre_thread_info(kept, &state));
	EXPECT_OK(nacre_handle_close(kept));
	EXPECT_OK(nacre_budget_create(self_budget(), 6, 5, &budget));
	EXPECT_OK(nacre_process_create(self_budget(), budget, &process));
	EXPECT_OK(thread_in(process, 16, 1, &thread));
	EXPECT_ERROR(thread_priority_set, PRIORITY, nacre_thread_priority_set(thread, 6));
	EXPECT_OK(nacre_budget_destroy(budget));
	EXPECT_OK(nacre_handle_close(thread));
	EXPECT_OK(nacre_handle_close(process));
	EXPECT_OK(nacre_handle_close(budget));
}

TEST(thread_self, "a thread gets a handle to itself, and can change its own priority with it")
{
	struct nacre_thread_state state;
	nacre_handle_t self;

	EXPECT_OK(nacre_thread_self(&self));
	EXPECT_OK(nacre_thread_info(self, &state));
	EXPECT_EQ(state.number, 1);
	EXPECT_OK(nacre_thread_priority_set(self, state.priority));
	EXPECT_OK(nacre_handle_close(self));
}

TEST(thread_buffer, "a receive buffer is writable memory of at most 64 KiB")
{
	char byte[16];

	EXPECT_ERROR(thread_buffer_set, ADDRESS, nacre_thread_buffer_set((void *)8, 16));
	EXPECT_ERROR(thread_buffer_set, ARGUMENT, nacre_thread_buffer_set(byte, NACRE_LIMIT_COPY_BYTES + 1));
	EXPECT_OK(nacre_thread_buffer_set(byte, sizeof byte));
	EXPECT_OK(nacre_thread_buffer_set(NULL, 0));
}

static uint32_t word;
static volatile int order;

static void wait_on_word(void *place)
{
	nacre_futex_wait(&word, 0, 0, NACRE_DEADLINE_NEVER);
	*(volatile int *)place = ++order;
}

TEST(futex_order, "the most urgent waiter of a futex is woken first")
{
	volatile int low = 0, high = 0;
	uintptr_t woken = 0;

	order = 0;
	helper_start_at(&first, wait_on_word, (void *)&low, 25);
	helper_start_at(&second, wait_on_word, (void *)&high, 26);
	EXPECT_OK(nacre_futex_wake(&word, 1, &woken));
	EXPECT_EQ(woken, 1);
	EXPECT_OK(nacre_futex_wake(&word, 5, &woken));
	EXPECT_EQ(woken, 1);
	helper_join(&first);
	helper_join(&second);
	EXPECT_EQ(high, 1);
	EXPECT_EQ(low, 2);
}

TEST(futex_refused, "a futex wait needs an aligned word of the process, the expected value, and an owner that is another thread of it")
{
	uint64_t past = NACRE_DEADLINE_NOW;
	nacre_handle_t stranger_budget, stranger_process, stranger;
	uintptr_t woken;

	EXPECT_ERROR(futex_wait, CHANGED, nacre_futex_wait(&word, 1, 0, NACRE_DEADLINE_NEVER));
	EXPECT_ERROR(futex_wait, TIMEOUT, nacre_futex_wait(&word, 0, 0, past));
	EXPECT_ERROR(futex_wait, ADDRESS, nacre_futex_wait((void *)8, 0, 0, past));
	EXPECT_ERROR(futex_wait, ADDRESS, nacre_futex_wait((char *)&word + 1, 0, 0, past));
	EXPECT_ERROR(futex_wait, BAD_HANDLE, nacre_futex_wait(&word, 0, 0xffffffffu, past));
	EXPECT_ERROR(futex_wait, WRONG_TYPE, nacre_futex_wait(&word, 0, self_process(), past));
	EXPECT_ERROR(futex_wake, ADDRESS, nacre_futex_wake((char *)&word + 2, 1, &woken));
	EXPECT_OK(nacre_budget_create(self_budget(), 6, 5, &stranger_budget));
	EXPECT_OK(nacre_process_create(self_budget(), stranger_budget, &stranger_process));
	EXPECT_OK(thread_in(stranger_process, 16, 1, &stranger));
	EXPECT_ERROR(futex_wait, ARGUMENT, nacre_futex_wait(&word, 0, stranger, NACRE_DEADLINE_NEVER));
	EXPECT_OK(nacre_budget_destroy(stranger_budget));
	EXPECT_OK(nacre_handle_close(stranger));
	EXPECT_OK(nacre_handle_close(stranger_process));
	EXPECT_OK(nacre_handle_close(stranger_budget));
}

static uint32_t locks[2];
static nacre_err_t ring_error;

static void wait_for_second(void *unused)
{
	(void)unused;
	nacre_futex_wait(&locks[0], 0, second.thread, NACRE_DEADLINE_NEVER);
}

static void wait_for_first(void *unused)
{
	(void)unused;
	ring_error = nacre_futex_wait(&locks[1], 0, first.thread, NACRE_DEADLINE_NEVER);
}

TEST(futex_deadlock, "two threads that name each other as owners are told of the ring")
{
	helper_start_at(&second, wait_for_first, NULL, 1); /* starts when this thread waits: the handle is known by then */
	helper_start_at(&first, wait_for_second, NULL, 2);
	helper_join(&second);
	EXPECT_ERROR(futex_wait, DEADLOCK, ring_error);
	EXPECT_OK(nacre_futex_wake(&locks[0], 1, NULL));
	helper_join(&first);
}

/* --- Shares of CPU time. */

TEST(share_refused, "a share is at most its period, and what children take comes out of what the parent has")
{
	struct nacre_budget_state state;
	nacre_handle_t outer, inner;

	EXPECT_OK(nacre_budget_create(self_budget(), 6, 5, &outer));
	EXPECT_OK(nacre_budget_create(outer, 1, 5, &inner));
	EXPECT_ERROR(budget_cpu_set, ARGUMENT, nacre_budget_cpu_set(outer, 11 * NACRE_MS, 10 * NACRE_MS));
	EXPECT_ERROR(budget_cpu_set, ARGUMENT, nacre_budget_cpu_set(outer, 1, 10 * NACRE_MS));
	EXPECT_ERROR(budget_cpu_set, ARGUMENT, nacre_budget_cpu_set(outer, NACRE_MS, 1001 * NACRE_MS));
	EXPECT_OK(nacre_budget_cpu_set(outer, 2 * NACRE_MS, 10 * NACRE_MS));
	EXPECT_ERROR(budget_cpu_set, BUDGET, nacre_budget_cpu_set(inner, 20 * NACRE_MS, 100 * NACRE_MS));
	EXPECT_OK(nacre_budget_cpu_set(inner, 19 * NACRE_MS, 100 * NACRE_MS));
	EXPECT_ERROR(budget_cpu_set, BUDGET, nacre_budget_cpu_set(outer, 19 * NACRE_MS, 100 * NACRE_MS));
	EXPECT_OK(nacre_budget_info(inner, &state));
	EXPECT_EQ(state.cpu_share_ns, 19 * NACRE_MS);
	EXPECT_OK(nacre_budget_destroy(outer));
	EXPECT_OK(nacre_handle_close(inner));
	EXPECT_OK(nacre_handle_close(outer));
}
