/* rng.h - the protocol of the random number server at `svc/rng`. */
#pragma once
#include "idl/interface.h"

enum { RNG_PROTOCOL = 0x726e6720 /* "rng " */, RNG_VERSION = 1 << 16 | 0, RNG_BYTES_MAX = 1024 };

/* bytes: random bytes. Never waits; whether they can be predicted, `health` tells.
 *   in   word[4] how many, 1 to RNG_BYTES_MAX
 *   out  bytes   as many */
enum { RNG_BYTES = 2 };

/* health: what the generator stands on. idempotent.
 *   in   word[4] room
 *   out  bytes   struct rng_health */
enum { RNG_HEALTH = 3 };

struct rng_health {
	uint32_t size;
	uint32_t seeded;     /* 1: from a real seed; 0: NONE, what comes out is predictable */
	uint32_t test;       /* 1: the known-answer test at the start was passed; 0: it failed and `bytes` answers DEVICE */
	uint32_t reseeds;    /* since the start of this process */
	uint64_t bytes;      /* handed out since then */
};

/* seed: mix bytes in. On init's control connection only. may send.
 *   in   word[0] 1: they are a real seed; bytes, 1 to 64 */
enum { RNG_SEED = 4 };
