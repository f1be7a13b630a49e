/* base_utf8.c - well-formed UTF-8, against the definition: a character's shortest encoding, and no surrogates. */
#include "base/utf8.h"
#include "unit.h"

/* Writes a code point in `length` bytes, be that the right number or not. */
static void encode(uint32_t code, size_t length, uint8_t to[4])
{
	static const uint8_t marks[] = { 0, 0x00, 0xc0, 0xe0, 0xf0 };

	for (size_t i = length; i-- > 1; code >>= 6)
		to[i] = (uint8_t)(0x80 | (code & 0x3f));
	to[0] = (uint8_t)(marks[length] | code);
}

static size_t shortest(uint32_t code)
{
	return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

TEST(every_character, "every character of Unicode is well-formed in its shortest form, and only in that")
{
	static const uint32_t room[] = { 0, 1u << 7, 1u << 11, 1u << 16, 1u << 21 };
	uint8_t text[4];

	for (uint32_t code = 0; code < 1u << 21; code++)
		for (size_t length = 1; length <= 4; length++) {
			bool good = length == shortest(code) && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);

			if (code >= room[length])
				continue;
			encode(code, length, text);
			if (utf8_length(text, 4) != (good ? length : 0))
				fail_msg("U+%04x in %zu bytes", code, length);
		}
}

TEST(every_start, "bytes that begin or go on with nothing are refused")
{
	for (unsigned first = 0; first < 256; first++)
		for (unsigned second = 0; second < 256; second++) {
			uint8_t text[4] = { (uint8_t)first, (uint8_t)second, 0x80, 0x80 };

			if ((second & 0xc0) != 0x80)
				assert_int_equal(utf8_length(text, 4), first < 0x80 ? 1 : 0);
			if (first >= 0x80 && first < 0xc2)
				assert_int_equal(utf8_length(text, 4), 0);
		}
}

TEST(cut, "a character that is cut off is refused, wherever")
{
	static const uint8_t text[] = { 0xf0, 0x9f, 0x90, 0x9a };

	assert_int_equal(utf8_length(text, 4), 4);
	for (size_t size = 1; size < 4; size++)
		assert_int_equal(utf8_length(text, size), 0);
}

TEST(text, "text has no NUL, and is judged to its end and no further")
{
	static const char text[] = "na\xc3\xaf" "f\xff";

	assert_true(utf8_is_text(text, 0));
	assert_true(utf8_is_text(text, 5));
	assert_false(utf8_is_text(text, 6));
	assert_false(utf8_is_text(text, 3));
	assert_false(utf8_is_text("a\0b", 3));
}

TEST(clean, "what is no text becomes question marks, byte by byte, and text stays")
{
	char text[] = "a\xff\xc3\xa4\0\xe2\x82";

	utf8_clean(text, sizeof(text) - 1);
	assert_memory_equal(text, "a?\xc3\xa4???", sizeof(text) - 1);
}
