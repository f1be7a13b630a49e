/* answers.c - writes down what the kernel answers, register by register: the test part `fast` runs this twice, once with the
 * kernel's short ways forbidden, and compares. By itself it only checks that the kernel lives and stays whole.
 *
 * Three actors, one in another process, each with a server, do what dice tell them: calls, receives, replies with good and
 * stale tokens, bytes, loans, forwards, signals, wrong handles. Each has a priority of its own and nobody waits for a moment
 * in time, so what happens does not depend on how long anything takes. The test itself is the least urgent of all: when all
 * actors wait, it receives a little, signals a little, and so they go on. */
#include "nacre/area.h"
#include "nacre/startup.h"
#include "test/again.h"
#include "test/alone.h"
#include "test/child.h"

TEST_ALONE;

enum { ACTORS = 3, OPS = 1500, OPS_PER_LINE = 50, LINES = OPS / OPS_PER_LINE, TOKENS = 3, BUFFER = 256 };
enum { DRIVER = 6, LOWEST = 10, APART = 3, OTHER_PROCESS = 1 };

/* --- one system call, with every register that it may answer in -------------------------------------------------- */

struct registers {
	uintptr_t a[8], t[7];
};

static __attribute__((noinline)) void raw(struct registers *r)
{
	register uintptr_t a0 __asm__("a0") = r->a[0], a1 __asm__("a1") = r->a[1], a2 __asm__("a2") = r->a[2], a3 __asm__("a3") = r->a[3];
	register uintptr_t a4 __asm__("a4") = r->a[4], a5 __asm__("a5") = r->a[5], a6 __asm__("a6") = r->a[6], a7 __asm__("a7") = r->a[7];
	register uintptr_t t0 __asm__("t0") = r->t[0], t1 __asm__("t1") = r->t[1], t2 __asm__("t2") = r->t[2], t3 __asm__("t3") = r->t[3];
	register uintptr_t t4 __asm__("t4") = r->t[4], t5 __asm__("t5") = r->t[5], t6 __asm__("t6") = r->t[6];

	__asm__ volatile("ecall" : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5), "+r"(a6), "+r"(a7), "+r"(t0), "+r"(t1),
	                 "+r"(t2), "+r"(t3), "+r"(t4), "+r"(t5), "+r"(t6) : : "memory");
	*r = (struct registers){ { a0, a1, a2, a3, a4, a5, a6, a7 }, { t0, t1, t2, t3, t4, t5, t6 } };
}

/* --- an actor ---------------------------------------------------------------------------------------------------- */

/* Shared with the test. */
struct log {
	uint32_t line[LINES];
	uint32_t done;
};

struct actor {
	nacre_handle_t server, connection[ACTORS], wrong[3];
	uintptr_t token[TOKENS];
	unsigned newest, number, op;
	struct log *log;
	struct nacre_message message;
	uint8_t *page;                /* what may be lent */
	uint8_t bytes[BUFFER], buffer[BUFFER];
	uint32_t dice, hash;
};

static uint32_t roll(struct actor *actor, uint32_t sides)
{
	actor->dice ^= actor->dice << 13;
	actor->dice ^= actor->dice >> 17;
	actor->dice ^= actor->dice << 5;
	return (actor->dice >> 3) % sides;
}

static void note(struct actor *actor, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		actor->hash = (actor->hash ^ ((const uint8_t *)bytes)[i]) * 16777619u;
}

static struct nacre_message *message_roll(struct actor *actor, bool calls)
{
	struct nacre_message *message = &actor->message;

	*message = (struct nacre_message){ 0 };
	if (roll(actor, 2)) {
		message->in_count = 1;
		message->in[0] = (struct nacre_segment){ (uintptr_t)actor->bytes, roll(actor, BUFFER + 2) };
	}
	if (calls && roll(actor, 2)) {
		message->out_count = 1;
		message->out[0] = (struct nacre_segment){ (uintptr_t)actor->bytes, roll(actor, BUFFER) };
	}
	if (calls && !roll(actor, 4)) {
		message->pages = 1 + roll(actor, 2);
		message->page_base = (uintptr_t)actor->page;
		message->page_count = roll(actor, 3);
	}
	return message;
}

static nacre_handle_t line(struct actor *actor)
{
	uint32_t which = roll(actor, 24);

	return which < 3 ? actor->wrong[which] : actor->connection[which % ACTORS];
}

static void deadline(struct registers *r, unsigned low, bool never)
{
	r->t[low] = r->t[low + 1] = never ? UINTPTR_MAX : 0;
}

/* In the second half the least urgent actor mostly calls, and the others mostly wait for that: there the short ways are found
 * most often. */
static unsigned what(struct actor *actor, uintptr_t token, bool serves)
{
	enum { CALLS = 6, REPLIES = 6, WAITS = 11, ALL = 16 };

	if (serves && token)
		return REPLIES + roll(actor, 8) / 2;
	if (actor->op < OPS / 2 || !roll(actor, 6))
		return roll(actor, ALL);
	return actor->number ? WAITS : roll(actor, CALLS);
}

/* Registers for a system call. */
static void choose(struct actor *actor, struct registers *r)
{
	bool serves = roll(actor, actor->op < OPS / 2 ? 3 : 9), never = roll(actor, actor->op < OPS / 2 ? 3 : 9);
	uintptr_t token = actor->token[serves ? actor->newest : roll(actor, TOKENS)];

	*r = (struct registers){ { actor->server, roll(actor, 9), roll(actor, 1 << 30), 2, 3, 4, roll(actor, 1 << 30) }, { token } };
	switch (what(actor, token, serves)) {
	case 0: case 1: case 2: case 3:
		r->a[0] = line(actor);
		r->a[7] = NACRE_CALL_CONNECTION_CALL;
		r->t[0] = 0;
		break;
	case 4: case 5:
		r->a[0] = line(actor);
		r->a[7] = NACRE_CALL_CONNECTION_CALL_MESSAGE;
		r->t[0] = 0;
		deadline(r, 1, never);
		r->t[3] = roll(actor, 4) ? (uintptr_t)message_roll(actor, true) : 0;
		break;
	case 6: case 7: case 8:
		r->a[7] = NACRE_CALL_SERVER_REPLY_AND_RECEIVE;
		break;
	case 9: case 10:
		r->a[7] = NACRE_CALL_SERVER_REPLY_AND_RECEIVE_MESSAGE;
		deadline(r, 1, never);
		r->t[3] = roll(actor, 4) ? (uintptr_t)message_roll(actor, false) : 0;
		break;
	case 11: case 12:
		*r = (struct registers){ { actor->server, [7] = NACRE_CALL_SERVER_RECEIVE }, { 0 } };
		deadline(r, 1, never);
		break;
	case 13:
		r->a[0] = 0;
		r->a[7] = NACRE_CALL_SERVER_REPLY;
		break;
	case 14:
		r->a[0] = line(actor);
		r->a[7] = NACRE_CALL_SERVER_FORWARD;
		break;
	default:
		*r = (struct registers){ { line(actor), 1 + roll(actor, 7), [7] = NACRE_CALL_CONNECTION_SIGNAL }, { 0 } };
	}
}

static bool receives(uintptr_t number)
{
	return number == NACRE_CALL_SERVER_RECEIVE || number == NACRE_CALL_SERVER_REPLY_AND_RECEIVE ||
	       number == NACRE_CALL_SERVER_REPLY_AND_RECEIVE_MESSAGE;
}

/* Tokens that are forgotten are answered first, so that nobody waits for ever. */
static void token_put(struct actor *actor, unsigned place, uintptr_t token)
{
	if (actor->token[place])
		nacre_server_reply(&(struct nacre_words){ 0 }, actor->token[place], NULL);
	actor->token[place] = token;
}

/* Registers that the call answers in; the others mean nothing. */
static void note_answer(struct actor *actor, uintptr_t number, const struct registers *r)
{
	unsigned words = receives(number) || number == NACRE_CALL_CONNECTION_CALL || number == NACRE_CALL_CONNECTION_CALL_MESSAGE ? 7 : 1;

	note(actor, r->a, (r->a[0] ? 1 : words) * sizeof r->a[0]);
	if (r->a[0])
		return;
	if (number == NACRE_CALL_CONNECTION_CALL_MESSAGE)
		note(actor, &r->t[3], sizeof r->t[3]);
	if (receives(number)) {
		note(actor, r->t, 4 * sizeof r->t[0]);
		note(actor, &(uintptr_t){ r->t[4] % NACRE_PAGE_BYTES }, sizeof r->t[4]); /* pages lent; where they lie is random */
		actor->newest = roll(actor, TOKENS);
		token_put(actor, actor->newest, r->t[0]);
	}
	note(actor, actor->bytes, BUFFER);
	note(actor, actor->buffer, BUFFER);
}

static void act(void *argument)
{
	struct actor *actor = argument;

	nacre_thread_buffer_set(actor->buffer, BUFFER);
	for (; actor->op < OPS; actor->op++) {
		struct registers r;
		uintptr_t number;

		choose(actor, &r);
		number = r.a[7];
		actor->bytes[actor->op % BUFFER] = (uint8_t)actor->op;
		raw(&r);
		note_answer(actor, number, &r);
		actor->log->line[actor->op / OPS_PER_LINE] = actor->hash;
	}
	for (unsigned i = 0; i < TOKENS; i++)
		token_put(actor, i, 0);
	__atomic_store_n(&actor->log->done, 1, __ATOMIC_RELEASE);
}

static void actor_make(struct actor *actor, unsigned number, nacre_handle_t server, struct log *log)
{
	static struct nacre_area pages[ACTORS];

	nacre_area_create(&pages[number], 2, NACRE_MEMORY_PRIVATE);
	*actor = (struct actor){ .server = server, .number = number, .log = log, .page = pages[number].base, .dice = 77 + number, .hash = 2166136261u };
	actor->wrong[1] = server;              /* a server is no connection */
	actor->wrong[2] = 0x00a00000u | 3;     /* never given */
}

/* The one in the other process is told of its connections in its first call. */
static int act_there(void)
{
	static struct actor actor;
	nacre_handle_t server = nacre_startup_handle("given");
	struct nacre_received in = { 0 };
	struct nacre_message message = { .accept = 4 };
	struct nacre_area shared;

	if (nacre_server_receive(server, NACRE_DEADLINE_NEVER, &message, &in) ||
	    nacre_area_map(&shared, message.received[3], 0, 1, NACRE_PROT_READ | NACRE_PROT_WRITE))
		return 1;
	actor_make(&actor, OTHER_PROCESS, server, (struct log *)shared.base + OTHER_PROCESS);
	for (unsigned i = 0; i < ACTORS; i++)
		actor.connection[i] = message.received[i];
	nacre_server_reply(&(struct nacre_words){ 0 }, in.token, NULL);
	act(&actor);
	nacre_server_receive(server, NACRE_DEADLINE_NEVER, NULL, NULL); /* until it is killed: its end would answer calls */
	return 0;
}

int main(int argc, char **argv)
{
	return nacre_startup()->boot_info ? test_main(argc, argv) : act_there();
}

/* --- the test ---------------------------------------------------------------------------------------------------- */

static struct actor actors[ACTORS];
static struct helper helpers[ACTORS];
static struct pair pairs[ACTORS];
static struct nacre_area logs;
static struct again again;

static bool all_done(void)
{
	const struct log *log = logs.base;

	for (unsigned i = 0; i < ACTORS; i++)
		if (!__atomic_load_n(&log[i].done, __ATOMIC_ACQUIRE))
			return false;
	return true;
}

/* Whenever it runs, everybody waits. */
static void drive(unsigned step)
{
	nacre_handle_t server = pairs[step % ACTORS].server;
	struct nacre_received in = { 0 };

	if (step % 2)
		EXPECT_OK(nacre_connection_signal(pairs[step / 2 % ACTORS].connection, 8));
	else if (!nacre_server_receive(server, NACRE_DEADLINE_NOW, NULL, &in) && in.token)
		nacre_server_reply(&in.words, in.token, NULL);
}

static void others_start(void)
{
	struct nacre_words words = { 1, { 0 } };
	struct nacre_message message = { .handle_count = 4, .send = { pairs[0].connection, pairs[1].connection, pairs[2].connection, logs.memory } };

	again_start(&again, "act", pairs[OTHER_PROCESS].server, NACRE_RIGHT_RECEIVE, LOWEST + APART * OTHER_PROCESS);
	EXPECT_OK(nacre_connection_call_message(pairs[OTHER_PROCESS].connection, &words, NACRE_DEADLINE_NEVER, &message, NULL));
	for (unsigned i = 0; i < ACTORS; i++) {
		if (i == OTHER_PROCESS)
			continue;
		actor_make(&actors[i], i, pairs[i].server, (struct log *)logs.base + i);
		for (unsigned k = 0; k < ACTORS; k++)
			actors[i].connection[k] = pairs[k].connection;
		helper_start_at(&helpers[i], act, &actors[i], LOWEST + APART * i);
	}
}

TEST(dice, "three actors who do what dice tell them are answered, each time and in bounded steps")
{
	nacre_handle_t self;
	unsigned step = 0;

	EXPECT_OK(nacre_thread_self(&self));
	EXPECT_OK(nacre_thread_priority_set(self, DRIVER));
	nacre_process_window_create(self_process());
	EXPECT_OK(nacre_area_create(&logs, 1, NACRE_MEMORY_SHARED));
	for (unsigned i = 0; i < ACTORS; i++)
		pairs[i] = pair_make(i + 1, 0, 1);
	others_start();
	for (; !all_done(); step++)
		drive(step);
	test_note("%u steps of the driver", step);
	for (unsigned i = 0; i < ACTORS; i++)
		for (unsigned at = 0; at < LINES; at++)
			test_note("actor %u, up to %u: %x", i, (at + 1) * OPS_PER_LINE, (unsigned)((struct log *)logs.base)[i].line[at]);
	for (unsigned i = 0; i < ACTORS; i++)
		if (i != OTHER_PROCESS)
			helper_join(&helpers[i]);
	again_kill(&again);
}

/* What ends this thread or its process is left out; what waits has nothing to wait for. */
TEST(numbers, "every number of a system call, and some that are none, with arguments that mean nothing")
{
	static const uintptr_t arguments[] = { 0, 1, 0x80000000u, UINTPTR_MAX };

	for (uintptr_t number = 0; number < NACRE_CALL_COUNT + 3; number++) {
		if (number == NACRE_CALL_PROCESS_EXIT || number == NACRE_CALL_THREAD_EXIT || number == NACRE_CALL_THREAD_BUFFER_SET)
			continue;
		for (unsigned i = 0; i < sizeof arguments / sizeof arguments[0]; i++) {
			uintptr_t x = arguments[i];
			struct registers r = { { x, x, x, x, x, x, x, number }, { x, x, x, x, x, x, x } };

			raw(&r);
			test_note("call %u, %u: %u", (unsigned)number, i, (unsigned)r.a[0]);
		}
	}
}

static void answer_words(void *server)
{
	struct nacre_received in = { 0 };
	nacre_err_t error = nacre_server_receive(*(nacre_handle_t *)server, NACRE_DEADLINE_NEVER, NULL, &in);

	while (!error)
		error = nacre_server_reply_and_receive(*(nacre_handle_t *)server, &in.words, in.token, &in);
}

/* The comparison leaves this line out, and wants it to tell that the ways differ. */
TEST(clock, "a hundred round trips take some time")
{
	struct pair pair = pair_make(1, 0, 0);
	uint64_t before = 0, after = 0;

	helper_start_at(&helpers[0], answer_words, &pair.server, LOWEST);
	EXPECT_OK(nacre_clock_now(&before));
	for (unsigned i = 0; i < 100; i++)
		EXPECT_OK(nacre_connection_call(pair.connection, &(struct nacre_words){ 1, { i } }));
	EXPECT_OK(nacre_clock_now(&after));
	test_note("clock %u", (unsigned)(after - before));
	pair_close(&pair);
	helper_join(&helpers[0]);
}
