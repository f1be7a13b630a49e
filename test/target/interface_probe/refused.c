/* refused.c - every request that is allowed but for one thing is refused for that one thing, and no handler sees it. The
 * requests are made by tool/idl/hostile.py of test/idl/probe.nid. */
#include "test/hostile_of_tests.h"
#include "nacre/area.h"
#include "server.h"

enum { DATA_MAX = 512 };

/* Where a loan of the wrong kind lies, and what is sent as handles. */
static struct nacre_area pages;

static nacre_handle_t whole_handle(uint8_t object)
{
	static nacre_handle_t memory;

	switch (object) {
	case NACRE_OBJECT_PROCESS:
		return nacre_self_process();
	case NACRE_OBJECT_BUDGET:
		return nacre_self_budget();
	case NACRE_OBJECT_CONNECTION:
		return probe_connection();
	case NACRE_OBJECT_MEMORY:
		if (!memory)
			EXPECT_OK(nacre_memory_create(nacre_self_budget(), 1, NACRE_MEMORY_SHARED, &memory));
		return memory;
	}
	EXPECT(object == 0); /* the table uses a type that this test has nothing of */
	return NACRE_HANDLE_NONE;
}

static void message_fill(const struct hostile_message *hostile, struct nacre_message *message, uint8_t *data)
{
	EXPECT(hostile->size + hostile->fill <= DATA_MAX);
	if (hostile->size)
		memcpy(data, hostile->data, hostile->size);
	memset(data + hostile->size, 'a', hostile->fill);
	message->in_count = 1;
	message->in[0] = (struct nacre_segment){ (uintptr_t)data, hostile->size + hostile->fill };
	message->accept = 4;
	for (unsigned i = 0; i < hostile->handle_count; i++)
		EXPECT_OK(nacre_handle_duplicate(whole_handle(hostile->handle[i].object),
						 hostile->handle[i].rights | NACRE_RIGHT_TRANSFER, &message->send[i]));
	message->handle_count = hostile->handle_count;
	if (!hostile->loan)
		return;
	message->pages = hostile->loan_writable ? NACRE_PAGES_LEND_MUT : NACRE_PAGES_LEND;
	message->page_base = (uintptr_t)pages.base;
	message->page_count = (hostile->loan + NACRE_PAGE_BYTES - 1) / NACRE_PAGE_BYTES;
}

static void words_fill(const struct hostile_message *hostile, struct nacre_words *words)
{
	words->opcode = hostile->opcode;
	for (unsigned i = 0; i < 5; i++)
		words->word[i] = (uintptr_t)((uint64_t)hostile->wide[i] << 32 | hostile->word[i]);
}

/* The status that came, of the kernel or the server. */
static nacre_status_t throw(const struct hostile_message *hostile)
{
	static uint8_t data[DATA_MAX], room[DATA_MAX];
	struct nacre_message message = { .out_count = 1, .out = { { (uintptr_t)room, sizeof(room) } } };
	struct nacre_words words;
	nacre_err_t error;

	words_fill(hostile, &words);
	message_fill(hostile, &message, data);
	error = nacre_connection_call_message(probe_connection(), &words, NACRE_DEADLINE_NEVER, &message, NULL);
	for (unsigned i = 0; i < hostile->handle_count; i++)
		nacre_handle_close(message.send[i]);
	return nacre_answer(error, &words);
}

static void expect_refusal(const struct hostile_message *hostile)
{
	uint32_t before = probe_calls;
	nacre_status_t status = throw(hostile);

	if (hostile->expect ? status != hostile->expect : status == STATUS_OK)
		test_fail(__FILE_NAME__, __LINE__, "%s: %s: answered %s", hostile->method, hostile->why, nacre_error_name(status));
	if (probe_calls != before)
		test_fail(__FILE_NAME__, __LINE__, "%s: %s: the handler was called", hostile->method, hostile->why);
}

static const struct hostile_protocol *table(void)
{
	for (size_t i = 0; i < sizeof(hostile_protocols) / sizeof(hostile_protocols[0]); i++)
		if (hostile_protocols[i].number == PROBE_PROTOCOL)
			return &hostile_protocols[i];
	test_fail(__FILE_NAME__, __LINE__, "there is no table for the probe protocol");
}

TEST(refused, "what is wrong in one thing is MALFORMED, NEWER, or no METHOD, and its handler is not called")
{
	const struct hostile_protocol *protocol = table();
	uint32_t before, thrown = 0;

	EXPECT_OK(nacre_area_create(&pages, NACRE_LIMIT_LOAN_PAGES, NACRE_MEMORY_PRIVATE));
	probe_settle();
	expect_refusal(&protocol->messages[0]);
	before = handles_in_use();
	for (uint32_t i = 0; i < protocol->count; i++) {
		if (sizeof(uintptr_t) == 4 && protocol->messages[i].only64)
			continue;
		expect_refusal(&protocol->messages[i]);
		thrown++;
	}
	test_note("%lu requests refused", (unsigned long)thrown);
	EXPECT(thrown > 150);
	probe_settle();
	EXPECT(handles_in_use() <= before + 1); /* the memory that was made on the way */
	EXPECT_OK(nacre_area_destroy(&pages));
}

TEST(by_send_alone, "what must be called cannot be sent, and what cannot be understood is dropped")
{
	struct nacre_words words = { .opcode = PROBE_METHOD_LARGE };
	uint32_t before;

	probe_settle();
	before = probe_calls;
	EXPECT_OK(nacre_connection_send(probe_connection(), &words, NULL));
	words.opcode = PROBE_METHOD_NOTE; /* without text: allowed */
	EXPECT_OK(nacre_connection_send(probe_connection(), &words, NULL));
	words = (struct nacre_words){ .opcode = 200 };
	EXPECT_OK(nacre_connection_send(probe_connection(), &words, NULL));
	probe_settle();
	EXPECT_EQ(probe_calls, before + 2);
}

TEST(moved_only, "a handle to a memory in place of one that is moved reaches the handler, which cannot claim it")
{
	nacre_handle_t memory;
	struct nacre_message message = { .handle_count = 1 };
	struct nacre_words words = { .opcode = PROBE_METHOD_GIVE };

	EXPECT_OK(nacre_memory_create(nacre_self_budget(), 1, NACRE_MEMORY_PRIVATE, &memory));
	message.send[0] = memory;
	EXPECT_OK(nacre_connection_call_message(probe_connection(), &words, NACRE_DEADLINE_NEVER, &message, NULL));
	EXPECT_EQ(words.opcode, STATUS_DENIED);
	nacre_handle_close(memory);
}
