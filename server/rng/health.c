/* health.c - continuous tests of a noise source. */
#include "health.h"

/* 4.4.1: cutoff 1 + 30 / HEALTH_BITS, rounded up. */
static bool repeats(struct health *health, uint8_t sample)
{
	health->repeats = health->repeats && sample == health->last ? health->repeats + 1 : 1;
	health->last = sample;
	return health->repeats >= HEALTH_REPEATS;
}

/* 4.4.2: the first sample of a window must not come too often in it. HEALTH_SAME is one more than what a binomial count of
 * HEALTH_WINDOW samples with probability 2^-HEALTH_BITS exceeds less than once in 2^30 windows. */
static bool dominates(struct health *health, uint8_t sample)
{
	if (!health->seen) {
		health->first = sample;
		health->same = 0;
	}
	health->same += sample == health->first;
	health->seen = (health->seen + 1) % HEALTH_WINDOW;
	return health->same >= HEALTH_SAME;
}

bool health_test(struct health *health, const uint8_t *samples, size_t count)
{
	for (size_t i = 0; i < count && health->state != RNG_SOURCE_FAILED; i++) {
		bool failed = repeats(health, samples[i]);

		failed |= dominates(health, samples[i]);
		health->passed += health->passed < RNG_NOISE_STARTUP;
		if (failed)
			health->state = RNG_SOURCE_FAILED;
		else
			health->state = health->passed < RNG_NOISE_STARTUP ? RNG_SOURCE_TESTING : RNG_SOURCE_SOUND;
	}
	return health->state != RNG_SOURCE_FAILED;
}
