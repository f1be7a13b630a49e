/* timing_alt.h - timers on Nacre's monotonic clock; mbedtls/timing.h includes this and has the functions. */
#pragma once
#include <stdint.h>

struct mbedtls_timing_hr_time {
	uint64_t start_ns;
};

typedef struct mbedtls_timing_delay_context {
	struct mbedtls_timing_hr_time timer;
	uint32_t int_ms, fin_ms; /* intermediate and final delay; fin_ms 0: none is set */
} mbedtls_timing_delay_context;
