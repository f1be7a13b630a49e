/* output.c - what goes out, and who waits for room or for the end of it. */
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "console.h"

enum { WRITERS_MAX = 8, ROOM_WORTH_WAKING = 128 };

static struct writer {
	nacre_token_t token; /* 0: free */
	uintptr_t badge;
	bool until_idle;
} writers[WRITERS_MAX];

/* All at once, at the end: of a text that a death cut off nothing is printed, and its writer, who hears of the death, can write all
 * of it again. */
size_t output_put(const uint8_t *text, size_t size, bool raw)
{
	struct ring out = console.kept->out;
	size_t taken;

	for (taken = 0; taken < size && ring_free(&out) >= 2; taken++) {
		if (text[taken] == '\n' && !raw)
			ring_put(&out, '\r');
		ring_put(&out, text[taken]);
	}
	*(volatile uint32_t *)&console.kept->out.written = out.written;
	return taken;
}

void output_drain(void)
{
	struct ring *out = &console.kept->out;

	while (ring_used(out) && uart_put(&console.uart, out->bytes[out->read & (out->size - 1)]))
		out->read++;
}

nacre_status_t output_wait(nacre_token_t token, uintptr_t badge, bool until_idle)
{
	for (size_t i = 0; i < ARRAY_SIZE(writers); i++) {
		if (writers[i].token)
			continue;
		writers[i] = (struct writer){ token, badge, until_idle };
		return STATUS_OK;
	}
	return STATUS_FULL;
}

bool output_is_writable(void)
{
	return ring_free(&console.kept->out) >= ROOM_WORTH_WAKING;
}

/* A writer is told that nothing was taken, and comes again: his bytes were not kept. */
void output_serve(void)
{
	bool has_room = output_is_writable(), is_idle = console_is_idle();

	for (size_t i = 0; i < ARRAY_SIZE(writers); i++) {
		if (!writers[i].token || !(writers[i].until_idle ? is_idle : has_room))
			continue;
		if (writers[i].until_idle)
			console_drain_answer(writers[i].token, STATUS_OK);
		else
			console_write_answer(writers[i].token, STATUS_OK, &(struct console_write_out){ .taken = 0 });
		writers[i].token = 0;
	}
}

void output_clean(uintptr_t badge)
{
	for (size_t i = 0; i < ARRAY_SIZE(writers); i++)
		if (writers[i].token && writers[i].badge == badge && nacre_server_token_check(writers[i].token))
			writers[i].token = 0;
}

bool output_is_awaited(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(writers); i++)
		if (writers[i].token)
			return true;
	return false;
}
