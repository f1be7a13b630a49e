/* log.h - a line for the log. Cannot fail: what cannot be delivered is dropped.
 *
 * Up to 64 bytes are sent without waiting; a longer line waits for the log, 10 ms at most, and is cut at
 * LOG_TEXT_BYTES. Formats are those of base/format.h. Levels are those of idl/log.h: LOG_ERROR, LOG_INFO ...
 * Without a handle named "log" nothing happens. */
#pragma once
#include "idl/log.h"

#ifdef __cplusplus
extern "C" {
#endif

void nacre_log(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#ifdef __cplusplus
}
#endif
