/* calls.c - system calls that do not exist, and arguments that make no sense. */
#include "hostile.h"
#include "nacre/clock.h"

struct raw {
	uintptr_t a[8], t[5]; /* a0-a7, t0-t4 */
};

CHILD static void raw_fill(struct raw *raw, uintptr_t value)
{
	for (unsigned i = 0; i < 8; i++)
		raw->a[i] = value;
	for (unsigned i = 0; i < 5; i++)
		raw->t[i] = value;
}

CHILD static uintptr_t raw_call(const struct raw *raw)
{
	register uintptr_t a0 __asm__("a0") = raw->a[0];
	register uintptr_t a1 __asm__("a1") = raw->a[1];
	register uintptr_t a2 __asm__("a2") = raw->a[2];
	register uintptr_t a3 __asm__("a3") = raw->a[3];
	register uintptr_t a4 __asm__("a4") = raw->a[4];
	register uintptr_t a5 __asm__("a5") = raw->a[5];
	register uintptr_t a6 __asm__("a6") = raw->a[6];
	register uintptr_t a7 __asm__("a7") = raw->a[7];
	register uintptr_t t0 __asm__("t0") = raw->t[0];
	register uintptr_t t1 __asm__("t1") = raw->t[1];
	register uintptr_t t2 __asm__("t2") = raw->t[2];
	register uintptr_t t3 __asm__("t3") = raw->t[3];
	register uintptr_t t4 __asm__("t4") = raw->t[4];

	__asm__ volatile("ecall" : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5), "+r"(a6), "+r"(a7), "+r"(t0),
			 "+r"(t1), "+r"(t2), "+r"(t3), "+r"(t4) : : "t5", "t6", "memory");
	return a0;
}

CHILD static void no_such_call(uintptr_t control)
{
	struct nacre_words plan;
	struct raw raw;

	plan_ask(control, &plan);
	raw_fill(&raw, 0);
	for (uintptr_t number = NACRE_CALL_COUNT; number < NACRE_CALL_COUNT + 300; number++) {
		raw.a[7] = number;
		REFUSED(BAD_CALL, raw_call(&raw));
	}
	for (unsigned shift = 7; shift < 8 * sizeof(uintptr_t); shift++) {
		raw.a[7] = (uintptr_t)1 << shift;
		REFUSED(BAD_CALL, raw_call(&raw));
		raw.a[7] |= 1; /* its low bits are a call there is */
		REFUSED(BAD_CALL, raw_call(&raw));
	}
	raw.a[7] = ~(uintptr_t)0;
	REFUSED(BAD_CALL, raw_call(&raw));
	nacre_process_exit(0);
}

TEST(call_unknown, "a system call that does not exist is BAD_CALL, for every number there could be")
{
	EXPECT_EQ(hostile_run(no_such_call), 0);
}

/* Ends the program, rightly; waits for ever, rightly. */
CHILD static bool may_call(uintptr_t number)
{
	return number != NACRE_CALL_PROCESS_EXIT && number != NACRE_CALL_THREAD_EXIT &&
	       number != NACRE_CALL_SERVER_REPLY_AND_RECEIVE && number != NACRE_CALL_CONNECTION_CALL;
}

/* The n-th of the values that programs get wrong: nothing, all ones, one past the end, unaligned, a handle, ... */
CHILD static uintptr_t odd_value(const struct nacre_words *plan, unsigned n)
{
	uintptr_t top = ~(uintptr_t)0;

	if (n < 4)
		return n == 0 ? 0 : n == 1 ? top : n == 2 ? 1 : 4096;
	if (n < 8)
		return n == 4 ? top >> 1 : n == 5 ? plan->word[2] + 8192 : n == 6 ? plan->word[2] + 1 : plan->word[2];
	if (n < 12)
		return n == 8 ? plan->word[0] : n == 9 ? plan->word[1] : n == 10 ? plan->opcode : 0x80000000;
	return n == 12 ? 32 : n == 13 ? 31 : n == 14 ? top << 12 : 3;
}

enum { ODD = 16 };

/* Every call, with one odd value everywhere; deadlines are past, so that nothing waits. */
CHILD static void odd_everywhere(uintptr_t control)
{
	struct nacre_words plan;
	struct raw raw;

	plan_ask(control, &plan);
	for (uintptr_t number = 0; number < NACRE_CALL_COUNT; number++) {
		for (unsigned n = 0; n < ODD && may_call(number); n++) {
			raw_fill(&raw, odd_value(&plan, n));
			raw.a[7] = number;
			raw.t[1] = raw.t[2] = 0;
			if (number == NACRE_CALL_FUTEX_WAIT)
				raw.a[3] = raw.a[4] = 0;
			raw_call(&raw);
		}
	}
	nacre_process_exit(0);
}

TEST(call_odd, "every call with every argument at 0, -1, one past the end, unaligned, or a handle of its own, does no harm")
{
	struct hostile hostile;
	struct nacre_exit_record record;

	hostile_make(&hostile);
	hostile_start(&hostile, odd_everywhere);
	record = hostile_end(&hostile);
	/* It may have done harm to itself: a thread started anywhere faults there. */
	EXPECT(record.cause != NACRE_CAUSE_EXIT || record.code == 0);
	EXPECT(record.code != HOSTILE_KILLED);
}

/* Any call with any mixture of odd values and of what earlier calls answered, thousands of times. */
CHILD static void random_calls(uintptr_t control)
{
	struct nacre_words plan;
	struct raw raw;
	uint32_t random;

	plan_ask(control, &plan);
	random = (uint32_t)plan.word[3];
	for (unsigned round = 0; round < 1000; round++) {
		for (unsigned i = 0; i < 8 + 5; i++) {
			random ^= random << 13;
			random ^= random >> 17;
			random ^= random << 5;
			*(i < 8 ? &raw.a[i] : &raw.t[i - 8]) = odd_value(&plan, random >> 8 & (ODD - 1));
		}
		raw.a[7] = (random & 0xffff) % NACRE_CALL_COUNT;
		raw.t[1] = raw.t[2] = 0;
		if (raw.a[7] == NACRE_CALL_FUTEX_WAIT)
			raw.a[3] = raw.a[4] = 0;
		if (may_call(raw.a[7]))
			raw_call(&raw);
	}
	nacre_process_exit(0);
}

TEST(call_random, "a thousand calls with random arguments, four times over, harm nobody but the program")
{
	struct nacre_exit_record record;
	struct hostile hostile;

	for (uintptr_t seed = 1; seed <= 4; seed++) {
		hostile_make(&hostile);
		hostile.plan.word[3] = seed * 2654435761u;
		hostile_start(&hostile, random_calls);
		record = hostile_end(&hostile);
		EXPECT(record.cause != NACRE_CAUSE_EXIT || record.code == 0);
		EXPECT(record.code != HOSTILE_KILLED);
	}
}

/* --- handles and indices ----------------------------------------------------------------------------------- */

CHILD static void stale_handle(const struct nacre_words *plan, nacre_handle_t stale)
{
	nacre_handle_t self = (nacre_handle_t)plan->word[0];
	struct nacre_message message;
	struct nacre_words words;

	words_clear(&words, 9);
	REFUSED(BAD_HANDLE, nacre_handle_close(stale));
	REFUSED(BAD_HANDLE, nacre_handle_duplicate(stale, NACRE_RIGHT_ALL, NULL));
	REFUSED(BAD_HANDLE, nacre_handle_info(stale, NULL, NULL));
	REFUSED(BAD_HANDLE, nacre_process_kill(stale, 1));
	REFUSED(BAD_HANDLE, nacre_memory_create(stale, 1, 0, NULL));
	REFUSED(BAD_HANDLE, nacre_map_add(self, 0, stale, 0, 1, NACRE_PROT_READ, NULL));
	REFUSED(BAD_HANDLE, nacre_connection_call(stale, &words));
	message_clear(&message);
	message.handle_count = 1;
	message.send[0] = stale;
	REFUSED(BAD_HANDLE, nacre_connection_send((nacre_handle_t)plan->opcode, &words, &message));
}

CHILD static void stale_handles(uintptr_t control)
{
	struct nacre_words plan;
	nacre_handle_t old, new;

	plan_ask(control, &plan);
	SUCCEEDS(nacre_server_create((nacre_handle_t)plan.word[1], &old));
	SUCCEEDS(nacre_handle_close(old));
	stale_handle(&plan, old);
	SUCCEEDS(nacre_handle_duplicate((nacre_handle_t)plan.word[1], NACRE_RIGHT_ALL, &new));
	if ((new ^ old) & 0xffff || new == old) /* the same slot, another number */
		nacre_process_exit(__LINE__);
	stale_handle(&plan, old);
	stale_handle(&plan, 0);
	stale_handle(&plan, ~(nacre_handle_t)0);
	stale_handle(&plan, new ^ 0x80000000u);
	stale_handle(&plan, (new & 0xffff) | 0xffff0000u);
	stale_handle(&plan, 0x10000 | 0xffff);
	nacre_process_exit(0);
}

TEST(handle_stale, "a handle that was closed stays dead when its slot is used again, and no guess comes near another")
{
	EXPECT_EQ(hostile_run(stale_handles), 0);
}

CHILD static void wrong_indices(uintptr_t control)
{
	struct nacre_words plan;
	nacre_handle_t self;
	struct nacre_thread_state thread;
	struct nacre_handle_state handle;
	struct nacre_registers registers;

	plan_ask(control, &plan);
	self = (nacre_handle_t)plan.word[0];
	SUCCEEDS(nacre_process_thread(self, 0, &thread));
	for (uint32_t index = 1; index; index <<= 1) {
		REFUSED(ARGUMENT, nacre_process_thread(self, index, &thread));
		REFUSED(RIGHTS, nacre_process_registers_get(self, index, &registers));
		REFUSED(RIGHTS, nacre_process_registers_set(self, index, &registers));
	}
	REFUSED(ARGUMENT, nacre_process_handle(self, 0x10000, &handle, NULL));
	REFUSED(ARGUMENT, nacre_process_handle(self, 0xffffffff, &handle, NULL));
	REFUSED(RIGHTS, nacre_process_kill(self, 0));
	REFUSED(RIGHTS, nacre_process_stop(self));
	REFUSED(RIGHTS, nacre_process_read(self, 0x1000, (void *)plan.word[2], 8));
	REFUSED(RIGHTS, nacre_budget_resize((nacre_handle_t)plan.word[1], 1));
	REFUSED(RIGHTS, nacre_budget_destroy((nacre_handle_t)plan.word[1]));
	nacre_process_exit(0);
}

TEST(index_range, "threads and slots out of range are refused, and so is whatever the handle has no right to")
{
	EXPECT_EQ(hostile_run(wrong_indices), 0);
}

/* --- tokens ------------------------------------------------------------------------------------------------ */

/* word 3: a token of somebody else's. */
CHILD static void forge_tokens(uintptr_t control)
{
	struct nacre_words plan, words;
	nacre_token_t token, random;

	plan_ask(control, &plan);
	token = (nacre_token_t)plan.word[3];
	words_clear(&words, 0);
	REFUSED(STALE_TOKEN, nacre_server_reply(&words, token, NULL));
	REFUSED(STALE_TOKEN, nacre_server_token_check(token));
	REFUSED(STALE_TOKEN, nacre_server_forward((nacre_handle_t)control, &words, token));
	random = token | 1;
	for (unsigned i = 0; i < 1500; i++) {
		random = random * 1103515245 + 12345;
		REFUSED(STALE_TOKEN, nacre_server_token_check(i < 1024 ? i | (token & ~(nacre_token_t)4095) : random));
		if (i % 64 == 0)
			REFUSED(STALE_TOKEN, nacre_server_reply(&words, i < 1024 ? i : random, NULL));
	}
	nacre_process_exit(0);
}

static struct helper asking;
static struct pair asked;
static uintptr_t asked_answer;

static void ask(void *unused)
{
	struct nacre_words words = { 1, { 0 } };

	(void)unused;
	nacre_connection_call(asked.connection, &words);
	asked_answer = words.word[0];
}

TEST(token_forged, "a token of another process's caller, and fifteen hundred guesses, reply to nobody; a caller is answered once")
{
	struct nacre_received in = { 0 }, again = { 0 };
	struct hostile hostile;

	hostile_make(&hostile);
	asked = pair_make(5, 0, 0);
	helper_start_at(&asking, ask, NULL, HELPER_PRIORITY);
	EXPECT_OK(nacre_server_receive(asked.server, NACRE_DEADLINE_NEVER, NULL, &in));
	hostile.plan.word[3] = in.token;
	hostile_start(&hostile, forge_tokens);
	EXPECT_EQ(nacre_server_receive(asked.server, nacre_deadline_in(9 * NACRE_S), NULL, &again), NACRE_E_TIMEOUT);
	EXPECT_OK(nacre_server_reply(&(struct nacre_words){ 0, { 31 } }, in.token, NULL));
	EXPECT_ERROR(server_reply, STALE_TOKEN, nacre_server_reply(&(struct nacre_words){ 0, { 32 } }, in.token, NULL));
	helper_join(&asking);
	EXPECT_EQ(asked_answer, 31);
	/* Another thread in the same slot: the old token is not its. */
	for (unsigned i = 0; i < 3; i++) {
		helper_start_at(&asking, ask, NULL, HELPER_PRIORITY);
		EXPECT_OK(nacre_server_receive(asked.server, NACRE_DEADLINE_NEVER, NULL, &again));
		EXPECT(again.token != in.token);
		EXPECT_ERROR(server_reply, STALE_TOKEN, nacre_server_reply(&(struct nacre_words){ 0 }, in.token, NULL));
		EXPECT_OK(nacre_server_reply(&(struct nacre_words){ 0 }, again.token, NULL));
		helper_join(&asking);
	}
	pair_close(&asked);
	EXPECT_EQ(hostile_end(&hostile).code, 0);
}
