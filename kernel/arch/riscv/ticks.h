/* ticks.h - between ns and the ticks of a counter that runs at f ticks a second, without dividing.
 *
 * Conversions are multiplications by numbers with the binary point in them, worked out once, since RV32 divides 64 bits
 * only slowly:
 *   ns    = ticks * (10^9 / f)     integer part and 32 bits of fraction: exact where f divides 10^9
 *   ticks = ns * (f / 10^9)        64 bits of fraction, then a few ticks more so that a timer is never early
 * With another f the rate is wrong by less than f / (4 * 10^18): far less than any crystal. Pure arithmetic. */
#pragma once
#include <stdint.h>

#define NS_PER_SECOND 1000000000u

struct ticks {
	uint32_t ns, ns_fraction; /* ns per tick */
	uint64_t fraction;        /* ticks per ns, from the rate as rounded above, so that the two agree at any distance */
};

/* `bits` binary digits behind the point of rest / divisor, for rest < divisor < 2^63. */
static inline uint64_t ticks_digits(uint64_t rest, uint64_t divisor, unsigned bits)
{
	uint64_t digits = 0;

	while (bits--) {
		rest <<= 1;
		digits = digits << 1 | (rest >= divisor);
		if (rest >= divisor)
			rest -= divisor;
	}
	return digits;
}

/* hz: 1 to 10^9. At 10^9 ticks per ns would be 1; it is a little less, which ticks_from_ns makes good. */
static inline struct ticks ticks_of_hz(uint32_t hz)
{
	struct ticks rate = { .ns = NS_PER_SECOND / hz };
	uint64_t both = (uint64_t)rate.ns << 32;

	rate.ns_fraction = (uint32_t)ticks_digits(NS_PER_SECOND % hz, hz, 32);
	both += rate.ns_fraction;
	rate.fraction = both == (uint64_t)1 << 32 ? UINT64_MAX : ticks_digits((uint64_t)1 << 32, both, 64);
	return rate;
}

static inline uint64_t ticks_to_ns(const struct ticks *rate, uint64_t ticks)
{
	uint64_t low = (uint64_t)(uint32_t)ticks * rate->ns_fraction >> 32;

	return ticks * rate->ns + (ticks >> 32) * rate->ns_fraction + low;
}

static inline uint64_t ticks_multiply_high(uint64_t a, uint64_t b)
{
	uint32_t a_low = (uint32_t)a, b_low = (uint32_t)b;
	uint64_t a_high = a >> 32, b_high = b >> 32;
	uint64_t cross = a_high * b_low + ((uint64_t)a_low * b_low >> 32);
	uint64_t other = a_low * b_high + (uint32_t)cross;

	return a_high * b_high + (cross >> 32) + (other >> 32);
}

/* The first tick at which the clock shows at least ns, for ns below 2^63 (292 years). */
static inline uint64_t ticks_from_ns(const struct ticks *rate, uint64_t ns)
{
	uint64_t ticks = ticks_multiply_high(ns, rate->fraction);

	while (ticks_to_ns(rate, ticks) < ns)
		ticks++;
	return ticks;
}
