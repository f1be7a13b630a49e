/* sha256.h - SHA-256 (FIPS 180-4), incremental.
 *
 *   struct sha256 hash;
 *   sha256_init(&hash);  sha256_update(&hash, data, size);  ...  sha256_finish(&hash, digest);
 *
 * About 63 instructions a byte on RV32IMAC. Constant time in the data, not written to resist power analysis. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32, SHA256_BLOCK = 64 };

struct sha256 {
	uint32_t state[8];
	uint64_t length;              /* bytes taken so far */
	uint8_t block[SHA256_BLOCK];  /* the length % 64 bytes that fill no block yet */
};

void sha256_init(struct sha256 *hash);
void sha256_update(struct sha256 *hash, const void *data, size_t size);

/* Writes the digest. The hash must be initialised again before it is used again. */
void sha256_finish(struct sha256 *hash, uint8_t digest[SHA256_BYTES]);

/* All three at once. */
void sha256_of(const void *data, size_t size, uint8_t digest[SHA256_BYTES]);
