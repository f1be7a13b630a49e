/* death.c - processes that end with all they have: threads, mappings, handles, loans. */
#include "stress.h"

enum { THREADS = 40, LOANS = sizeof(uintptr_t) == 4 ? 31 : 15, CHILD_BUDGET = 300 };

static struct child child;

CHILD static void wait_for_ever(uintptr_t connection)
{
	struct nacre_words words = { 1, { 0 } };

	nacre_connection_call((nacre_handle_t)connection, &words);
	nacre_process_exit(1);
}

static void fill(struct pair *pair)
{
	nacre_handle_t given, memory;

	child_make(&child, CHILD_BUDGET);
	given = child_give(&child, pair->connection, NACRE_RIGHT_ALL_CONNECTION);
	EXPECT_OK(nacre_memory_create(child.budget, 64, NACRE_MEMORY_SHARED, &memory));
	for (unsigned i = 0; i < 64; i++)
		EXPECT_OK(nacre_map_add(child.process, 0, memory, 0, 64, NACRE_PROT_READ, NULL));
	for (unsigned i = 0; i < 300; i++)
		child_give(&child, memory, NACRE_RIGHT_READ);
	EXPECT_OK(nacre_handle_close(memory));
	child_start(&child, wait_for_ever, given, LAZY);
	for (unsigned i = 1; i < THREADS; i++)
		EXPECT_OK(child_thread(&child, wait_for_ever, given, LAZY));
	rest();
}

TEST(process, "a process with 40 threads in calls, 64 mappings of 64 pages and 300 handles is killed, or its budget destroyed")
{
	struct nacre_received in = { 0 };
	struct pair pair;

	BENCH("irqs_off_process");
	pair = pair_make(1, 0, 0);
	for (unsigned round = 0; round < 2; round++) {
		fill(&pair);
		for (unsigned i = 0; i < THREADS / 2; i++)
			EXPECT_OK(nacre_server_receive(pair.server, NACRE_DEADLINE_NEVER, NULL, &in));
		ticker_start();
		if (round)
			EXPECT_OK(nacre_process_kill(child.process, 1));
		child_destroy(&child);
		ticker_stop();
		while (!nacre_server_receive(pair.server, NACRE_DEADLINE_NOW, NULL, &in))
			continue; /* CANCELLED */
	}
	pair_close(&pair);
}

struct lender {
	nacre_handle_t connection;
	uintptr_t base;
	uint64_t deadline_ns;
};

static void lend(void *argument)
{
	const struct lender *lender = argument;
	struct nacre_words words = { 1, { 0 } };
	struct nacre_message message = { .pages = NACRE_PAGES_LEND_MUT, .page_base = lender->base,
	                                 .page_count = NACRE_LIMIT_LOAN_PAGES };

	nacre_connection_call_message(lender->connection, &words, lender->deadline_ns, &message, NULL);
}

/* Takes all the loans and keeps them. */
CHILD static void borrow(uintptr_t server)
{
	struct nacre_received in;

	while (!nacre_server_receive((nacre_handle_t)server, NACRE_DEADLINE_NEVER, NULL, &in))
		continue;
	nacre_process_exit(1);
}

enum end { DEADLINE, CONNECTION, BORROWER, ENDS };

static void loans_end(struct pair *pair, enum end how)
{
	if (how == CONNECTION)
		EXPECT_OK(nacre_connection_destroy(pair->connection));
	if (how == BORROWER)
		EXPECT_OK(nacre_process_kill(child.process, 1));
}

static void loans(enum end how)
{
	static struct lender lenders[LOANS];
	struct pair pair = pair_make(1, 0, LOANS);
	uint64_t deadline_ns = how == DEADLINE ? nacre_deadline_in(40 * NACRE_MS) : NACRE_DEADLINE_NEVER;
	struct nacre_area areas[LOANS];

	child_make(&child, CHILD_BUDGET);
	EXPECT_OK(nacre_process_window_create(child.process));
	child_start(&child, borrow, child_give(&child, pair.server, NACRE_RIGHT_RECEIVE), PRIORITY);
	for (unsigned i = 0; i < LOANS; i++) {
		EXPECT_OK(nacre_area_create(&areas[i], NACRE_LIMIT_LOAN_PAGES, NACRE_MEMORY_PRIVATE));
		lenders[i] = (struct lender){ pair.connection, (uintptr_t)areas[i].base, deadline_ns };
		helper_start_at(&crowd[i], lend, &lenders[i], LAZY);
	}
	rest();
	ticker_start();
	loans_end(&pair, how);
	if (how == BORROWER)
		EXPECT_OK(nacre_handle_close(pair.server));
	crowd_join(LOANS);
	ticker_stop();
	child_destroy(&child);
	for (unsigned i = 0; i < LOANS; i++)
		EXPECT_OK(nacre_area_destroy(&areas[i]));
	EXPECT_OK(nacre_handle_close(pair.connection));
	if (how != BORROWER)
		EXPECT_OK(nacre_handle_close(pair.server));
}

TEST(loans, "all loans there can be end at once: by deadline, with their connection, with the borrower")
{
	BENCH("irqs_off_loans");
	for (enum end how = DEADLINE; how < ENDS; how++)
		loans(how);
}

TEST(handles, "a table of 2000 handles grows, and its process ends")
{
	static nacre_handle_t handles[2000];

	BENCH("irqs_off_handles");
	ticker_start();
	for (unsigned i = 0; i < 2000; i++)
		EXPECT_OK(nacre_handle_duplicate(self_process(), NACRE_RIGHT_INSPECT, &handles[i]));
	for (unsigned i = 0; i < 2000; i++)
		EXPECT_OK(nacre_handle_close(handles[i]));
	ticker_stop();
}
