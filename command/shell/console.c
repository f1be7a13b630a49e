/* console.c - text out and bytes in. */
#include "console.h"
#include <stdarg.h>
#include <stdlib.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/format.h"
#include "idl/console.h"
#include "nacre/client.h"
#include "nacre/names.h"

static char text[CONSOLE_WRITE_BYTES];
static size_t text_used;

nacre_status_t console_open(void)
{
	return nacre_connect("dev/console", &shell.console);
}

/* Asks until there is an answer. A console that is gone for good leaves the shell nothing to live for. */
static nacre_status_t ask(struct nacre_words *words, struct nacre_message *message, size_t *length)
{
	enum { PATIENCE = 50 };
	const struct nacre_words asked = *words;
	nacre_status_t status = STATUS_OK;

	for (unsigned i = 0; i < PATIENCE; i++) {
		*words = asked;
		status = nacre_ask_message(shell.console, words, message, length);
		if (status != NACRE_E_PEER_GONE)
			return status;
	}
	exit(STATUS_FAILED);
}

/* --- out ----------------------------------------------------------------------------------------------- */

static size_t write_some(const char *from, size_t size)
{
	struct nacre_words words = { .opcode = CONSOLE_WRITE, .word = { CONSOLE_TEXT } };
	struct nacre_message message = { .in_count = 1, .in = { { (uintptr_t)from, size } } };

	/* What cannot be written is lost; there is nobody to tell. */
	return ask(&words, &message, NULL) ? size : min_size(words.word[0], size);
}

void out_flush(void)
{
	for (size_t done = 0; done < text_used;)
		done += write_some(text + done, text_used - done);
	text_used = 0;
}

static void put(void *context, char character)
{
	(void)context;
	if (text_used == sizeof(text))
		out_flush();
	text[text_used++] = character;
}

void out_bytes(const char *from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		put(NULL, from[i]);
}

void out(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	format_each(put, NULL, format, list);
	va_end(list);
}

int complain(const char *who, const char *format, ...)
{
	va_list list;

	out("%s: ", who);
	va_start(list, format);
	format_each(put, NULL, format, list);
	va_end(list);
	out(".\n");
	return STATUS_FAILED;
}

/* --- in, and the rest ---------------------------------------------------------------------------------- */

size_t console_read(char *to, size_t room)
{
	struct nacre_words words = { .opcode = CONSOLE_READ, .word = { CONSOLE_RAW, 0, 0, 0, room } };
	struct nacre_message message = { .out_count = 1, .out = { { (uintptr_t)to, room } } };
	size_t length = 0;

	out_flush();
	return ask(&words, &message, &length) ? 0 : min_size(length, room);
}

nacre_status_t console_for_program(bool may_read, nacre_handle_t *connection)
{
	struct nacre_words words = { .opcode = CONSOLE_OPEN, .word = { CONSOLE_MAY_WRITE | (may_read ? CONSOLE_MAY_READ : 0) } };
	struct nacre_message message = { .accept = 1 };
	nacre_status_t status = ask(&words, &message, NULL);

	*connection = message.received[0];
	return status;
}

void console_attend(nacre_handle_t attendant)
{
	struct nacre_words words = { .opcode = attendant ? CONSOLE_ATTEND : CONSOLE_IGNORE, .word = { 1 } };
	struct nacre_message message = { .handle_count = attendant != NACRE_HANDLE_NONE, .send = { attendant } };

	ask(&words, &message, NULL);
}

void console_drain(void)
{
	struct nacre_words words = { .opcode = CONSOLE_DRAIN };
	struct nacre_message message = { 0 };

	out_flush();
	ask(&words, &message, NULL);
}
