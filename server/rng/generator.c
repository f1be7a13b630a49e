/* generator.c - the random number generator. */
#include "generator.h"
#include "base/bits.h"
#include "base/sha256.h"
#include "base/string.h"
#include "chacha.h"
#include "nacre/clock.h"

struct generator generator;
static uint8_t key[CHACHA_KEY_BYTES];

/* The compiler must not find out that nobody reads this any more. */
static void wipe(void *bytes, size_t size)
{
	memset(bytes, 0, size);
	__asm__ volatile("" : : "r"(bytes) : "memory");
}

/* RFC 8439, section 2.3.2: the first bytes of the block. */
static bool test_passes(void)
{
	static const uint8_t wanted[] = { 0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15,
					  0x50, 0x0f, 0xdd, 0x1f, 0xa3, 0x20, 0x71, 0xc4 };
	static const uint32_t nonce[3] = { 0x09000000, 0x4a000000, 0 };
	uint8_t test_key[CHACHA_KEY_BYTES], block[CHACHA_BLOCK_BYTES];

	for (unsigned i = 0; i < sizeof(test_key); i++)
		test_key[i] = (uint8_t)i;
	chacha_block(test_key, 1, nonce, block);
	return !memcmp(block, wanted, sizeof(wanted));
}

void generator_open(void)
{
	generator.sound = test_passes();
}

void generator_seed(const void *bytes, size_t size, bool is_real)
{
	struct sha256 hash;

	sha256_init(&hash);
	sha256_update(&hash, key, sizeof(key));
	sha256_update(&hash, bytes, size);
	sha256_finish(&hash, key);
	wipe(&hash, sizeof(hash));
	generator.reseeds++;
	generator.seeded |= is_real;
}

void generator_fill(void *bytes, size_t size)
{
	uint64_t now_ns = nacre_clock_ns();
	const uint32_t nonce[3] = { (uint32_t)now_ns, (uint32_t)(now_ns >> 32), 0 };
	uint8_t old_key[CHACHA_KEY_BYTES], block[CHACHA_BLOCK_BYTES], *to = bytes;

	memcpy(old_key, key, sizeof(key));
	chacha_block(old_key, 0, nonce, block);
	memcpy(key, block, sizeof(key));
	generator.bytes += size;
	for (uint32_t counter = 1; size; counter++) {
		size_t part = min_size(size, sizeof(block));

		chacha_block(old_key, counter, nonce, block);
		memcpy(to, block, part);
		to += part;
		size -= part;
	}
	wipe(old_key, sizeof(old_key));
	wipe(block, sizeof(block));
}
