/* string.c - NUL-terminated text: length, comparison, bounded copy. */
#include "base/string.h"

size_t string_length(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

size_t string_length_within(const char *text, size_t limit)
{
	size_t length = 0;

	while (length < limit && text[length])
		length++;
	return length;
}

bool string_equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

bool string_starts_with(const char *text, const char *start)
{
	while (*start && *text == *start)
		text++, start++;
	return !*start;
}

bool string_equal_counted(const char *counted, size_t size, const char *text)
{
	for (size_t i = 0; i < size; i++)
		if (!text[i] || counted[i] != text[i])
			return false;
	return !text[size];
}

bool string_copy(char *to, size_t size, const char *from)
{
	size_t length = string_length_within(from, size - 1);

	memcpy(to, from, length);
	to[length] = '\0';
	return !from[length];
}
