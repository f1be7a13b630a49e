/* complete.c - what Tab makes of a word that is not finished. */
#include "complete.h"
#include "base/format.h"
#include "base/string.h"
#include "complete_files.h"
#include "terminal.h"
#include "idl/names_client.h"
#include "idl/system.h"
#include "nacre/startup.h"
#include "programs.h"
#include "table.h"

enum { LIST_COLUMNS = 80, LIST_GAP = 2 };

/* --- where the cursor stands ------------------------------------------------------------------------------- */

struct place {
	char word[LINE_BYTES];       /* as typed so far, quoting taken away */
	char command[LINE_BYTES];    /* the first word of its command; "" where that is the one being typed */
	unsigned arguments;          /* between the two, without options and their values */
	bool quoted;                 /* a quote is open */
};

struct reader {
	const char *at, *end;
	char quote;                  /* 0, or the quote that is open */
};

static bool parts_words(char c)
{
	return c == ' ' || c == '\t' || c == '&' || c == ';';
}

/* Copies a word; signs and quotes that hold it together are left out. */
static void word_read(struct reader *reader, char word[LINE_BYTES])
{
	size_t size = 0;

	while (reader->at < reader->end && (reader->quote || !parts_words(*reader->at))) {
		char c = *reader->at++;

		if ((c == '"' || c == '\'') && (!reader->quote || reader->quote == c)) {
			reader->quote = reader->quote ? 0 : c;
			continue;
		}
		if (c == '\\' && reader->quote != '\'' && reader->at < reader->end)
			c = *reader->at++;
		word[size++] = c;
	}
	word[size] = 0;
}

/* One more word stands in front of the one that is typed. Options may have a value, so the word behind one counts as
 * little as the option does. */
static void word_pass(struct place *place, bool *behind_option)
{
	bool option = place->word[0] == '-';

	if (!place->command[0])
		string_copy(place->command, sizeof(place->command), place->word);
	else if (!option && !*behind_option)
		place->arguments++;
	*behind_option = option;
}

static void place_find(struct place *place, const char *line, size_t cursor)
{
	struct reader reader = { .at = line, .end = line + cursor };
	bool behind_option = false;

	*place = (struct place){ 0 };
	for (;;) {
		word_read(&reader, place->word);
		if (reader.at == reader.end)
			break;
		if (*reader.at == ';' || *reader.at == '&') {
			*place = (struct place){ 0 };
			behind_option = false;
		} else if (place->word[0]) {
			word_pass(place, &behind_option);
		}
		reader.at++;
	}
	place->quoted = reader.quote;
}

/* --- candidates -------------------------------------------------------------------------------------------- */

struct search {
	struct place place;
	size_t size;                 /* of the word */
	bool list;                   /* print them */
	unsigned column;             /* of the line being printed */
	unsigned count;
	char common[LINE_BYTES];     /* how all begin */
};

/* Names come from other programs: what would move the cursor is none. */
static bool is_printable(const char *text)
{
	for (; *text; text++)
		if ((uint8_t)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static void list_one(struct search *search, const char *candidate)
{
	unsigned size = (unsigned)string_length(candidate);

	if (search->column && search->column + LIST_GAP + size > LIST_COLUMNS)
		search->column = 0;
	out("%s%s", search->column ? "  " : "\n", candidate);
	search->column += (search->column ? LIST_GAP : 0) + size;
}

static void offer(struct search *search, const char *candidate)
{
	size_t same = 0;

	if (string_length(candidate) < search->size || memcmp(candidate, search->place.word, search->size) != 0 ||
	    string_length(candidate) >= LINE_BYTES || !is_printable(candidate))
		return;
	if (search->list)
		list_one(search, candidate);
	if (!search->count) {
		string_copy(search->common, sizeof(search->common), candidate);
	} else if (string_equal(search->common, candidate)) {
		return;
	}
	while (search->common[same] && search->common[same] == candidate[same])
		same++;
	search->common[same] = 0;
	search->count++;
}

static void offer_builtins(struct search *search)
{
	const struct builtin *builtin;

	for (size_t i = 0; (builtin = builtin_at(i)); i++)
		offer(search, builtin->name);
}

static void offer_programs(struct search *search)
{
	char name[LABEL_BYTES];

	for (size_t i = 0; programs_name(i, name); i++)
		offer(search, name);
}

static void offer_processes(struct search *search)
{
	struct process_handles handles;
	struct system_process process;

	for (uint32_t number = 0; process_next(number, &process, &handles); number = process.number + 1) {
		process_close(&handles);
		if (!process.cause)
			offer(search, process.label);
	}
}

static void offer_names(struct search *search)
{
	nacre_handle_t names = nacre_startup_handle("names");
	char path[NAMES_PATH_BYTES + 1];

	for (uint32_t n = 0; names_list(names, n, NULL, NULL, path, sizeof(path), NULL) == STATUS_OK; n++)
		offer(search, path);
}

static void offer_path(void *context, const char *path)
{
	offer(context, path);
}

/* As they are used, or as they are set. */
static void offer_variables(struct search *search, const char *before, const char *behind)
{
	char candidate[LINE_BYTES];
	const char *text;

	for (size_t n = 0; (text = environment_at(n)); n++) {
		size_t size = 0;

		while (text[size] != '=')
			size++;
		if (size + 2 < sizeof(candidate)) {
			format_text(candidate, sizeof(candidate), "%s%.*s%s", before, (int)size, text, behind);
			offer(search, candidate);
		}
	}
}

static enum tab tab_of(const struct place *place)
{
	const struct builtin *builtin = builtin_find(place->command);

	if (!place->command[0])
		return TAB_COMMANDS;
	if (!builtin)
		return TAB_NAMES;
	return place->arguments && builtin->tab == TAB_PROGRAMS ? TAB_NAMES : builtin->tab;
}

static void offer_all(struct search *search)
{
	if (search->place.quoted)
		return;
	if (search->place.word[0] == '$') {
		offer_variables(search, "$", "");
		return;
	}
	switch (tab_of(&search->place)) {
	case TAB_COMMANDS:
		offer_builtins(search);
		offer_programs(search);
		break;
	case TAB_PROGRAMS: offer_programs(search); break;
	case TAB_PROCESSES: offer_processes(search); break;
	case TAB_VARIABLES: offer_variables(search, "", "="); break;
	case TAB_NAMES:
		if (search->place.word[0] == '/')
			complete_files(search->place.word, offer_path, search);
		else
			offer_names(search);
		break;
	case TAB_NOTHING: break;
	}
}

static void search_begin(struct search *search, const char *line, size_t cursor, bool list)
{
	*search = (struct search){ .list = list };
	place_find(&search->place, line, cursor);
	search->size = string_length(search->place.word);
}

/* --- what the line gets -------------------------------------------------------------------------------------- */

static bool means_something(char c)
{
	return parts_words(c) || c == '"' || c == '\'' || c == '\\' || c == '$' || c == '#';
}

/* Is there more to type behind a word that ends so? */
static bool goes_on(const char *word)
{
	size_t size = string_length(word);

	return size && (word[size - 1] == '=' || word[size - 1] == '/');
}

static void rest_make(const struct search *search, char rest[LINE_BYTES])
{
	const char *from = search->common + search->size;
	size_t used = 0;

	for (; *from && used + 2 < LINE_BYTES - 1; from++) {
		if (means_something(*from))
			rest[used++] = '\\';
		rest[used++] = *from;
	}
	if (search->count == 1 && !goes_on(search->common))
		rest[used++] = ' ';
	rest[used] = 0;
}

/* Too large for the stack, and needed once at a time. */
static struct search search;

void complete(const char *line, size_t cursor, struct completion *completion)
{
	search_begin(&search, line, cursor, false);
	offer_all(&search);
	completion->count = search.count;
	completion->rest[0] = 0;
	if (search.count)
		rest_make(&search, completion->rest);
}

void complete_list(const char *line, size_t cursor)
{
	search_begin(&search, line, cursor, true);
	offer_all(&search);
	out("\n");
}
