/* health.h - continuous tests of a noise source: NIST SP 800-90B, 4.4. A sample is a byte.
 *
 *     TESTING --RNG_NOISE_STARTUP samples passed--> SOUND          I1  FAILED is for good: until this process ends
 *        +---- a test failed ----> FAILED <---- a test failed ----+
 *
 * The source is taken to give at least HEALTH_BITS bits of entropy a sample. A source that does so is called failed about once
 * in 2^30 samples, by either test. The tests find a source that broke: stuck, or biased by far. They do not find one that can
 * be predicted. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "idl/rng.h"

enum { HEALTH_BITS = 4, HEALTH_REPEATS = 9, HEALTH_WINDOW = 512, HEALTH_SAME = 71 };

struct health {
	enum rng_source state;
	uint32_t passed;             /* samples, up to RNG_NOISE_STARTUP */
	uint8_t last;                /* repetition count test: the last sample, ... */
	uint32_t repeats;            /* ... and how often it came, one after the other; 0: none yet */
	uint8_t first;               /* adaptive proportion test: the window's first sample, ... */
	uint32_t same, seen;         /* ... how often it came in it, and how far the window is */
};

/* Tests each sample. False: the source has failed, now or before. */
bool health_test(struct health *health, const uint8_t *samples, size_t count);
