/* message.c - calls, sends and signals between two threads, and what they carry. */
#include "test/helper.h"

static struct helper helper;

/* Answers calls with each word one higher and the badge as status, until it gets opcode 0. */
static void add_one(void *argument)
{
	nacre_handle_t server = *(nacre_handle_t *)argument;
	struct nacre_received in = { 0 };

	if (nacre_server_receive(server, NACRE_DEADLINE_NEVER, NULL, &in))
		return;
	while (in.words.opcode) {
		for (int i = 0; i < 5; i++)
			in.words.word[i]++;
		in.words.opcode = in.badge;
		if (nacre_server_reply_and_receive(server, &in.words, in.token, &in))
			return;
	}
	nacre_server_reply(&in.words, in.token, NULL);
}

static void stop(struct pair *pair, struct helper *thread)
{
	struct nacre_words words = { 0 };

	EXPECT_OK(nacre_connection_call(pair->connection, &words));
	helper_join(thread);
	pair_close(pair);
}

TEST(call_words, "a call carries an opcode and five words each way, and the server sees the badge")
{
	struct pair pair = pair_make(77, 0, 0);

	helper_start(&helper, add_one, &pair.server);

	for (uintptr_t round = 1; round < 100; round++) {
		struct nacre_words words = { round, { round, 2, 3, 4, (uintptr_t)-1 } };

		EXPECT_OK(nacre_connection_call(pair.connection, &words));
		EXPECT_EQ(words.opcode, 77);
		EXPECT_EQ(words.word[0], round + 1);
		EXPECT_EQ(words.word[3], 5);
		EXPECT_EQ(words.word[4], 0);
	}
	stop(&pair, &helper);
}

TEST(send_queue, "a send waits in the connection's slots; one more than there are is refused and moves nothing")
{
	struct pair pair = pair_make(5, 2, 0);
	struct nacre_received in = { 0 };
	char text[] = "kept by the kernel";
	struct nacre_message message = { .in_count = 1, .in = { { (uintptr_t)text, sizeof text } } };
	char buffer[64];

	EXPECT_OK(nacre_thread_buffer_set(buffer, sizeof buffer));
	for (uintptr_t i = 1; i <= 2; i++)
		EXPECT_OK(nacre_connection_send(pair.connection, &(struct nacre_words){ i, { 0 } }, &message));
	EXPECT_ERROR(connection_send, QUEUE_FULL, nacre_connection_send(pair.connection, &(struct nacre_words){ 3, { 0 } }, &message));
	for (uintptr_t i = 1; i <= 2; i++) {
		memset(buffer, 0, sizeof buffer);
		EXPECT_OK(nacre_server_receive(pair.server, NACRE_DEADLINE_NOW, NULL, &in));
		EXPECT_EQ(info_kind(&in), NACRE_KIND_SEND);
		EXPECT_EQ(in.words.opcode, i);
		EXPECT_EQ(in.length, sizeof text);
		EXPECT_TEXT(buffer, text);
	}
	EXPECT_ERROR(server_receive, TIMEOUT, nacre_server_receive(pair.server, NACRE_DEADLINE_NOW, NULL, &in));
	EXPECT_OK(nacre_thread_buffer_set(NULL, 0));
	pair_close(&pair);
}

TEST(signal_coalesces, "signals set bits, arrive as one message, and closing the last client handle is the last of all")
{
	struct pair pair = pair_make(9, 0, 0);
	struct nacre_received in = { 0 };

	EXPECT_OK(nacre_connection_signal(pair.connection, 1));
	EXPECT_OK(nacre_connection_signal(pair.connection, 4));
	EXPECT_ERROR(connection_signal, ARGUMENT, nacre_connection_signal(pair.connection, NACRE_SIGNAL_CLOSED));
	EXPECT_OK(nacre_server_receive(pair.server, NACRE_DEADLINE_NOW, NULL, &in));
	EXPECT_EQ(info_kind(&in), NACRE_KIND_SIGNAL);
	EXPECT_EQ(in.badge, 9);
	EXPECT_EQ(in.words.word[0], 5);
	EXPECT_OK(nacre_handle_close(pair.connection));
	EXPECT_OK(nacre_server_receive(pair.server, NACRE_DEADLINE_NEVER, NULL, &in));
	EXPECT_EQ(in.words.word[0], NACRE_SIGNAL_CLOSED);
	EXPECT_OK(nacre_handle_close(pair.server));
}

struct lender {
	nacre_handle_t connection;
	nacre_err_t error;
	struct nacre_message message;
};

static void lend(void *argument)
{
	struct lender *lender = argument;
	struct nacre_words words = { 1, { 0 } };

	lender->error = nacre_connection_call_message(lender->connection, &words, NACRE_DEADLINE_NEVER, &lender->message, NULL);
}

TEST(lend_mut, "a page lent writable comes back with what the borrower wrote")
{
	struct pair pair = pair_make(1, 0, 1);
	struct nacre_received in = { 0 };
	nacre_handle_t memory;
	uintptr_t base;
	struct lender lender = { .connection = pair.connection };

	nacre_process_window_create(self_process()); /* it may have one already */
	EXPECT_OK(nacre_memory_create(self_budget(), 3, NACRE_MEMORY_PRIVATE, &memory));
	EXPECT_OK(nacre_map_add(self_process(), 0, memory, 0, 3, NACRE_PROT_WRITE, &base));
	((volatile char *)base)[4096] = 'a';
	lender.message = (struct nacre_message){ .pages = NACRE_PAGES_LEND_MUT, .page_base = base + 4096, .page_count = 2 };
	helper_start(&helper, lend, &lender);
	EXPECT_OK(nacre_server_receive(pair.server, NACRE_DEADLINE_NEVER, NULL, &in));
	EXPECT_EQ(in.loan_pages, 2);
	EXPECT_EQ(*(volatile char *)in.loan_base, 'a');
	*(volatile char *)in.loan_base = 'b';
	EXPECT_ERROR(map_remove, LENT, nacre_map_remove(self_process(), base, 3));
	EXPECT_OK(nacre_server_reply(&(struct nacre_words){ 0 }, in.token, NULL));
	helper_join(&helper);
	EXPECT_EQ(lender.error, NACRE_E_OK);
	EXPECT_EQ(((volatile char *)base)[4096], 'b');
	EXPECT_OK(nacre_map_remove(self_process(), base, 3));
	EXPECT_OK(nacre_handle_close(memory));
	pair_close(&pair);
}
