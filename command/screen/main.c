/* main.c - screen: a picture, the keys that are pressed, and a pointer that follows a tablet. */
#include <stdio.h>
#include <string.h>
#include "abi/nacre_calls.h"
#include "devices.h"
#include "nacre/startup.h"

/* Of evdev. */
enum { KEY_ESCAPE = 1, KEY_BACKSPACE = 14, KEY_SPACE = 57, BUTTONS = 0x110, BUTTONS_END = 0x120 };

static struct display display;
static struct scene scene;
static bool verbose;

static int failed(nacre_status_t status)
{
	printf("screen: %s\n", framebuffer_error_sentence(status));
	return 1;
}

static int usage(void)
{
	puts("usage: screen              a picture, the keys that are pressed, the pointer; Escape ends it\n"
	     "       screen -v           the same, and tells of each key and move\n"
	     "       screen info         which devices there are\n"
	     "       screen bench        what drawing takes");
	return 2;
}

/* --- keys and pointer ------------------------------------------------------------------------------------ */

/* The letter on the key, where it has one: rows of a keyboard, by the code of their first key. */
static char letter_of(uint16_t code)
{
	static const struct {
		uint16_t first;
		const char *letters;
	} rows[] = { { 2, "1234567890-" }, { 16, "qwertyuiop" }, { 30, "asdfghjkl" }, { 44, "zxcvbnm,./" }, { KEY_SPACE, " " } };

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (code >= rows[i].first && code - rows[i].first < (int)strlen(rows[i].letters))
			return rows[i].letters[code - rows[i].first];
	return 0;
}

static nacre_status_t type(uint16_t code)
{
	size_t length = strlen(scene.keys);
	char letter = letter_of(code);
	uint32_t place[4];

	if (code == KEY_BACKSPACE && length) {
		scene.keys[length - 1] = 0;
	} else if (letter) {
		if (length == KEYS_SHOWN)
			memmove(scene.keys, scene.keys + 1, length--);
		scene.keys[length] = letter;
		scene.keys[length + 1] = 0;
	}
	scene_keys_place(&scene, place);
	return display_show(&display, &scene, (int32_t)place[0], (int32_t)place[1], place[2], place[3]);
}

static nacre_status_t pointer_show(int32_t x, int32_t y)
{
	return display_show(&display, &scene, x, y, POINTER_SIDE, POINTER_SIDE);
}

static nacre_status_t pointer_move(int32_t x, int32_t y)
{
	int32_t old_x = scene.x, old_y = scene.y;
	nacre_status_t status;

	scene.x = x;
	scene.y = y;
	status = pointer_show(old_x, old_y);
	return status ? status : pointer_show(x, y);
}

/* A report is shown when all of it has come. */
static struct {
	int32_t place[2];
	bool moved;
} report;

static int32_t scaled(const struct input_axis *axis, int32_t value, uint32_t pixels)
{
	int64_t range = (int64_t)axis->maximum - axis->minimum + 1;

	return (int32_t)(((int64_t)value - axis->minimum) * pixels / range);
}

static nacre_status_t axis_event(const struct input *input, const struct input_event *event)
{
	if (event->code < 2 && input->axes[event->code].size) {
		report.place[event->code] = scaled(&input->axes[event->code], event->value,
						   event->code ? scene.height : scene.width);
		report.moved = true;
	}
	return STATUS_OK;
}

static nacre_status_t key_event(const struct input_event *event)
{
	nacre_status_t status = STATUS_OK;

	if (event->code >= BUTTONS && event->code < BUTTONS_END) {
		scene.pressed = event->value;
		status = pointer_show(scene.x, scene.y);
	} else if (event->value) {
		status = type(event->code);
	}
	if (verbose)
		printf("key %u %s\n", (unsigned)event->code, event->value ? "down" : "up");
	return status;
}

static nacre_status_t report_end(void)
{
	nacre_status_t status = STATUS_OK;

	if (report.moved) {
		status = pointer_move(report.place[0], report.place[1]);
		if (verbose)
			printf("pointer %d %d\n", (int)scene.x, (int)scene.y);
	}
	report.moved = false;
	return status;
}

static nacre_status_t drawing = STATUS_OK;

static bool take(const struct input *input, const struct input_event *event)
{
	if (event->group == INPUT_GROUP_ABS)
		drawing = axis_event(input, event);
	else if (event->group == INPUT_GROUP_KEY)
		drawing = key_event(event);
	else if (event->group == INPUT_GROUP_SYN)
		drawing = report_end();
	return !drawing && !(event->group == INPUT_GROUP_KEY && event->code == KEY_ESCAPE);
}

/* --- the commands ---------------------------------------------------------------------------------------- */

static nacre_status_t display_open(void)
{
	nacre_status_t status = framebuffer_connect_now("dev/display0", &display.connection);

	if (status == STATUS_NOT_READY || status == STATUS_NOT_FOUND)
		puts("screen: there is no display; make run GPU=yes gives the machine one");
	else if (status == STATUS_FULL)
		puts("screen: another program has the display, which has one owner at a time");
	else if (!status)
		status = framebuffer_mode(display.connection, &display.mode);
	if (status && display.connection)
		failed(status);
	scene.width = display.mode.width;
	scene.height = display.mode.height;
	scene.x = (int32_t)scene.width / 2;
	scene.y = (int32_t)scene.height * 5 / 8;
	return status;
}

static int run(void)
{
	nacre_status_t status = display_show(&display, &scene, 0, 0, scene.width, scene.height);

	inputs_open();
	if (!status) {
		printf("screen: %u x %u pixels; Escape on the display's keyboard ends it\n", (unsigned)scene.width,
		       (unsigned)scene.height);
		status = inputs_run(take);
	}
	if (status == STATUS_END)
		status = drawing;
	return status ? failed(status) : 0;
}

static int info(void)
{
	printf("display: %u x %u pixels, %u bytes a row\n", (unsigned)display.mode.width, (unsigned)display.mode.height,
	       (unsigned)display.mode.stride);
	inputs_open();
	for (unsigned i = 0; i < INPUTS; i++) {
		struct input_device device;

		if (!inputs[i].connection || input_device(inputs[i].connection, &device))
			continue;
		printf("dev/input%u: %s:%s%s%s\n", i, device.name, device.kinds & INPUT_KIND_KEYS ? " keys" : "",
		       device.kinds & INPUT_KIND_RELATIVE ? " relative" : "", device.kinds & INPUT_KIND_ABSOLUTE ? " absolute" : "");
	}
	return 0;
}

/* CPU time, as blk counts it: this program's, and the driver's own. */
static uint64_t cpu_ns(void)
{
	struct nacre_budget_state state = { 0 };
	struct framebuffer_statistics statistics = { 0 };

	nacre_budget_info(nacre_self_budget(), &state);
	framebuffer_statistics(display.connection, &statistics);
	return state.cpu_ns + statistics.cpu_ns;
}

static nacre_status_t fill(uint32_t side)
{
	return framebuffer_fill(display.connection, 0, 0, side, side, 0x808080);
}

static nacre_status_t flush(uint32_t side)
{
	return framebuffer_flush(display.connection, 0, 0, side, side);
}

static nacre_status_t draw(uint32_t side)
{
	static uint8_t pixels[FRAMEBUFFER_COPY_BYTES];

	return framebuffer_draw(display.connection, 0, 0, side, side, pixels, (size_t)side * side * FRAMEBUFFER_PIXEL_BYTES);
}

static nacre_status_t blit(uint32_t side)
{
	static _Alignas(4096) uint8_t pixels[128 * 128 * FRAMEBUFFER_PIXEL_BYTES];
	struct framebuffer_placement to = { .width = side, .height = side, .stride = side * FRAMEBUFFER_PIXEL_BYTES };

	return framebuffer_blit(display.connection, &to, pixels, (size_t)side * side * FRAMEBUFFER_PIXEL_BYTES);
}

static nacre_status_t time_print(const char *name, nacre_status_t (*work)(uint32_t side), uint32_t side)
{
	enum { ROUNDS = 50 };
	uint64_t start = cpu_ns();
	nacre_status_t status = STATUS_OK;

	for (unsigned i = 0; !status && i < ROUNDS; i++)
		status = work(side);
	printf("%-6s %3u x %-3u %8u instructions\n", name, (unsigned)side, (unsigned)side, (unsigned)((cpu_ns() - start) / ROUNDS));
	return status;
}

static int bench(void)
{
	nacre_status_t status = time_print("fill", fill, 128);

	if (!status)
		status = time_print("draw", draw, 16);
	if (!status)
		status = time_print("blit", blit, 16);
	if (!status)
		status = time_print("blit", blit, 128);
	if (!status)
		status = time_print("flush", flush, 16);
	if (!status)
		status = time_print("flush", flush, 128);
	return status ? failed(status) : 0;
}

int main(int argc, char **argv)
{
	const char *word = argc == 2 ? argv[1] : "";

	verbose = !strcmp(word, "-v");
	if (argc > 2 || (*word && !verbose && strcmp(word, "info") != 0 && strcmp(word, "bench") != 0))
		return usage();
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (display_open())
		return 1;
	if (!strcmp(word, "info"))
		return info();
	return !strcmp(word, "bench") ? bench() : run();
}
