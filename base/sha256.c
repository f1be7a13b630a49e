/* sha256.c - SHA-256 (FIPS 180-4).
 *
 * Eight rounds are unrolled, so that the eight working variables change roles by name instead of moving. Maj reuses
 * the previous round's a ^ b. The sigma functions are inlined even where the compiler saves space (-Os): the
 * calls would cost more than the work. */
#include "base/sha256.h"
#include "base/bits.h"
#include "base/bytes.h"
#include "base/string.h"

static const uint32_t round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

#define INLINE static inline __attribute__((always_inline))

INLINE uint32_t rotate(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

/* The four sigma functions of section 4.1.2. */
INLINE uint32_t sum0(uint32_t x)
{
	return rotate(rotate(rotate(x, 9) ^ x, 11) ^ x, 2);
}

INLINE uint32_t sum1(uint32_t x)
{
	return rotate(rotate(rotate(x, 14) ^ x, 5) ^ x, 6);
}

INLINE uint32_t sigma0(uint32_t x)
{
	return rotate(rotate(x, 11) ^ x, 7) ^ x >> 3;
}

INLINE uint32_t sigma1(uint32_t x)
{
	return rotate(rotate(x, 2) ^ x, 17) ^ x >> 10;
}

/* One round with word t of this turn. ab is a ^ b of this round, bc that of the round before, which named the same two
 * variables b and c; the next round takes them the other way round. */
#define ROUND(a, b, c, d, e, f, g, h, ab, bc, t) \
	(h += sum1(e) + (((f ^ g) & e) ^ g) + k[t] + w[t], \
	 d += h, \
	 ab = a ^ b, \
	 h += sum0(a) + ((ab & bc) ^ b))

static void rounds(uint32_t s[8], const uint32_t w[64])
{
	uint32_t a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
	uint32_t x, y = b ^ c;

	for (const uint32_t *k = round_constants; k < round_constants + 64; k += 8, w += 8) {
		ROUND(a, b, c, d, e, f, g, h, x, y, 0);
		ROUND(h, a, b, c, d, e, f, g, y, x, 1);
		ROUND(g, h, a, b, c, d, e, f, x, y, 2);
		ROUND(f, g, h, a, b, c, d, e, y, x, 3);
		ROUND(e, f, g, h, a, b, c, d, x, y, 4);
		ROUND(d, e, f, g, h, a, b, c, y, x, 5);
		ROUND(c, d, e, f, g, h, a, b, x, y, 6);
		ROUND(b, c, d, e, f, g, h, a, y, x, 7);
	}
	s[0] += a, s[1] += b, s[2] += c, s[3] += d, s[4] += e, s[5] += f, s[6] += g, s[7] += h;
}

static void block_hash(uint32_t state[8], const uint8_t *block)
{
	uint32_t w[64] NOT_CLEARED;

	for (unsigned t = 0; t < 16; t++)
		w[t] = load_be32(block + 4 * t);
	for (unsigned t = 16; t < 64; t++)
		w[t] = w[t - 16] + sigma0(w[t - 15]) + w[t - 7] + sigma1(w[t - 2]);
	rounds(state, w);
}

void sha256_init(struct sha256 *hash)
{
	static const uint32_t initial[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memcpy(hash->state, initial, sizeof(initial));
	hash->length = 0;
}

/* Adds to the part block and hashes it once it is full. Returns how many bytes it took. */
static size_t block_fill(struct sha256 *hash, const uint8_t *data, size_t size)
{
	size_t used = hash->length % SHA256_BLOCK;
	size_t take = min_size(size, SHA256_BLOCK - used);

	memcpy(hash->block + used, data, take);
	hash->length += take;
	if (used + take == SHA256_BLOCK)
		block_hash(hash->state, hash->block);
	return take;
}

void sha256_update(struct sha256 *hash, const void *data, size_t size)
{
	const uint8_t *p = data;
	size_t take;

	if (hash->length % SHA256_BLOCK) {
		take = block_fill(hash, p, size);
		p += take, size -= take;
	}
	for (; size >= SHA256_BLOCK; p += SHA256_BLOCK, size -= SHA256_BLOCK) {
		block_hash(hash->state, p);
		hash->length += SHA256_BLOCK;
	}
	if (size)
		block_fill(hash, p, size);
}

/* The message ends with a one bit, zeros, and its length in bits, so that blocks come out full (section 5.1.1). */
void sha256_finish(struct sha256 *hash, uint8_t digest[SHA256_BYTES])
{
	static const uint8_t padding[SHA256_BLOCK] = { 0x80 };
	uint8_t bits[8];

	store_be64(bits, hash->length * 8);
	sha256_update(hash, padding, 1 + (119 - hash->length % SHA256_BLOCK) % SHA256_BLOCK);
	sha256_update(hash, bits, sizeof(bits));
	for (unsigned i = 0; i < 8; i++)
		store_be32(digest + 4 * i, hash->state[i]);
}

void sha256_of(const void *data, size_t size, uint8_t digest[SHA256_BYTES])
{
	struct sha256 hash;

	sha256_init(&hash);
	sha256_update(&hash, data, size);
	sha256_finish(&hash, digest);
}
