/* say.c - lines on the console. */
#include <stdarg.h>
#include <stdio.h>
#include "demo.h"
#include "idl/console_client.h"

enum { LINE_BYTES = 240 };

nacre_handle_t console;

/* A console that dies with the call may have taken it or not: nobody knows. Twice is better than never. */
nacre_status_t say_bytes(struct client *client, const char *text, size_t size)
{
	nacre_status_t status = 0;
	uint32_t taken;

	for (size_t done = 0; done < size && !status; done += taken) {
		do {
			taken = 0;
			status = console_write(console, CONSOLE_OUTPUT_TEXT, CONSOLE_PATIENCE_WAIT, text + done, size - done, &taken);
		} while (client ? request_again(client, status, ONCE) : status == NACRE_E_PEER_GONE);
		if (taken > size - done)
			return STATUS_MALFORMED;
	}
	return status;
}

void say(const char *format, ...)
{
	char line[LINE_BYTES];
	va_list list;
	int size;

	va_start(list, format);
	size = vsnprintf(line, sizeof(line), format, list);
	va_end(list);
	if (size > 0)
		say_bytes(NULL, line, (size_t)size < sizeof(line) ? (size_t)size : sizeof(line) - 1);
}
