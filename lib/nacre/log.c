/* log.c - the client of the log. */
#include "nacre/log.h"
#include <stdarg.h>
#include "base/bits.h"
#include "base/format.h"
#include "base/utf8.h"
#include "idl/log_client.h"
#include "nacre/clock.h"
#include "nacre/startup.h"

/* A log that is this late is not worth waiting for. */
#define PATIENCE_NS (10 * NACRE_MS)

static void deliver(nacre_handle_t log, enum log_level level, const char *text, size_t size)
{
	if (size <= NACRE_LIMIT_SEND_BYTES && log_write_send(log, level, text) == NACRE_E_OK)
		return;
	log_write_until(log, nacre_deadline_in(PATIENCE_NS), level, text);
}

void nacre_log(enum log_level level, const char *format, ...)
{
	nacre_handle_t log = nacre_startup_handle("log");
	char text[LOG_TEXT_BYTES + 1] NOT_CLEARED;
	va_list list;
	size_t size;

	if (!log)
		return;
	va_start(list, format);
	size = min_size(format_list(text, sizeof(text), format, list), LOG_TEXT_BYTES);
	va_end(list);
	utf8_clean(text, size);
	if (size)
		deliver(log, level, text, size);
}
