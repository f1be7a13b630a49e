/* base_string.c - text, and memcpy and its kin against plain loops.
 *
 * All of base/ is linked into this program, so memcpy here is the one of base/mem.c. */
#include "base/bits.h"
#include "base/string.h"
#include "unit.h"

enum { AREA = 160 };

static uint8_t area[AREA], expected[AREA];

/* Called through pointers, so that the compiler cannot put its own code in their place. */
static void *(*volatile copy)(void *, const void *, size_t) = memcpy;
static void *(*volatile move)(void *, const void *, size_t) = memmove;
static void *(*volatile fill)(void *, int, size_t) = memset;
static int (*volatile compare)(const void *, const void *, size_t) = memcmp;

static void number(void)
{
	for (unsigned i = 0; i < AREA; i++)
		area[i] = expected[i] = (uint8_t)(i * 3 + 1);
}

static void assert_same(void)
{
	for (unsigned i = 0; i < AREA; i++)
		if (area[i] != expected[i])
			fail_msg("byte %u is %02x, not %02x", i, area[i], expected[i]);
}

TEST(memcpy_all, "memcpy copies exactly what it should, at every alignment and length")
{
	for (unsigned to = 0; to < 9; to++)
		for (unsigned from = 80; from < 89; from++)
			for (unsigned size = 0; size < 70; size++) {
				number();
				for (unsigned i = 0; i < size; i++)
					expected[to + i] = (uint8_t)((from + i) * 3 + 1);
				assert_ptr_equal(copy(area + to, area + from, size), area + to);
				assert_same();
			}
}

TEST(memmove_all, "memmove copies right also where source and target overlap either way")
{
	for (unsigned to = 8; to < 60; to++)
		for (unsigned size = 0; size < 80; size++) {
			unsigned from = 32;

			number();
			for (unsigned i = 0; i < size; i++)
				expected[to + i] = (uint8_t)((from + i) * 3 + 1);
			assert_ptr_equal(move(area + to, area + from, size), area + to);
			assert_same();
		}
}

TEST(memset_all, "memset fills exactly what it should, with the lowest byte only")
{
	for (unsigned to = 0; to < 9; to++)
		for (unsigned size = 0; size < 140; size++) {
			number();
			for (unsigned i = 0; i < size; i++)
				expected[to + i] = 0xa5;
			assert_ptr_equal(fill(area + to, 0x7a5, size), area + to);
			assert_same();
		}
}

TEST(memcmp_all, "memcmp finds the first difference and its sign, bytes unsigned")
{
	number();
	assert_int_equal(compare(area, expected, AREA), 0);
	assert_int_equal(compare("a", "b", 0), 0);
	for (unsigned i = 0; i < AREA; i++) {
		area[i] = 0xff, expected[i] = 0x7f;
		assert_true(compare(area, expected, AREA) > 0);
		assert_true(compare(expected, area, AREA) < 0);
		assert_int_equal(compare(area, expected, i), 0);
		area[i] = expected[i];
	}
}

TEST(length, "lengths are counted up to the limit")
{
	assert_int_equal(string_length(""), 0);
	assert_int_equal(string_length("four"), 4);
	assert_int_equal(string_length_within("four", 2), 2);
	assert_int_equal(string_length_within("four", 9), 4);
	assert_int_equal(string_length_within("x", 0), 0);
}

TEST(equality, "texts are equal, start with another, or do not")
{
	assert_true(string_equal("", ""));
	assert_true(string_equal("ab", "ab"));
	assert_false(string_equal("ab", "abc"));
	assert_false(string_equal("abc", "ab"));
	assert_false(string_equal("ab", "aB"));
	assert_true(string_starts_with("abc", ""));
	assert_true(string_starts_with("abc", "ab"));
	assert_false(string_starts_with("ab", "abc"));
	assert_true(string_equal_counted("abc", 2, "ab"));
	assert_false(string_equal_counted("abc", 3, "ab"));
	assert_false(string_equal_counted("abc", 2, "abc"));
	assert_true(string_equal_counted("abc", 0, ""));
	assert_false(string_equal_counted("\0b", 2, ""));
}

TEST(copying, "a bounded copy always ends with NUL and tells when it cut")
{
	char to[4];

	assert_true(string_copy(to, 4, "abc"));
	assert_string_equal(to, "abc");
	assert_false(string_copy(to, 4, "abcd"));
	assert_string_equal(to, "abc");
	assert_false(string_copy(to, 1, "x"));
	assert_string_equal(to, "");
	assert_true(string_copy(to, 1, ""));
}

/* --- bits.h --------------------------------------------------------------------------------------------- */

TEST(bits, "highest, lowest and number of set bits are those of the builtins")
{
	uint32_t x = 1;

	for (unsigned i = 0; i < 100000; i++) {
		x = x * 1664525 + 1013904223;
		uint32_t sample = i < 32 ? 1u << i : x >> i % 32;

		if (!sample)
			continue;
		assert_int_equal(bit_highest(sample), 31 - __builtin_clz(sample));
		assert_int_equal(bit_lowest(sample), __builtin_ctz(sample));
		assert_int_equal(bit_count(sample), __builtin_popcount(sample));
	}
	assert_int_equal(bit_count(0), 0);
}

TEST(division, "64-bit division by hand is the machine's")
{
	static const uint64_t numbers[] = { 0, 1, 9, 10, 0xffffffff, 0x100000000, 0x1234567890abcdef, UINT64_MAX };
	static const uint32_t divisors[] = { 1, 2, 3, 10, 1000, 1000000000, 0x7fffffff, 0x80000000, 0xffffffff };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		for (size_t j = 0; j < ARRAY_SIZE(divisors); j++) {
			uint32_t rest;

			assert_int_equal(divide_u64(numbers[i], divisors[j], &rest), numbers[i] / divisors[j]);
			assert_int_equal(rest, numbers[i] % divisors[j]);
			assert_int_equal(divide_u64(numbers[i], divisors[j], NULL), numbers[i] / divisors[j]);
		}
}

TEST(alignment, "rounding goes to multiples of the alignment")
{
	assert_int_equal(align_up(0, 8), 0);
	assert_int_equal(align_up(1, 8), 8);
	assert_int_equal(align_up(8, 8), 8);
	assert_int_equal(align_down(15, 8), 8);
	assert_int_equal(align_up_u64(0x100000001, 4096), 0x100001000);
	assert_int_equal(align_down_u64(0x1fffffffff, 4096), 0x1ffffff000);
	assert_true(is_aligned(4096, 4096));
	assert_false(is_aligned(4097, 4096));
	assert_true(is_power_of_two(1) && is_power_of_two(1ull << 63));
	assert_false(is_power_of_two(0) || is_power_of_two(3));
}
