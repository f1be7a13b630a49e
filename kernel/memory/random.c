/* random.c - ChaCha20 with fast key erasure.
 *
 * One block gives 64 bytes: the first half is the next key, the second is handed out and wiped as it goes. So whoever reads
 * this memory learns nothing of what was handed out before. Each key makes one block, hence counter and nonce are always 0.
 * The seed is taken in by 32 bytes: xor into the key, then make the next key of it. */
#include "memory/random.h"
#include "base/bits.h"
#include "base/bytes.h"
#include "base/string.h"

enum { KEY_WORDS = 8, BLOCK_WORDS = 16, POOL_BYTES = 32 };

static uint32_t key[KEY_WORDS];
static uint8_t pool[POOL_BYTES];
static size_t pool_left; /* the last so many bytes of pool are not used yet */
static bool seeded;

static inline __attribute__((always_inline)) uint32_t rotate(uint32_t x, unsigned by)
{
	return x << by | x >> (32 - by);
}

/* RFC 8439, 2.1. Inlined with constant places: the generator must not be what interrupts wait for. */
static inline __attribute__((always_inline)) void quarter(uint32_t *s, unsigned a, unsigned b, unsigned c, unsigned d)
{
	uint32_t x = s[a], y = s[b], z = s[c], w = s[d];

	x += y, w = rotate(w ^ x, 16);
	z += w, y = rotate(y ^ z, 12);
	x += y, w = rotate(w ^ x, 8);
	z += w, y = rotate(y ^ z, 7);
	s[a] = x, s[b] = y, s[c] = z, s[d] = w;
}

/* RFC 8439, 2.3: a column round and a diagonal round */
static void double_round(uint32_t *s)
{
	quarter(s, 0, 4, 8, 12);
	quarter(s, 1, 5, 9, 13);
	quarter(s, 2, 6, 10, 14);
	quarter(s, 3, 7, 11, 15);
	quarter(s, 0, 5, 10, 15);
	quarter(s, 1, 6, 11, 12);
	quarter(s, 2, 7, 8, 13);
	quarter(s, 3, 4, 9, 14);
}

void chacha20_block(const uint32_t state[BLOCK_WORDS], uint32_t out[BLOCK_WORDS])
{
	memcpy(out, state, BLOCK_WORDS * sizeof *out);
	for (unsigned i = 0; i < 10; i++)
		double_round(out);
	for (unsigned i = 0; i < BLOCK_WORDS; i++)
		out[i] += state[i];
}

static void refill(void)
{
	uint32_t state[BLOCK_WORDS] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 }; /* "expand 32-byte k" */
	uint32_t out[BLOCK_WORDS];

	memcpy(state + 4, key, sizeof key);
	chacha20_block(state, out);
	memcpy(key, out, sizeof key);
	memcpy(pool, out + KEY_WORDS, sizeof pool);
	pool_left = sizeof pool;
	memset(state, 0, sizeof state);
	memset(out, 0, sizeof out);
	__asm__ volatile("" : : "r"(state), "r"(out) : "memory"); /* keep the wiping */
}

void random_seed(const void *seed, size_t size)
{
	const uint8_t *bytes = seed;

	for (size_t i = 0; i < size; i++) {
		key[i / 4 % KEY_WORDS] ^= (uint32_t)bytes[i] << 8 * (i % 4);
		if (i + 1 == size || (i + 1) % sizeof key == 0)
			refill();
	}
	pool_left = 0;
	seeded = seeded || size;
}

bool random_seeded(void)
{
	return seeded;
}

static uint8_t next_byte(void)
{
	uint8_t *place, byte;

	if (!pool_left)
		refill();
	place = &pool[POOL_BYTES - pool_left--];
	byte = *place;
	*place = 0;
	return byte;
}

void random_bytes(void *to, size_t size)
{
	uint8_t *bytes = to;

	for (size_t i = 0; i < size; i++)
		bytes[i] = next_byte();
}

/* All ones up to the highest bit of x. */
static uintptr_t mask_of(uintptr_t x)
{
	for (unsigned by = 1; by < 8 * sizeof x; by *= 2)
		x |= x >> by;
	return x;
}

/* Draws as many bytes as needed until a number is below the limit: fewer than two draws on average. The tries are bounded
 * for the kernel's sake; after 64 the remainder is off by a chance of 2^-64. */
uintptr_t random_below(uintptr_t limit)
{
	uintptr_t mask = mask_of(limit - 1), number = 0;

	assert(limit);
	for (unsigned tries = 0; tries < 64; tries++) {
		number = 0;
		for (uintptr_t rest = mask; rest; rest >>= 8)
			number = number << 8 | next_byte();
		number &= mask;
		if (number < limit)
			return number;
	}
	return number % limit;
}
