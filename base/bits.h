/* bits.h - rounding, counting bits, minimum and maximum: pure, and never a call into libgcc.
 *
 * On RV32IMAC the compiler turns __builtin_clz and every 64-bit division into a libgcc call, and the kernel
 * links no libgcc. What is needed of that is spelt out here instead.
 * Alignments are powers of two. Nothing here checks for overflow: callers round only what they have bounded. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A variable that the compiler is not to make zero first: large, on a hot path, and all that is read of it is written before. */
#define NOT_CLEARED __attribute__((uninitialized))

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The structure of which `pointer` is the member named `member`. */
#define CONTAINER_OF(pointer, type, member) ((type *)(void *)((char *)(pointer) - offsetof(type, member)))

static inline bool is_power_of_two(uint64_t x)
{
	return x && !(x & (x - 1));
}

static inline uintptr_t align_down(uintptr_t x, uintptr_t alignment)
{
	return x & ~(alignment - 1);
}

static inline uintptr_t align_up(uintptr_t x, uintptr_t alignment)
{
	return (x + alignment - 1) & ~(alignment - 1);
}

static inline bool is_aligned(uintptr_t x, uintptr_t alignment)
{
	return !(x & (alignment - 1));
}

/* The same for physical addresses, which on RV32 may be wider than a pointer. */
static inline uint64_t align_down_u64(uint64_t x, uint64_t alignment)
{
	return x & ~(alignment - 1);
}

static inline uint64_t align_up_u64(uint64_t x, uint64_t alignment)
{
	return (x + alignment - 1) & ~(alignment - 1);
}

static inline size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static inline size_t max_size(size_t a, size_t b)
{
	return a > b ? a : b;
}

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Number of the highest set bit, 0..31. x must not be 0. Branch-free: about 20 instructions. */
static inline unsigned bit_highest(uint32_t x)
{
	unsigned n = (unsigned)(x > 0xffff) << 4;
	unsigned part;

	x >>= n;
	part = (unsigned)(x > 0xff) << 3, x >>= part, n |= part;
	part = (unsigned)(x > 0xf) << 2, x >>= part, n |= part;
	part = (unsigned)(x > 0x3) << 1, x >>= part, n |= part;
	return n | x >> 1;
}

/* Number of the lowest set bit, 0..31. x must not be 0. */
static inline unsigned bit_lowest(uint32_t x)
{
	return bit_highest(x & -x);
}

static inline unsigned bit_count(uint32_t x)
{
	x = x - (x >> 1 & 0x55555555);
	x = (x & 0x33333333) + (x >> 2 & 0x33333333);
	return ((x + (x >> 4)) & 0x0f0f0f0f) * 0x01010101 >> 24;
}

/* Quotient of a 64-bit by a 32-bit number; the remainder goes to *remainder unless that is NULL. divisor must
 * not be 0. The upper half is one machine division; the lower half goes bit by bit, about 200 instructions. */
static inline uint64_t divide_u64(uint64_t number, uint32_t divisor, uint32_t *remainder)
{
	uint32_t upper = (uint32_t)(number >> 32), lower = (uint32_t)number;
	uint32_t quotient = 0;
	uint64_t rest = upper % divisor;

	for (int bit = 31; bit >= 0; bit--) {
		rest = rest << 1 | (lower >> bit & 1);
		if (rest >= divisor) {
			rest -= divisor;
			quotient |= 1u << bit;
		}
	}
	if (remainder)
		*remainder = (uint32_t)rest;
	return (uint64_t)(upper / divisor) << 32 | quotient;
}
