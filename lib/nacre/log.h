/* log.h - a line for the log. Cannot fail: what cannot be delivered is dropped.
 *
 * Up to 64 bytes are sent without waiting; a longer line waits for the log, 10 ms at most, and is cut at
 * LOG_TEXT_BYTES. Formats are those of base/format.h. What is no UTF-8 is shown as question marks. Without a handle named
 * "log" nothing happens. */
#pragma once
#include "idl/log.h"

/* The levels of idl/log.nid, the gravest first. */
#define LOG_ERROR LOG_LEVEL_ERROR
#define LOG_WARNING LOG_LEVEL_WARNING
#define LOG_INFO LOG_LEVEL_INFO
#define LOG_DEBUG LOG_LEVEL_DEBUG

#ifdef __cplusplus
extern "C" {
#endif

void nacre_log(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#ifdef __cplusplus
}
#endif
