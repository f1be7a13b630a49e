/* crowd.c - many threads that wait for the same: a word, a moment, a server. */
#include "stress.h"

static uint32_t word;
static uint64_t moment_ns;

static void wait_word(void *unused)
{
	(void)unused;
	nacre_futex_wait(&word, 0, 0, NACRE_DEADLINE_NEVER);
}

TEST(futex, "a wake of all who sleep on a word")
{
	uintptr_t woken = 0;

	BENCH("irqs_off_futex");
	crowd_start(wait_word, NULL, CROWD, LAZY);
	rest();
	ticker_start();
	EXPECT_OK(nacre_futex_wake(&word, CROWD, &woken));
	EXPECT_EQ(woken, CROWD);
	crowd_join(CROWD);
	ticker_stop();
}

static void wait_moment(void *unused)
{
	(void)unused;
	nacre_futex_wait(&word, 0, 0, moment_ns);
}

TEST(deadlines, "the same deadline of all threads")
{
	BENCH("irqs_off_deadlines");
	moment_ns = nacre_deadline_in(30 * NACRE_MS);
	crowd_start(wait_moment, NULL, CROWD, LAZY);
	ticker_start();
	crowd_join(CROWD);
	ticker_stop();
}

static void call(void *connection)
{
	struct nacre_words words = { 1, { 0 } };

	nacre_connection_call(*(nacre_handle_t *)connection, &words);
}

static void sends_fill(nacre_handle_t connection)
{
	char text[NACRE_LIMIT_SEND_BYTES] = { 0 };
	struct nacre_message message = { .in_count = 1, .in = { { (uintptr_t)text, sizeof text } } };
	struct nacre_words words = { 1, { 0 } };

	for (unsigned i = 0; i < NACRE_LIMIT_SLOTS; i++)
		EXPECT_OK(nacre_connection_send(connection, &words, &message));
}

TEST(server_gone, "a server that goes away with a full queue")
{
	struct pair pair;

	BENCH("irqs_off_server_gone");
	pair = pair_make(1, NACRE_LIMIT_SLOTS, 0);
	crowd_start(call, &pair.connection, CROWD, LAZY);
	rest();
	sends_fill(pair.connection);
	ticker_start();
	EXPECT_OK(nacre_handle_close(pair.server));
	crowd_join(CROWD);
	EXPECT_OK(nacre_handle_close(pair.connection));
	ticker_stop();
}

TEST(connection_gone, "a connection that is destroyed with a full queue, half of it taken")
{
	struct nacre_received in = { 0 };
	struct pair pair;

	BENCH("irqs_off_connection_gone");
	pair = pair_make(1, NACRE_LIMIT_SLOTS, 0);
	crowd_start(call, &pair.connection, CROWD, LAZY);
	rest();
	for (unsigned i = 0; i < CROWD / 2; i++)
		EXPECT_OK(nacre_server_receive(pair.server, NACRE_DEADLINE_NEVER, NULL, &in));
	sends_fill(pair.connection);
	ticker_start();
	EXPECT_OK(nacre_connection_destroy(pair.connection));
	crowd_join(CROWD);
	ticker_stop();
	pair_close(&pair);
}

/* A chain: each link has received from the one before and calls the next. */
struct link {
	nacre_handle_t server, next;
};

static void pass_on(void *argument)
{
	const struct link *link = argument;
	struct nacre_received in = { 0 };
	struct nacre_words words = { 1, { 0 } };

	if (nacre_server_receive(link->server, NACRE_DEADLINE_NEVER, NULL, &in))
		return;
	nacre_connection_call(link->next, &words);
	nacre_server_reply(&in.words, in.token, NULL);
}

static void pass_first(void *argument)
{
	call(&((struct link *)argument)->next);
}

TEST(chain, "a chain of calls as long as may be, whose head is raised and ends")
{
	enum { LINKS = NACRE_LIMIT_CALL_DEPTH };
	struct pair pairs[LINKS];
	struct link links[LINKS];
	struct nacre_received in = { 0 };

	BENCH("irqs_off_chain");
	for (unsigned i = 0; i < LINKS; i++)
		pairs[i] = pair_make(1, 0, 0);
	for (unsigned i = 0; i < LINKS; i++) {
		links[i] = (struct link){ i ? pairs[i - 1].server : 0, pairs[i].connection };
		helper_start_at(&crowd[i], i ? pass_on : pass_first, &links[i], i ? LAZY : LAZY - 1);
	}
	rest();
	EXPECT_OK(nacre_server_receive(pairs[LINKS - 1].server, NACRE_DEADLINE_NOW, NULL, &in));
	ticker_start();
	for (unsigned round = 0; round < 20; round++)
		EXPECT_OK(nacre_thread_priority_set(crowd[0].thread, round % 2 ? 10 : 23));
	EXPECT_OK(nacre_server_reply(&in.words, in.token, NULL));
	crowd_join(LINKS);
	ticker_stop();
	for (unsigned i = 0; i < LINKS; i++)
		pair_close(&pairs[i]);
}
