/* given.c - programs that are started with handles of the starter's choice (idl/process.nid, nacre/program.h), and attempts to
 * get more that way than there is. As a program of system/given.toml. */
#include "base/bits.h"
#include "base/string.h"
#include "idl/process_client.h"
#include "nacre/area.h"
#include "nacre/clock.h"
#include "nacre/program.h"
#include "nacre/startup.h"
#include "test/test.h"

static nacre_handle_t init(void)
{
	static nacre_handle_t connection;

	if (!connection)
		EXPECT_EQ(process_connect("svc/process", &connection), STATUS_OK);
	return connection;
}

static nacre_handle_t mailbox(void)
{
	static nacre_handle_t server;

	if (!server)
		EXPECT_OK(nacre_server_create(nacre_self_budget(), &server));
	return server;
}

/* A connection to this program with these rights. */
static nacre_handle_t partner(uint32_t badge, uint32_t rights)
{
	nacre_handle_t all, some;

	EXPECT_OK(nacre_connection_mint(mailbox(), nacre_self_budget(), badge, 0, 0, 0, &all));
	EXPECT_OK(nacre_handle_duplicate(all, rights, &some));
	nacre_handle_close(all);
	return some;
}

enum { SIGNAL_ONLY = NACRE_RIGHT_SIGNAL | NACRE_RIGHT_TRANSFER };

/* The bits of the next signal on the badge; 0: none came in ten seconds. */
static uint32_t signal_on(uint32_t badge)
{
	struct nacre_received received = { 0 };
	uint64_t end_ns = nacre_deadline_in(10 * NACRE_S);

	while (nacre_server_receive(mailbox(), end_ns, NULL, &received) == NACRE_E_OK)
		if ((received.info & NACRE_INFO_KIND) == NACRE_KIND_SIGNAL && received.badge == badge)
			return (uint32_t)received.words.word[0];
	return 0;
}

static uint32_t code_of(uint32_t number)
{
	uint32_t cause, code = UINT32_MAX;

	EXPECT_EQ(process_wait(init(), number, &cause, &code), STATUS_OK);
	EXPECT_EQ(cause, NACRE_CAUSE_EXIT);
	return code;
}

#define START(list, number, ...)                                                                                      \
	nacre_program_start(init(), &(struct nacre_program){ .argv = (const char *const[]){ "given-child", __VA_ARGS__, NULL }, \
		.handles = (list), .handle_count = ARRAY_SIZE(list) }, number)

TEST(chosen, "a program gets the handles that it is started with, by their names and with their rights, beside its manifest's")
{
	struct nacre_program_handle handles[] = { { "partner", partner(1, SIGNAL_ONLY) }, { "page", NACRE_HANDLE_NONE } };
	struct nacre_area area;
	uint32_t number;

	EXPECT_OK(nacre_area_create(&area, 1, NACRE_MEMORY_SHARED));
	handles[1].handle = area.memory;
	*(uint32_t *)area.base = 0x2a55;
	EXPECT_EQ(START(handles, &number, "use"), STATUS_OK);
	EXPECT_EQ(signal_on(1), 0x2a55);
	EXPECT_EQ(code_of(number), 0);
	nacre_handle_close(handles[0].handle);
}

TEST(all_names, "eight handles go, a ninth is FULL and nobody else's, and what was set aside is gone after the start")
{
	struct nacre_program_handle handles[9];
	static const char *const names[] = { "a", "stdin", "stdout", "stderr", "e", "f", "g", "a-name-of-23-bytes-here", "i" };
	nacre_handle_t self = partner(2, SIGNAL_ONLY);
	uint32_t number;

	for (size_t i = 0; i < ARRAY_SIZE(handles); i++)
		handles[i] = (struct nacre_program_handle){ names[i], self };
	EXPECT_EQ(START(handles, &number, "count"), STATUS_FULL);
	for (size_t i = 0; i < PROCESS_GIVEN_MAX; i++)
		EXPECT_EQ(process_give(init(), names[i], self), STATUS_OK);
	EXPECT_EQ(process_give(init(), names[8], self), STATUS_FULL);
	const struct process_start head = { .argument_count = 9 };
	static const char words[] = "given-child\0count\0a\0stdin\0stdout\0stderr\0e\0f\0g\0a-name-of-23-bytes-here";
	EXPECT_EQ(process_start_given(init(), &head, words, sizeof(words), NULL, 0, NACRE_HANDLE_NONE, &number), STATUS_OK);
	EXPECT_EQ(code_of(number), PROCESS_GIVEN_MAX);
	EXPECT_EQ(process_start_given(init(), &head, words, sizeof(words), NULL, 0, NACRE_HANDLE_NONE, &number), STATUS_OK);
	EXPECT_EQ(code_of(number), 0);
	nacre_handle_close(self);
}

TEST(names, "names that are there already, that init gives, that are too long, empty or no text are refused")
{
	static const char *const inits[] = { "process", "budget", "names", "log", "server", "keeper", "heartbeat", "dma", "device",
					     "device2", "publish/", "publish/svc/log" };
	nacre_handle_t self = partner(3, SIGNAL_ONLY);

	EXPECT_EQ(process_give(init(), "one", self), STATUS_OK);
	EXPECT_EQ(process_give(init(), "one", self), PROCESS_TAKEN);
	for (size_t i = 0; i < ARRAY_SIZE(inits); i++)
		EXPECT_EQ(process_give(init(), inits[i], self), PROCESS_TAKEN);
	EXPECT_EQ(process_give(init(), "dev", self), STATUS_OK);
	EXPECT_EQ(process_give(init(), "", self), STATUS_MALFORMED);
	EXPECT_EQ(process_give(init(), "a-name-of-24-bytes-there", self), STATUS_MALFORMED);
	EXPECT_EQ(process_give(init(), "\xff\xfe", self), STATUS_MALFORMED);
	EXPECT_EQ(process_give_nothing(init()), STATUS_OK);
	EXPECT_EQ(process_give(init(), "one", self), STATUS_OK);
	EXPECT_EQ(process_give_nothing(init()), STATUS_OK);
	nacre_handle_close(self);
}

TEST(rights, "a handle without TRANSFER, one that receives, one that is closed and none at all are not given")
{
	struct nacre_message none = { .in_count = 1, .in = { { (uintptr_t)"one", 3 } } };
	struct nacre_words words = { .opcode = PROCESS_METHOD_GIVE };
	nacre_handle_t kept = partner(4, NACRE_RIGHT_SIGNAL);

	EXPECT_EQ(process_give(init(), "one", kept), NACRE_E_RIGHTS);
	EXPECT_EQ(process_give(init(), "one", mailbox()), NACRE_E_RIGHTS);
	nacre_handle_close(kept);
	EXPECT_EQ(process_give(init(), "one", kept), NACRE_E_BAD_HANDLE);
	EXPECT_OK(nacre_connection_call_message(init(), &words, NACRE_DEADLINE_NEVER, &none, NULL));
	EXPECT_EQ(words.opcode, STATUS_MALFORMED);
}

TEST(dead, "a handle whose object is destroyed meanwhile makes the start fail, and the next one begins with nothing")
{
	nacre_handle_t connection;
	struct nacre_program_handle none[] = { { "two", partner(5, SIGNAL_ONLY) } };
	const struct process_start head = { .argument_count = 2 };
	static const char words[] = "given-child\0count\0one";
	uint32_t number;

	EXPECT_OK(nacre_connection_mint(mailbox(), nacre_self_budget(), 6, 0, 0, 0, &connection));
	EXPECT_EQ(process_give(init(), "one", connection), STATUS_OK);
	EXPECT_OK(nacre_connection_destroy(connection));
	EXPECT_EQ(process_start_given(init(), &head, words, sizeof(words), NULL, 0, NACRE_HANDLE_NONE, &number), NACRE_E_PEER_GONE);
	EXPECT_EQ(START(none, &number, "count", "one", "two"), STATUS_OK);
	EXPECT_EQ(code_of(number), 1);
	nacre_handle_close(none[0].handle);
}

TEST(refused, "a program that is not there, or is not to be started, or too many words, take what was set aside with them")
{
	struct nacre_program_handle handles[] = { { "one", partner(7, SIGNAL_ONLY) } };
	static char long_word[PROCESS_STRINGS_BYTES];
	uint32_t number;

	for (unsigned i = 0; i < 3; i++) {
		const char *const argv[] = { i == 0 ? "nothing" : i == 1 ? "log" : "given-child", i == 2 ? long_word : NULL, NULL };
		const struct nacre_program program = { .argv = argv, .handles = handles, .handle_count = 1 };

		memset(long_word, 'x', sizeof(long_word) - 1);
		EXPECT_EQ(nacre_program_start(init(), &program, &number),
			  i == 0 ? STATUS_NOT_FOUND : i == 1 ? STATUS_DENIED : NACRE_E_TOO_LONG);
		EXPECT_EQ(process_give(init(), "one", handles[0].handle), STATUS_OK);
		EXPECT_EQ(process_give_nothing(init()), STATUS_OK);
	}
	nacre_handle_close(handles[0].handle);
}

TEST(hoard, "two hundred programs that set aside all they can and end leave nothing at init")
{
	struct nacre_program_handle handles[] = { { "one", partner(8, SIGNAL_ONLY) } };
	uint32_t number;

	for (unsigned i = 0; i < 200; i++) {
		EXPECT_EQ(START(handles, &number, "hoard"), STATUS_OK);
		EXPECT_EQ(code_of(number), PROCESS_GIVEN_MAX);
	}
	nacre_handle_close(handles[0].handle);
}

TEST(environment, "environment, priority, notice and a narrower name space go along")
{
	struct nacre_program_handle handles[] = { { "one", partner(9, SIGNAL_ONLY) } };
	const char *const argv[] = { "given-child", "told", NULL }, *const envp[] = { "A=b", NULL }, *const within[] = { "svc/none", NULL };
	nacre_handle_t notice = partner(10, SIGNAL_ONLY);
	struct nacre_program program = { .argv = argv, .envp = envp, .within = within, .handles = handles, .handle_count = 1,
					 .priority = 3, .notice = notice };
	uint32_t number;

	EXPECT_EQ(nacre_program_start(init(), &program, &number), STATUS_OK);
	EXPECT_EQ(signal_on(10), PROCESS_SIGNAL_ENDED);
	EXPECT_EQ(code_of(number), 0);
	nacre_handle_close(notice);
	nacre_handle_close(handles[0].handle);
}

TEST(tree, "programs that start each other out of their own budgets die with the first one, and every page comes back")
{
	struct nacre_program_handle handles[] = { { "partner", partner(11, SIGNAL_ONLY | NACRE_RIGHT_DUPLICATE) } };
	const char *const argv[] = { "given-child", "tree", "3", NULL };
	const struct nacre_program program = { .argv = argv, .handles = handles, .handle_count = 1, .pages = 240, .own_budget = true };
	struct nacre_budget_state before, after;
	uint32_t number, cause, code;

	EXPECT_OK(nacre_budget_info(nacre_self_budget(), &before));
	EXPECT_EQ(nacre_program_start(init(), &program, &number), STATUS_OK);
	EXPECT_EQ(signal_on(11), 1);
	EXPECT_EQ(process_kill(init(), number, 77), STATUS_OK);
	EXPECT_EQ(process_wait(init(), number, &cause, &code), STATUS_OK);
	EXPECT_EQ(cause, NACRE_CAUSE_KILLED);
	EXPECT_EQ(code, 77);
	EXPECT_OK(nacre_budget_info(nacre_self_budget(), &after));
	EXPECT_EQ(after.given_pages, before.given_pages);
	nacre_handle_close(handles[0].handle);
}
