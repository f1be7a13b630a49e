/* input.c - what comes in, and who waits for it. Readers are served in the order they came. */
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "console.h"
#include "line.h"

enum { READERS_MAX = 8, CHUNK_BYTES = 256 };

struct reader {
	nacre_token_t token;
	uintptr_t badge;
	enum console_input mode;
	struct nacre_room room;
};

static struct reader readers[READERS_MAX]; /* the first reader_count, oldest first */
static size_t reader_count;

/* --- from the port --------------------------------------------------------------------------------------- */

static bool is_for_attendant(uint8_t byte)
{
	return byte == CONSOLE_INTERRUPT && console.attendant;
}

static void attendant_tell(void)
{
	if (nacre_connection_signal(console.attendant, console.attendant_bits))
		console.attendant = NACRE_HANDLE_NONE; /* gone without saying so; its handle is dead anyway */
}

void input_fill(void)
{
	struct ring *in = &console.kept->in;
	uint8_t byte;

	while (ring_free(in) && uart_get(&console.uart, &byte)) {
		if (is_for_attendant(byte))
			attendant_tell();
		else
			ring_put(in, byte);
	}
}

void input_attend(void)
{
	struct ring *in = &console.kept->in;

	while (ring_used(in) && is_for_attendant(in->bytes[in->read & (in->size - 1)])) {
		in->read++;
		attendant_tell();
	}
}

/* --- to the clients -------------------------------------------------------------------------------------- */

static void reader_remove(size_t index)
{
	reader_count--;
	memmove(&readers[index], &readers[index + 1], (reader_count - index) * sizeof(readers[0]));
}

nacre_status_t input_wait(const struct nacre_request *request, enum console_input mode, struct nacre_room room)
{
	if (reader_count == READERS_MAX)
		return STATUS_FULL;
	readers[reader_count++] = (struct reader){ request->token, request->badge, mode, room };
	return STATUS_OK;
}

bool input_withdraw(nacre_token_t token)
{
	for (size_t i = 0; i < reader_count; i++) {
		if (readers[i].token != token)
			continue;
		reader_remove(i);
		return true;
	}
	return false;
}

void input_clean(uintptr_t badge)
{
	for (size_t i = reader_count; i--;)
		if (readers[i].badge == badge && nacre_server_token_check(readers[i].token))
			reader_remove(i);
}

static bool ends_line(uint8_t byte)
{
	return byte == '\r' || byte == '\n' || byte == CONSOLE_END;
}

bool input_is_readable(void)
{
	const struct ring *in = &console.kept->in;
	size_t used = ring_used(in);

	for (size_t i = 0; i < used; i++)
		if (ends_line(in->bytes[(in->read + i) & (in->size - 1)]))
			return true;
	return console.kept->line.complete;
}

/* Copies bytes up to the end of a line without taking them from the ring. */
static size_t ring_peek_line(const struct ring *ring, uint8_t *to, size_t room)
{
	size_t count = 0, used = ring_used(ring);

	while (count < room && count < used) {
		to[count] = ring->bytes[(ring->read + count) & (ring->size - 1)];
		if (ends_line(to[count++]))
			break;
	}
	return count;
}

/* Answers the reader; true if the bytes are his now. Only then may they be forgotten here. */
static bool answer(const struct reader *reader, nacre_status_t status, const uint8_t *bytes, size_t size)
{
	struct console_read_out out = { .bytes = bytes, .bytes_size = size };

	return console_read_answer(reader->token, reader->room, status, &out) == NACRE_E_OK;
}

/* These two serve the first reader; false: there is nothing for him yet. */
static bool serve_raw(const struct reader *reader)
{
	uint8_t chunk[CHUNK_BYTES];
	size_t count = ring_peek_line(&console.kept->in, chunk, min_size(reader->room.run, sizeof(chunk)));

	if (!count)
		return false;
	/* What is left of a line was typed to a program that read lines and is gone. */
	line_reset(&console.kept->line);
	if (answer(reader, STATUS_OK, chunk, count))
		console.kept->in.read += (uint32_t)count;
	return true;
}

static bool serve_line(const struct reader *reader)
{
	struct line *line = &console.kept->line;
	size_t count;

	line_edit(line, &console.kept->in, &console.kept->out);
	if (!line->complete)
		return false;
	count = min_size(reader->room.run, line->length - line->taken);
	if (answer(reader, line->length ? STATUS_OK : STATUS_END, line->bytes + line->taken, count))
		line_take(line, (uint32_t)count);
	return true;
}

void input_serve(void)
{
	while (reader_count) {
		struct reader reader = readers[0];

		if (!(reader.mode == CONSOLE_INPUT_RAW ? serve_raw(&reader) : serve_line(&reader)))
			return;
		reader_remove(0);
	}
}
