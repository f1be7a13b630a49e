/* kernel_ticks.c - the arithmetic between ns and timer ticks, at every kind of frequency and distance. */
#include "unit.h"

#include "arch/riscv/ticks.h"

static const uint32_t frequencies[] = {
	1, 2, 3, 1000, 32768, 1000000, 3000000, 8000000, 10000000, 12345679, 19200000, 24000000, 25000000, 62500000,
	99999999, 333333333, 500000000, 999999999, 1000000000,
};
enum { FREQUENCIES = sizeof(frequencies) / sizeof(frequencies[0]) };

/* Numbers of every size below 2^63, ends included. */
static uint64_t sample(unsigned i)
{
	uint64_t noise = (i + 1) * 0x9e3779b97f4a7c15u;

	return noise >> (1 + i % 63);
}

enum { SAMPLES = 4000 };

TEST(exact_multiples, "a frequency that divides 10^9 converts ticks without any error")
{
	struct ticks rate = ticks_of_hz(10000000);

	assert_int_equal(ticks_to_ns(&rate, 0), 0);
	assert_int_equal(ticks_to_ns(&rate, 1), 100);
	assert_int_equal(ticks_to_ns(&rate, 123456789012345), 12345678901234500);
	rate = ticks_of_hz(1000000000);
	assert_int_equal(ticks_to_ns(&rate, 123456789012345), 123456789012345);
}

TEST(fractions, "32768 ticks are one second, and a year of 24 MHz is off by less than a millisecond")
{
	struct ticks rate = ticks_of_hz(32768);
	uint64_t year_ns = 31536000000000000u;

	assert_int_equal(ticks_to_ns(&rate, 32768), 1000000000);
	rate = ticks_of_hz(24000000);
	assert_in_range(year_ns - ticks_to_ns(&rate, 31536000u * (uint64_t)24000000), 0, 999999);
}

TEST(never_early, "the tick computed for a time shows that time or later, at every frequency")
{
	for (unsigned f = 0; f < FREQUENCIES; f++) {
		struct ticks rate = ticks_of_hz(frequencies[f]);

		for (unsigned i = 0; i < SAMPLES; i++)
			assert_true(ticks_to_ns(&rate, ticks_from_ns(&rate, sample(i))) >= sample(i));
	}
}

TEST(never_late, "the tick before the one computed for a time is too early")
{
	for (unsigned f = 0; f < FREQUENCIES; f++) {
		struct ticks rate = ticks_of_hz(frequencies[f]);

		for (unsigned i = 0; i < SAMPLES; i++) {
			uint64_t ticks = ticks_from_ns(&rate, sample(i));

			assert_true(!ticks || ticks_to_ns(&rate, ticks - 1) < sample(i));
		}
	}
}

TEST(few_steps, "the multiplication alone is at most three ticks short, so that a far deadline costs no more than a near one")
{
	for (unsigned f = 0; f < FREQUENCIES; f++) {
		struct ticks rate = ticks_of_hz(frequencies[f]);

		for (unsigned i = 0; i < SAMPLES; i++) {
			uint64_t ticks = ticks_from_ns(&rate, sample(i));

			assert_in_range(ticks - ticks_multiply_high(sample(i), rate.fraction), 0, 3);
		}
	}
}

TEST(multiply_high, "the upper half of a product is right")
{
	for (unsigned i = 0; i < SAMPLES; i++) {
		uint64_t a = sample(i) << 1, b = sample(i * 7 + 3) << 1;

		assert_int_equal(ticks_multiply_high(a, b), (uint64_t)((unsigned __int128)a * b >> 64));
	}
	assert_int_equal(ticks_multiply_high(UINT64_MAX, UINT64_MAX), UINT64_MAX - 1);
}
