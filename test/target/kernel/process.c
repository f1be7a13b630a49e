/* process.c - processes that call each other, lend, and die at every stage. */
#include "test/child.h"

static uintptr_t pages_charged(void)
{
	struct nacre_budget_state state;

	EXPECT_OK(nacre_budget_info(self_budget(), &state));
	return state.charged_pages + state.given_pages;
}

CHILD static void exit_with(uintptr_t code)
{
	nacre_process_exit(code);
}

TEST(process_exit_code, "a process's exit code and cause can be read after it has ended, and every page comes back")
{
	struct nacre_exit_record record;
	struct child child;
	uintptr_t before;

	child_make(&child, CHILD_PAGES);
	child_start(&child, exit_with, 1, 20);
	EXPECT_EQ(child_end(&child), 1);
	before = pages_charged();
	for (uintptr_t code = 0; code < 20; code++) {
		child_make(&child, CHILD_PAGES);
		child_start(&child, exit_with, code, 20);
		child_wait(&child, &record);
		EXPECT_EQ(record.cause, NACRE_CAUSE_EXIT);
		EXPECT_EQ(record.code, code);
		child_destroy(&child);
	}
	EXPECT_EQ(pages_charged(), before);
}

CHILD static void read_null(uintptr_t address)
{
	nacre_process_exit(*(volatile uint8_t *)address);
}

TEST(process_fault, "a process without fault server that reads what is not mapped ends, and the record says where")
{
	struct nacre_exit_record record;
	struct child child;

	child_make(&child, CHILD_PAGES);
	child_start(&child, read_null, 8, 20);
	child_wait(&child, &record);
	EXPECT_EQ(record.cause, NACRE_CAUSE_READ);
	EXPECT_EQ(record.address, 8);
	EXPECT_EQ(record.thread, 1);
	child_destroy(&child);
}

CHILD static void serve(uintptr_t server)
{
	struct nacre_received in = { 0 };
	nacre_token_t token = 0;

	for (;;) {
		if (nacre_server_reply_and_receive((nacre_handle_t)server, &in.words, token, &in))
			nacre_process_exit(1);
		token = in.token;
		if (in.words.opcode == 2)
			nacre_process_exit(2); /* with the call taken */
		if (in.loan_pages)
			*(volatile uint8_t *)in.loan_base += 1;
		in.words.word[0]++;
	}
}

struct served {
	struct child child;
	struct pair pair;
};

static void served_make(struct served *served, bool window)
{
	served->pair = pair_make(3, 0, 1);
	child_make(&served->child, CHILD_PAGES);
	if (window)
		EXPECT_OK(nacre_process_window_create(served->child.process));
	child_start(&served->child, serve, child_give(&served->child, served->pair.server, NACRE_RIGHT_RECEIVE), 20);
}

TEST(process_call, "two processes call each other")
{
	struct nacre_words words = { 1, { 41 } };
	struct served served;

	served_make(&served, false);
	for (int i = 0; i < 50; i++) {
		words.opcode = 1;
		words.word[0] = 41;
		EXPECT_OK(nacre_connection_call(served.pair.connection, &words));
		EXPECT_EQ(words.word[0], 42);
	}
	child_destroy(&served.child);
	pair_close(&served.pair);
}

static uint8_t *private_page(nacre_handle_t *memory)
{
	uintptr_t base;

	EXPECT_OK(nacre_memory_create(self_budget(), 1, NACRE_MEMORY_PRIVATE, memory));
	EXPECT_OK(nacre_map_add(self_process(), 0, *memory, 0, 1, NACRE_PROT_WRITE, &base));
	return (uint8_t *)base;
}

static void private_free(uint8_t *page, nacre_handle_t memory)
{
	EXPECT_OK(nacre_map_remove(self_process(), (uintptr_t)page, 1));
	EXPECT_OK(nacre_handle_close(memory));
}

static nacre_err_t lend_page(nacre_handle_t connection, uintptr_t opcode, uint8_t *page, unsigned how)
{
	struct nacre_message message = { .pages = how, .page_base = (uintptr_t)page, .page_count = 1 };
	struct nacre_words words = { opcode, { 0 } };

	return nacre_connection_call_message(connection, &words, NACRE_DEADLINE_NEVER, &message, NULL);
}

TEST(process_lend, "a page lent to another process comes back changed")
{
	struct served served;
	nacre_handle_t memory;
	uint8_t *page = private_page(&memory);

	served_make(&served, true);
	for (int i = 0; i < 10; i++)
		EXPECT_OK(lend_page(served.pair.connection, 1, page, NACRE_PAGES_LEND_MUT));
	EXPECT_EQ(*page, 10);
	child_destroy(&served.child);
	private_free(page, memory);
	pair_close(&served.pair);
}

TEST(process_borrower_dies, "the borrower dies with the call taken: the caller wakes with PEER_GONE and has its page back")
{
	struct served served;
	nacre_handle_t memory;
	uint8_t *page = private_page(&memory);

	*page = 7;
	served_make(&served, true);
	EXPECT_ERROR(connection_call_message, PEER_GONE, lend_page(served.pair.connection, 2, page, NACRE_PAGES_LEND_MUT));
	EXPECT_EQ(*page, 7);
	EXPECT_EQ(child_end(&served.child), 2);
	private_free(page, memory);
	pair_close(&served.pair);
}

CHILD static void lend_and_wait(uintptr_t connection)
{
	struct nacre_message message; /* zeroing all of it would call memset, which a child does not have */
	struct nacre_words words;
	uintptr_t here = (uintptr_t)&words;

	message.in_count = message.out_count = message.handle_count = message.accept = 0;
	message.pages = NACRE_PAGES_LEND_MUT;
	message.page_base = here & ~(uintptr_t)4095; /* its own stack: away while it waits */
	message.page_count = 1;
	words.opcode = 1;
	words.word[0] = words.word[1] = words.word[2] = words.word[3] = words.word[4] = 0;
	nacre_connection_call_message((nacre_handle_t)connection, &words, NACRE_DEADLINE_NEVER, &message, NULL);
	nacre_process_exit(9);
}

TEST(process_lender_dies, "the lender dies while its page is lent: the borrower goes on with a page of zeros")
{
	struct pair pair = pair_make(4, 0, 1);
	struct nacre_received in = { 0 };
	struct child child;

	nacre_process_window_create(self_process()); /* it may have one already */
	child_make(&child, CHILD_PAGES);
	child_start(&child, lend_and_wait, child_give(&child, pair.connection, NACRE_RIGHT_CALL), 20);
	EXPECT_OK(nacre_server_receive(pair.server, NACRE_DEADLINE_NEVER, NULL, &in));
	EXPECT_EQ(in.loan_pages, 1);
	EXPECT_OK(nacre_process_kill(child.process, 5));
	for (unsigned i = 0; i < 4096; i++)
		EXPECT_EQ(((volatile uint8_t *)in.loan_base)[i], 0);
	*(volatile uint8_t *)in.loan_base = 1;
	EXPECT_ERROR(server_token_check, STALE_TOKEN, nacre_server_token_check(in.token));
	EXPECT_EQ(child_end(&child), 5);
	pair_close(&pair);
}

CHILD static void spin(uintptr_t unused)
{
	for (;;)
		__asm__ volatile("" : "+r"(unused));
}

TEST(process_kill_spinner, "a process that spins at its ceiling is killed by one of a higher priority")
{
	struct child child;

	child_make(&child, CHILD_PAGES);
	child_start(&child, spin, 0, 20);
	EXPECT_OK(nacre_process_kill(child.process, (uintptr_t)-3));
	EXPECT_EQ(child_end(&child), (uint32_t)-3);
}
