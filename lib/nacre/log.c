/* log.c - the client of the log. */
#include "nacre/log.h"
#include <stdarg.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/format.h"
#include "nacre/client.h"
#include "nacre/clock.h"
#include "nacre/startup.h"

/* A log that is this late is not worth waiting for. */
#define PATIENCE_NS (10 * NACRE_MS)

static void deliver(nacre_handle_t log, const struct nacre_words *words, const char *text, size_t size)
{
	struct nacre_words call = *words;
	struct nacre_message message = { .in_count = 1, .in = { { (uintptr_t)text, size } } };

	if (size <= NACRE_LIMIT_SEND_BYTES && nacre_connection_send(log, words, &message) == NACRE_E_OK)
		return;
	nacre_connection_call_message(log, &call, nacre_deadline_in(PATIENCE_NS), &message, NULL);
}

void nacre_log(enum log_level level, const char *format, ...)
{
	struct nacre_words words = { .opcode = LOG_WRITE, .word = { level } };
	nacre_handle_t log = nacre_startup_handle("log");
	char text[LOG_TEXT_BYTES + 1];
	va_list list;
	size_t size;

	if (!log)
		return;
	va_start(list, format);
	size = format_list(text, sizeof(text), format, list);
	va_end(list);
	if (size)
		deliver(log, &words, text, min_size(size, LOG_TEXT_BYTES));
}
