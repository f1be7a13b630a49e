/* noise.c - what the random number server makes of noise, good and bad (system/noise.toml: test-noise). */
#include "idl/rng_client.h"
#include "idl/system_client.h"
#include "test/test.h"

static nacre_handle_t rng, source, init;
static uint32_t dice_state;

static uint8_t dice(void)
{
	dice_state = dice_state * 1664525 + 1013904223;
	return (uint8_t)(dice_state >> 16);
}

/* A server that has seen no noise yet: the one before it is killed. */
static void begin(void)
{
	struct system_process process = { 0 };
	struct rng_health health;

	EXPECT_EQ(nacre_connect("svc/rng", &rng), STATUS_OK);
	EXPECT_EQ(nacre_connect("svc/rng-noise", &source), STATUS_OK);
	EXPECT_EQ(nacre_connect("svc/system", &init), STATUS_OK);
	for (uint32_t number = 0; strcmp(process.label, "rng") != 0; number = process.number + 1)
		EXPECT_EQ(system_process(init, number, &process, NULL, NULL), STATUS_OK);
	EXPECT_EQ(system_kill(init, process.number, 0), STATUS_OK);
	while (rng_health(rng, &health) == NACRE_E_PEER_GONE)
		;
	EXPECT_EQ(health.source, RNG_SOURCE_NONE);
	dice_state = 1;
}

static void end(void)
{
	nacre_handle_close(rng);
	nacre_handle_close(source);
	nacre_handle_close(init);
}

static struct rng_health health(void)
{
	struct rng_health health = { 0 };

	EXPECT_EQ(rng_health(rng, &health), STATUS_OK);
	return health;
}

/* Pieces of `sample(n)`; answers how many samples had been brought when the first piece was refused, or `most`. */
static uint32_t bring(uint8_t (*sample)(uint32_t n), uint32_t most)
{
	uint8_t piece[RNG_NOISE_BYTES];
	uint32_t n = 0, wanted;

	while (n < most) {
		for (uint32_t i = 0; i < sizeof(piece); i++)
			piece[i] = sample(n + i);
		nacre_status_t status = rng_noise(source, piece, sizeof(piece), &wanted);

		if (status == STATUS_DEVICE)
			return n;
		EXPECT_EQ(status, STATUS_OK);
		n += sizeof(piece);
	}
	return n;
}

static uint8_t good(uint32_t n)
{
	(void)n;
	return dice();
}

TEST(startup, "noise counts after 1,024 samples have passed the tests, and is mixed in from the first on")
{
	begin();
	uint32_t before = health().reseeds;

	EXPECT_EQ(bring(good, RNG_NOISE_STARTUP - RNG_NOISE_BYTES), RNG_NOISE_STARTUP - RNG_NOISE_BYTES);
	EXPECT(health().source == RNG_SOURCE_TESTING && health().missing == RNG_NOISE_BYTES);
	EXPECT_EQ(bring(good, RNG_NOISE_BYTES), RNG_NOISE_BYTES);
	EXPECT(health().source == RNG_SOURCE_SOUND && health().missing == 0);
	EXPECT_EQ(health().reseeds, before + RNG_NOISE_STARTUP / RNG_NOISE_BYTES);
	EXPECT(health().noise_bytes == RNG_NOISE_STARTUP);
	end();
}

TEST(long_run, "a hundred thousand good samples pass")
{
	begin();
	EXPECT_EQ(bring(good, 102400), 102400);
	EXPECT_EQ(health().source, RNG_SOURCE_SOUND);
	end();
}

/* After 2,000 good ones. */
static uint8_t stuck(uint32_t n)
{
	return n < 2000 ? dice() : 0x55;
}

static uint8_t repeats_eight(uint32_t n)
{
	return (uint8_t)(n / 8 * 37);
}

static uint8_t repeats_nine(uint32_t n)
{
	return (uint8_t)(n / 9 * 37);
}

/* One sample in four is the same, and it never comes twice in a row. */
static uint8_t biased(uint32_t n)
{
	return n % 4 ? (uint8_t)(dice() | 1) : 0;
}

static uint8_t half(uint32_t n)
{
	return n % 2 ? dice() : 7;
}

static void expect_failure(uint8_t (*sample)(uint32_t n), uint32_t from, uint32_t until)
{
	uint32_t refused;
	uint8_t bytes[16];
	size_t length;

	begin();
	refused = bring(sample, 8192);
	EXPECT(refused >= from && refused < until);
	EXPECT_EQ(health().source, RNG_SOURCE_FAILED);
	dice_state = 1;
	EXPECT_EQ(bring(good, 4096), 0);                        /* for good */
	EXPECT_EQ(rng_bytes(rng, bytes, sizeof(bytes), &length), STATUS_OK); /* what init seeded goes on */
	end();
}

TEST(stuck, "a source that sticks is found within nine samples and not used any more; random numbers go on from their seed")
{
	expect_failure(stuck, 1984, 2009);
}

TEST(repeated, "nine equal samples in a row are a failure, eight are none")
{
	expect_failure(repeats_nine, 0, 9);
	begin();
	EXPECT_EQ(bring(repeats_eight, 1024), 1024);
	end();
}

TEST(proportion, "a sample that makes up too much of a window of 512 is a failure, though it never comes twice in a row")
{
	expect_failure(biased, 0, 512);
	expect_failure(half, 0, 512);
}

TEST(elsewhere, "noise is taken on its own name only, and nothing else is served there")
{
	uint8_t bytes[16] = { 0 };
	uint32_t wanted;
	size_t length;

	begin();
	EXPECT_EQ(rng_noise(rng, bytes, sizeof(bytes), &wanted), STATUS_METHOD);
	EXPECT_EQ(rng_bytes(source, bytes, sizeof(bytes), &length), STATUS_METHOD);
	EXPECT_EQ(health().source, RNG_SOURCE_NONE);
	end();
}
