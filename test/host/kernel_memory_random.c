/* kernel_memory_random.c - the generator against RFC 8439, and what is built on it. */
#include "memory_machine.h"

/* RFC 8439, 2.3.2 */
TEST(chacha20, "the block function gives the RFC's test vector")
{
	uint32_t input[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 }, out[16];
	static const uint8_t nonce[12] = { 0, 0, 0, 9, 0, 0, 0, 0x4a, 0, 0, 0, 0 };
	static const uint32_t expected[16] = {
		0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3, 0xc7f4d1c7, 0x0368c033, 0x9aaa2204, 0x4e6cd4c3,
		0x466482d2, 0x09aa9f07, 0x05d7c214, 0xa2028bd9, 0xd19c12b5, 0xb94e16de, 0xe883d0cb, 0x4e3c50a2,
	};

	for (unsigned i = 0; i < 32; i++)
		((uint8_t *)(input + 4))[i] = (uint8_t)i;
	input[12] = 1;
	memcpy(input + 13, nonce, sizeof nonce);
	chacha20_block(input, out);
	assert_memory_equal(out, expected, sizeof expected);
}

TEST(seeded, "it says whether it was ever seeded")
{
	assert_false(random_seeded());
	random_seed(NULL, 0);
	assert_false(random_seeded());
	random_seed("x", 1);
	assert_true(random_seeded());
	random_seed(NULL, 0);
	assert_true(random_seeded());
}

static void first_bytes(const char *seed, size_t size, uint8_t *to)
{
	pid_t child;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		uint8_t bytes[64];

		random_seed(seed, size);
		random_bytes(bytes, 7);
		random_bytes(bytes + 7, sizeof bytes - 7);
		_exit(write(ends[1], bytes, sizeof bytes) != sizeof bytes);
	}
	assert_int_equal(read(ends[0], to, 64), 64);
	waitpid(child, NULL, 0);
	close(ends[0]);
	close(ends[1]);
}

TEST(repeats, "equal seeds give equal bytes")
{
	uint8_t a[64], b[64];

	first_bytes("seed", 4, a);
	first_bytes("seed", 4, b);
	assert_memory_equal(a, b, 64);
	first_bytes("seee", 4, b);
	assert_memory_not_equal(a, b, 64);
	assert_memory_not_equal(a, a + 32, 32);
}

TEST(seed, "every byte of a seed longer than the key changes what follows")
{
	char seed[70];
	uint8_t plain[64], changed[64];

	memset(seed, 'a', sizeof seed);
	first_bytes(seed, sizeof seed, plain);
	for (size_t i = 0; i < sizeof seed; i++) {
		seed[i] ^= 1;
		first_bytes(seed, sizeof seed, changed);
		assert_memory_not_equal(plain, changed, 64);
		seed[i] ^= 1;
	}
}

/* What doc/security.md says of it: the seed is taken in by keys, each of which makes the next; the second half of a block goes out. */
TEST(known, "what comes of a seed is what the block function alone makes of it")
{
	enum { SEED = 70, KEY = 32 };
	uint32_t input[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 }, out[16];
	uint8_t *key = (uint8_t *)(input + 4), expected[64], got[64];
	char seed[SEED];

	for (unsigned i = 0; i < SEED; i++)
		seed[i] = (char)(i * 7 + 1);
	for (unsigned from = 0; from < SEED; from += KEY) {
		for (unsigned i = 0; i < KEY && from + i < SEED; i++)
			key[i] ^= (uint8_t)seed[from + i];
		chacha20_block(input, out);
		memcpy(key, out, KEY);
	}
	for (unsigned from = 0; from < sizeof expected; from += KEY) {
		chacha20_block(input, out);
		memcpy(expected + from, (uint8_t *)out + KEY, KEY);
		memcpy(key, out, KEY);
	}
	first_bytes(seed, SEED, got);
	assert_memory_equal(got, expected, sizeof expected);
}

TEST(below, "random_below stays below every limit, reaches every number, and prefers none")
{
	unsigned counts[10] = { 0 };

	random_seed("dice", 4);
	for (unsigned i = 0; i < 100; i++)
		assert_true(random_below(1) == 0);
	for (unsigned i = 0; i < 100000; i++) {
		uintptr_t number = random_below(10);

		assert_true(number < 10);
		counts[number]++;
	}
	for (unsigned i = 0; i < 10; i++)
		assert_in_range(counts[i], 9500, 10500);
	for (unsigned bit = 1; bit < 64; bit++)
		for (unsigned i = 0; i < 100; i++)
			assert_true(random_below(((uintptr_t)1 << bit) + 1) <= (uintptr_t)1 << bit);
	assert_true(random_below(UINTPTR_MAX) < UINTPTR_MAX);
	assert_true(HOST_PANICS((void)random_below(0)));
}

TEST(bits, "each bit of the stream is set half the time")
{
	unsigned counts[8] = { 0 };
	uint8_t byte;

	random_seed("bits", 4);
	for (unsigned i = 0; i < 50000; i++) {
		random_bytes(&byte, 1);
		for (unsigned bit = 0; bit < 8; bit++)
			counts[bit] += byte >> bit & 1;
	}
	for (unsigned bit = 0; bit < 8; bit++)
		assert_in_range(counts[bit], 24400, 25600);
}
