/* load_console.c - the console's client: it writes lines, and the host (tool/inject/inject.py) types another one for each that
 * came as it should. */
#include "inject.h"
#include <stdio.h>
#include <string.h>
#include "idl/console_client.h"
#include "nacre/clock.h"
#include "nacre/startup.h"

enum { LETTERS = 40, LINE_BYTES = 80 };

static nacre_handle_t input, output;

static bool open(void)
{
	input = nacre_startup_handle("stdin");
	output = nacre_startup_handle("stdout");
	return input && output;
}

/* The same in tool/inject/inject.py. */
static size_t line_make(char *line, char sign, uint32_t number)
{
	uint32_t state = number * 2654435761u + (uint8_t)sign;
	int at = snprintf(line, LINE_BYTES, "%c%lu ", sign, (unsigned long)number);

	for (unsigned i = 0; i < LETTERS; i++) {
		state = state * 1664525 + 1013904223;
		line[at++] = (char)('a' + (state >> 24) % 26);
	}
	line[at++] = '\n';
	line[at] = 0;
	return (size_t)at;
}

static enum answer judge(nacre_status_t status)
{
	return status == NACRE_E_TIMEOUT ? ANSWER_LATE : ANSWER_REFUSED;
}

static nacre_status_t write_all(const char *text, size_t size, uint64_t end_ns)
{
	uint32_t taken;

	for (size_t at = 0; at < size; at += taken) {
		nacre_status_t status = console_write_until(output, end_ns, CONSOLE_OUTPUT_TEXT, CONSOLE_PATIENCE_WAIT, text + at,
							    size - at, &taken);

		if (status)
			return status;
		if (taken > size - at)
			return STATUS_MALFORMED;
		if (nacre_clock_ns() >= end_ns)
			return NACRE_E_TIMEOUT;
	}
	return STATUS_OK;
}

/* Until the host's line for this one comes; lines of earlier rounds are passed over. */
static enum answer read_reply(uint32_t number, uint64_t end_ns)
{
	char wanted[LINE_BYTES], line[CONSOLE_LINE_BYTES + 1];
	size_t head, length;

	line_make(wanted, '!', number);
	head = (size_t)(strchr(wanted, ' ') - wanted) + 1;
	/* A broken driver may answer at once, for ever. */
	while (nacre_clock_ns() < end_ns) {
		nacre_status_t status = console_read_until(input, end_ns, CONSOLE_INPUT_LINE, CONSOLE_PATIENCE_WAIT, line,
							   CONSOLE_LINE_BYTES, &length);

		if (status)
			return judge(status);
		line[length] = 0;
		if (!strcmp(line, wanted))
			return ANSWER_RIGHT;
		if (!memcmp(line, wanted, head) || !strcmp(line, "!wrong\n"))
			return ANSWER_WRONG;
	}
	return ANSWER_LATE;
}

static enum answer serve_round(uint32_t number)
{
	uint64_t end_ns = nacre_deadline_in(ROUND_NS);
	char line[LINE_BYTES];
	size_t size = line_make(line, '?', number);
	nacre_status_t status = write_all(line, size, end_ns);

	return status ? judge(status) : read_reply(number, end_ns);
}

const struct load load_console = { "uart16550", open, serve_round };
