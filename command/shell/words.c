/* words.c - a line becomes commands, and each of them words. */
#include "base/format.h"
#include "base/string.h"
#include "shell.h"

struct splitter {
	const char *at;             /* in the line */
	char *to, *end;             /* in the room */
	char quote;                 /* 0, or the quote that is open */
};

static bool put(struct splitter *splitter, const char *text, size_t size)
{
	if (size >= (size_t)(splitter->end - splitter->to))
		return false;
	memcpy(splitter->to, text, size);
	splitter->to += size;
	return true;
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* What stands behind a '$': a variable's value, or the sign itself. */
static bool put_variable(struct splitter *splitter)
{
	const char *name = ++splitter->at, *value;
	char number[12];
	size_t size = 0;

	if (*name == '?') {
		splitter->at++;
		return put(splitter, number, format_text(number, sizeof(number), "%d", shell.status));
	}
	while (is_name(name[size]))
		size++;
	if (!size)
		return put(splitter, "$", 1);
	splitter->at += size;
	value = environment_get(name, size);
	return !value || put(splitter, value, string_length(value));
}

/* One character, or what it stands for. In single quotes everything stands for itself. */
static bool put_next(struct splitter *splitter)
{
	if (splitter->quote != '\'') {
		if (*splitter->at == '$')
			return put_variable(splitter);
		if (*splitter->at == '\\' && splitter->at[1])
			splitter->at++;
	}
	return put(splitter, splitter->at++, 1);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool word_take(struct splitter *splitter)
{
	while (*splitter->at && (splitter->quote || !is_blank(*splitter->at))) {
		char c = *splitter->at;

		if ((c == '"' || c == '\'') && (!splitter->quote || splitter->quote == c)) {
			splitter->quote = splitter->quote ? 0 : c;
			splitter->at++;
		} else if (!splitter->quote && (c == '&' || c == ';')) {
			break;
		} else if (!put_next(splitter)) {
			return false;
		}
	}
	if (splitter->to == splitter->end) /* an empty word behind one that filled the room */
		return false;
	*splitter->to++ = 0;
	return true;
}

static const char *blanks_skip(const char *at)
{
	while (is_blank(*at))
		at++;
	return at;
}

/* At what ends a command: a semicolon is passed, a comment takes the rest of the line along. */
static const char *behind_command(const char *at)
{
	if (*at == '#')
		return at + string_length(at);
	return *at ? at + 1 : at;
}

/* Is this the end of a command? A '&' in front of it is passed. */
static bool ends_command(struct splitter *splitter, const char **why)
{
	splitter->at = blanks_skip(splitter->at);
	if (*splitter->at == '&') {
		splitter->at = blanks_skip(splitter->at + 1);
		shell.background = true;
		if (*splitter->at && *splitter->at != ';' && *splitter->at != '#')
			*why = "& is for the end of a command; quote it to have it as it is";
		return true;
	}
	return !*splitter->at || *splitter->at == ';' || *splitter->at == '#';
}

int words_split(const char **line, char room[2 * LINE_BYTES], char *argv[WORDS_MAX + 1], const char **why)
{
	struct splitter splitter = { .at = *line, .to = room, .end = room + 2 * LINE_BYTES };
	int count = 0;

	shell.background = false;
	*why = NULL;
	while (!ends_command(&splitter, why)) {
		if (count == WORDS_MAX) {
			*why = "the line has more than 32 words behind the command";
			return -1;
		}
		argv[count++] = splitter.to;
		if (!word_take(&splitter)) {
			*why = "the line is too long with its variables replaced";
			return -1;
		}
	}
	argv[count] = NULL;
	*line = behind_command(splitter.at);
	if (splitter.quote)
		*why = "a quote is open at the end of the line";
	return *why ? -1 : count;
}

bool number_read(const char *text, uint64_t *number)
{
	*number = 0;
	for (const char *c = text; *c; c++) {
		if (*c < '0' || *c > '9' || *number > UINT64_MAX / 10 - 1)
			return false;
		*number = *number * 10 + (uint64_t)(*c - '0');
	}
	return *text;
}
