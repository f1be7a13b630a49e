/* trips.c - there and back through stub and skeleton, with the least and the greatest of everything. */
#include <pthread.h>
#include <stdlib.h>
#include "nacre/area.h"
#include "nacre/clock.h"
#include "server.h"

static const struct probe_parcel parcel = {
	.count = UINT32_MAX, .total = UINT64_MAX, .change = INT64_MIN, .owner = { 1, UINT32_MAX, 0, 0x80000000 },
	.name = "eleven byte", .small = INT16_MIN, .mode = PROBE_MODE_A | PROBE_MODE_C, .colour = PROBE_COLOUR_BLUE, .on = 1,
	.bytes = { 0, 255, 1, 254, 2, 253 }, .far = PROBE_FAR_NEAR | PROBE_FAR_FAR, .pair = { UINT16_MAX, 1 },
};

/* All but the size, which the stub sets. */
static void expect_parcel(const struct probe_parcel *got)
{
	EXPECT_EQ(got->size, sizeof(*got));
	EXPECT(!memcmp((const char *)got + 4, (const char *)&parcel + 4, sizeof(*got) - 4));
}

/* --- words ------------------------------------------------------------------------------------------------------ */

static void small(bool on, uint8_t a, uint16_t b, int8_t c, int16_t d)
{
	bool on_back = !on;
	uint8_t a_back = 1;
	uint16_t b_back = 1;
	int8_t c_back = 1;
	int16_t d_back = 1;

	EXPECT_EQ(probe_small(probe_connection(), on, a, b, c, d, &d_back, &c_back, &b_back, &a_back, &on_back), STATUS_OK);
	EXPECT(on_back == on && a_back == a && b_back == b && c_back == c && d_back == d);
}

TEST(small_integers, "bool, 8 and 16 bits arrive as they were, at both ends of their range")
{
	small(false, 0, 0, INT8_MIN, INT16_MIN);
	small(true, UINT8_MAX, UINT16_MAX, INT8_MAX, INT16_MAX);
	small(true, 0x80, 0x8000, -1, -1);
}

static void middle(uint32_t a, int32_t b, enum probe_colour colour, uint16_t mode, enum probe_sparse sparse)
{
	enum probe_sparse sparse_back = PROBE_SPARSE_LOW;
	enum probe_colour colour_back = PROBE_COLOUR_RED;
	uint16_t mode_back = 0;
	uint32_t a_back = 1;
	int32_t b_back = 1;

	EXPECT_EQ(probe_middle(probe_connection(), a, b, colour, mode, sparse, &sparse_back, &mode_back, &colour_back, &b_back,
			       &a_back), STATUS_OK);
	EXPECT(a_back == a && b_back == b && colour_back == colour && mode_back == mode && sparse_back == sparse);
}

TEST(middle_integers, "32 bits, enums and flags arrive as they were")
{
	middle(0, INT32_MIN, PROBE_COLOUR_RED, 0, PROBE_SPARSE_HIGH);
	middle(UINT32_MAX, INT32_MAX, PROBE_COLOUR_BLUE, PROBE_MODE_A | PROBE_MODE_B | PROBE_MODE_C, PROBE_SPARSE_LOW);
	middle(0x80000000, -1, PROBE_COLOUR_GREEN, PROBE_MODE_C, PROBE_SPARSE_LOW);
}

static void large(uint64_t a, int64_t b, uint8_t c)
{
	uint64_t a_back = 1;
	int64_t b_back = 1;
	uint8_t c_back = 1;

	EXPECT_EQ(probe_large(probe_connection(), a, b, c, &c_back, &b_back, &a_back), STATUS_OK);
	EXPECT(a_back == a && b_back == b && c_back == c);
}

TEST(large_integers, "64 bits arrive as they were, in two words on both widths")
{
	large(0, INT64_MIN, 0);
	large(UINT64_MAX, INT64_MAX, UINT8_MAX);
	large(0x80000000, -1, 1);
	large(PROBE_GREAT, (int64_t)0xffffffff00000000, 1);
}

TEST(wide_enums, "enums and flags of 64 bits arrive as they were")
{
	uint64_t far = 0, wide = 0;

	EXPECT_EQ(probe_wide(probe_connection(), PROBE_WIDE_GREAT, PROBE_FAR_FAR | PROBE_FAR_NEAR, &far, &wide), STATUS_OK);
	EXPECT(far == (PROBE_FAR_FAR | PROBE_FAR_NEAR) && wide == PROBE_WIDE_GREAT);
	EXPECT_EQ(probe_wide(probe_connection(), PROBE_WIDE_ONE, 0, &far, &wide), STATUS_OK);
	EXPECT(far == 0 && wide == PROBE_WIDE_ONE);
}

TEST(identity, "an ID arrives as it was, behind something else and in front of it")
{
	static const uint32_t id[4] = { UINT32_MAX, 0, 0x80000000, 7 };
	uint32_t back[4] = { 0 };
	int8_t tail = 0;

	EXPECT_EQ(probe_identity(probe_connection(), -128, id, back, &tail), STATUS_OK);
	EXPECT(!memcmp(back, id, sizeof(id)));
	EXPECT(tail == -128);
}

TEST(unwanted_words, "results that are not wanted are not written")
{
	EXPECT_EQ(probe_large(probe_connection(), 1, 2, 3, NULL, NULL, NULL), STATUS_OK);
	EXPECT_EQ(probe_identity(probe_connection(), 1, (const uint32_t[4]){ 0 }, NULL, NULL), STATUS_OK);
}

/* --- copied data ------------------------------------------------------------------------------------------------ */

TEST(structs, "a struct with every kind of field arrives as it was, and its size is set by the stub")
{
	struct probe_parcel back;

	memset(&back, 0xff, sizeof(back));
	EXPECT_EQ(probe_pass(probe_connection(), &parcel, &back), STATUS_OK);
	expect_parcel(&back);
	EXPECT_EQ(parcel.size, 0);
	EXPECT_EQ(probe_pass(probe_connection(), &parcel, NULL), STATUS_OK);
}

static void join(const char *first, const char *second, const char *wanted)
{
	char text[33];
	size_t length = 99;

	memset(text, 'x', sizeof(text));
	EXPECT_EQ(probe_join(probe_connection(), first, second, text, sizeof(text), &length), STATUS_OK);
	EXPECT_EQ(length, strlen(wanted));
	EXPECT_TEXT(text, wanted);
}

TEST(strings, "two strings arrive whole and apart, the shortest and the longest, and ended by NUL")
{
	join("a", "", "a");
	join("a", "b", "ab");
	join("twelve bytes", "twenty bytes of text", "twelve bytestwenty bytes of text");
	join("\xc3\xa4\xf0\x9f\x90\x9a", "\xef\xbf\xbf", "\xc3\xa4\xf0\x9f\x90\x9a\xef\xbf\xbf");
}

TEST(string_room, "text that does not fit its room is TOO_LONG, and the NUL has its place")
{
	char text[7];
	size_t length = 99;

	memset(text, 'x', sizeof(text));
	EXPECT_EQ(probe_join(probe_connection(), "abc", "def", text, 7, &length), STATUS_OK);
	EXPECT_TEXT(text, "abcdef");
	EXPECT_EQ(probe_join(probe_connection(), "abc", "def", text, 6, &length), NACRE_E_TOO_LONG);
	EXPECT_EQ(length, 0);
	EXPECT_EQ(probe_join(probe_connection(), "abc", "def", text, 1, &length), STATUS_MALFORMED); /* less than MIN */
	EXPECT_EQ(probe_join(probe_connection(), "abc", "def", NULL, 0, NULL), STATUS_MALFORMED);
}

TEST(lists, "a list of strings arrives as it was, empty strings among them")
{
	static const char given[] = "one\0\0three";
	char back[41];
	size_t length = 0;
	uint32_t count = 0;

	EXPECT_EQ(probe_list(probe_connection(), 100, given, sizeof(given), &count, back, sizeof(back), &length), STATUS_OK);
	EXPECT_EQ(count, 103);
	EXPECT_EQ(length, sizeof(given));
	EXPECT(!memcmp(back, given, sizeof(given)));
}

TEST(bytes, "two runs of bytes arrive as they were, the first one empty or full")
{
	uint8_t given[64], back[72];
	size_t length = 0;

	for (unsigned i = 0; i < sizeof(given); i++)
		given[i] = (uint8_t)(i * 7);
	EXPECT_EQ(probe_blob(probe_connection(), given, 64, "\0\377rest", 8, back, sizeof(back), &length), STATUS_OK);
	EXPECT_EQ(length, 72);
	EXPECT(!memcmp(back, "\0\377rest", 7) && !memcmp(back + 8, given, 64));
	EXPECT_EQ(probe_blob(probe_connection(), NULL, 0, "!", 1, back, sizeof(back), &length), STATUS_OK);
	EXPECT_EQ(length, 1);
	EXPECT_EQ(back[0], '!');
}

TEST(all_at_once, "words, a struct and two runs go in one message, and words, a struct and a run come back")
{
	struct probe_parcel back;
	char text[113];
	uint16_t tag = 0;
	size_t length = 0;

	EXPECT_EQ(probe_all(probe_connection(), 0xfffe, &parcel, "name", " and rest", 9, &tag, &back, text, sizeof(text), &length),
		  STATUS_OK);
	EXPECT_EQ(tag, 0xfffe);
	expect_parcel(&back);
	EXPECT_EQ(length, 13);
	EXPECT_TEXT(text, "name and rest");
}

TEST(all_unwanted, "of a struct and a run either can be left out")
{
	struct probe_parcel back;
	char text[113];
	size_t length = 0;

	EXPECT_EQ(probe_all(probe_connection(), 1, &parcel, "name", "", 0, NULL, NULL, text, sizeof(text), &length), STATUS_OK);
	EXPECT_TEXT(text, "name");
	EXPECT_EQ(probe_all(probe_connection(), 1, &parcel, "name", "", 0, NULL, &back, NULL, 0, NULL), NACRE_E_TOO_LONG);
	EXPECT_EQ(probe_all(probe_connection(), 1, &parcel, "name", "", 0, NULL, &back, text, 5, NULL), STATUS_OK);
	expect_parcel(&back);
}

/* --- answered later --------------------------------------------------------------------------------------------- */

static struct probe_parcel later_parcel;
static char later_text[41];

static void *ask_later(void *text)
{
	return (void *)(uintptr_t)probe_later(probe_connection(), &parcel, text, &later_parcel, later_text, sizeof(later_text), NULL);
}

static nacre_status_t later(const char *text, nacre_status_t answer)
{
	pthread_t thread;
	void *status;

	probe_settle();
	EXPECT_EQ(pthread_create(&thread, NULL, ask_later, (void *)text), 0);
	EXPECT_EQ(probe_answer_later(answer), STATUS_OK);
	EXPECT_EQ(pthread_join(thread, &status), 0);
	return (nacre_status_t)(uintptr_t)status;
}

TEST(later, "a call that was parked is answered with struct and text, or with a status")
{
	EXPECT_EQ(later("some time", STATUS_OK), STATUS_OK);
	expect_parcel(&later_parcel);
	EXPECT_TEXT(later_text, "some time");
	EXPECT_EQ(later("", PROBE_LAST), PROBE_LAST);
}

TEST(deadline, "a stub with a deadline gives up, and the answer finds nobody")
{
	EXPECT_EQ(probe_later_until(probe_connection(), nacre_deadline_in(5 * NACRE_MS), &parcel, "", NULL, NULL, 0, NULL),
		  NACRE_E_TIMEOUT);
	EXPECT_EQ(probe_answer_later(STATUS_OK), NACRE_E_STALE_TOKEN);
	EXPECT_EQ(probe_nothing_until(probe_connection(), nacre_deadline_in(NACRE_S)), STATUS_OK);
}

/* --- pages and handles ------------------------------------------------------------------------------------------ */

TEST(loans, "lent pages are read and written, to the byte, from one byte to all that a loan may have")
{
	enum { PAGES = NACRE_LIMIT_LOAN_PAGES, BYTES = PAGES * NACRE_PAGE_BYTES };
	struct nacre_area area;
	uint8_t *bytes, was = 0;
	uint64_t sum = 0;

	EXPECT_OK(nacre_area_create(&area, PAGES, NACRE_MEMORY_PRIVATE));
	bytes = area.base;
	bytes[0] = 3;
	EXPECT_EQ(probe_fill(probe_connection(), 5, bytes, BYTES, &was), STATUS_OK);
	EXPECT(was == 3 && bytes[0] == 5 && bytes[BYTES - 1] == 5);
	EXPECT_EQ(probe_sum(probe_connection(), bytes, BYTES, UINT32_MAX, &sum), STATUS_OK);
	EXPECT(sum == 5ull * BYTES + UINT32_MAX);
	EXPECT_EQ(probe_fill(probe_connection(), 9, bytes, 1, NULL), STATUS_OK);
	EXPECT(bytes[0] == 9 && bytes[1] == 5);
	EXPECT_EQ(probe_sum(probe_connection(), bytes, NACRE_PAGE_BYTES + 1, 0, &sum), STATUS_OK);
	EXPECT(sum == 5 * (NACRE_PAGE_BYTES + 1) + 4);
	EXPECT_EQ(probe_sum(probe_connection(), bytes, 0, 0, &sum), STATUS_MALFORMED);
	EXPECT_OK(nacre_area_destroy(&area));
}

TEST(moved, "a memory changes hands, alone and together with a handle, and is the sender's no more")
{
	nacre_handle_t memory;
	uint32_t pages = 0;
	bool had = true;

	EXPECT_OK(nacre_memory_create(nacre_self_budget(), 3, NACRE_MEMORY_PRIVATE, &memory));
	EXPECT_EQ(probe_give(probe_connection(), memory, NACRE_HANDLE_NONE, &pages, &had), STATUS_OK);
	EXPECT(pages == 3 && !had);
	EXPECT_ERROR(handle_close, BAD_HANDLE, nacre_handle_close(memory));
	EXPECT_OK(nacre_memory_create(nacre_self_budget(), 2, NACRE_MEMORY_PRIVATE, &memory));
	EXPECT_EQ(probe_give(probe_connection(), memory, probe_connection(), &pages, &had), STATUS_OK);
	EXPECT(pages == 2 && had);
}

static uintptr_t type_of(nacre_handle_t handle)
{
	uintptr_t type = 0, rights;

	nacre_handle_info(handle, &type, &rights);
	return type;
}

static void swap_back(nacre_handle_t memory, nacre_handle_t process)
{
	nacre_handle_t to = 1, budget = 1, memory_back = 1, process_back = 1;

	EXPECT_EQ(probe_swap(probe_connection(), probe_connection(), nacre_self_budget(), memory, process, &budget, &to,
			     &memory_back, &process_back), STATUS_OK);
	EXPECT_EQ(type_of(budget), NACRE_OBJECT_BUDGET);
	EXPECT_EQ(type_of(to), NACRE_OBJECT_CONNECTION);
	EXPECT_EQ(type_of(memory_back), memory ? NACRE_OBJECT_MEMORY : 0);
	EXPECT_EQ(type_of(process_back), process ? NACRE_OBJECT_PROCESS : 0);
	nacre_handle_close(budget);
	nacre_handle_close(to);
	nacre_handle_close(memory_back);
	nacre_handle_close(process_back);
}

TEST(handles, "handles go in order and come back in another, with two, three or all of them")
{
	nacre_handle_t memory;
	uint32_t before;

	EXPECT_OK(nacre_memory_create(nacre_self_budget(), 1, NACRE_MEMORY_SHARED, &memory));
	swap_back(memory, nacre_self_process());
	before = handles_in_use();
	swap_back(NACRE_HANDLE_NONE, NACRE_HANDLE_NONE);
	swap_back(memory, NACRE_HANDLE_NONE);
	swap_back(memory, nacre_self_process());
	probe_settle();
	EXPECT_EQ(handles_in_use(), before);
	nacre_handle_close(memory);
}

TEST(handles_unwanted, "handles that are not wanted are closed by the stub")
{
	uint32_t before;

	swap_back(NACRE_HANDLE_NONE, NACRE_HANDLE_NONE);
	before = handles_in_use();
	EXPECT_EQ(probe_swap(probe_connection(), probe_connection(), nacre_self_budget(), NACRE_HANDLE_NONE, NACRE_HANDLE_NONE,
			     NULL, NULL, NULL, NULL), STATUS_OK);
	probe_settle();
	EXPECT_EQ(handles_in_use(), before);
}

TEST(handles_hole, "a handle behind one that is missing cannot be sent")
{
	nacre_handle_t to = 1;

	EXPECT_EQ(probe_swap(probe_connection(), probe_connection(), nacre_self_budget(), NACRE_HANDLE_NONE, nacre_self_process(),
			     NULL, &to, NULL, NULL), NACRE_E_ARGUMENT);
	EXPECT_EQ(to, NACRE_HANDLE_NONE);
}

TEST(handles_forgotten, "a handler that leaves out a handle that must be there answers nobody with the others")
{
	nacre_handle_t to = 1, budget = 1;
	uint32_t before;

	swap_back(NACRE_HANDLE_NONE, NACRE_HANDLE_NONE);
	probe_settle();
	before = handles_in_use();
	probe_forgets = true;
	EXPECT_EQ(probe_swap(probe_connection(), probe_connection(), nacre_self_budget(), NACRE_HANDLE_NONE, NACRE_HANDLE_NONE,
			     &budget, &to, NULL, NULL), NACRE_E_BAD_HANDLE);
	probe_forgets = false;
	EXPECT_EQ(to, NACRE_HANDLE_NONE);
	EXPECT_EQ(budget, NACRE_HANDLE_NONE);
	probe_settle();
	EXPECT_EQ(handles_in_use(), before);
}

/* --- statuses and sends ----------------------------------------------------------------------------------------- */

TEST(statuses, "a handler's status comes back, its handles do not, and the protocol's own have sentences")
{
	nacre_handle_t memory = 1;
	uint32_t before;

	EXPECT_EQ(probe_refuse(probe_connection(), PROBE_LAST, &memory), PROBE_LAST);
	before = handles_in_use();
	for (unsigned status = 1; status < 256; status++) {
		memory = 1;
		EXPECT_EQ(probe_refuse(probe_connection(), (uint8_t)status, &memory), status);
		EXPECT_EQ(memory, NACRE_HANDLE_NONE);
	}
	EXPECT_EQ(handles_in_use(), before);
	EXPECT_TEXT(probe_error_sentence(PROBE_ODD), "the number is odd");
	EXPECT_TEXT(probe_error_sentence(STATUS_DENIED), nacre_error_sentence(STATUS_DENIED));
}

TEST(sends, "a oneway method is called, or sent without waiting")
{
	EXPECT_EQ(probe_note(probe_connection(), INT64_MIN, ""), STATUS_OK);
	EXPECT(probe_noted == INT64_MIN);
	EXPECT_EQ(probe_note_send(probe_connection(), -5, "four"), STATUS_OK);
	probe_settle();
	EXPECT(probe_noted == -1);
}

/* --- events ----------------------------------------------------------------------------------------------------- */

static struct {
	uint64_t value;
	char text[21];
	struct probe_label label;
	enum probe_colour colour;
	unsigned handles;
} heard;

static nacre_status_t happened(struct nacre_request *request, const struct probe_happened_in *in)
{
	heard.value = in->value;
	memcpy(heard.text, in->text, in->text_size + 1);
	return request->token ? STATUS_DEVICE : STATUS_OK;
}

static nacre_status_t labelled(struct nacre_request *request, const struct probe_labelled_in *in)
{
	(void)request;
	heard.label = in->label;
	heard.colour = in->colour;
	heard.handles += in->to != NACRE_HANDLE_NONE;
	return STATUS_OK;
}

static void *listen(void *mailbox)
{
	static const struct probe_event_handlers handlers = { .happened = happened, .labelled = labelled };
	static const struct nacre_protocol protocol = PROBE_EVENTS_SERVED_BY(&handlers);
	static uint64_t buffer[PROBE_EVENTS_BUFFER_BYTES / 8 + 1];
	struct nacre_server server = { .handle = (nacre_handle_t)(uintptr_t)mailbox, .protocol = &protocol, .buffer = buffer,
				       .buffer_size = sizeof(buffer) };

	return (void *)(uintptr_t)nacre_server_run(&server);
}

TEST(events, "events arrive in a mailbox of the client's, with words, text, struct and handle, and only by send")
{
	struct nacre_words words = { .opcode = PROBE_EVENT_HAPPENED };
	nacre_handle_t mailbox, connection;
	pthread_t thread;

	EXPECT_OK(nacre_server_create(nacre_self_budget(), &mailbox));
	EXPECT_OK(nacre_connection_mint(mailbox, nacre_self_budget(), 1, 4, 0, 0, &connection));
	EXPECT_EQ(pthread_create(&thread, NULL, listen, (void *)(uintptr_t)mailbox), 0);
	EXPECT_EQ(probe_happened_send(connection, PROBE_GREAT, "so it did"), STATUS_OK);
	EXPECT_EQ(probe_labelled_send(connection, PROBE_COLOUR_BLUE, &(struct probe_label){ .number = 9, .name = "fifteen bytes.." },
				      connection), STATUS_OK);
	/* Not heard: the event is checked like any request. */
	EXPECT_EQ(probe_labelled_send(connection, (enum probe_colour)7, &(struct probe_label){ .number = 10 }, NACRE_HANDLE_NONE),
		  STATUS_OK);
	EXPECT_EQ(nacre_ask(connection, &words), STATUS_METHOD); /* behind the sends, so they were heard */
	EXPECT(heard.value == PROBE_GREAT && heard.label.number == 9 && heard.handles == 1 && heard.colour == PROBE_COLOUR_BLUE);
	EXPECT_TEXT(heard.text, "so it did");
	EXPECT_TEXT(heard.label.name, "fifteen bytes..");
	EXPECT_EQ(nacre_interface_check(connection, PROBE_PROTOCOL, PROBE_VERSION), STATUS_OK);
}
