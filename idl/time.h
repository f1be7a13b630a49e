/* time.h - the protocols of the time server: the wall clock at `svc/time`, alarms at `svc/alarm`, setting the clock
 * at `svc/clock-set`. The monotonic clock is the kernel's (clock_now); everything here is built on it. */
#pragma once
#include "idl/interface.h"

enum { TIME_PROTOCOL = 0x74696d65 /* "time" */, TIME_VERSION = 1 << 16 | 0 };

/* wall: how to get from clock_now to the wall clock. idempotent.
 *   out  word[0], word[1] nanoseconds to add to clock_now for nanoseconds since 1970-01-01 00:00 UTC
 *        word[2] zone: minutes east of UTC, as a signed number; word[3] 1: the clock has been set or read; 0: it
 *        starts at 1970 because nobody knows better */
enum { TIME_WALL = 2 };

/* wall_set: set the wall clock, and the real-time clock if there is one. `svc/clock-set` only.
 *   in   word[0], word[1] nanoseconds since 1970-01-01 00:00 UTC, now
 * DENIED. */
enum { TIME_WALL_SET = 3 };

/* zone_set: `svc/clock-set` only.
 *   in   word[0] minutes east of UTC, signed, -900 to 900
 * DENIED, MALFORMED. */
enum { TIME_ZONE_SET = 4 };

/* alarm: set bits on a connection when a time has come. `svc/alarm` only.
 *   in   word[0], word[1] when, in ns of clock_now; word[2] bits;  handle connection [SIGNAL, TRANSFER]
 *   out  word[0] number of the alarm
 * DENIED, FULL (TIME_ALARMS_EACH a client). */
enum { TIME_ALARM = 5, TIME_ALARMS_EACH = 4 };

/* alarm_cancel: NOT_FOUND where it has gone off already.
 *   in   word[0] number of the alarm */
enum { TIME_ALARM_CANCEL = 6 };
