/* bytes.h - numbers as they lie in files: any alignment, stated byte order.
 * Reading byte by byte needs no aligned pointer and no cast, so hostile input cannot make it trap. */
#pragma once
#include <stdint.h>

static inline uint16_t load_le16(const void *from)
{
	const uint8_t *p = from;

	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t load_le32(const void *from)
{
	const uint8_t *p = from;

	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t load_le64(const void *from)
{
	const uint8_t *p = from;

	return load_le32(p) | (uint64_t)load_le32(p + 4) << 32;
}

static inline uint32_t load_be32(const void *from)
{
	const uint8_t *p = from;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t load_be64(const void *from)
{
	const uint8_t *p = from;

	return (uint64_t)load_be32(p) << 32 | load_be32(p + 4);
}

static inline void store_be32(void *to, uint32_t value)
{
	uint8_t *p = to;

	p[0] = (uint8_t)(value >> 24);
	p[1] = (uint8_t)(value >> 16);
	p[2] = (uint8_t)(value >> 8);
	p[3] = (uint8_t)value;
}

static inline void store_be64(void *to, uint64_t value)
{
	uint8_t *p = to;

	store_be32(p, (uint32_t)(value >> 32));
	store_be32(p + 4, (uint32_t)value);
}
