/* error.c - the table of errors and statuses in words: one block of text and offsets into it, because pointers would
 * be relocated and so cost every program writable memory. */
#include "nacre/error.h"
#include "base/bits.h"
#include "base/string.h"
#include "idl/interface.h"

/* The kernel's OK is also the servers'. */
#define EVERY_TEXT(ERROR, STATUS) NACRE_ERROR_LIST(ERROR) INTERFACE_STATUS_LIST(STATUS)

/* Name, sentence and hint of each, one behind the other. */
static const struct texts {
#define MEMBERS(name, number, sentence, hint) char name[sizeof(#name "\0" sentence "\0" hint)];
#define STATUS_MEMBERS(name, number, sentence) char status_##name[sizeof(#name "\0" sentence "\0")];
	EVERY_TEXT(MEMBERS, STATUS_MEMBERS)
} texts = {
#define TEXT(name, number, sentence, hint) #name "\0" sentence "\0" hint,
#define STATUS_TEXT(name, number, sentence) #name "\0" sentence "\0",
	EVERY_TEXT(TEXT, STATUS_TEXT)
};

static const struct {
	uint16_t number, offset;
} places[] = {
#define PLACE(name, number, sentence, hint) { number, offsetof(struct texts, name) },
#define STATUS_PLACE(name, number, sentence) { number, offsetof(struct texts, status_##name) },
	EVERY_TEXT(PLACE, STATUS_PLACE)
};

/* Part 0 is the name, 1 the sentence, 2 the hint. */
static const char *text_of(nacre_status_t status, unsigned part)
{
	const char *text;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (places[i].number != status)
			continue;
		for (text = (const char *)&texts + places[i].offset; part; part--)
			text += string_length(text) + 1;
		return text;
	}
	return NULL;
}

const char *nacre_error_name(nacre_status_t status)
{
	const char *name = text_of(status, 0);

	return name ? name : "UNKNOWN";
}

const char *nacre_error_sentence(nacre_status_t status)
{
	const char *sentence = text_of(status, 1);

	return sentence ? sentence : "an error that this version does not know";
}

const char *nacre_error_hint(nacre_status_t status)
{
	const char *hint = text_of(status, 2);

	return hint ? hint : "";
}
