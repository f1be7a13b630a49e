/* id.c - public IDs: a keyed permutation of the serial, so that IDs are unique, and tell nothing of order or number.
 *
 * A Feistel network of four rounds over two 64-bit halves (Luby and Rackoff, 1988: four rounds of pseudo-random functions are
 * a strong pseudo-random permutation), with SipHash-2-4 (Aumasson and Bernstein, 2012) of half and round as the function. */
#include "object/object.h"

static uint64_t key[2];

void object_id_key(const uint8_t bytes[32])
{
	__builtin_memcpy(key, bytes, sizeof key);
}

static uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	sip_round(v);
	v[0] ^= word;
}

static uint64_t siphash(uint64_t half, uint64_t round)
{
	uint64_t v[4] = { key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du, key[0] ^ 0x6c7967656e657261u,
	                  key[1] ^ 0x7465646279746573u };

	sip_word(v, half);
	sip_word(v, round);
	sip_word(v, (uint64_t)16 << 56); /* length byte of a 16-byte input */
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void object_id(const struct object *object, uint32_t id[4])
{
	uint64_t left = 0, right = object->serial, next;

	for (uint64_t round = 0; round < 4; round++) {
		next = left ^ siphash(right, round);
		left = right;
		right = next;
	}
	id[0] = (uint32_t)right;
	id[1] = (uint32_t)(right >> 32);
	id[2] = (uint32_t)left;
	id[3] = (uint32_t)(left >> 32);
}
