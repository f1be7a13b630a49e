/* base_format.c - the small printf, against the C library's, and the option parser. */
#include "base/format.h"
#include "base/parse.h"
#include "unit.h"

/* Both print the same, the length is right, and so is what fits into less. */
#define SAME(...) same(__LINE__, snprintf(wanted, sizeof(wanted), __VA_ARGS__), \
		       (int)format_text(given, sizeof(given), __VA_ARGS__))

static char wanted[200], given[200];

static void same(int line, int wanted_length, int given_length)
{
	if (strcmp(wanted, given) != 0 || wanted_length != given_length)
		fail_msg("line %d: \"%s\" (%d), not \"%s\" (%d)", line, given, given_length, wanted, wanted_length);
}

TEST(integers, "numbers of all sizes print as in C")
{
	SAME("%d %d %d %i", 0, -1, INT32_MIN, INT32_MAX);
	SAME("%u %u", 0u, UINT32_MAX);
	SAME("%x %X", 0xdeadbeef, 0xdeadbeef);
	SAME("%ld %lu %lx", INT64_MIN, UINT64_MAX, UINT64_MAX);
	SAME("%lld %llu %llx", (long long)INT64_MIN, (unsigned long long)UINT64_MAX, 0x123456789abcdefull);
	SAME("%zu", (size_t)12345678901ull);
	SAME("%llu %llu", 4294967295ull, 4294967296ull);
}

TEST(widths, "widths, zeros and left alignment work as in C")
{
	SAME("[%5d] [%-5d] [%05d] [%5d]", 42, 42, 42, -42);
	SAME("[%05d] [%-6d] [%1d]", -42, -42, 12345);
	SAME("[%8x] [%08x] [%-8x]", 0xabc, 0xabc, 0xabc);
	SAME("[%*d] [%20llu]", 7, 42, 1ull << 40);
	SAME("[%5s] [%-5s] [%5c] [%-5c]", "ab", "ab", 'x', 'y');
}

TEST(texts, "texts are bounded by their precision, also where they have no end")
{
	static const char endless[4] = { 'a', 'b', 'c', 'd' };

	SAME("%s|%s", "", "text");
	SAME("%.3s|%.0s|%.9s|%.*s", "text", "text", "text", 2, "text");
	SAME("[%6.3s]", "text");
	assert_int_equal(format_text(given, sizeof(given), "%.4s", endless), 4);
	assert_string_equal(given, "abcd");
	assert_int_equal(format_text(given, sizeof(given), "%.*s", (int)sizeof(endless), endless), 4);
}

TEST(others, "characters, percent signs and pointers")
{
	SAME("%c%c%%", 'a', 'b');
	SAME("%p", (void *)0x1234);
	format_text(given, sizeof(given), "%s", (char *)NULL);
	assert_string_equal(given, "(null)");
}

TEST(unknown, "an unknown conversion is printed as it stands")
{
	static const char *volatile wrong[] = { "%q", "a%", "%5", "%l", "%k%d" };

	for (unsigned i = 0; i < 4; i++) {
		char text[8];

		strcpy(text, wrong[i]);
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-nonliteral"
#pragma clang diagnostic ignored "-Wformat-security"
		format_text(given, sizeof(given), text);
#pragma clang diagnostic pop
		assert_string_equal(given, text);
	}
}

TEST(cut, "what does not fit is cut, the NUL is always there, and the whole length is told")
{
	for (size_t size = 1; size < 12; size++) {
		char *to = malloc(size);

		assert_int_equal(format_text(to, size, "%s-%d", "hello", 12345), 11);
		assert_int_equal(strlen(to), size - 1 < 11 ? size - 1 : 11);
		assert_memory_equal(to, "hello-12345", strlen(to));
		free(to);
	}
	assert_int_equal(format_text(NULL, 0, "%d", 123), 3);
}

/* --- options -------------------------------------------------------------------------------------------- */

static const char options[] = "deadline=500 quiet mode=fast\nempty= deadline=0x10\n  log=no no-time-csr";

static bool number(const char *text, uint64_t *value)
{
	return parse_number(text, strlen(text), value);
}

TEST(option, "keys are found whole, with or without value, and the last one counts")
{
	struct option found;

	assert_true(option_find(options, strlen(options), "mode", &found));
	assert_int_equal(found.size, 4);
	assert_memory_equal(found.value, "fast", 4);
	assert_true(option_find(options, strlen(options), "deadline", &found));
	assert_memory_equal(found.value, "0x10", 4);
	assert_true(option_find(options, strlen(options), "empty", &found));
	assert_int_equal(found.size, 0);
	assert_false(option_find(options, strlen(options), "dead", &found));
	assert_false(option_find(options, strlen(options), "time-csr", &found));
	assert_false(option_find(options, strlen(options), "fast", &found));
	assert_false(option_find("", 0, "mode", &found));
}

TEST(flags, "a flag is on where it stands alone or says so")
{
	assert_true(option_flag(options, strlen(options), "quiet"));
	assert_true(option_flag(options, strlen(options), "no-time-csr"));
	assert_false(option_flag(options, strlen(options), "log"));
	assert_false(option_flag(options, strlen(options), "missing"));
	assert_true(option_flag("a=yes b=on c=1 d=2", 18, "a"));
	assert_true(option_flag("a=yes b=on c=1 d=2", 18, "b"));
	assert_true(option_flag("a=yes b=on c=1 d=2", 18, "c"));
	assert_false(option_flag("a=yes b=on c=1 d=2", 18, "d"));
}

TEST(numbers, "numbers are decimal or hexadecimal, with K, M or G")
{
	uint64_t value;

	assert_true(number("0", &value) && value == 0);
	assert_true(number("1000000000000", &value) && value == 1000000000000);
	assert_true(number("0xdeadBEEF", &value) && value == 0xdeadbeef);
	assert_true(number("16M", &value) && value == 16 << 20);
	assert_true(number("9876543210", &value) && value == 9876543210);
	assert_true(number("2K", &value) && value == 2048);
	assert_true(number("0x10G", &value) && value == 16ull << 30);
	assert_true(option_number(options, strlen(options), "deadline", &value) && value == 16);
}

TEST(numbers_wrong, "what is no number is none, and neither is one too large")
{
	static const char *const wrong[] = { "", "x", "-1", "+1", "12a", "0x", "0xg", "M", "0xM", "1 ", " 1", "1MK", "1m",
					     "18446744073709551616", "0x10000000000000000", "99999999999999999999999",
					     "0x1000000000000G" };
	uint64_t value;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (number(wrong[i], &value))
			fail_msg("\"%s\" became %llu", wrong[i], (unsigned long long)value);
	assert_false(option_number(options, strlen(options), "mode", &value));
	assert_false(option_number(options, strlen(options), "quiet", &value));
}

TEST(options_counted, "no byte past the given size is read")
{
	for (size_t size = 0; size < strlen(options); size++) {
		char *copy = malloc(size ? size : 1);
		struct option found;
		uint64_t value;

		memcpy(copy, options, size);
		option_find(copy, size, "no-time-csr", &found);
		option_flag(copy, size, "quiet");
		option_number(copy, size, "deadline", &value);
		free(copy);
	}
}
