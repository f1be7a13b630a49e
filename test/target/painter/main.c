/* main.c - painter: draws a pattern that tool/test/part_display.py knows, by fill, draw and blit, and then a square for each key
 * that is pressed. It tells of all that it hears of the keyboard. F1 grabs the keyboard, F2 gives it up, Escape ends it. With the
 * argument `black` it draws nothing and waits for no key; with `listen` it has no display, and only tells what it hears. */
#include <stdio.h>
#include <string.h>
#include "abi/nacre_calls.h"
#include "idl/framebuffer_client.h"
#include "idl/input_client.h"

enum { KEY_ESCAPE = 1, KEY_F1 = 59, KEY_F2 = 60, SQUARE = 16, SQUARE_COLOUR = 0xffd000 };

static nacre_handle_t display, keyboard;
static struct framebuffer_mode mode;

static int failed(const char *what, nacre_status_t status)
{
	printf("painter: %s: %s\n", what, nacre_error_sentence(status));
	return 1;
}

static uint32_t pattern(uint32_t x, uint32_t y)
{
	return (x * 5 & 255) << 16 | (y * 3 & 255) << 8 | ((x ^ y) & 255);
}

/* Lent rows, as wide as the picture: the upper half. */
static nacre_status_t rows_blit(void)
{
	static _Alignas(4096) uint32_t rows[FRAMEBUFFER_LEND_BYTES / 4];
	uint32_t count = FRAMEBUFFER_LEND_BYTES / mode.stride;
	nacre_status_t status = STATUS_OK;

	for (uint32_t y = 0; !status && y < mode.height / 2; y += count) {
		struct framebuffer_placement to = { .y = y, .width = mode.width, .height = count, .stride = mode.stride };

		to.height = y + count > mode.height / 2 ? mode.height / 2 - y : count;
		for (uint32_t i = 0; i < to.height * mode.width; i++)
			rows[i] = pattern(i % mode.width, y + i / mode.width);
		status = framebuffer_blit(display, &to, rows, (size_t)to.height * mode.stride);
	}
	return status;
}

/* A part of what is lent, in rows of another length: 100 x 50 at 300, 300, from the middle of 128 x 64. */
static nacre_status_t part_blit(void)
{
	static _Alignas(4096) uint32_t pixels[128 * 64];
	struct framebuffer_placement to = { .x = 300, .y = 300, .width = 100, .height = 50, .offset = (7 * 128 + 11) * 4,
					    .stride = 128 * 4 };

	for (uint32_t i = 0; i < 128 * 64; i++)
		pixels[i] = pattern(300 - 11 + i % 128, 300 - 7 + i / 128);
	return framebuffer_blit(display, &to, pixels, sizeof(pixels));
}

/* 16 x 16 copied, at the lower right corner. */
static nacre_status_t corner_draw(void)
{
	uint32_t pixels[SQUARE * SQUARE], x = mode.width - SQUARE, y = mode.height - SQUARE;

	for (uint32_t i = 0; i < SQUARE * SQUARE; i++)
		pixels[i] = pattern(x + i % SQUARE, y + i / SQUARE) | 0x55000000;
	return framebuffer_draw(display, x, y, SQUARE, SQUARE, pixels, sizeof(pixels));
}

static nacre_status_t paint(void)
{
	nacre_status_t status = framebuffer_fill(display, 0, mode.height / 2, mode.width, mode.height - mode.height / 2, 0x204060);

	if (!status)
		status = rows_blit();
	if (!status)
		status = part_blit();
	if (!status)
		status = corner_draw();
	return status ? status : framebuffer_flush(display, 0, 0, mode.width, mode.height);
}

/* The n-th square stands in the n-th place of the second last row of squares. */
static nacre_status_t square(void)
{
	static uint32_t n;
	uint32_t x = n * SQUARE, y = mode.height - 2 * SQUARE;
	nacre_status_t status = framebuffer_fill(display, x, y, SQUARE, SQUARE, SQUARE_COLOUR);

	if (!status)
		status = framebuffer_flush(display, x, y, SQUARE, SQUARE);
	if (!status)
		printf("square %u\n", (unsigned)n++);
	return status;
}

static nacre_status_t key(const struct input_event *event)
{
	printf("%s %u %d\n", display ? "key" : "heard", (unsigned)event->code, (int)event->value);
	if (event->value != 1 || (!display && event->code != KEY_ESCAPE))
		return STATUS_OK;
	if (event->code == KEY_ESCAPE)
		return STATUS_END;
	if (event->code == KEY_F1 || event->code == KEY_F2) {
		nacre_status_t status = input_grab(keyboard, event->code == KEY_F1);

		printf("grab %u\n", (unsigned)status);
		return STATUS_OK;
	}
	return square();
}

static nacre_status_t listen(void)
{
	static struct input_event events[INPUT_QUEUE_EVENTS];
	nacre_status_t status = STATUS_OK;

	while (!status) {
		uint32_t lost;
		size_t bytes;

		status = input_fetch(keyboard, INPUT_PATIENCE_WAIT, &lost, events, sizeof(events), &bytes);
		if (status == NACRE_E_PEER_GONE) {
			puts("keyboard gone");
			status = STATUS_OK;
			continue;
		}
		if (!status && lost)
			puts(display ? "reports lost" : "reports not heard");
		for (size_t i = 0; !status && i < bytes / sizeof(events[0]); i++)
			if (events[i].group == INPUT_GROUP_KEY)
				status = key(&events[i]);
	}
	return status;
}

static nacre_status_t show(bool black)
{
	nacre_status_t status = framebuffer_connect("dev/display0", &display);

	if (!status)
		status = framebuffer_mode(display, &mode);
	if (!status)
		status = black ? framebuffer_flush(display, 0, 0, 1, 1) : paint();
	if (!status)
		printf("painted %u x %u\n", (unsigned)mode.width, (unsigned)mode.height);
	return status;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	nacre_status_t status = STATUS_OK;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (strcmp(word, "listen") != 0)
		status = show(!strcmp(word, "black"));
	if (status || !strcmp(word, "black"))
		return status ? failed("drawing", status) : 0;
	status = input_connect("dev/input0", &keyboard);
	if (!status && !display)
		puts("listening");
	if (!status)
		status = listen();
	return status == STATUS_END ? 0 : failed("keyboard", status);
}
