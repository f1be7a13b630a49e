/* helper.c - servers and second threads for tests of the kernel. */
#include "test/helper.h"

unsigned self_ceiling(void)
{
	struct nacre_budget_state state;

	EXPECT_OK(nacre_budget_info(self_budget(), &state));
	return state.ceiling;
}

struct pair pair_make(uintptr_t badge, unsigned slots, unsigned loans)
{
	unsigned ceiling = self_ceiling();
	struct pair pair;

	EXPECT_OK(nacre_server_create(self_budget(), &pair.server));
	EXPECT_OK(nacre_connection_mint(pair.server, self_budget(), badge, slots, loans, ceiling < 10 ? ceiling : 10, &pair.connection));
	return pair;
}

void pair_close(struct pair *pair)
{
	EXPECT_OK(nacre_handle_close(pair->connection));
	EXPECT_OK(nacre_handle_close(pair->server));
}

static void enter(struct helper *helper)
{
	helper->run(helper->argument);
	nacre_thread_exit(&helper->running);
}

void helper_start_at(struct helper *helper, void (*run)(void *), void *argument, unsigned priority)
{
	void *tls;

	__asm__("mv %0, tp" : "=r"(tls)); /* shared with the starter: only the stack guard is read */
	helper->run = run;
	helper->argument = argument;
	helper->running = 1;
	EXPECT_OK(nacre_thread_create(self_process(), (uintptr_t)enter, (uintptr_t)(helper->stack + sizeof helper->stack),
	                              (uintptr_t)helper, (uintptr_t)tls, priority, &helper->thread));
}

void helper_start(struct helper *helper, void (*run)(void *), void *argument)
{
	helper_start_at(helper, run, argument, 24);
}

void helper_join(struct helper *helper)
{
	while (__atomic_load_n(&helper->running, __ATOMIC_ACQUIRE))
		nacre_futex_wait(&helper->running, 1, 0, NACRE_DEADLINE_NEVER);
	EXPECT_OK(nacre_handle_close(helper->thread));
}
