/* random.h - the kernel's generator: ChaCha20 (RFC 8439) in counter mode, rekeyed from its own output (fast key erasure).
 * Seeded once from the device tree's rng-seed; without one, from nothing, and random_seeded says so. */
#pragma once
#include "types.h"

void random_seed(const void *seed, size_t size); /* size 0: not seeded */
bool random_seeded(void);
void random_bytes(void *to, size_t size);
uintptr_t random_below(uintptr_t limit);         /* uniform in [0, limit), limit >= 1 */

void chacha20_block(const uint32_t state[16], uint32_t out[16]); /* RFC 8439, 2.3; for random.c and its test */
