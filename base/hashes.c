/* hashes.c - reads the table of digests. */
#include "base/hashes.h"
#include "base/string.h"

enum { DIGITS = 2 * SHA256_BYTES, NAME_AT = DIGITS + 2 };

struct line {
	const char *text, *name;
	size_t size, name_length;
};

static int digit_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Is it digits, separator and a name? */
static bool line_parse(struct line *line)
{
	if (line->size <= NAME_AT || line->text[DIGITS] != ' ')
		return false;
	if (line->text[DIGITS + 1] != ' ' && line->text[DIGITS + 1] != '*')
		return false;
	for (unsigned i = 0; i < DIGITS; i++)
		if (digit_value(line->text[i]) < 0)
			return false;
	line->name = line->text + NAME_AT;
	line->name_length = line->size - NAME_AT;
	return true;
}

/* Cuts the next line off the table; an unfinished last line is none. */
static bool line_take(const char **table, size_t *size, struct line *line)
{
	size_t length = 0;

	while (length < *size && (*table)[length] != '\n')
		length++;
	if (length == *size)
		return false;
	line->text = *table;
	line->size = length;
	*table += length + 1;
	*size -= length + 1;
	return true;
}

static void digest_parse(const char *text, uint8_t digest[SHA256_BYTES])
{
	for (unsigned i = 0; i < SHA256_BYTES; i++)
		digest[i] = (uint8_t)(digit_value(text[2 * i]) << 4 | digit_value(text[2 * i + 1]));
}

bool hashes_find(const char *table, size_t size, const char *name, uint8_t digest[SHA256_BYTES])
{
	unsigned found = 0;
	struct line line;

	while (line_take(&table, &size, &line))
		if (line_parse(&line) && string_equal_counted(line.name, line.name_length, name)) {
			digest_parse(line.text, digest);
			found++;
		}
	return found == 1;
}

bool hashes_name(const char *table, size_t size, size_t index, const char **name, size_t *length)
{
	struct line line;

	do
		if (!line_take(&table, &size, &line))
			return false;
	while (index--);
	if (!line_parse(&line))
		return false;
	*name = line.name;
	*length = line.name_length;
	return true;
}
