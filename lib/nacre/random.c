/* random.c - unpredictable bytes: the hash chain. */
#include "nacre/random.h"
#include "base/bits.h"
#include "base/sha256.h"
#include "base/string.h"
#include "nacre/startup.h"

static uint8_t state[SHA256_BYTES];
static bool seeded;

/* SHA-256(state, number) */
static void derive(uint32_t number, uint8_t digest[SHA256_BYTES])
{
	struct sha256 hash;

	sha256_init(&hash);
	sha256_update(&hash, state, sizeof(state));
	sha256_update(&hash, &number, sizeof(number));
	sha256_finish(&hash, digest);
}

/* The seed must not be found in memory once it was used: what it made is not to be made again. */
static void seed(void)
{
	struct nacre_startup *startup = nacre_startup();

	memcpy(state, startup->random, sizeof(state));
	memset(startup->random, 0, sizeof(startup->random));
	__asm__ volatile("" : : "r"(startup) : "memory");
	seeded = true;
}

void nacre_random_fill(void *buffer, size_t size)
{
	uint8_t *to = buffer, block[SHA256_BYTES];

	if (!seeded)
		seed();
	for (uint32_t number = 1; size; number++) {
		size_t piece = min_size(size, sizeof(block));

		derive(number, block);
		memcpy(to, block, piece);
		to += piece;
		size -= piece;
	}
	derive(0, block);
	memcpy(state, block, sizeof(state));
}
