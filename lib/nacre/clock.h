/* clock.h - deadlines. Absolute, in ns of the kernel's monotonic counter; the wall clock is the time server's. */
#pragma once
#include "abi/nacre_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NACRE_US 1000ull
#define NACRE_MS 1000000ull
#define NACRE_S 1000000000ull

/* ns since reset. */
uint64_t nacre_clock_ns(void);

/* The deadline this far from now; saturates to NACRE_DEADLINE_NEVER. */
uint64_t nacre_deadline_in(uint64_t ns);

/* Waits until then; nothing wakes it earlier. */
void nacre_sleep_until(uint64_t deadline_ns);

#ifdef __cplusplus
}
#endif
