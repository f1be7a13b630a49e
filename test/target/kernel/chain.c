/* chain.c - chains of calls: how long they may be, and rings. */
#include "test/child.h"

enum { DEPTH = NACRE_LIMIT_CALL_DEPTH };

static struct pair links[DEPTH + 2];
static struct helper helpers[DEPTH + 2];
static nacre_err_t last_error;

/* Takes one call from its link, calls the next one with it, and hands back what comes. The first of the chain has nobody to
 * take from; the last one notes the error. */
static void pass_on(void *argument)
{
	uintptr_t n = (uintptr_t)argument;
	struct nacre_received in = { 0 };
	nacre_err_t error;

	if (n && nacre_server_receive(links[n].server, NACRE_DEADLINE_NEVER, NULL, &in))
		return;
	in.words.opcode = n;
	error = nacre_connection_call(links[n + 1].connection, &in.words);
	if (error)
		last_error = error;
	if (n)
		nacre_server_reply(&in.words, in.token, NULL);
}

/* Threads that wait at links 1 .. last; then thread 0 starts the chain. */
static void chain_start(uintptr_t last)
{
	for (uintptr_t n = 0; n <= last + 1; n++)
		links[n] = pair_make(n, 0, 0);
	for (uintptr_t n = last; n > 0; n--)
		helper_start_at(&helpers[n], pass_on, (void *)n, 26);
	helper_start_at(&helpers[0], pass_on, NULL, 26);
}

static void chain_end(uintptr_t last)
{
	for (uintptr_t n = 0; n <= last; n++)
		helper_join(&helpers[n]);
	for (uintptr_t n = 0; n <= last + 1; n++)
		pair_close(&links[n]);
}

TEST(chain_depth, "a chain of 16 calls works; the seventeenth is refused at once, and the others are answered")
{
	last_error = NACRE_E_OK;
	chain_start(DEPTH);
	chain_end(DEPTH);
	EXPECT_ERROR(connection_call, CALL_DEPTH, last_error);
}

static struct nacre_words words;

TEST(chain_message_depth, "a queued call that would make the chain too long is refused as well")
{
	struct nacre_received in = { 0 };

	last_error = NACRE_E_OK;
	chain_start(DEPTH - 1); /* helper 15 calls link 16, which nobody waits at: this thread takes it */
	EXPECT_OK(nacre_server_receive(links[DEPTH].server, NACRE_DEADLINE_NEVER, NULL, &in));
	EXPECT_ERROR(connection_call_message, CALL_DEPTH,
	             nacre_connection_call_message(links[1].connection, &words, NACRE_DEADLINE_NEVER, NULL, NULL));
	EXPECT_OK(nacre_server_reply(&in.words, in.token, NULL));
	chain_end(DEPTH - 1);
	EXPECT_EQ(last_error, NACRE_E_OK);
}

/* Attends `from`, and sits in a call to `to`. */
struct sitter {
	nacre_handle_t from, to;
	struct helper helper;
};

static void sit(void *argument)
{
	struct sitter *sitter = argument;
	struct nacre_received in = { 0 };

	nacre_server_receive(sitter->from, NACRE_DEADLINE_NOW, NULL, &in);
	in.words.opcode = 1;
	nacre_connection_call(sitter->to, &in.words);
}

static struct sitter sitters[2];

TEST(chain_forward_depth, "a forward that would make the chain too long is refused; the forwarder keeps the token")
{
	struct pair busy = pair_make(1, 0, 0), deeper = pair_make(2, 0, 0), end = pair_make(3, 0, 0);
	struct nacre_received in = { 0 }, held = { 0 };

	sitters[1].from = deeper.server;
	sitters[1].to = end.connection;
	sitters[0].from = busy.server;
	sitters[0].to = deeper.connection;
	helper_start_at(&sitters[1].helper, sit, &sitters[1], 26);
	helper_start_at(&sitters[0].helper, sit, &sitters[0], 26);
	chain_start(DEPTH - 1);
	EXPECT_OK(nacre_server_receive(links[DEPTH].server, NACRE_DEADLINE_NEVER, NULL, &in));
	EXPECT_ERROR(server_forward, CALL_DEPTH, nacre_server_forward(busy.connection, &words, in.token));
	EXPECT_OK(nacre_server_token_check(in.token));
	EXPECT_OK(nacre_server_reply(&in.words, in.token, NULL));
	chain_end(DEPTH - 1);
	EXPECT_OK(nacre_server_receive(end.server, NACRE_DEADLINE_NEVER, NULL, &held));
	EXPECT_OK(nacre_server_reply(&held.words, held.token, NULL));
	EXPECT_OK(nacre_server_receive(deeper.server, NACRE_DEADLINE_NEVER, NULL, &held));
	EXPECT_OK(nacre_server_reply(&held.words, held.token, NULL));
	helper_join(&sitters[0].helper);
	helper_join(&sitters[1].helper);
	pair_close(&busy);
	pair_close(&deeper);
	pair_close(&end);
}

TEST(chain_ring, "a call, or a forward, to a server that only the caller itself attends is a deadlock, and is told")
{
	struct pair own = pair_make(1, 0, 0), front = pair_make(2, 0, 0);
	struct nacre_received in = { 0 };

	EXPECT_ERROR(server_receive, TIMEOUT, nacre_server_receive(own.server, NACRE_DEADLINE_NOW, NULL, &in));
	EXPECT_ERROR(connection_call, DEADLOCK, nacre_connection_call(own.connection, &words));
	EXPECT_ERROR(connection_call_message, DEADLOCK,
	             nacre_connection_call_message(own.connection, &words, NACRE_DEADLINE_NEVER, NULL, NULL));
	sitters[0].from = own.server;
	sitters[0].to = front.connection;
	EXPECT_ERROR(server_receive, TIMEOUT, nacre_server_receive(front.server, NACRE_DEADLINE_NOW, NULL, &in)); /* leaves `own` */
	helper_start_at(&sitters[0].helper, sit, &sitters[0], 26);
	EXPECT_OK(nacre_server_receive(front.server, NACRE_DEADLINE_NEVER, NULL, &in));
	EXPECT_ERROR(server_forward, DEADLOCK, nacre_server_forward(own.connection, &words, in.token));
	EXPECT_OK(nacre_server_reply(&in.words, in.token, NULL));
	helper_join(&sitters[0].helper);
	pair_close(&own);
	pair_close(&front);
}
