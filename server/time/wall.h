/* wall.h - the wall clock: an offset to the monotonic clock, taken from a real-time clock where the machine has one. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct wall {
	uint64_t offset_ns;      /* to add to clock_now for ns since 1970-01-01 00:00 UTC */
	int32_t zone_minutes;    /* east of UTC */
	bool known;
};

extern struct wall wall;

/* Goes on with what the predecessor knew; or reads the real-time clock. */
void wall_open(void);

/* Sets the time, and the real-time clock with it. */
void wall_set(uint64_t now_ns);
void wall_zone_set(int32_t minutes);
