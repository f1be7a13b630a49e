/* terminal.c - text out and bytes in. */
#include "terminal.h"
#include <stdarg.h>
#include <stdlib.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/format.h"
#include "idl/console_client.h"

static char text[CONSOLE_WRITE_BYTES];
static size_t text_used;

nacre_status_t terminal_open(void)
{
	return console_connect("dev/console", &shell.console);
}

/* Is there to be another try? A console that is gone for good leaves the shell nothing to live for. */
static bool again(nacre_status_t status, unsigned *tries)
{
	enum { PATIENCE = 50 };

	if (status != NACRE_E_PEER_GONE)
		return false;
	if (++*tries == PATIENCE)
		exit(STATUS_FAILED);
	return true;
}

/* --- out ----------------------------------------------------------------------------------------------- */

static size_t write_some(const char *from, size_t size)
{
	nacre_status_t status;
	unsigned tries = 0;
	uint32_t taken;

	do
		status = console_write(shell.console, CONSOLE_OUTPUT_TEXT, CONSOLE_PATIENCE_WAIT, from, size, &taken);
	while (again(status, &tries));
	/* What cannot be written is lost; there is nobody to tell. */
	return status ? size : min_size(taken, size);
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

size_t terminal_read(char *to, size_t room)
{
	nacre_status_t status;
	unsigned tries = 0;
	size_t length;

	out_flush();
	do
		status = console_read(shell.console, CONSOLE_INPUT_RAW, CONSOLE_PATIENCE_WAIT, to, room, &length);
	while (again(status, &tries));
	return length;
}

nacre_status_t terminal_for_program(bool may_read, nacre_handle_t *connection)
{
	uint32_t may = CONSOLE_MAY_WRITE | (may_read ? CONSOLE_MAY_READ : 0);
	nacre_status_t status;
	unsigned tries = 0;

	do
		status = console_open(shell.console, may, connection);
	while (again(status, &tries));
	return status;
}

void terminal_attend(nacre_handle_t attendant)
{
	nacre_status_t status;
	unsigned tries = 0;

	do
		status = attendant ? console_attend(shell.console, 1, attendant) : console_ignore(shell.console);
	while (again(status, &tries));
}

void terminal_drain(void)
{
	nacre_status_t status;
	unsigned tries = 0;

	out_flush();
	do
		status = console_drain(shell.console);
	while (again(status, &tries));
}
