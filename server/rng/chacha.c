/* chacha.c - the ChaCha20 block function. */
#include "chacha.h"
#include "base/bytes.h"

static uint32_t rotate(uint32_t value, unsigned count)
{
	return value << count | value >> (32 - count);
}

static void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
	*a += *b, *d = rotate(*d ^ *a, 16);
	*c += *d, *b = rotate(*b ^ *c, 12);
	*a += *b, *d = rotate(*d ^ *a, 8);
	*c += *d, *b = rotate(*b ^ *c, 7);
}

static void double_round(uint32_t x[16])
{
	for (unsigned i = 0; i < 4; i++)
		quarter_round(&x[i], &x[4 + i], &x[8 + i], &x[12 + i]);
	for (unsigned i = 0; i < 4; i++)
		quarter_round(&x[i], &x[4 + (i + 1) % 4], &x[8 + (i + 2) % 4], &x[12 + (i + 3) % 4]);
}

void chacha_block(const uint8_t key[CHACHA_KEY_BYTES], uint32_t counter, const uint32_t nonce[3],
		  uint8_t block[CHACHA_BLOCK_BYTES])
{
	uint32_t input[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 }, x[16];

	for (unsigned i = 0; i < 8; i++)
		input[4 + i] = load_le32(key + 4 * i);
	input[12] = counter;
	for (unsigned i = 0; i < 3; i++)
		input[13 + i] = nonce[i];
	for (unsigned i = 0; i < 16; i++)
		x[i] = input[i];
	for (unsigned i = 0; i < 10; i++)
		double_round(x);
	for (unsigned i = 0; i < 16; i++) {
		uint32_t sum = x[i] + input[i];

		for (unsigned byte = 0; byte < 4; byte++)
			block[4 * i + byte] = (uint8_t)(sum >> 8 * byte);
	}
}
