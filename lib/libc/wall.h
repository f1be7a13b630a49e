/* wall.h - the wall clock, within libc. */
#pragma once
#include <stdint.h>

/* ns to add to clock_now for ns since 1970; 0 where there is no time server, and time starts in 1970. */
uint64_t wall_offset_ns(void);
