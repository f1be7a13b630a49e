/* bytes.c - what travels, to the byte: against tables made by hand from doc/interfaces.md, the same on both widths.
 *
 * For requests a mailbox stands in for the server and records what stubs send; for answers the skeleton is asked with
 * messages made by hand. */
#include <pthread.h>
#include "nacre/area.h"
#include "server.h"

enum { BADGE = 1, LOANS = 1, SLOTS = 2 };

/* Words are sign-extended to the width: written as the signed numbers they are. */
struct expected {
	uintptr_t opcode;
	intptr_t word[5];
	const char *data;
	size_t size;
	unsigned handles, loan_pages;
	bool writable;
};

/* --- what stubs send --------------------------------------------------------------------------------------------- */

static struct {
	nacre_handle_t mailbox, connection;
	struct nacre_received received;
	struct nacre_message message;
	uint64_t buffer[64];
} stand_in;

/* Takes one message, refuses it if it is a call, and ends. */
static void *take_one(void *unused)
{
	struct nacre_words refusal = { .opcode = STATUS_NOT_READY };

	(void)unused;
	memset(&stand_in.received, 0, sizeof(stand_in.received));
	stand_in.message = (struct nacre_message){ .accept = 4 };
	memset(stand_in.buffer, 0xee, sizeof(stand_in.buffer));
	nacre_thread_buffer_set(stand_in.buffer, sizeof(stand_in.buffer));
	nacre_server_receive(stand_in.mailbox, NACRE_DEADLINE_NEVER, &stand_in.message, &stand_in.received);
	if (stand_in.received.token)
		nacre_server_reply(&refusal, stand_in.received.token, NULL);
	return NULL;
}

static pthread_t taker;

static nacre_handle_t begin(void)
{
	if (!stand_in.mailbox) {
		probe_connection(); /* makes the window for loans */
		EXPECT_OK(nacre_server_create(nacre_self_budget(), &stand_in.mailbox));
		EXPECT_OK(nacre_connection_mint(stand_in.mailbox, nacre_self_budget(), BADGE, SLOTS, LOANS, 0, &stand_in.connection));
	}
	EXPECT_EQ(pthread_create(&taker, NULL, take_one, NULL), 0);
	return stand_in.connection;
}

static void expect_words(const struct nacre_words *words, const struct expected *expected)
{
	EXPECT_EQ(words->opcode, expected->opcode);
	for (unsigned i = 0; i < 5; i++)
		EXPECT_EQ(words->word[i], expected->word[i]);
}

/* The last request was this. */
static void sent(const struct expected *expected)
{
	const struct nacre_received *received = &stand_in.received;
	unsigned handles = 0;

	EXPECT_EQ(pthread_join(taker, NULL), 0);
	expect_words(&received->words, expected);
	EXPECT_EQ(received->length, expected->size);
	EXPECT(!memcmp(stand_in.buffer, expected->data, expected->size));
	EXPECT_EQ(received->loan_pages, expected->loan_pages);
	EXPECT_EQ(!(received->info & NACRE_INFO_LOAN_WRITABLE), !expected->writable);
	for (; handles < 4 && stand_in.message.received[handles]; handles++)
		EXPECT_OK(nacre_handle_close(stand_in.message.received[handles]));
	EXPECT_EQ(handles, expected->handles);
}

/* A parcel as C lays it out on both widths, byte by byte. */
#define PARCEL                                                                                                         \
	"\x50\0\0\0"                         /* size: 80 */                                                             \
	"\xff\xff\xff\xff"                   /* count */                                                                \
	"\x10\x32\x54\x76\x98\xba\xdc\xfe"   /* total */                                                                \
	"\xfe\xff\xff\xff\xff\xff\xff\xff"   /* change: -2 */                                                           \
	"\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04\0\0\x80" /* owner */                                                       \
	"name\0\0\0\0\0\0\0\0"                                                                                         \
	"\xfd\xff"                           /* small: -3 */                                                            \
	"\x05\x80"                           /* mode: A B C */                                                          \
	"\x02"                               /* colour: BLUE */                                                         \
	"\x01"                               /* on */                                                                   \
	"\x61\x62\x63\x64\x65\x66"           /* bytes */                                                                \
	"\x01\0\0\0\0\0\0\x40"               /* far: NEAR FAR */                                                        \
	"\x01\0\xff\xff"                     /* pair */                                                                 \
	"\0\0\0\0"                           /* reserved */
enum { PARCEL_BYTES = 80 };

static const struct probe_parcel parcel = {
	.count = UINT32_MAX, .total = PROBE_GREAT, .change = -2, .owner = { 1, 2, 3, 0x80000004 }, .name = "name", .small = -3,
	.mode = PROBE_MODE_A | PROBE_MODE_B | PROBE_MODE_C, .colour = PROBE_COLOUR_BLUE, .on = true,
	.bytes = { 'a', 'b', 'c', 'd', 'e', 'f' }, .far = PROBE_FAR_NEAR | PROBE_FAR_FAR, .pair = { 1, 0xffff },
};

TEST(words_sent, "small integers take a word each, extended by their sign")
{
	EXPECT_EQ(probe_small(begin(), true, 200, 60000, -128, -32768, NULL, NULL, NULL, NULL, NULL), STATUS_NOT_READY);
	sent(&(struct expected){ .opcode = 2, .word = { 1, 200, 60000, -128, -32768 } });
	EXPECT_EQ(probe_middle(begin(), 7, INT32_MIN, PROBE_COLOUR_BLUE, PROBE_MODE_C, PROBE_SPARSE_HIGH, NULL, NULL, NULL, NULL, NULL),
		  STATUS_NOT_READY);
	sent(&(struct expected){ .opcode = 3, .word = { 7, INT32_MIN, 2, 0x8000, 0x40000000 } });
}

TEST(halves_sent, "64 bits take two words, low half first and both without sign, and an ID takes four")
{
	EXPECT_EQ(probe_large(begin(), 0x1122334455667788, 0x7f00000000000001, 9, NULL, NULL, NULL), STATUS_NOT_READY);
	sent(&(struct expected){ .opcode = 4, .word = { 0x55667788, 0x11223344, 1, 0x7f000000, 9 } });
	EXPECT_EQ(probe_large(begin(), UINT64_MAX, -2, 0, NULL, NULL, NULL), STATUS_NOT_READY);
	sent(&(struct expected){ .opcode = 4, .word = { (intptr_t)UINT32_MAX, (intptr_t)UINT32_MAX, (intptr_t)0xfffffffeu,
							(intptr_t)UINT32_MAX, 0 } });
	EXPECT_EQ(probe_identity(begin(), -1, (const uint32_t[4]){ 1, 2, 3, UINT32_MAX }, NULL, NULL), STATUS_NOT_READY);
	sent(&(struct expected){ .opcode = 6, .word = { -1, 1, 2, 3, (intptr_t)UINT32_MAX } });
}

TEST(struct_sent, "a struct is copied as it lies, with its size; word 4 is the room for the one that comes back")
{
	struct probe_parcel back;

	EXPECT_EQ(probe_pass(begin(), &parcel, &back), STATUS_NOT_READY);
	sent(&(struct expected){ .opcode = 7, .word = { 0, 0, 0, 0, 80 }, .data = PARCEL, .size = PARCEL_BYTES });
	EXPECT_EQ(probe_pass(begin(), &parcel, NULL), STATUS_NOT_READY);
	sent(&(struct expected){ .opcode = 7, .data = PARCEL, .size = PARCEL_BYTES });
}

TEST(runs_sent, "two runs stand behind the length of the first and four bytes of zero, without NULs")
{
	char text[33];

	EXPECT_EQ(probe_join(begin(), "abc", "defgh", text, sizeof(text), NULL), STATUS_NOT_READY);
	sent(&(struct expected){ .opcode = 8, .word = { 0, 0, 0, 0, 32 }, .data = "\3\0\0\0\0\0\0\0abcdefgh", .size = 16 });
	EXPECT_EQ(probe_list(begin(), 5, "a\0\0bc", 6, NULL, NULL, 0, NULL), STATUS_NOT_READY);
	sent(&(struct expected){ .opcode = 9, .word = { 5 }, .data = "a\0\0bc", .size = 6 });
	EXPECT_EQ(probe_blob(begin(), "", 0, "\0z", 2, text, 10, NULL), STATUS_NOT_READY);
	sent(&(struct expected){ .opcode = 10, .word = { 0, 0, 0, 0, 10 }, .data = "\0\0\0\0\0\0\0\0\0z", .size = 10 });
}

TEST(all_sent, "prefix, struct, first run, second run; word 3 is the struct's part of the room in word 4")
{
	struct probe_parcel back;
	char text[20];

	EXPECT_EQ(probe_all(begin(), 0x1234, &parcel, "id", "\1\2\3", 3, NULL, &back, text, sizeof(text), NULL), STATUS_NOT_READY);
	sent(&(struct expected){ .opcode = 11, .word = { 0x1234, 0, 0, 80, 80 + 19 },
				 .data = "\2\0\0\0\0\0\0\0" PARCEL "id\1\2\3", .size = 8 + PARCEL_BYTES + 5 });
	EXPECT_EQ(probe_all(begin(), 1, &parcel, "i", NULL, 0, NULL, NULL, text, 5, NULL), STATUS_NOT_READY);
	sent(&(struct expected){ .opcode = 11, .word = { 1, 0, 0, 0, 4 }, .data = "\1\0\0\0\0\0\0\0" PARCEL "i",
				 .size = 8 + PARCEL_BYTES + 1 });
}

TEST(loan_sent, "the length of a loan is a word at its place, and no more pages are lent than it needs")
{
	struct nacre_area area;

	EXPECT_OK(nacre_area_create(&area, 3, NACRE_MEMORY_PRIVATE));
	EXPECT_EQ(probe_sum(begin(), area.base, NACRE_PAGE_BYTES, 77, NULL), STATUS_NOT_READY);
	sent(&(struct expected){ .opcode = 13, .word = { NACRE_PAGE_BYTES, 77 }, .loan_pages = 1 });
	EXPECT_EQ(probe_fill(begin(), 200, area.base, NACRE_PAGE_BYTES + 1, NULL), STATUS_NOT_READY);
	sent(&(struct expected){ .opcode = 14, .word = { 200, NACRE_PAGE_BYTES + 1 }, .loan_pages = 2, .writable = true });
	EXPECT_OK(nacre_area_destroy(&area));
}

TEST(handles_sent, "only handles that are there travel; what is moved comes last")
{
	nacre_handle_t memory;

	EXPECT_EQ(probe_swap(begin(), probe_connection(), nacre_self_budget(), NACRE_HANDLE_NONE, NACRE_HANDLE_NONE, NULL, NULL, NULL,
			     NULL), STATUS_NOT_READY);
	sent(&(struct expected){ .opcode = 16, .handles = 2 });
	EXPECT_OK(nacre_memory_create(nacre_self_budget(), 1, NACRE_MEMORY_PRIVATE, &memory));
	EXPECT_EQ(probe_give(begin(), memory, probe_connection(), NULL, NULL), STATUS_NOT_READY);
	sent(&(struct expected){ .opcode = 15, .handles = 2 });
}

TEST(send_sent, "what is sent and an event look like calls")
{
	EXPECT_EQ(probe_note_send(begin(), -3, "ab"), STATUS_OK);
	sent(&(struct expected){ .opcode = 17, .word = { (intptr_t)0xfffffffdu, (intptr_t)UINT32_MAX }, .data = "ab", .size = 2 });
	EXPECT_EQ(probe_labelled_send(begin(), PROBE_COLOUR_GREEN, &(struct probe_label){ .number = 258, .name = "fifteen bytes.." },
				      NACRE_HANDLE_NONE), STATUS_OK);
	sent(&(struct expected){ .opcode = 33, .word = { 1 }, .data = "\x18\0\0\0\x02\x01\0\0" "fifteen bytes..\0", .size = 24 });
}

/* --- what skeletons answer --------------------------------------------------------------------------------------- */

static uint8_t answer_data[256];

/* Asks the skeleton with a message made by hand. */
static nacre_err_t ask(struct nacre_words *words, const char *data, size_t size, size_t room, size_t *length)
{
	struct nacre_message message = { .in_count = 1, .in = { { (uintptr_t)data, size } }, .out_count = 1,
					 .out = { { (uintptr_t)answer_data, room } } };

	memset(answer_data, 0xee, sizeof(answer_data));
	return nacre_connection_call_message(probe_connection(), words, NACRE_DEADLINE_NEVER, &message, length);
}

static void answered(struct nacre_words words, const char *data, size_t size, size_t room, const struct expected *expected)
{
	size_t length = 0;

	EXPECT_OK(ask(&words, data, size, room, &length));
	expect_words(&words, expected);
	EXPECT_EQ(length, expected->size);
	EXPECT(!memcmp(answer_data, expected->data, expected->size));
}

TEST(words_answered, "words of an answer are filled in the order of its parameters")
{
	answered((struct nacre_words){ 2, { 1, 200, 60000, (uintptr_t)-128, (uintptr_t)-32768 } }, NULL, 0, 0,
		 &(struct expected){ .word = { -32768, -128, 60000, 200, 1 } });
	answered((struct nacre_words){ 4, { 0x55667788, 0x11223344, 0xfffffffe, 0xffffffff, 9 } }, NULL, 0, 0,
		 &(struct expected){ .word = { 9, (intptr_t)0xfffffffeu, (intptr_t)0xffffffffu, 0x55667788, 0x11223344 } });
	answered((struct nacre_words){ 6, { (uintptr_t)-1, 1, 2, 3, 0xffffffff } }, NULL, 0, 0,
		 &(struct expected){ .word = { 1, 2, 3, (intptr_t)0xffffffffu, -1 } });
}

TEST(struct_answered, "a struct comes back as it went, and less of it where there is less room, by whole eights")
{
	static const char part[] = "\x18\0\0\0\xff\xff\xff\xff\x10\x32\x54\x76\x98\xba\xdc\xfe\xfe\xff\xff\xff\xff\xff\xff\xff";

	answered((struct nacre_words){ 7, { 0, 0, 0, 0, 80 } }, PARCEL, PARCEL_BYTES, 80,
		 &(struct expected){ .data = PARCEL, .size = PARCEL_BYTES });
	answered((struct nacre_words){ 7, { 0, 0, 0, 0, 200 } }, PARCEL, PARCEL_BYTES, 200,
		 &(struct expected){ .data = PARCEL, .size = PARCEL_BYTES });
	answered((struct nacre_words){ 7, { 0, 0, 0, 0, 31 } }, PARCEL, PARCEL_BYTES, 31, &(struct expected){ .data = part, .size = 24 });
	answered((struct nacre_words){ 7, { 0, 0, 0, 0, 7 } }, PARCEL, PARCEL_BYTES, 7, &(struct expected){ .size = 0 });
}

TEST(all_answered, "the run comes right behind what was sent of the struct, and may take what word 3 leaves of word 4")
{
	static const char request[] = "\2\0\0\0\0\0\0\0" PARCEL "idrest";
	static const char part[] = "\x10\0\0\0\xff\xff\xff\xff\x10\x32\x54\x76\x98\xba\xdc\xfeidrest";
	struct nacre_words words = { 11, { 5, 0, 0, 80, 85 } };
	size_t length = 0;

	answered((struct nacre_words){ 11, { 5, 0, 0, 80, 86 } }, request, sizeof(request) - 1, 86,
		 &(struct expected){ .word = { 5 }, .data = PARCEL "idrest", .size = 86 });
	answered((struct nacre_words){ 11, { 5, 0, 0, 16, 22 } }, request, sizeof(request) - 1, 22,
		 &(struct expected){ .word = { 5 }, .data = part, .size = 22 });
	answered((struct nacre_words){ 11, { 5, 0, 0, 0, 6 } }, request, sizeof(request) - 1, 6,
		 &(struct expected){ .word = { 5 }, .data = "idrest", .size = 6 });
	EXPECT_OK(ask(&words, request, sizeof(request) - 1, 85, &length));
	EXPECT_EQ(words.opcode, NACRE_E_TOO_LONG);
	EXPECT_EQ(length, 0);
}

TEST(runs_answered, "a run alone is the whole message")
{
	answered((struct nacre_words){ 8, { 0, 0, 0, 0, 32 } }, "\1\0\0\0\0\0\0\0abc", 11, 32, &(struct expected){ .data = "abc", .size = 3 });
	answered((struct nacre_words){ 9, { 1, 0, 0, 0, 40 } }, "a\0b", 4, 40,
		 &(struct expected){ .word = { 3 }, .data = "a\0b", .size = 4 });
}

/* --- what stubs make of answers that are none --------------------------------------------------------------------- */

static const struct answer {
	uintptr_t status;
	const char *data;
	size_t size;
	nacre_status_t wanted;
	size_t length;               /* of the text, where it is wanted */
} answers[] = {
	{ 0, "\x10\0\0\0" "4567" "89abcdef" "text", 20, STATUS_OK, 4 },       /* an older server's struct */
	{ 0, "\x08\0\0\0" "4567" "text that is longer than the struct lacks and needs it all, "
	     "so that a part of it lies in the room of the struct, and more.", 130, STATUS_OK, 122 },
	{ 0, "\x08\0\0\0" "4567", 8, STATUS_OK, 0 },
	{ 0, "", 0, STATUS_MALFORMED, 0 },
	{ 0, "\x08\0\0\0", 4, STATUS_MALFORMED, 0 },
	{ 0, "\x00\0\0\0" "4567", 8, STATUS_MALFORMED, 0 },
	{ 0, "\x0c\0\0\0" "456789abcdef", 16, STATUS_MALFORMED, 0 },
	{ 0, "\x18\0\0\0" "456789abcdef", 16, STATUS_MALFORMED, 0 },
	{ 0, "\x58\0\0\0" PARCEL PARCEL, 164, STATUS_MALFORMED, 0 },
	{ 0, "\xff\xff\xff\xff" PARCEL, 84, STATUS_MALFORMED, 0 },
	{ 77, "", 0, 77, 0 },
	{ 255, "", 0, 255, 0 },
	{ 256, "", 0, STATUS_MALFORMED, 0 },
	{ UINTPTR_MAX, "", 0, STATUS_MALFORMED, 0 },                          /* NACRE_LATER must not come from outside */
};

static void *answer_one(void *given)
{
	const struct answer *answer = given;
	struct nacre_words words = { .opcode = answer->status };
	struct nacre_message message = { .in_count = 1, .in = { { (uintptr_t)answer->data, answer->size } } };

	nacre_thread_buffer_set(stand_in.buffer, sizeof(stand_in.buffer));
	nacre_server_receive(stand_in.mailbox, NACRE_DEADLINE_NEVER, NULL, &stand_in.received);
	nacre_server_reply(&words, stand_in.received.token, &message);
	return NULL;
}

static void expect_answer(const struct answer *answer)
{
	struct probe_parcel back;
	char text[160];
	size_t length = 99;

	memset(&back, 0xee, sizeof(back));
	EXPECT_EQ(pthread_create(&taker, NULL, answer_one, (void *)answer), 0);
	EXPECT_EQ(probe_all(stand_in.connection, 1, &parcel, "i", NULL, 0, NULL, &back, text, sizeof(text), &length), answer->wanted);
	EXPECT_EQ(pthread_join(taker, NULL), 0);
	EXPECT_EQ(length, answer->length);
	if (answer->wanted || answer->status)
		return;
	EXPECT(!memcmp(text, answer->data + back.size, length) && !text[length]);
	for (size_t i = back.size; i < sizeof(back); i++)
		EXPECT_EQ(((const char *)&back)[i], 0);
}

TEST(odd_answers, "a stub takes an older server's struct, and turns away answers that no server may give")
{
	EXPECT_EQ(probe_note_send(begin(), 0, ""), STATUS_OK); /* makes the stand-in */
	EXPECT_EQ(pthread_join(taker, NULL), 0);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		expect_answer(&answers[i]);
}
