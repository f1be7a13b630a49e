/* chacha.h - the ChaCha20 block function (RFC 8439, section 2.3). */
#pragma once
#include <stdint.h>

enum { CHACHA_KEY_BYTES = 32, CHACHA_BLOCK_BYTES = 64 };

/* Block `counter` of the key stream of a key, with a nonce of three words. */
void chacha_block(const uint8_t key[CHACHA_KEY_BYTES], uint32_t counter, const uint32_t nonce[3],
		  uint8_t block[CHACHA_BLOCK_BYTES]);
