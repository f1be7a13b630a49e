/* pattern.h - bytes that tell where in a piece they belong, and to which piece: so that what is mixed up or stale is seen. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint8_t pattern_byte(size_t i, uint32_t seed)
{
	return (uint8_t)(seed * 7 + i + i / 251);
}

static inline void pattern_put(uint8_t *bytes, size_t size, uint32_t seed)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = pattern_byte(i, seed);
}

static inline bool pattern_is(const uint8_t *bytes, size_t size, uint32_t seed)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != pattern_byte(i, seed))
			return false;
	return true;
}
