/* kernel_sys_move.c - memory that changes hands: MOVE and claim. */
#include "unit.h"

#include "fixture.h"

static struct program *server, *client;
static struct thread *s, *c;
static handle_t mailbox, line;

UNIT_SETUP
{
	world_start();
	server = program_new(10);
	client = program_new(10);
	s = server->thread;
	c = client->thread;
	mailbox = make_server(server);
	line = connect(server, mailbox, client, 7);
}

TEST(move_call, "MOVE by call takes the memory from the caller, who pays until the receiver claims it")
{
	handle_t memory = make_memory(client, 5, 0), here;
	struct abi_message m = { .pages = PAGES_MOVE, .page_base = memory };
	size_t client_charged = program_account(client)->account.charged, server_charged;

	EXPECT_BLOCKED(do_receive_until(s, mailbox, NEVER, 1));
	server_charged = program_account(server)->account.charged;
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, NEVER));
	here = header_read(s).received[0];
	assert_int_equal(got(s).handles, 1);
	assert_int_equal(program_account(client)->account.charged, client_charged);
	EXPECT_OK(CALL(s, MEMORY_CLAIM, here, server->budget));
	assert_true(program_account(client)->account.charged <= client_charged - 5);
	assert_true(program_account(server)->account.charged >= server_charged + 5);
	EXPECT_ERROR(memory_claim, STATE, CALL(s, MEMORY_CLAIM, here, server->budget));
	program_kill(client);
	program_budget_end(client);
	EXPECT_OK(CALL(s, MEMORY_INFO, here));
	world_end();
}

TEST(move_reply, "a reply may move memory as well")
{
	handle_t memory = make_memory(server, 2, 0);
	struct abi_message m = { .accept = 1 }, r = { .pages = PAGES_MOVE, .page_base = memory };

	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, NEVER));
	EXPECT_OK(do_reply(s, got(s).token, 0, &r));
	EXPECT_OK(CALL(c, MEMORY_CLAIM, header_read(c).received[0], client->budget));
	EXPECT_ERROR(handle_info, BAD_HANDLE, CALL(s, HANDLE_INFO, memory));
	world_end();
}

TEST(move_unclaimed, "memory that nobody claims dies with its payer")
{
	handle_t memory = make_memory(client, 5, 0), here;
	struct abi_message m = { .pages = PAGES_MOVE, .page_base = memory };

	EXPECT_BLOCKED(do_receive_until(s, mailbox, NEVER, 1));
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, NEVER));
	here = header_read(s).received[0];
	program_budget_end(client);
	EXPECT_ERROR(memory_claim, PEER_GONE, CALL(s, MEMORY_CLAIM, here, server->budget));
	world_end();
}

TEST(move_refused, "only unmapped private memory that one handle names can be moved")
{
	handle_t memory = make_memory(client, 5, 0), copy, shared = make_memory(client, 1, MEMORY_SHARED);
	struct abi_message m = { .pages = PAGES_MOVE, .page_base = client->budget };

	EXPECT_BLOCKED(do_receive_until(s, mailbox, NEVER, 1));
	EXPECT_ERROR(connection_call_message, WRONG_TYPE, do_call_message(c, line, 1, &m, NEVER));
	m.page_base = 0x66666;
	EXPECT_ERROR(connection_call_message, BAD_HANDLE, do_call_message(c, line, 1, &m, NEVER));
	m.page_base = shared;
	EXPECT_ERROR(connection_call_message, BUSY, do_call_message(c, line, 1, &m, NEVER));
	m.page_base = client->data_memory; /* mapped */
	EXPECT_ERROR(connection_call_message, BUSY, do_call_message(c, line, 1, &m, NEVER));
	m.page_base = memory;
	EXPECT_OK(CALL(c, HANDLE_DUPLICATE, memory, RIGHT_ALL));
	copy = (handle_t)*thread_a(c, 1);
	EXPECT_ERROR(connection_call_message, BUSY, do_call_message(c, line, 1, &m, NEVER));
	EXPECT_OK(CALL(c, HANDLE_CLOSE, copy));
	m.handle_count = 1;
	m.send[0] = memory; /* and sent along with itself: it would be known by two */
	EXPECT_ERROR(connection_call_message, HANDLE_ROOM, do_call_message(c, line, 1, &m, NEVER));
	m.handle_count = 0;
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, NEVER));
	world_end();
}

TEST(claim_refused, "a claim needs pages, memory that was moved, and one handle to it")
{
	handle_t memory = make_memory(client, 5, 0), here, copy, poor;
	struct abi_message m = { .pages = PAGES_MOVE, .page_base = memory };

	EXPECT_ERROR(memory_claim, STATE, CALL(c, MEMORY_CLAIM, memory, client->budget));
	EXPECT_BLOCKED(do_receive_until(s, mailbox, NEVER, 1));
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, NEVER));
	here = header_read(s).received[0];
	poor = make_budget(server, 5);
	EXPECT_ERROR(memory_claim, BUDGET, CALL(s, MEMORY_CLAIM, here, poor));
	EXPECT_OK(CALL(s, HANDLE_DUPLICATE, here, RIGHT_ALL));
	copy = (handle_t)*thread_a(s, 1);
	EXPECT_ERROR(memory_claim, BUSY, CALL(s, MEMORY_CLAIM, here, server->budget));
	EXPECT_OK(CALL(s, HANDLE_CLOSE, copy));
	EXPECT_OK(CALL(s, MEMORY_CLAIM, here, server->budget));
	world_end();
}

TEST(claim_id, "the public ID of memory stays when it is moved and claimed, and its content too, of every size")
{
	static const size_t sizes[] = { 1, 2, 30, 60 };

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		handle_t budget, memory, here;
		struct abi_message m = { .pages = PAGES_MOVE };
		uintptr_t id[4];
		vaddr_t base;

		EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, client->boss_budget, 200));
		EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, server->boss_budget, 200));
		budget = make_budget(client, 70);
		EXPECT_OK(CALL(c, MEMORY_CREATE, budget, sizes[i], 0));
		memory = (handle_t)*thread_a(c, 1);
		base = map_memory(client, memory, sizes[i], RW);
		pattern_write(client, base, sizes[i] * P, i);
		EXPECT_OK(CALL(c, MAP_REMOVE, client->self, base, sizes[i]));
		EXPECT_OK(CALL(c, HANDLE_ID, memory));
		memcpy(id, thread_a(c, 1), sizeof id);
		m.page_base = memory;
		EXPECT_OK(do_send(c, line, 1, &m));
		EXPECT_OK(do_receive_until(s, mailbox, NEVER, 1));
		here = header_read(s).received[0];
		EXPECT_OK(CALL(s, MEMORY_CLAIM, here, server->budget));
		EXPECT_OK(CALL(c, BUDGET_DESTROY, budget));
		EXPECT_OK(CALL(s, HANDLE_ID, here));
		assert_memory_equal(id, thread_a(s, 1), sizeof id);
		assert_true(pattern_is(server, map_memory(server, here, sizes[i], RW), sizes[i] * P, i));
	}
	world_end();
}

TEST(claim_to_payer, "memory may be claimed by the budget that pays for it already")
{
	handle_t memory = make_memory(client, 5, 0), here, payer = give(client, client->budget, server);
	struct abi_message m = { .pages = PAGES_MOVE, .page_base = memory };
	size_t charged = program_account(client)->account.charged;

	EXPECT_OK(do_send(c, line, 1, &m));
	EXPECT_OK(do_receive_until(s, mailbox, NEVER, 1));
	here = header_read(s).received[0];
	EXPECT_OK(CALL(s, MEMORY_CLAIM, here, payer));
	assert_int_equal(program_account(client)->account.charged, charged);
	world_end();
}
