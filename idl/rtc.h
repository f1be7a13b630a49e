/* rtc.h - the protocol of a real-time clock driver at `dev/rtc`. */
#pragma once
#include "idl/interface.h"

enum { RTC_PROTOCOL = 0x72746320 /* "rtc " */, RTC_VERSION = 1 << 16 | 0 };

/* read: idempotent.
 *   out  word[0], word[1] nanoseconds since 1970-01-01 00:00 UTC
 * DEVICE. */
enum { RTC_READ = 2 };

/* set:
 *   in   word[0], word[1] nanoseconds since 1970-01-01 00:00 UTC
 * DEVICE. */
enum { RTC_SET = 3 };
