/* greed.c - programs that take all they can, and that try to fill what is not theirs. */
#include "hostile.h"
#include "nacre/clock.h"

/* Whatever can be made, is made, until each kind of thing has been refused. */
CHILD static void take_everything(uintptr_t control)
{
	struct nacre_words plan;
	nacre_handle_t self, budget, made;
	uintptr_t base;
	nacre_err_t error = NACRE_E_OK;

	plan_ask(control, &plan);
	self = (nacre_handle_t)plan.word[0];
	budget = (nacre_handle_t)plan.word[1];
	while (!error)
		error = nacre_handle_duplicate(budget, NACRE_RIGHT_ALL, &made);
	if (plan.word[3] == 0)
		REFUSED(BUDGET, error);
	while (!(error = nacre_server_create(budget, &made)))
		continue;
	REFUSED(BUDGET, error);
	while (!(error = nacre_map_reserve(self, 1, &base)))
		continue;
	REFUSED(BUDGET, error);
	while (!(error = nacre_thread_create(self, 0, 16, 0, 0, 0, &made)))
		continue;
	REFUSED(BUDGET, error);
	REFUSED(BUDGET, nacre_memory_create(budget, 1, NACRE_MEMORY_PRIVATE, &made));
	REFUSED(BUDGET, nacre_process_create(budget, budget, &made));
	REFUSED(BUDGET, nacre_budget_create(budget, 1, 0, &made));
	nacre_process_exit(0);
}

TEST(greed, "a program that makes handles, servers, reservations and threads until refused exhausts itself and nobody else")
{
	struct hostile hostile;
	struct count before, now;
	nacre_handle_t memory;
	struct pair pair;

	hostile_make(&hostile);
	before = count_now();
	hostile_start(&hostile, take_everything);
	/* It is below this thread, so let it: then everything still works here. */
	EXPECT_EQ(nacre_server_receive(hostile.control.server, nacre_deadline_in(5 * NACRE_S), NULL, &(struct nacre_received){ 0 }),
		  NACRE_E_TIMEOUT);
	now = count_now();
	EXPECT_EQ(now.handles, before.handles);
	EXPECT_EQ(now.pages, before.pages);
	EXPECT_OK(nacre_memory_create(self_budget(), 4, NACRE_MEMORY_PRIVATE, &memory));
	EXPECT_OK(nacre_handle_close(memory));
	pair = pair_make(1, 4, 4);
	pair_close(&pair);
	EXPECT_EQ(hostile_end(&hostile).code, 0);
}

/* Sends, signals and calls that the other side does not want: word 3 is memory to move, word 4 a handle to send. */
CHILD static void flood(uintptr_t control)
{
	struct nacre_words plan, words;
	struct nacre_message message;
	nacre_handle_t memory;
	uintptr_t base;

	plan_ask(control, &plan);
	words_clear(&words, 9);
	SUCCEEDS(nacre_connection_send((nacre_handle_t)control, &words, NULL));
	SUCCEEDS(nacre_connection_send((nacre_handle_t)control, &words, NULL));
	SUCCEEDS(nacre_memory_create((nacre_handle_t)plan.word[1], 1, NACRE_MEMORY_PRIVATE, &memory));
	for (unsigned i = 0; i < 200; i++) {
		message_clear(&message);
		message.handle_count = 4;
		message.send[0] = message.send[1] = message.send[2] = message.send[3] = (uint32_t)plan.word[1];
		REFUSED(QUEUE_FULL, nacre_connection_send((nacre_handle_t)control, &words, &message));
		message_clear(&message);
		message.pages = NACRE_PAGES_MOVE;
		message.page_base = memory;
		REFUSED(QUEUE_FULL, nacre_connection_send((nacre_handle_t)control, &words, &message));
		SUCCEEDS(nacre_connection_signal((nacre_handle_t)control, 1 + i));
	}
	/* Nothing has moved: the memory is still here, and all of it. */
	SUCCEEDS(nacre_map_add((nacre_handle_t)plan.word[0], 0, memory, 0, 1, NACRE_PROT_WRITE, &base));
	*(volatile uint8_t *)base = 1;
	nacre_process_exit(0);
}

TEST(flood, "a full queue refuses all further sends, nothing of which has moved; signals coalesce; the receiver pays for none of it")
{
	struct nacre_received in = { 0 };
	struct hostile hostile;
	struct count before, now;

	hostile_make(&hostile);
	before = count_now();
	hostile_start(&hostile, flood);
	EXPECT_OK(nacre_server_receive(hostile.child.server, nacre_deadline_in(5 * NACRE_S), NULL, &in));
	now = count_now();
	EXPECT_EQ(now.handles, before.handles);
	EXPECT_EQ(now.pages, before.pages);
	/* Signals have the connection's priority, which is above the sender's. */
	EXPECT_OK(nacre_server_receive(hostile.control.server, NACRE_DEADLINE_NOW, NULL, &in));
	EXPECT_EQ(info_kind(&in), NACRE_KIND_SIGNAL);
	EXPECT_EQ(in.words.word[0], 0xff);
	for (unsigned i = 0; i < 2; i++) {
		EXPECT_OK(nacre_server_receive(hostile.control.server, NACRE_DEADLINE_NOW, NULL, &in));
		EXPECT_EQ(info_kind(&in), NACRE_KIND_SEND);
	}
	EXPECT_EQ(nacre_server_receive(hostile.control.server, NACRE_DEADLINE_NOW, NULL, &in), NACRE_E_TIMEOUT);
	EXPECT_OK(nacre_process_kill(hostile.child.process, 0)); /* it has ended: no harm */
	child_destroy(&hostile.child);
	pair_close(&hostile.control);
	expect_all_back(hostile.before);
}

/* Handles that the receiver did not ask for. */
CHILD static void push_handles(uintptr_t control)
{
	struct nacre_words plan, words;
	struct nacre_message message;

	plan_ask(control, &plan);
	words_clear(&words, 9);
	message_clear(&message);
	message.handle_count = 4;
	message.send[0] = message.send[1] = message.send[2] = message.send[3] = (uint32_t)plan.word[1];
	for (unsigned i = 0; i < 50; i++)
		REFUSED(HANDLE_ROOM, nacre_connection_call_message((nacre_handle_t)control, &words, NACRE_DEADLINE_NEVER,
								   &message, NULL));
	SUCCEEDS(nacre_connection_send((nacre_handle_t)control, &words, &message));
	nacre_process_exit(0);
}

TEST(handles_unwanted, "handles that a receiver does not accept are refused in a call and dropped from a send; its table stays as it was")
{
	struct nacre_received in = { 0 };
	struct hostile hostile;
	struct count before;

	hostile_make(&hostile);
	hostile_start(&hostile, push_handles);
	before = count_now();
	EXPECT_OK(nacre_server_receive(hostile.control.server, nacre_deadline_in(5 * NACRE_S), NULL, &in));
	EXPECT_EQ(info_kind(&in), NACRE_KIND_SEND);
	EXPECT_EQ(in.info & NACRE_INFO_HANDLES, 0);
	EXPECT_EQ(count_now().handles, before.handles);
	EXPECT_EQ(hostile_end(&hostile).code, 0);
}

/* --- structures that go away ------------------------------------------------------------------------------- */

/* Calls with header and reply segment in its room, which is taken away meanwhile. */
CHILD static void call_from_room(uintptr_t control)
{
	struct nacre_words plan, words;
	struct nacre_message *message;
	char *out;

	plan_ask(control, &plan);
	words_clear(&words, 9);
	message = (struct nacre_message *)plan.word[2];
	message_clear(message);
	message->out_count = 1;
	message->out[0].base = plan.word[2] + 4096;
	message->out[0].size = 64;
	out = (char *)plan.word[2] + 4096;
	out[0] = 1;
	/* The call fails, and the program lives: what it gave away is its own loss. */
	REFUSED(ADDRESS, nacre_connection_call_message((nacre_handle_t)control, &words, NACRE_DEADLINE_NEVER, message, NULL));
	nacre_process_exit(0);
}

TEST(header_unmapped, "a caller's header and buffers are unmapped while its call is served: the reply is PEER_FAULT there and ADDRESS here")
{
	static char reply_bytes[64];
	struct nacre_message reply = { .in_count = 1, .in = { { (uintptr_t)reply_bytes, sizeof reply_bytes } } };
	struct nacre_received in = { 0 };
	struct hostile hostile;

	for (unsigned what = 0; what < 2; what++) { /* the header's page, or the buffer's */
		hostile_make(&hostile);
		hostile_start(&hostile, call_from_room);
		EXPECT_OK(nacre_server_receive(hostile.control.server, nacre_deadline_in(NACRE_S), NULL, &in));
		EXPECT_OK(nacre_map_protect(hostile.child.process, hostile.plan.word[2], 2, what ? NACRE_PROT_READ : 0));
		EXPECT_ERROR(server_reply, PEER_FAULT, nacre_server_reply(&(struct nacre_words){ 0 }, in.token, &reply));
		EXPECT_ERROR(server_token_check, STALE_TOKEN, nacre_server_token_check(in.token));
		EXPECT_EQ(hostile_end(&hostile).code, 0);
	}
}

TEST(header_unmapped_queued, "a header that is unmapped while the call is queued fails the call; the server sees nothing of it")
{
	struct nacre_received in = { 0 };
	struct hostile hostile;
	static uint32_t never;

	hostile_make(&hostile);
	hostile_start(&hostile, call_from_room);
	EXPECT_EQ(nacre_futex_wait(&never, 0, 0, nacre_deadline_in(50 * NACRE_MS)), NACRE_E_TIMEOUT);
	EXPECT_OK(nacre_map_remove(hostile.child.process, hostile.plan.word[2], 2));
	EXPECT_EQ(nacre_server_receive(hostile.control.server, NACRE_DEADLINE_NOW, NULL, &in), NACRE_E_TIMEOUT);
	EXPECT_EQ(hostile_end(&hostile).code, 0);
}

/* A receiver whose buffer goes away is its own enemy, not its caller's. */
static struct helper calling;
static struct pair called;
static nacre_err_t call_error;

static void call_with_bytes(void *unused)
{
	static char bytes[32];
	struct nacre_message message = { .in_count = 1, .in = { { (uintptr_t)bytes, sizeof bytes } } };
	struct nacre_words words = { 1, { 0 } };

	(void)unused;
	call_error = nacre_connection_call_message(called.connection, &words, NACRE_DEADLINE_NEVER, &message, NULL);
}

CHILD static void receive_without_buffer(uintptr_t control)
{
	struct nacre_words plan;
	struct nacre_received in;

	plan_ask(control, &plan);
	SUCCEEDS(nacre_thread_buffer_set((void *)plan.word[2], 4096));
	SUCCEEDS(nacre_map_remove((nacre_handle_t)plan.word[0], plan.word[2], 2));
	nacre_server_receive((nacre_handle_t)plan.word[3], NACRE_DEADLINE_NEVER, NULL, &in);
	nacre_process_exit(0);
}

TEST(buffer_unmapped, "a receiver that unmapped its buffer costs its callers an error and itself nothing")
{
	struct hostile hostile;

	hostile_make(&hostile);
	called = pair_make(2, 0, 0);
	hostile.plan.word[3] = child_give(&hostile.child, called.server, NACRE_RIGHT_RECEIVE);
	hostile_start(&hostile, receive_without_buffer);
	helper_start_at(&calling, call_with_bytes, NULL, HANDLER_PRIORITY);
	helper_join(&calling);
	EXPECT_ERROR(connection_call_message, PEER_FAULT, call_error);
	EXPECT_OK(nacre_process_kill(hostile.child.process, 0));
	pair_close(&called);
	EXPECT_EQ(hostile_end(&hostile).cause, NACRE_CAUSE_KILLED);
}

/* --- running out of memory --------------------------------------------------------------------------------- */

CHILD static void get_nowhere(uintptr_t control)
{
	struct nacre_words plan;

	plan_ask(control, &plan);
	nacre_process_exit(0);
}

/* Each call that makes something, with a payer that has `pages` left: it works or says BUDGET, and nothing is half made. */
static void make_all(nacre_handle_t payer, struct child *other)
{
	nacre_handle_t server, made;
	nacre_err_t errors[6];

	EXPECT_OK(nacre_server_create(self_budget(), &server));
	for (unsigned i = 0; i < 6; i++) {
		made = 0;
		errors[i] = i == 0 ? nacre_server_create(payer, &made)
			    : i == 1 ? nacre_connection_mint(server, payer, 1, 64, 31, 3, &made)
			    : i == 2 ? nacre_memory_create(payer, 3, NACRE_MEMORY_SHARED, &made)
			    : i == 3 ? nacre_process_create(payer, payer, &made)
			    : i == 4 ? nacre_budget_create(payer, 2, 3, &made)
				     : nacre_process_create(payer, other->budget, &made);
		EXPECT(errors[i] == NACRE_E_OK || errors[i] == NACRE_E_BUDGET);
		EXPECT_EQ(made != 0, errors[i] == NACRE_E_OK);
		if (made && (i == 3 || i == 5))
			EXPECT_OK(nacre_process_kill(made, 0));
		if (made && i == 4)
			EXPECT_OK(nacre_budget_destroy(made));
		if (made)
			EXPECT_OK(nacre_handle_close(made));
	}
	EXPECT_OK(nacre_handle_close(server));
}

TEST(out_of_memory, "every call that makes something works or says BUDGET with any number of pages left, and nothing is half made")
{
	struct nacre_budget_state empty, state;
	struct count before;
	struct child other;
	nacre_handle_t payer;

	EXPECT_EQ(hostile_run(get_nowhere), 0); /* what stays with this process is there */
	before = count_now();
	child_make(&other, HOSTILE_PAGES);
	for (size_t pages = 0; pages < 16; pages++) {
		EXPECT_OK(nacre_budget_create(self_budget(), pages, 5, &payer));
		EXPECT_OK(nacre_budget_info(payer, &empty));
		make_all(payer, &other);
		EXPECT_OK(nacre_budget_info(payer, &state));
		EXPECT_EQ(state.charged_pages, empty.charged_pages);
		EXPECT_EQ(state.given_pages, 0);
		EXPECT_OK(nacre_budget_destroy(payer));
		EXPECT_OK(nacre_handle_close(payer));
	}
	child_destroy(&other);
	expect_all_back(before);
}
