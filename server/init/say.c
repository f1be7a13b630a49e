/* say.c - how init makes itself heard. */
#include "say.h"
#include <stdarg.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/format.h"
#include "base/string.h"
#include "idl/console.h"
#include "idl/names.h"
#include "machine.h"
#include "nacre/clock.h"
#include "server.h"
#include "service.h"
#include "tell.h"

enum { LOG_SLOTS = 16 };

uint32_t ask_patiently(nacre_handle_t connection, struct nacre_words *words, const void *bytes, size_t size,
		       nacre_handle_t send, nacre_handle_t *received)
{
	struct nacre_message message = {
		.in_count = size != 0, .in = { { (uintptr_t)bytes, size } },
		.handle_count = send != NACRE_HANDLE_NONE, .send = { send }, .accept = received != NULL,
	};
	nacre_err_t error = nacre_connection_call_message(connection, words, nacre_deadline_in(INIT_PATIENCE_MS * NACRE_MS),
							  &message, NULL);

	if (received)
		*received = message.received[0];
	return error ? error : (uint32_t)words->opcode;
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

/* A long line goes in pieces, which wait in the connection where the log does not run. */
static void send_pieces(nacre_handle_t log, enum log_level level, const char *text, size_t size)
{
	struct nacre_words words = { .opcode = LOG_WRITE, .word = { level } };

	for (size_t part; size; text += part, size -= part) {
		struct nacre_message message = { .in_count = 1 };

		part = min_size(size, NACRE_LIMIT_SEND_BYTES);
		message.in[0] = (struct nacre_segment){ (uintptr_t)text, part };
		nacre_connection_send(log, &words, &message);
	}
}

static void log_line(enum log_level level, const char *text, size_t size)
{
	struct nacre_words words = { .opcode = LOG_WRITE, .word = { level } };
	const struct service *service = service_find("log");
	nacre_handle_t log = log_connection();

	if (!log || !size)
		return;
	if (size <= NACRE_LIMIT_SEND_BYTES || service->state != SERVICE_RUNNING ||
	    ask_patiently(log, &words, text, size, NACRE_HANDLE_NONE, NULL) != STATUS_OK)
		send_pieces(log, level, text, size);
}

static void say_list(enum log_level level, char *text, size_t room, const char *format, va_list list)
{
	size_t size = min_size(format_list(text, room, format, list), room - 1);

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
	struct nacre_words words = { .opcode = LOG_LABEL, .word = { number } };
	struct nacre_message message = { .in_count = 1, .in = { { (uintptr_t)label, string_length(label) } } };
	nacre_handle_t log = log_connection();

	if (log)
		nacre_connection_send(log, &words, &message);
}

/* --- the console --------------------------------------------------------------------------------------- */

/* Init is a client like any other: it asks names for the console. */
static nacre_handle_t console_connection(void)
{
	static const char path[] = "dev/console";
	static nacre_handle_t connection;
	struct nacre_words words = { .opcode = NAMES_CONNECT, .word = { NAMES_NOW } };
	nacre_handle_t names;

	if (connection || tell_names_connection(&names))
		return connection;
	if (ask_patiently(names, &words, path, sizeof(path) - 1, NACRE_HANDLE_NONE, &connection) != STATUS_OK)
		connection = NACRE_HANDLE_NONE;
	nacre_handle_close(names);
	return connection;
}

static void console_write(const char *text, size_t size)
{
	nacre_handle_t console = console_connection();

	while (console && size) {
		struct nacre_words words = { .opcode = CONSOLE_WRITE, .word = { CONSOLE_TEXT } };

		if (ask_patiently(console, &words, text, size, NACRE_HANDLE_NONE, NULL) || words.word[0] > size)
			return;
		text += words.word[0];
		size -= words.word[0];
	}
}

void say_loudly(const char *format, ...)
{
	char text[LOG_TEXT_BYTES + 1];
	va_list list;

	va_start(list, format);
	say_list(LOG_ERROR, text, sizeof(text), format, list);
	va_end(list);
	console_write("\ninit: ", 7); /* whatever was being typed: on a line of its own */
	console_write(text, string_length(text));
	console_write("\n", 1);
}
