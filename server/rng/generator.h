/* generator.h - the random number generator: ChaCha20 with fast key erasure.
 *
 * Each request makes a key stream from the key, keeps its first 32 bytes as the next key and hands out the rest: who
 * reads this process's memory later learns nothing of what was handed out before. Seeds are hashed into the key, so
 * none can make it worse. The time of every request goes in as nonce: it is no entropy to count on, but it makes
 * streams differ where there is no seed at all.
 *
 *   I1  the key that made a byte of output is gone before the byte is handed out */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct generator {
	bool seeded, sound;      /* from a real seed; known-answer test passed */
	uint32_t reseeds;
	uint64_t bytes;          /* handed out */
};

extern struct generator generator;

/* Runs the known-answer test. */
void generator_open(void);

/* Mixes bytes in; `is_real`: they are a seed that cannot be guessed. */
void generator_seed(const void *bytes, size_t size, bool is_real);

void generator_fill(void *bytes, size_t size);
