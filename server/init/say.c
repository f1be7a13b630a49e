/* say.c - how init makes itself heard. */
#include "say.h"
#include <stdarg.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/format.h"
#include "base/string.h"
#include "base/utf8.h"
#include "idl/console_client.h"
#include "idl/log_client.h"
#include "idl/names_client.h"
#include "machine.h"
#include "nacre/clock.h"
#include "server.h"
#include "service.h"
#include "tell.h"

/* How long init waits for any server. */
enum { PATIENCE_MS = 100 };

enum { LOG_SLOTS = 16 };

uint64_t patience(void)
{
	return nacre_deadline_in(PATIENCE_MS * NACRE_MS);
}

/* --- the log ------------------------------------------------------------------------------------------- */

static nacre_handle_t log_connection(void)
{
	static nacre_handle_t connection;
	const struct service *log = service_find("log");

	if (!connection && log)
		nacre_connection_mint(log->server, machine.boot->budget, INTERFACE_BADGE_CONTROL, LOG_SLOTS, 0, 0, &connection);
	return connection;
}

/* Where a piece of the text may end: not inside a character. */
static size_t piece_size(const char *text, size_t size)
{
	size_t part = min_size(size, NACRE_LIMIT_SEND_BYTES);

	while (part < size && ((uint8_t)text[part] & 0xc0) == 0x80)
		part--;
	return part;
}

/* A long line goes in pieces, which wait in the connection where the log does not run. */
static void send_pieces(nacre_handle_t log, enum log_level level, const char *text, size_t size)
{
	char piece[NACRE_LIMIT_SEND_BYTES + 1];

	for (size_t part; size; text += part, size -= part) {
		part = piece_size(text, size);
		memcpy(piece, text, part);
		piece[part] = '\0';
		log_write_send(log, level, piece);
	}
}

static void log_line(enum log_level level, const char *text, size_t size)
{
	const struct service *service = service_find("log");
	nacre_handle_t log = log_connection();

	if (!log || !size)
		return;
	if (size <= NACRE_LIMIT_SEND_BYTES || service->state != SERVICE_RUNNING ||
	    log_write_until(log, patience(), level, text) != STATUS_OK)
		send_pieces(log, level, text, size);
}

static void say_list(enum log_level level, char *text, size_t room, const char *format, va_list list)
{
	size_t size = min_size(format_list(text, room, format, list), room - 1);

	utf8_clean(text, size);
	log_line(level, text, size);
}

void say(enum log_level level, const char *format, ...)
{
	char text[LOG_TEXT_BYTES + 1];
	va_list list;

	va_start(list, format);
	say_list(level, text, sizeof(text), format, list);
	va_end(list);
}

void say_label(uint32_t number, const char *label)
{
	nacre_handle_t log = log_connection();

	if (log)
		log_label_send(log, number, label);
}

/* To a log that has just been started: more than its connection has slots for. It reads while it is asked. */
bool say_label_now(uint32_t number, const char *label)
{
	nacre_handle_t log = log_connection();

	return log && !log_label_until(log, patience(), number, label);
}

/* Another process of the same label may have written in between; one that wrote much hides this one's lines. */
bool say_last_line(uint32_t number, const char *label, uint32_t *before, char *text, size_t room)
{
	enum { TRIES = 8 };
	const struct service *service = service_find("log");
	nacre_handle_t log = log_connection();
	struct log_record record;

	if (!log || service->state != SERVICE_RUNNING || (service->process && service->process->number == number))
		return false;
	for (unsigned i = 0; i < TRIES; i++) {
		if (log_read_until(log, patience(), *before, LOG_LEVEL_DEBUG, LOG_READING_BACKWARD, label, &record, text, room, NULL))
			return false;
		*before = record.number;
		if (record.process == number)
			return true;
	}
	return false;
}

/* --- the console --------------------------------------------------------------------------------------- */

/* Init is a client like any other: it asks names for the console. */
static nacre_handle_t console_connection(void)
{
	static nacre_handle_t connection;
	nacre_handle_t names;

	if (connection || tell_names_connection(&names))
		return connection;
	names_lookup_until(names, patience(), NAMES_PATIENCE_NOW, "dev/console", &connection);
	nacre_handle_close(names);
	return connection;
}

static void put(const char *text, size_t size)
{
	nacre_handle_t console = console_connection();
	uint64_t end_ns = patience();
	uint32_t taken;

	/* A console that is broken may answer for ever that it has taken nothing. */
	while (console && size && nacre_clock_ns() < end_ns) {
		if (console_write_until(console, end_ns, CONSOLE_OUTPUT_TEXT, CONSOLE_PATIENCE_WAIT, text,
					min_size(size, CONSOLE_WRITE_BYTES), &taken) || taken > size)
			return;
		text += taken;
		size -= taken;
	}
}

void say_loudly(const char *format, ...)
{
	char text[LOG_TEXT_BYTES + 1];
	va_list list;

	va_start(list, format);
	say_list(LOG_ERROR, text, sizeof(text), format, list);
	va_end(list);
	put("\ninit: ", 7); /* whatever was being typed: on a line of its own */
	put(text, string_length(text));
	put("\n", 1);
}
