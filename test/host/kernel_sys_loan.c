/* kernel_sys_loan.c - pages lent with a call. */
#include "unit.h"

#include "fixture.h"

static struct program *server, *client;
static struct thread *s, *c;
static handle_t mailbox, line;

enum { PAGES = 40, LOANS = 4 };
static vaddr_t lent;         /* the client's: PAGES pages, private */
static handle_t lent_memory;

UNIT_SETUP
{
	world_start();
	server = program_new(10);
	client = program_new(10);
	s = server->thread;
	c = client->thread;
	mailbox = make_server(server);
	line = connect_with(server, mailbox, client, 7, 2, LOANS, 10);
	EXPECT_OK(CALL(s, PROCESS_WINDOW_CREATE, server->self));
	lent_memory = make_memory(client, PAGES, MEMORY_PRIVATE);
	lent = map_memory(client, lent_memory, PAGES, RW);
	pattern_write(client, lent, PAGES * P, 1);
}

static struct abi_message loan(unsigned kind, vaddr_t base, size_t pages)
{
	return (struct abi_message){ .pages = kind, .page_base = base, .page_count = pages };
}

static uintptr_t lend_by(struct thread *thread, unsigned kind, vaddr_t base, size_t pages, uint64_t deadline_ns)
{
	struct abi_message m = loan(kind, base, pages);

	return do_call_message(thread, line, 1, &m, deadline_ns);
}

static uintptr_t lend(unsigned kind, vaddr_t base, size_t pages)
{
	return lend_by(c, kind, base, pages, NEVER);
}

/* The server waits, the client lends; what the server got. */
static struct got lend_well(unsigned kind, vaddr_t base, size_t pages, uint64_t deadline_ns)
{
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(lend_by(c, kind, base, pages, deadline_ns));
	assert_int_equal(got(s).loan_pages, pages);
	assert_true(got(s).loan >= server->process->space.window && got(s).loan < server->process->space.window + TABLE_SPAN);
	return got(s);
}

/* The stand-ins of a revoked loan: readable, zero, and not the client's. */
static void expect_zeros(vaddr_t base, size_t pages)
{
	for (size_t i = 0; i < pages * P; i += 512)
		assert_int_equal(peek_word(server, base + i), 0);
}

TEST(lend, "LEND shows the pages read-only to the server and leaves them readable to the client until the reply")
{
	struct got in = lend_well(PAGES_LEND, lent + P, 3, NEVER);

	assert_int_equal(in.info, KIND_CALL);
	assert_true(pattern_is(client, lent, PAGES * P, 1));
	for (unsigned i = 0; i < 3; i++) {
		uint8_t here[P], there[P];

		peek(client, lent + (1 + i) * P, here, P);
		peek(server, in.loan + i * P, there, P);
		assert_memory_equal(here, there, P);
		assert_false(can_write(server, in.loan + i * P));
		assert_false(can_write(client, lent + (1 + i) * P));
	}
	assert_false(can_read(server, in.loan - P)); /* guards */
	assert_false(can_read(server, in.loan + 3 * P));
	assert_true(can_write(client, lent));
	EXPECT_OK(do_reply(s, in.token, 0, NULL));
	assert_false(can_read(server, in.loan));
	assert_true(can_write(client, lent + P));
	assert_true(pattern_is(client, lent, PAGES * P, 1));
	world_end();
}

TEST(lend_mut, "LEND_MUT takes the pages from the client, and brings back what the server wrote")
{
	struct got in = lend_well(PAGES_LEND_MUT, lent, 2, NEVER);

	assert_int_equal(in.info, KIND_CALL | INFO_LOAN_WRITABLE);
	assert_false(can_read(client, lent));
	assert_false(can_read(client, lent + P));
	assert_true(can_write(client, lent + 2 * P));
	assert_true(pattern_is(server, in.loan, 2 * P, 1));
	pattern_write(server, in.loan, 2 * P, 9);
	EXPECT_OK(do_reply(s, in.token, 0, NULL));
	assert_true(pattern_is(client, lent, 2 * P, 9));
	assert_true(can_write(client, lent));
	assert_false(can_read(server, in.loan));
	world_end();
}

TEST(lend_read_only, "pages that are only readable can be lent read-only, and stay so; not writable")
{
	EXPECT_OK(CALL(c, MAP_PROTECT, client->self, lent, PAGES, PROT_READ));
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_ERROR(connection_call_message, ADDRESS, lend(PAGES_LEND_MUT, lent, 1));
	EXPECT_BLOCKED(lend(PAGES_LEND, lent, 1));
	EXPECT_OK(do_reply(s, got(s).token, 0, NULL));
	assert_true(can_read(client, lent));
	assert_false(can_write(client, lent));
	world_end();
}

TEST(bounds, "a loan is 1 to 32 pages")
{
	struct got in;

	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_ERROR(connection_call_message, ARGUMENT, lend(PAGES_LEND, lent, 0));
	EXPECT_ERROR(connection_call_message, ARGUMENT, lend(PAGES_LEND_MUT, lent, LIMIT_LOAN_PAGES + 1));
	EXPECT_ERROR(connection_call_message, ARGUMENT, lend(PAGES_LEND_MUT, lent, (size_t)1 << 40));
	EXPECT_BLOCKED(lend(PAGES_LEND_MUT, lent, LIMIT_LOAN_PAGES));
	in = got(s);
	assert_true(pattern_is(server, in.loan, LIMIT_LOAN_PAGES * P, 1));
	EXPECT_OK(do_reply(s, in.token, 0, NULL));
	world_end();
}

TEST(not_lendable, "what is not wholly inside one private mapping cannot be lent")
{
	vaddr_t shared = map_memory(client, make_memory(client, 2, MEMORY_SHARED), 2, RW), reserved;

	EXPECT_OK(CALL(c, MAP_RESERVE, client->self, 10));
	reserved = *thread_a(c, 1);
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_ERROR(connection_call_message, ADDRESS, lend(PAGES_LEND, shared, 1));
	EXPECT_ERROR(connection_call_message, ADDRESS, lend(PAGES_LEND, reserved, 1));
	EXPECT_ERROR(connection_call_message, ADDRESS, lend(PAGES_LEND, 0, 1));
	EXPECT_ERROR(connection_call_message, ADDRESS, lend(PAGES_LEND, USER_END, 1));
	EXPECT_ERROR(connection_call_message, ADDRESS, lend(PAGES_LEND, (vaddr_t)-P, 1));
	EXPECT_ERROR(connection_call_message, ADDRESS, lend(PAGES_LEND_MUT, lent + (PAGES - 1) * P, 2));
	EXPECT_ERROR(connection_call_message, ARGUMENT, lend(PAGES_LEND, lent + 8, 1));
	EXPECT_OK(CALL(c, MAP_PROTECT, client->self, lent, PAGES, 0));
	EXPECT_ERROR(connection_call_message, ADDRESS, lend(PAGES_LEND, lent, 1));
	world_end();
}

TEST(image_not_lendable, "image pages cannot be lent")
{
	struct memory *image;
	handle_t handle;

	assert_int_equal(memory_new_fixed(program_account(client), HOST_IMAGE_BASE, 4, BACKING_IMAGE, &image), E_OK);
	assert_int_equal(handle_reserve(client->process, 1), E_OK);
	handle = handle_add(client->process, &image->object, RIGHT_ALL_MEMORY);
	vaddr_t base = map_memory(client, handle, 4, PROT_READ);
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_ERROR(connection_call_message, ADDRESS, lend(PAGES_LEND, base, 1));
	world_end();
}

TEST(sealed, "sealed memory cannot be lent: a debugger may put another page in its place at any time")
{
	EXPECT_OK(CALL(c, MAP_PROTECT, client->self, lent, PAGES, PROT_READ));
	EXPECT_OK(CALL(c, MEMORY_SEAL, lent_memory));
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_ERROR(connection_call_message, ADDRESS, lend(PAGES_LEND, lent, 1));
	world_end();
}

TEST(contiguous, "contiguous memory cannot be lent: had the borrower pinned it, no frame could take its place")
{
	vaddr_t base = map_memory(client, make_memory(client, 4, MEMORY_CONTIGUOUS), 4, RW);

	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_ERROR(connection_call_message, ADDRESS, lend(PAGES_LEND_MUT, base, 4));
	world_end();
}

TEST(foreign_memory, "private memory that another budget pays for can be lent, and outlives that budget's end during the loan")
{
	struct program *payer = program_new(10);
	handle_t memory = pass(payer, make_memory(payer, 3, MEMORY_PRIVATE), client);
	vaddr_t base = map_memory(client, memory, 3, RW);
	struct got in;

	pattern_write(client, base, 3 * P, 3);
	in = lend_well(PAGES_LEND_MUT, base, 3, NEVER);
	program_budget_end(payer);
	pattern_write(server, in.loan, 3 * P, 4);
	EXPECT_OK(do_reply(s, in.token, 0, NULL));
	assert_true(pattern_is(client, base, 3 * P, 4));
	EXPECT_OK(CALL(c, MAP_REMOVE, client->self, base, 3));
	world_end();
}

TEST(once, "a page is in at most one loan")
{
	struct thread *second = program_thread(client, 10);

	lend_well(PAGES_LEND, lent, 4, NEVER);
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_ERROR(connection_call_message, LENT, lend_by(second, PAGES_LEND, lent + 3 * P, 2, NEVER));
	EXPECT_ERROR(connection_call_message, LENT, lend_by(second, PAGES_LEND_MUT, lent, 1, NEVER));
	EXPECT_BLOCKED(lend_by(second, PAGES_LEND_MUT, lent + 4 * P, 1, NEVER));
	world_end();
}

TEST(borrowed_not_lent_on, "borrowed pages cannot be lent on")
{
	struct program *back = program_new(10);
	handle_t back_mailbox = make_server(back), back_line = connect(back, back_mailbox, server, 3);
	struct got in;
	struct abi_message m;

	EXPECT_OK(CALL(back->thread, PROCESS_WINDOW_CREATE, back->self));
	EXPECT_BLOCKED(do_receive(back->thread, back_mailbox));
	in = lend_well(PAGES_LEND_MUT, lent, 2, NEVER);
	m = loan(PAGES_LEND, in.loan, 1);
	EXPECT_ERROR(connection_call_message, ADDRESS, do_call_message(s, back_line, 1, &m, NEVER));
	world_end();
}

TEST(fixed, "a lent page cannot be unmapped or protected, and its memory neither sealed nor moved")
{
	struct thread *second = program_thread(client, 10);
	struct abi_message move = { .pages = PAGES_MOVE, .page_base = lent_memory };
	token_t token = lend_well(PAGES_LEND, lent + P, 1, NEVER).token;

	EXPECT_BLOCKED(do_receive_until(s, mailbox, NEVER, 1));
	EXPECT_ERROR(map_remove, LENT, CALL(second, MAP_REMOVE, client->self, lent, PAGES));
	EXPECT_ERROR(map_protect, LENT, CALL(second, MAP_PROTECT, client->self, lent, PAGES, PROT_READ));
	EXPECT_ERROR(memory_seal, BUSY, CALL(second, MEMORY_SEAL, lent_memory));
	EXPECT_ERROR(connection_call_message, BUSY, do_call_message(second, line, 1, &move, NEVER));
	EXPECT_ERROR(process_write, LENT, CALL(second, PROCESS_WRITE, client->self, client->budget, lent + P, client->data + P, 4));
	EXPECT_OK(do_send(second, line, 1, NULL)); /* wakes the server */
	EXPECT_OK(do_reply(s, token, 0, NULL));
	EXPECT_OK(CALL(second, MAP_REMOVE, client->self, lent, PAGES));
	world_end();
}

TEST(window_needed, "a server without a window, or whose window is full, gets no loan")
{
	struct program *bare = program_new(10);
	handle_t bare_mailbox = make_server(bare), bare_line = connect(bare, bare_mailbox, client, 1);
	struct abi_message m = loan(PAGES_LEND, lent, 1);

	EXPECT_BLOCKED(do_receive(bare->thread, bare_mailbox));
	EXPECT_ERROR(connection_call_message, WINDOW_FULL, do_call_message(c, bare_line, 1, &m, NEVER));
	assert_true(can_write(client, lent));
	world_end();
}

TEST(connection_loans, "a connection holds at most the loans it was minted with, and gets a place back with each reply")
{
	struct thread *lenders[LOANS + 1];
	token_t tokens[LOANS];

	for (unsigned i = 0; i <= LOANS; i++)
		lenders[i] = program_thread(client, 10);
	EXPECT_BLOCKED(do_receive(s, mailbox));
	for (unsigned i = 0; i < LOANS; i++) {
		EXPECT_BLOCKED(lend_by(lenders[i], PAGES_LEND, lent + i * P, 1, NEVER));
		tokens[i] = got(s).token;
		EXPECT_BLOCKED(do_receive(s, mailbox));
	}
	EXPECT_ERROR(connection_call_message, WINDOW_FULL, lend_by(lenders[LOANS], PAGES_LEND, lent + 10 * P, 1, NEVER));
	EXPECT_OK(do_send(lenders[LOANS], line, 1, NULL));
	EXPECT_OK(do_reply(s, tokens[2], 0, NULL));
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(lend_by(lenders[LOANS], PAGES_LEND, lent + 10 * P, 1, NEVER));
	world_end();
}

TEST(window_full, "the slots of a window run out, over all connections, and one is free again with a reply")
{
	struct thread *thread;
	token_t first = 0;
	unsigned count = 0;

	EXPECT_OK(CALL(s, CONNECTION_MINT, mailbox, server->budget, 9, 4, LIMIT_LOANS, 10));
	line = pass(server, (handle_t)*thread_a(s, 1), client);
	EXPECT_BLOCKED(do_receive(s, mailbox));
	for (; count < WINDOW_SLOTS; count++) {
		thread = program_thread(client, 10);
		EXPECT_BLOCKED(lend_by(thread, PAGES_LEND, lent + count * P, 1, NEVER));
		if (!count)
			first = got(s).token;
		EXPECT_BLOCKED(do_receive(s, mailbox));
	}
	EXPECT_ERROR(connection_call_message, WINDOW_FULL, lend(PAGES_LEND, lent + 20 * P, 1));
	EXPECT_OK(do_send(c, line, 1, NULL));
	EXPECT_OK(do_reply(s, first, 0, NULL));
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(lend(PAGES_LEND, lent + 20 * P, 1));
	world_end();
}

TEST(header_lent, "a thread may lend its own process the page where the receiver's header lies; the handles are in it first")
{
	struct thread *helper = program_thread(client, 10);
	handle_t own = make_server(client), to_own = connect_with(client, own, client, 1, 0, 1, 10);
	struct abi_message m = loan(PAGES_LEND_MUT, lent, 1), accept = { .accept = 1 };
	struct message_registers in = { own, 0, 1, NEVER, lent };
	struct got there;

	EXPECT_OK(CALL(c, PROCESS_WINDOW_CREATE, client->self));
	poke(client, lent, &accept, sizeof accept);
	EXPECT_BLOCKED(do_message_ecall(helper, CALL_SERVER_RECEIVE, &in));
	m.handle_count = 1;
	m.send[0] = client->budget;
	EXPECT_BLOCKED(do_call_message(c, to_own, 1, &m, NEVER));
	there = got(helper);
	assert_int_equal(there.handles, 1);
	peek(client, there.loan, &accept, sizeof accept);
	assert_ptr_equal(object_named(client, accept.received[0]), &program_account(client)->object);
	world_end();
}

TEST(queued_loan, "a loan is made when the call is taken: until then the pages are the client's")
{
	struct thread *second = program_thread(client, 10);

	EXPECT_BLOCKED(do_futex_wait(s, server->data, 0, 0, soon()));
	EXPECT_BLOCKED(lend(PAGES_LEND_MUT, lent, 1));
	assert_true(can_write(client, lent));
	EXPECT_BLOCKED(lend_by(second, PAGES_LEND_MUT, lent, 1, NEVER));
	pass_ns(1000000);
	EXPECT_OK(do_receive(s, mailbox));
	assert_false(can_read(client, lent));
	EXPECT_OK(do_reply_and_receive(s, mailbox, got(s).token, 0)); /* home for a moment, then lent by the other */
	assert_int_equal(answer(c), E_OK);
	assert_true(is_waiting(second));
	world_end();
}

TEST(fault_lent, "another thread of the lender that touches what is lent away faults with cause LENT")
{
	struct thread *second = program_thread(client, 10);
	handle_t faults = make_server(server);

	EXPECT_OK(CALL(c, PROCESS_FAULT_SET, client->self, give(server, faults, client), 55));
	lend_well(PAGES_LEND_MUT, lent, 1, NEVER);
	EXPECT_BLOCKED(do_receive(s, faults));
	assert_false(can_read(client, lent));
	thread_fault(second, CAUSE_READ, lent + 12);
	assert_int_equal(got(s).kind, KIND_FAULT);
	assert_int_equal(got(s).words[0], CAUSE_LENT);
	assert_int_equal(got(s).words[1], lent + 12);
	world_end();
}

TEST(fault_lent_read_only, "a write to what is lent read-only is LENT too; a read of it is no fault at all")
{
	handle_t faults = make_server(server);
	struct thread *second = program_thread(client, 10);

	EXPECT_OK(CALL(c, PROCESS_FAULT_SET, client->self, give(server, faults, client), 55));
	lend_well(PAGES_LEND, lent, 1, NEVER);
	EXPECT_BLOCKED(do_receive(s, faults));
	assert_true(can_read(client, lent));
	assert_false(can_write(client, lent));
	thread_fault(second, CAUSE_WRITE, lent);
	assert_int_equal(got(s).words[0], CAUSE_LENT);
	world_end();
}

/* --- Taken back. */

TEST(timeout_mut, "when the lender times out its pages are back at once, and the server reads zeros and writes to nobody")
{
	struct got in = lend_well(PAGES_LEND_MUT, lent, 3, soon());

	pattern_write(server, in.loan, 3 * P, 7);
	pass_ns(1000000);
	EXPECT_ERROR(connection_call_message, TIMEOUT, answer(c));
	assert_true(pattern_is(client, lent, 3 * P, 7));
	assert_true(can_write(client, lent));
	expect_zeros(in.loan, 3);
	poke_word(server, in.loan, 0xabcd);
	assert_true(pattern_is(client, lent, 3 * P, 7));
	EXPECT_ERROR(server_reply, STALE_TOKEN, do_reply(s, in.token, 0, NULL)); /* lets go of the window's slot */
	assert_false(can_read(server, in.loan));
	world_end();
}

TEST(timeout_lend, "a revoked read-only loan becomes zeros that cannot be written")
{
	struct got in = lend_well(PAGES_LEND, lent, 3, soon());

	pass_ns(1000000);
	expect_zeros(in.loan, 3);
	assert_false(can_write(server, in.loan));
	assert_true(can_write(client, lent));
	EXPECT_ERROR(server_token_check, STALE_TOKEN, do_token_check(s, in.token));
	assert_false(can_read(server, in.loan));
	world_end();
}

TEST(sacrifice_zeroed, "the page that stands in for revoked loans is zeroed at each revocation")
{
	struct got first = lend_well(PAGES_LEND_MUT, lent, 1, soon()), second;

	pass_ns(1000000);
	poke_word(server, first.loan, 0x5ec2e7);
	second = lend_well(PAGES_LEND_MUT, lent, 1, soon());
	pass_ns(1000000);
	assert_int_not_equal(first.loan, second.loan); /* the first is not let go */
	expect_zeros(second.loan, 1);
	world_end();
}

TEST(slot_kept, "the address of a revoked loan is nobody else's until the server lets go of its token")
{
	struct got first = lend_well(PAGES_LEND, lent, 1, soon()), other;

	pass_ns(1000000);
	for (unsigned i = 0; i < 3; i++) {
		other = lend_well(PAGES_LEND, lent + P, 1, NEVER);
		assert_int_not_equal(other.loan, first.loan);
		EXPECT_OK(do_reply(s, other.token, 0, NULL));
	}
	EXPECT_ERROR(server_token_check, STALE_TOKEN, do_token_check(s, first.token));
	other = lend_well(PAGES_LEND, lent + P, 1, NEVER);
	assert_int_equal(other.loan, first.loan);
	world_end();
}

TEST(revoked_count, "a revoked loan counts against its connection until it is let go")
{
	struct got in[LOANS];

	for (unsigned i = 0; i < LOANS; i++) {
		in[i] = lend_well(PAGES_LEND, lent, 1, soon());
		pass_ns(1000000);
	}
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_ERROR(connection_call_message, WINDOW_FULL, lend(PAGES_LEND, lent, 1));
	EXPECT_OK(do_send(c, line, 1, NULL));
	EXPECT_ERROR(server_reply, STALE_TOKEN, do_reply(s, in[0].token, 0, NULL));
	lend_well(PAGES_LEND, lent, 1, NEVER);
	world_end();
}

TEST(reply_half_lets_go, "the reply half of reply_and_receive lets go of a revoked loan as well")
{
	struct got in = lend_well(PAGES_LEND, lent, 1, soon());

	pass_ns(1000000);
	EXPECT_BLOCKED(do_reply_and_receive(s, mailbox, in.token, 0));
	assert_false(can_read(server, in.loan));
	assert_int_equal(__builtin_popcount(server->process->window->free), WINDOW_SLOTS);
	world_end();
}

TEST(lender_dies, "when the lender dies the server keeps stand-ins, and every page of the lender is free")
{
	struct got in = lend_well(PAGES_LEND_MUT, lent, 3, NEVER);

	program_kill(client);
	program_budget_end(client);
	expect_zeros(in.loan, 3);
	poke_word(server, in.loan, 1);
	EXPECT_ERROR(server_reply, STALE_TOKEN, do_reply(s, in.token, 0, NULL));
	world_end();
}

TEST(borrower_dies, "when the borrower dies the lender gets its pages back with PEER_GONE")
{
	struct got in = lend_well(PAGES_LEND_MUT, lent, 3, NEVER);

	pattern_write(server, in.loan, 3 * P, 5);
	program_kill(server);
	EXPECT_ERROR(connection_call_message, PEER_GONE, answer(c));
	assert_true(pattern_is(client, lent, 3 * P, 5));
	assert_true(can_write(client, lent));
	world_end();
}

TEST(both_die, "lender and borrower on one dying budget leave nothing behind")
{
	struct program *a;
	handle_t a_mailbox, a_line;
	struct abi_message m = loan(PAGES_LEND_MUT, lent, 3);

	EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, client->boss_budget, 200));
	a = program_in(client->boss_budget, 10);
	a_mailbox = make_server(a);
	EXPECT_OK(CALL(a->thread, PROCESS_WINDOW_CREATE, a->self));
	a_line = connect(a, a_mailbox, client, 1);
	EXPECT_BLOCKED(do_receive(a->thread, a_mailbox));
	EXPECT_BLOCKED(do_call_message(c, a_line, 1, &m, NEVER));
	program_budget_end(client);
	world_end();
}

TEST(connection_destroyed, "destroying the connection takes a loan back too")
{
	handle_t here = give(client, line, server);
	struct got in = lend_well(PAGES_LEND_MUT, lent, 2, NEVER);

	EXPECT_OK(CALL(s, CONNECTION_DESTROY, here));
	EXPECT_ERROR(connection_call_message, PEER_GONE, answer(c));
	assert_true(can_write(client, lent));
	expect_zeros(in.loan, 2);
	EXPECT_ERROR(server_token_check, STALE_TOKEN, do_token_check(s, in.token));
	assert_int_equal(__builtin_popcount(server->process->window->free), WINDOW_SLOTS);
	world_end();
}

TEST(reply_copies_into_loan, "a reply may copy into segments beside what is lent, not into what is lent away")
{
	struct abi_message m = loan(PAGES_LEND_MUT, lent, 1), r = { .in_count = 1, .in = { { server->data + P, 100 } } };

	m.out_count = 1;
	m.out[0] = (struct abi_segment){ lent + P, 100 };
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, NEVER));
	EXPECT_OK(do_reply(s, got(s).token, 0, &r));
	m.out[0].base = lent; /* not there until the reply is done */
	EXPECT_BLOCKED(do_receive(s, mailbox));
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, NEVER));
	do_reply(s, got(s).token, 0, &r);
	EXPECT_ERROR(server_reply, PEER_FAULT, answer(s));
	EXPECT_ERROR(connection_call_message, ADDRESS, answer(c));
	assert_true(can_write(client, lent));
	world_end();
}

TEST(server_copies_from_loan, "the server may pass what it borrowed on by copy")
{
	struct program *back = program_new(10);
	handle_t back_mailbox = make_server(back), back_line = connect(back, back_mailbox, server, 3);
	struct got in;
	struct abi_message m = { .in_count = 1 };

	EXPECT_OK(CALL(back->thread, THREAD_BUFFER_SET, back->data + P, 2 * P));
	EXPECT_BLOCKED(do_receive(back->thread, back_mailbox));
	in = lend_well(PAGES_LEND, lent, 2, NEVER);
	m.in[0] = (struct abi_segment){ in.loan, 2 * P };
	EXPECT_BLOCKED(do_call_message(s, back_line, 1, &m, NEVER));
	assert_true(pattern_is(back, back->data + P, 2 * P, 1));
	world_end();
}

/* --- Forwarded. */

static struct program *back;
static handle_t back_mailbox, back_line;

static void back_make(unsigned loans)
{
	back = program_new(10);
	back_mailbox = make_server(back);
	back_line = connect_with(back, back_mailbox, server, 3, 0, loans, 10);
	EXPECT_OK(CALL(back->thread, PROCESS_WINDOW_CREATE, back->self));
}

TEST(forward, "a loan goes along with a forwarded call, and comes home with the reply of the last")
{
	struct got in, there;

	back_make(1);
	EXPECT_BLOCKED(do_receive(back->thread, back_mailbox));
	in = lend_well(PAGES_LEND_MUT, lent, 2, NEVER);
	EXPECT_OK(do_forward(s, back_line, in.token, 1));
	there = got(back->thread);
	assert_false(can_read(server, in.loan));
	assert_true(pattern_is(back, there.loan, 2 * P, 1));
	pattern_write(back, there.loan, 2 * P, 8);
	EXPECT_OK(do_reply(back->thread, there.token, 0, NULL));
	assert_true(pattern_is(client, lent, 2 * P, 8));
	world_end();
}

TEST(forward_transit, "a loan in transit is in nobody's map, and comes home when the caller times out meanwhile")
{
	struct got in;

	back_make(1);
	EXPECT_BLOCKED(do_futex_wait(back->thread, back->data, 0, 0, NEVER));
	in = lend_well(PAGES_LEND_MUT, lent, 2, soon());
	EXPECT_OK(do_forward(s, back_line, in.token, 1));
	assert_false(can_read(server, in.loan));
	assert_false(can_read(client, lent));
	pass_ns(1000000);
	EXPECT_ERROR(connection_call_message, TIMEOUT, answer(c));
	assert_true(can_write(client, lent));
	world_end();
}

TEST(forward_no_loans, "a call with a loan cannot be forwarded through a connection without loans, or to a full window")
{
	struct got in;

	back_make(0);
	EXPECT_BLOCKED(do_receive(back->thread, back_mailbox));
	in = lend_well(PAGES_LEND_MUT, lent, 2, NEVER);
	EXPECT_ERROR(server_forward, WINDOW_FULL, do_forward(s, back_line, in.token, 1));
	assert_true(can_write(server, in.loan)); /* the forwarder keeps token and loan */
	EXPECT_OK(do_reply(s, in.token, 0, NULL));
	world_end();
}

TEST(forward_queued_window, "a forwarded loan that finds no room when it is taken ends the call and comes home")
{
	struct program *bare = program_new(10);
	handle_t bare_mailbox = make_server(bare), bare_line = connect(bare, bare_mailbox, server, 3);
	struct got in;

	EXPECT_BLOCKED(do_futex_wait(bare->thread, bare->data, 0, 0, soon()));
	in = lend_well(PAGES_LEND_MUT, lent, 2, NEVER);
	EXPECT_OK(do_forward(s, bare_line, in.token, 1));
	EXPECT_BLOCKED(do_receive(s, mailbox));
	pass_ns(1000000);
	EXPECT_BLOCKED(do_receive(bare->thread, bare_mailbox));
	EXPECT_ERROR(connection_call_message, WINDOW_FULL, answer(c));
	assert_true(can_write(client, lent));
	world_end();
}
