/* utf8.c - is it well-formed UTF-8? */
#include "base/utf8.h"

/* RFC 3629, section 3: 0xc0, 0xc1 and what is above 0xf4 begin nothing. */
static size_t length_of_first(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Overlong forms, surrogates and what is too large show in the second byte. */
static bool second_fits(uint8_t first, uint8_t second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0;
	case 0xed:
		return second <= 0x9f;
	case 0xf0:
		return second >= 0x90;
	case 0xf4:
		return second <= 0x8f;
	}
	return true;
}

size_t utf8_length(const uint8_t *text, size_t size)
{
	size_t length = length_of_first(text[0]);

	if (length > size || (length > 1 && !second_fits(text[0], text[1])))
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

bool utf8_is_text(const void *text, size_t size)
{
	const uint8_t *bytes = text;

	for (size_t i = 0, length; i < size; i += length) {
		length = bytes[i] ? utf8_length(bytes + i, size - i) : 0;
		if (!length)
			return false;
	}
	return true;
}

void utf8_clean(char *text, size_t size)
{
	for (size_t i = 0, length; i < size; i += length) {
		length = text[i] ? utf8_length((const uint8_t *)text + i, size - i) : 0;
		if (length)
			continue;
		text[i] = '?';
		length = 1;
	}
}
