/* loan.c - programs that die at the worst moment for the other side: with a call, a loan or a queue between them. */
#include "hostile.h"
#include "nacre/area.h"
#include "nacre/clock.h"

enum { LENT_VALUE = 7, WRITTEN_VALUE = 8, OPCODE = 9, CALLERS = 3 };

/* --- the lender dies ------------------------------------------------------------------------------------------- */

/* Lends its room as word 3 says, and is never answered. */
CHILD static void lend_room(uintptr_t control)
{
	struct nacre_words plan, words;
	struct nacre_message message;

	plan_ask(control, &plan);
	*(volatile uint8_t *)plan.word[2] = *(volatile uint8_t *)(plan.word[2] + 4096) = LENT_VALUE;
	words_clear(&words, OPCODE);
	message_clear(&message);
	message.pages = (uint32_t)plan.word[3];
	message.page_base = plan.word[2];
	message.page_count = 2;
	nacre_connection_call_message((nacre_handle_t)control, &words, NACRE_DEADLINE_NEVER, &message, NULL);
	nacre_process_exit(__LINE__);
}

static void loan_is_zero(const struct nacre_received *in, unsigned how)
{
	volatile uint8_t *page = (volatile uint8_t *)in->loan_base;

	for (unsigned i = 0; i < 8192; i += 64)
		EXPECT_EQ(page[i], 0);
	if (how == NACRE_PAGES_LEND_MUT)
		page[4096] = WRITTEN_VALUE;
}

static void lend_and_die(unsigned how, nacre_token_t *token)
{
	struct nacre_received in = { 0 };
	struct hostile hostile;

	hostile_make(&hostile);
	hostile.plan.word[3] = how;
	hostile_start(&hostile, lend_room);
	EXPECT_OK(nacre_server_receive(hostile.control.server, NACRE_DEADLINE_NEVER, NULL, &in));
	EXPECT_EQ(in.loan_pages, 2);
	EXPECT_EQ(*(volatile uint8_t *)in.loan_base, LENT_VALUE);
	EXPECT_OK(nacre_process_kill(hostile.child.process, 0));
	loan_is_zero(&in, how);
	*token = in.token;
	EXPECT_EQ(nacre_server_reply(&(struct nacre_words){ 0 }, in.token, NULL), NACRE_E_STALE_TOKEN);
	EXPECT_EQ(hostile_end(&hostile).cause, NACRE_CAUSE_KILLED);
}

TEST(lender_dies, "a lender that dies leaves its borrower zeros to work on; its token is stale, also for the processes after it")
{
	nacre_token_t tokens[4];

	for (unsigned i = 0; i < 4; i++) {
		lend_and_die(i % 2 ? NACRE_PAGES_LEND : NACRE_PAGES_LEND_MUT, &tokens[i]);
		for (unsigned old = 0; old <= i; old++) {
			EXPECT(old == i || tokens[old] != tokens[i]);
			EXPECT_ERROR(server_token_check, STALE_TOKEN, nacre_server_token_check(tokens[old]));
		}
	}
}

/* --- the server dies ------------------------------------------------------------------------------------------- */

/* Takes one call, changes what came with it, and ends with it taken. */
CHILD static void take_and_die(uintptr_t control)
{
	struct nacre_words plan;
	struct nacre_received in;

	plan_ask(control, &plan);
	received_clear(&in);
	SUCCEEDS(nacre_server_receive((nacre_handle_t)plan.word[3], NACRE_DEADLINE_NEVER, NULL, &in));
	if (in.info & NACRE_INFO_LOAN_WRITABLE)
		*(volatile uint8_t *)in.loan_base = WRITTEN_VALUE;
	nacre_process_exit(0);
}

struct caller {
	struct helper helper;
	nacre_handle_t connection;
	uintptr_t page;
	unsigned how;
	nacre_err_t error;
};

static void lend_to_it(void *argument)
{
	struct caller *caller = argument;
	struct nacre_words words = { OPCODE, { 0 } };
	struct nacre_message message = { .pages = caller->how, .page_base = caller->page, .page_count = 1 };

	caller->error = nacre_connection_call_message(caller->connection, &words, NACRE_DEADLINE_NEVER, &message, NULL);
}

static uint8_t lend_to_the_dying(unsigned how)
{
	static struct caller caller;
	struct nacre_area area;
	struct hostile hostile;
	struct pair pair;
	uint8_t left;

	hostile_make(&hostile);
	pair = pair_make(2, 0, 1);
	EXPECT_OK(nacre_area_create(&area, 1, NACRE_MEMORY_PRIVATE));
	*(uint8_t *)area.base = LENT_VALUE;
	EXPECT_OK(nacre_process_window_create(hostile.child.process));
	hostile.plan.word[3] = child_give(&hostile.child, pair.server, NACRE_RIGHT_RECEIVE);
	hostile_start(&hostile, take_and_die);
	caller = (struct caller){ .connection = pair.connection, .page = (uintptr_t)area.base, .how = how };
	helper_start_at(&caller.helper, lend_to_it, &caller, HANDLER_PRIORITY);
	helper_join(&caller.helper);
	EXPECT_EQ(caller.error, NACRE_E_PEER_GONE);
	left = *(volatile uint8_t *)area.base;
	*(volatile uint8_t *)area.base = 0;
	EXPECT_OK(nacre_area_destroy(&area));
	pair_close(&pair);
	EXPECT_EQ(hostile_end(&hostile).code, 0);
	return left;
}

TEST(borrower_dies, "a borrower that dies wakes its caller with PEER_GONE, who has its page back, to read and to write")
{
	EXPECT_EQ(lend_to_the_dying(NACRE_PAGES_LEND), LENT_VALUE);
	EXPECT_EQ(lend_to_the_dying(NACRE_PAGES_LEND_MUT), WRITTEN_VALUE);
}

/* Takes the loan and stays with it. */
CHILD static void borrow_and_stay(uintptr_t server)
{
	struct nacre_received in;

	received_clear(&in);
	nacre_server_receive((nacre_handle_t)server, NACRE_DEADLINE_NEVER, NULL, &in);
	*(volatile uint8_t *)in.loan_base = WRITTEN_VALUE;
	nacre_server_receive((nacre_handle_t)server, NACRE_DEADLINE_NEVER, NULL, &in);
	nacre_process_exit(__LINE__);
}

TEST(both_die, "lender and borrower die one after the other, in either order, with the loan between them: all is back")
{
	struct nacre_received in = { 0 };
	struct hostile hostile;
	struct child borrower;

	for (unsigned order = 0; order < 2; order++) {
		hostile_make(&hostile);
		child_make(&borrower, CHILD_PAGES);
		EXPECT_OK(nacre_process_window_create(borrower.process));
		hostile.plan.word[3] = NACRE_PAGES_LEND_MUT;
		hostile_start(&hostile, lend_room);
		child_start(&borrower, borrow_and_stay, child_give(&borrower, hostile.control.server, NACRE_RIGHT_RECEIVE),
			    HOSTILE_PRIORITY);
		EXPECT_EQ(nacre_server_receive(hostile.child.server, nacre_deadline_in(100 * NACRE_MS), NULL, &in), NACRE_E_TIMEOUT);
		EXPECT_OK(nacre_process_kill(order ? borrower.process : hostile.child.process, 0));
		EXPECT_OK(nacre_process_kill(order ? hostile.child.process : borrower.process, 0));
		child_destroy(&borrower);
		EXPECT_EQ(hostile_end(&hostile).cause, NACRE_CAUSE_KILLED);
	}
}

static struct caller callers[CALLERS];

static void just_call(void *argument)
{
	struct caller *caller = argument;

	caller->error = nacre_connection_call(caller->connection, &(struct nacre_words){ OPCODE, { 0 } });
}

TEST(server_dies, "a server that dies with one call taken and others queued wakes all its callers")
{
	struct hostile hostile;
	struct pair pair;

	hostile_make(&hostile);
	pair = pair_make(2, 0, 0);
	hostile.plan.word[3] = child_give(&hostile.child, pair.server, NACRE_RIGHT_RECEIVE);
	EXPECT_OK(nacre_handle_close(pair.server)); /* the child's is the last */
	for (unsigned i = 0; i < CALLERS; i++) {
		callers[i] = (struct caller){ .connection = pair.connection };
		helper_start_at(&callers[i].helper, just_call, &callers[i], HELPER_PRIORITY);
	}
	hostile_start(&hostile, take_and_die);
	for (unsigned i = 0; i < CALLERS; i++) {
		helper_join(&callers[i].helper);
		EXPECT_ERROR(connection_call, PEER_GONE, callers[i].error);
	}
	EXPECT_OK(nacre_handle_close(pair.connection));
	EXPECT_EQ(hostile_end(&hostile).code, 0);
}

/* --- who does not look at what it gets ------------------------------------------------------------------------- */

/* Asks for bytes and a handle, again and again. */
CHILD static void ask_for_much(uintptr_t control)
{
	struct nacre_words plan, words;
	struct nacre_message message;

	plan_ask(control, &plan);
	for (;;) {
		words_clear(&words, OPCODE);
		message_clear(&message);
		message.accept = 1;
		message.out_count = 1;
		message.out[0].base = plan.word[2];
		message.out[0].size = 8192;
		if (nacre_connection_call_message((nacre_handle_t)control, &words, NACRE_DEADLINE_NEVER, &message, NULL))
			nacre_process_exit(1);
	}
}

/* Each reply is given at once, while the caller, which is below this thread, does not run. */
TEST(replies_unread, "a client that hoards what it is answered costs its server nothing, and is refused when its own table is full")
{
	static char bytes[8192];
	struct nacre_received in = { 0 };
	struct hostile hostile;
	struct count before;
	unsigned answered = 0;

	hostile_make(&hostile);
	hostile_start(&hostile, ask_for_much);
	before = count_now();
	while (!nacre_server_receive(hostile.control.server, nacre_deadline_in(NACRE_S), NULL, &in) &&
	       info_kind(&in) == NACRE_KIND_CALL) {
		struct nacre_message reply = { .in_count = 1, .in = { { (uintptr_t)bytes, sizeof(bytes) } },
					       .handle_count = 1, .send = { hostile.control.connection } };

		EXPECT_OK(nacre_server_reply(&(struct nacre_words){ 0 }, in.token, &reply));
		EXPECT_EQ(count_now().handles, before.handles);
		EXPECT_EQ(count_now().pages, before.pages);
		answered++;
	}
	EXPECT(answered > 100);
	EXPECT_EQ(hostile_end(&hostile).code, 1);
}

/* --- what is in a message beside what was put there -------------------------------------------------------------- */

CHILD static void send_little(uintptr_t control)
{
	struct nacre_words plan, words;
	struct nacre_message message;
	uint8_t bytes[4];

	plan_ask(control, &plan);
	words_clear(&words, OPCODE);
	message_clear(&message);
	bytes[0] = bytes[1] = bytes[2] = bytes[3] = LENT_VALUE;
	message.in_count = 1;
	message.in[0].base = (uintptr_t)bytes;
	message.in[0].size = 3;
	SUCCEEDS(nacre_connection_send((nacre_handle_t)control, &words, &message));
	SUCCEEDS(nacre_connection_signal((nacre_handle_t)control, 5));
	nacre_process_exit(0);
}

static void words_are_zero_from(const struct nacre_received *in, unsigned from)
{
	for (unsigned i = from; i < 5; i++)
		EXPECT_EQ(in->words.word[i], 0);
	EXPECT_EQ(in->loan_base, 0);
	EXPECT_EQ(in->loan_pages, 0);
}

TEST(residue_message, "what a message does not carry is zero, and of the receive buffer only what came was written")
{
	static uint8_t buffer[64];
	struct nacre_received in;
	struct nacre_message header;
	struct hostile hostile;

	memset(buffer, 0xee, sizeof(buffer));
	EXPECT_OK(nacre_thread_buffer_set(buffer, sizeof(buffer)));
	hostile_make(&hostile);
	hostile_start(&hostile, send_little);
	for (unsigned i = 0; i < 2; i++) {
		memset(&in, 0xee, sizeof(in));
		memset(&header, 0, sizeof(header));
		memset(header.received, 0xee, sizeof(header.received));
		header.accept = 4;
		EXPECT_OK(nacre_server_receive(hostile.control.server, nacre_deadline_in(NACRE_S), &header, &in));
		words_are_zero_from(&in, info_kind(&in) == NACRE_KIND_SIGNAL);
		EXPECT_EQ(in.token, 0);
		for (unsigned h = 0; h < 4; h++)
			EXPECT(!header.received[h] || header.received[h] == 0xeeeeeeee); /* nothing, or not looked at */
	}
	EXPECT(buffer[0] == LENT_VALUE && buffer[2] == LENT_VALUE && buffer[3] == 0xee);
	EXPECT_OK(nacre_thread_buffer_set(NULL, 0));
	EXPECT_EQ(hostile_end(&hostile).code, 0);
}

/* --- memory of the image ----------------------------------------------------------------------------------------- */

TEST(lend_image, "text and constants, which lie in the boot image, are lent neither to read nor to write")
{
	static const char constant = 1;
	static struct caller caller;
	struct nacre_received in = { 0 };
	struct pair pair = pair_make(2, 0, 1);
	uintptr_t pages[] = { (uintptr_t)lend_to_it, (uintptr_t)&constant };

	for (unsigned i = 0; i < 4; i++) {
		caller = (struct caller){ .connection = pair.connection, .page = pages[i / 2] & ~(uintptr_t)4095,
					  .how = i % 2 ? NACRE_PAGES_LEND : NACRE_PAGES_LEND_MUT };
		helper_start_at(&caller.helper, lend_to_it, &caller, HELPER_PRIORITY);
		EXPECT_EQ(nacre_server_receive(pair.server, nacre_deadline_in(NACRE_S), NULL, &in), NACRE_E_TIMEOUT);
		helper_join(&caller.helper);
		EXPECT_ERROR(connection_call_message, ADDRESS, caller.error);
	}
	pair_close(&pair);
}
