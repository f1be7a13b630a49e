/* many.c - crowds: processes, threads, handles and pages in numbers, and all of them back afterwards. */
#include "nacre/area.h"
#include "test/alone.h"
#include "test/child.h"
#include "test/count.h"

TEST_ALONE;

enum { CROWD = 1000, GENERATIONS = 10000, AT_ONCE = 50, THREADS = 200, SMALL_PAGES = 12 };

CHILD static void call_and_exit(uintptr_t connection)
{
	struct nacre_words words;

	words.opcode = 1;
	words.word[0] = words.word[1] = words.word[2] = words.word[3] = words.word[4] = 0;
	if (nacre_connection_call((nacre_handle_t)connection, &words))
		nacre_process_exit(9999);
	nacre_process_exit(words.word[0]);
}

CHILD static void call_and_end(uintptr_t connection)
{
	struct nacre_words words;

	words.opcode = 2;
	words.word[0] = words.word[1] = words.word[2] = words.word[3] = words.word[4] = 0;
	nacre_connection_call((nacre_handle_t)connection, &words);
	nacre_thread_exit(NULL);
}

CHILD static void exit_at_once(uintptr_t code)
{
	nacre_process_exit(code);
}

static nacre_handle_t handles[3000];

static void handles_close(unsigned count)
{
	while (count)
		EXPECT_OK(nacre_handle_close(handles[--count]));
}

/* The sealed code of the children and a handle table of the size that is needed stay with this process, and are not
 * what is counted. */
static void warm_up(void)
{
	struct child child;

	for (unsigned i = 0; i < 3000; i++)
		EXPECT_OK(nacre_handle_duplicate(self_budget(), NACRE_RIGHT_INSPECT, &handles[i]));
	handles_close(3000);
	child_make(&child, CHILD_PAGES);
	child_start(&child, exit_at_once, 1, 20);
	EXPECT_EQ(child_end(&child), 1);
}

/* --- processes --------------------------------------------------------------------------------------------- */

static struct child crowd[CROWD];
static nacre_token_t tokens[CROWD];

static void crowd_start(nacre_handle_t server)
{
	nacre_handle_t connection;

	for (uintptr_t i = 0; i < CROWD; i++) {
		child_make(&crowd[i], SMALL_PAGES);
		EXPECT_OK(nacre_connection_mint(server, self_budget(), i, 0, 0, 10, &connection));
		child_start(&crowd[i], call_and_exit, child_give(&crowd[i], connection, NACRE_RIGHT_CALL), 20);
		EXPECT_OK(nacre_handle_close(connection));
	}
}

/* Every one of them has called and waits for its reply: all live. */
static void crowd_gather(nacre_handle_t server)
{
	struct nacre_received in = { 0 };
	struct nacre_process_state state;

	for (unsigned i = 0; i < CROWD; i++) {
		EXPECT_OK(nacre_server_receive(server, NACRE_DEADLINE_NEVER, NULL, &in));
		EXPECT_EQ(info_kind(&in), NACRE_KIND_CALL);
		EXPECT(in.badge < CROWD && !tokens[in.badge]);
		tokens[in.badge] = in.token;
	}
	for (unsigned i = 0; i < CROWD; i++) {
		EXPECT_OK(nacre_process_info(crowd[i].process, &state));
		EXPECT_EQ(state.threads, 1);
	}
}

TEST(thousand_processes, "a thousand processes live at once and wait for one server, are all answered, and leave nothing behind")
{
	struct count before;
	nacre_handle_t server;

	warm_up();
	before = count_now();
	EXPECT_OK(nacre_server_create(self_budget(), &server));
	crowd_start(server);
	crowd_gather(server);
	for (uintptr_t i = 0; i < CROWD; i++) /* answered out of order: 7 and the crowd have no common factor */
		EXPECT_OK(nacre_server_reply(&(struct nacre_words){ 0, { i * 7 % CROWD } }, tokens[i * 7 % CROWD], NULL));
	for (uintptr_t i = 0; i < CROWD; i++)
		EXPECT_EQ(child_end(&crowd[i]), i);
	EXPECT_OK(nacre_handle_close(server));
	expect_all_back(before);
}

TEST(ten_thousand_processes, "ten thousand processes are started and ended, fifty at a time, and every page and handle comes back")
{
	struct count before;

	warm_up();
	before = count_now();
	for (uintptr_t done = 0; done < GENERATIONS; done += AT_ONCE) {
		for (uintptr_t i = 0; i < AT_ONCE; i++) {
			child_make(&crowd[i], SMALL_PAGES);
			child_start(&crowd[i], exit_at_once, (done + i) & 0xfff, 20);
		}
		for (uintptr_t i = 0; i < AT_ONCE; i++)
			EXPECT_EQ(child_end(&crowd[i]), (done + i) & 0xfff);
		expect_all_back(before);
	}
}

/* --- threads ----------------------------------------------------------------------------------------------- */

TEST(two_hundred_threads, "two hundred threads of one process wait at once, each is answered, and the process ends with the last")
{
	struct nacre_exit_record record;
	struct nacre_process_state state;
	struct nacre_received in = { 0 };
	struct count before;
	struct child child;
	struct pair pair;
	nacre_handle_t connection;

	warm_up();
	before = count_now();
	pair = pair_make(1, 0, 0);
	child_make(&child, 4 * THREADS);
	connection = child_give(&child, pair.connection, NACRE_RIGHT_CALL);
	child_start(&child, call_and_end, connection, 20);
	for (unsigned i = 1; i < THREADS; i++)
		EXPECT_OK(child_thread(&child, call_and_end, connection, 1 + i % 20));
	for (unsigned i = 0; i < THREADS; i++) {
		EXPECT_OK(nacre_server_receive(pair.server, NACRE_DEADLINE_NEVER, NULL, &in));
		tokens[i] = in.token;
		for (unsigned j = 0; j < i; j++)
			EXPECT(tokens[j] != in.token);
	}
	EXPECT_OK(nacre_process_info(child.process, &state));
	EXPECT_EQ(state.threads, THREADS);
	for (unsigned i = 0; i < THREADS; i++)
		EXPECT_OK(nacre_server_reply(&(struct nacre_words){ 0 }, tokens[i], NULL));
	child_wait(&child, &record);
	EXPECT_EQ(record.cause, NACRE_CAUSE_EXIT);
	EXPECT_EQ(record.code, 0);
	child_destroy(&child);
	pair_close(&pair);
	expect_all_back(before);
}

/* --- handles ----------------------------------------------------------------------------------------------- */

TEST(slot_generations, "a handle's slot is used again under another number, 65,535 times, and then never more; stale numbers stay dead")
{
	enum { INDEX_MASK = 0xffff };
	nacre_handle_t first, last, handle = 0;
	unsigned uses = 0;

	EXPECT_OK(nacre_handle_duplicate(self_process(), NACRE_RIGHT_ALL, &first));
	for (last = first;; last = handle) {
		EXPECT_OK(nacre_handle_close(last));
		uses++;
		EXPECT_OK(nacre_handle_duplicate(self_process(), NACRE_RIGHT_ALL, &handle));
		if ((handle & INDEX_MASK) != (first & INDEX_MASK))
			break;
		EXPECT(handle > last);
		if (uses % 4096 == 0) {
			EXPECT_ERROR(handle_close, BAD_HANDLE, nacre_handle_close(last));
			EXPECT_ERROR(handle_close, BAD_HANDLE, nacre_handle_close(first));
		}
	}
	EXPECT_EQ(last >> 16, 0xffff);
	EXPECT(uses + (first >> 16) == 0x10000);
	EXPECT_ERROR(handle_close, BAD_HANDLE, nacre_handle_close(last));
	EXPECT_ERROR(handle_info, BAD_HANDLE, nacre_handle_info(first & INDEX_MASK, NULL, NULL));
	EXPECT_OK(nacre_handle_close(handle));
}

TEST(handle_table, "a table takes as many handles as its budget pays for, refuses the next one, and none of them is lost")
{
	struct count before = count_now();
	struct nacre_process_state state;
	uintptr_t type, rights;

	for (unsigned i = 0; i < 3000; i++) {
		EXPECT_OK(nacre_handle_duplicate(self_budget(), NACRE_RIGHT_INSPECT, &handles[i]));
		for (unsigned j = i & 63; j < i; j += 64)
			EXPECT(handles[j] != handles[i]);
	}
	EXPECT_OK(nacre_process_info(self_process(), &state));
	EXPECT_EQ(state.handles, before.handles + 3000);
	for (unsigned i = 0; i < 3000; i++) {
		EXPECT_OK(nacre_handle_info(handles[i], &type, &rights));
		EXPECT_EQ(type, NACRE_OBJECT_BUDGET);
		EXPECT_EQ(rights, NACRE_RIGHT_INSPECT);
	}
	handles_close(3000);
	EXPECT_EQ(count_now().handles, before.handles);
}

/* --- pages ------------------------------------------------------------------------------------------------- */

static uintptr_t pages_left(nacre_handle_t budget)
{
	struct nacre_budget_state state;

	EXPECT_OK(nacre_budget_info(budget, &state));
	return state.limit_pages - state.charged_pages - state.given_pages;
}

TEST(last_page, "a budget is spent to its last page, then refuses everything that needs one, and gives all of it back")
{
	struct count before = count_now();
	nacre_handle_t budget, child, memory, filler[64], none = 0;
	uintptr_t all;
	unsigned count = 0;

	EXPECT_OK(nacre_budget_create(self_budget(), 40, 20, &budget));
	all = pages_left(budget);
	while (pages_left(budget))
		EXPECT_OK(nacre_memory_create(budget, 1, NACRE_MEMORY_PRIVATE, &filler[count++]));
	EXPECT(count > 30);
	EXPECT_ERROR(memory_create, BUDGET, nacre_memory_create(budget, 1, NACRE_MEMORY_PRIVATE, &none));
	EXPECT_ERROR(budget_create, BUDGET, nacre_budget_create(budget, 1, 20, &none));
	EXPECT_ERROR(process_create, BUDGET, nacre_process_create(self_budget(), budget, &none));
	EXPECT_ERROR(budget_resize, BUDGET, nacre_budget_resize(budget, 39));
	EXPECT_EQ(none, 0);
	/* One page more, and one thing more fits. */
	EXPECT_OK(nacre_budget_resize(budget, 41));
	EXPECT_OK(nacre_memory_create(budget, 1, NACRE_MEMORY_PRIVATE, &memory));
	EXPECT_ERROR(memory_create, BUDGET, nacre_memory_create(budget, 1, NACRE_MEMORY_PRIVATE, &none));
	EXPECT_OK(nacre_handle_close(memory));
	EXPECT_OK(nacre_budget_resize(budget, 40));
	while (count)
		EXPECT_OK(nacre_handle_close(filler[--count]));
	EXPECT(pages_left(budget) >= all - 1); /* a page of small objects may stay */
	/* A child takes all of it but for the page that its own record is in; nothing is left for anybody else. */
	EXPECT_ERROR(budget_create, BUDGET, nacre_budget_create(budget, pages_left(budget), 20, &child));
	EXPECT_OK(nacre_budget_create(budget, pages_left(budget) - 1, 20, &child));
	EXPECT_EQ(pages_left(budget), 0);
	EXPECT_ERROR(memory_create, BUDGET, nacre_memory_create(budget, 1, NACRE_MEMORY_PRIVATE, &none));
	EXPECT_OK(nacre_budget_destroy(budget));
	EXPECT_ERROR(budget_resize, PEER_GONE, nacre_budget_resize(child, 1));
	EXPECT_OK(nacre_handle_close(child));
	EXPECT_OK(nacre_handle_close(budget));
	expect_all_back(before);
}

TEST(machine_last_page, "the machine's own budget is given away to its last page, all of which can be touched, and comes back")
{
	struct count before = count_now();
	nacre_handle_t budget, memory, none = 0;
	uintptr_t pages, base = 0;

	EXPECT_OK(nacre_budget_create(self_budget(), pages_left(self_budget()) - 40, 20, &budget));
	for (pages = pages_left(budget); nacre_memory_create(budget, pages, NACRE_MEMORY_PRIVATE, &memory); pages--)
		continue; /* the list of its pages takes some, too */
	EXPECT(pages_left(budget) <= pages / 200 + 2);
	EXPECT_OK(nacre_map_add(self_process(), 0, memory, pages - 8, 8, NACRE_PROT_WRITE, &base));
	for (uintptr_t at = base; at < base + 8 * NACRE_PAGE_BYTES; at += NACRE_PAGE_BYTES)
		*(volatile uint32_t *)at = 1;
	EXPECT_ERROR(budget_create, BUDGET, nacre_budget_create(self_budget(), 4096, 20, &none));
	EXPECT_OK(nacre_map_remove(self_process(), base, 8));
	EXPECT_OK(nacre_handle_close(memory));
	EXPECT_OK(nacre_budget_destroy(budget));
	EXPECT_OK(nacre_handle_close(budget));
	EXPECT_EQ(count_now().handles, before.handles);
	EXPECT(count_now().pages <= before.pages + 2); /* tables of this process, which keeps them */
}

TEST(budget_depth, "budgets nest eight deep, each out of its parent's pages, and the destruction of the first takes all")
{
	struct count before = count_now();
	nacre_handle_t nested[NACRE_LIMIT_BUDGET_DEPTH], none = 0, parent = self_budget();

	for (unsigned i = 0; i < NACRE_LIMIT_BUDGET_DEPTH; i++) {
		EXPECT_OK(nacre_budget_create(parent, 100 - 10 * i, 20 - i, &nested[i]));
		parent = nested[i];
	}
	EXPECT_ERROR(budget_create, LIMIT, nacre_budget_create(parent, 5, 1, &none));
	EXPECT_ERROR(budget_create, PRIORITY, nacre_budget_create(nested[3], 5, 18, &none));
	EXPECT_ERROR(budget_create, BUDGET, nacre_budget_create(nested[6], 40, 1, &none));
	EXPECT_OK(nacre_budget_destroy(nested[0]));
	for (unsigned i = 0; i < NACRE_LIMIT_BUDGET_DEPTH; i++)
		EXPECT_OK(nacre_handle_close(nested[i]));
	expect_all_back(before);
}

TEST(every_budget, "a process with a budget of any small size is made, or is refused with nothing left behind; none goes half way")
{
	struct count before;
	unsigned made = 0;

	warm_up();
	before = count_now();
	for (size_t pages = 0; pages < 24; pages++) {
		struct child child;
		nacre_err_t error = child_try(&child, pages);

		if (error) {
			EXPECT_EQ(error, NACRE_E_BUDGET);
			EXPECT_EQ(made, 0);
		} else {
			child_destroy(&child);
			made++;
		}
		expect_all_back(before);
	}
	EXPECT(made > 10);
}
