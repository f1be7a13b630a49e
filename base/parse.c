/* parse.c - options in text. */
#include "base/parse.h"
#include "base/string.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\0';
}

/* One word of the text: does it state this key, and with what value? */
static bool word_matches(const char *word, size_t size, const char *key, struct option *found)
{
	size_t length = string_length(key);

	if (size < length || memcmp(word, key, length) != 0 || (size > length && word[length] != '='))
		return false;
	found->value = size > length ? word + length + 1 : "";
	found->size = size > length ? size - length - 1 : 0;
	return true;
}

bool option_find(const char *text, size_t size, const char *key, struct option *found)
{
	bool seen = false;
	size_t length;

	for (; size; text += length, size -= length) {
		for (length = 0; length < size && !is_space(text[length]);)
			length++;
		if (length)
			seen |= word_matches(text, length, key, found);
		else
			length = 1;
	}
	return seen;
}

bool option_flag(const char *text, size_t size, const char *key)
{
	struct option found;

	if (!option_find(text, size, key, &found))
		return false;
	return found.size == 0 || string_equal_counted(found.value, found.size, "yes") ||
	       string_equal_counted(found.value, found.size, "on") || string_equal_counted(found.value, found.size, "1");
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* How many times 1024 does the suffix stand for? */
static unsigned suffix_power(char c)
{
	return c == 'K' ? 1 : c == 'M' ? 2 : c == 'G' ? 3 : 0;
}

/* Refuses from 2^60 on, whatever the base: a bound that needs no division. */
static bool digit_append(uint64_t *value, unsigned base, int digit)
{
	if (digit >= (int)base || *value > UINT64_MAX / 16)
		return false;
	*value = *value * base + (unsigned)digit;
	return true;
}

bool parse_number(const char *text, size_t size, uint64_t *number)
{
	bool hex = size > 2 && text[0] == '0' && (text[1] | 0x20) == 'x';
	unsigned power = size ? suffix_power(text[size - 1]) : 0;
	uint64_t value = 0;

	size -= power != 0;
	if (size == (hex ? 2 : 0))
		return false;
	for (size_t i = hex ? 2 : 0; i < size; i++)
		if (!digit_append(&value, hex ? 16 : 10, digit_value(text[i])))
			return false;
	for (; power; power--, value <<= 10)
		if (value >> 54)
			return false;
	*number = value;
	return true;
}

bool option_number(const char *text, size_t size, const char *key, uint64_t *number)
{
	struct option found;

	return option_find(text, size, key, &found) && parse_number(found.value, found.size, number);
}
