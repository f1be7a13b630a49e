/* line.c - the line discipline. */
#include "line.h"
#include "base/string.h"

enum { BELL = 0x07, BACKSPACE = 0x08, KILL_LINE = 0x15, KILL_WORD = 0x17, DELETE = 0x7f };

/* The longest echo of one byte taken: a whole line rubbed out would be longer, so that is done in steps. */
enum { ECHO_ROOM = 8 };

static void echo(struct ring *out, const char *text)
{
	while (*text)
		ring_put(out, (uint8_t)*text++);
}

/* Takes the last character off, all bytes of it. */
static void rub_out(struct line *line, struct ring *out)
{
	uint8_t byte;

	if (!line->length)
		return;
	do
		byte = line->bytes[--line->length];
	while (line->length && (byte & 0xc0) == 0x80);
	echo(out, "\b \b");
}

static bool ends_with_space(const struct line *line)
{
	return line->length && line->bytes[line->length - 1] == ' ';
}

/* One step of Ctrl-U or Ctrl-W; false when there is nothing left to take off. */
static bool kill_step(struct line *line, struct ring *out, uint8_t how, bool *in_word)
{
	if (!line->length || (how == KILL_WORD && *in_word && ends_with_space(line)))
		return false;
	*in_word = *in_word || !ends_with_space(line);
	rub_out(line, out);
	return true;
}

static void kill(struct line *line, struct ring *out, uint8_t how)
{
	bool in_word = false;

	while (kill_step(line, out, how, &in_word))
		;
}

static void append(struct line *line, struct ring *out, uint8_t byte)
{
	/* Room for the newline is kept. */
	if (line->length >= sizeof(line->bytes) - 1) {
		ring_put(out, BELL);
		return;
	}
	line->bytes[line->length++] = byte;
	ring_put(out, byte);
}

static void newline(struct line *line, struct ring *out)
{
	line->bytes[line->length++] = '\n';
	line->complete = true;
	echo(out, "\r\n");
}

static void type(struct line *line, struct ring *out, uint8_t byte)
{
	if (byte == '\r' || byte == '\n')
		newline(line, out);
	else if (byte == CONSOLE_END)
		line->complete = true;
	else if (byte == BACKSPACE || byte == DELETE)
		rub_out(line, out);
	else if (byte == KILL_LINE || byte == KILL_WORD)
		kill(line, out, byte);
	else if (byte >= ' ' || byte == '\t')
		append(line, out, byte);
}

void line_edit(struct line *line, struct ring *in, struct ring *out)
{
	uint8_t byte;

	while (!line->complete && ring_free(out) >= ECHO_ROOM && ring_get(in, &byte))
		type(line, out, byte);
}

void line_take(struct line *line, uint32_t count)
{
	line->taken += count;
	if (line->taken == line->length)
		line_reset(line);
}

void line_reset(struct line *line)
{
	line->length = line->taken = 0;
	line->complete = false;
}
