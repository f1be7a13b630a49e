/* display.c - what a display's driver refuses, and what it outlives (system/display-test.toml: test-display). What is
 * to be seen, the part `display` of the test runner looks at. */
#include "base/bits.h"
#include "idl/framebuffer_client.h"
#include "idl/system_client.h"
#include "nacre/clock.h"
#include "nacre/names.h"
#include "test/test.h"

enum { WIDTH = 640, HEIGHT = 480, LENT = 8192 };

static nacre_handle_t display;
static _Alignas(4096) uint8_t pixels[LENT];

static void display_open(void)
{
	EXPECT_EQ(framebuffer_connect_now("dev/display0", &display), STATUS_OK);
}

static void display_close(void)
{
	nacre_handle_close(display);
}

TEST(mode, "the display tells the size that the host gave it")
{
	struct framebuffer_mode mode;

	display_open();
	EXPECT_EQ(framebuffer_mode(display, &mode), STATUS_OK);
	EXPECT(mode.format == FRAMEBUFFER_FORMAT_XRGB8888 && mode.width == WIDTH && mode.height == HEIGHT);
	EXPECT_EQ(mode.stride, WIDTH * FRAMEBUFFER_PIXEL_BYTES);
	display_close();
}

/* Empty, too far, too large, and such whose far side is beyond what 32 bits hold. */
static const uint32_t outside[][4] = {
	{ 0, 0, 0, 1 }, { 0, 0, 1, 0 }, { WIDTH, 0, 1, 1 }, { 0, HEIGHT, 1, 1 }, { 0, 0, WIDTH + 1, 1 }, { 0, 0, 1, HEIGHT + 1 },
	{ 1, 0, WIDTH, 1 }, { 0, 1, 1, HEIGHT }, { 0xffffffff, 0, 1, 1 }, { 0, 0xffffffff, 1, 1 }, { 0xffffffff, 0, 2, 1 },
	{ 1, 0, 0xffffffff, 1 }, { 0, 1, 1, 0xffffffff }, { 0x80000000, 0x80000000, 0x80000000, 0x80000000 },
	{ 0, 0, 0x40000001, 1 }, { 0, 0, 0x10000, 0x10000 }, { WIDTH, HEIGHT, 0, 0 },
};

TEST(outside, "a rectangle that is empty, or not all in the picture, is refused by all that draw and by flush")
{
	display_open();
	for (unsigned i = 0; i < ARRAY_SIZE(outside); i++) {
		const uint32_t *r = outside[i];
		struct framebuffer_placement to = { .x = r[0], .y = r[1], .width = r[2], .height = r[3] };

		EXPECT_EQ(framebuffer_fill(display, r[0], r[1], r[2], r[3], 0), FRAMEBUFFER_RANGE);
		EXPECT_EQ(framebuffer_flush(display, r[0], r[1], r[2], r[3]), FRAMEBUFFER_RANGE);
		EXPECT_EQ(framebuffer_draw(display, r[0], r[1], r[2], r[3], pixels, 4), FRAMEBUFFER_RANGE);
		EXPECT_EQ(framebuffer_blit(display, &to, pixels, LENT), FRAMEBUFFER_RANGE);
	}
	EXPECT_EQ(framebuffer_fill(display, 0, 0, WIDTH, HEIGHT, 0x102030), STATUS_OK);
	EXPECT_EQ(framebuffer_fill(display, WIDTH - 1, HEIGHT - 1, 1, 1, 0x102030), STATUS_OK);
	EXPECT_EQ(framebuffer_flush(display, WIDTH - 1, HEIGHT - 1, 1, 1), STATUS_OK);
	display_close();
}

static nacre_status_t blit(uint32_t width, uint32_t height, uint32_t offset, uint32_t stride, size_t size)
{
	struct framebuffer_placement to = { .width = width, .height = height, .offset = offset, .stride = stride };

	return framebuffer_blit(display, &to, pixels, size);
}

TEST(pixels_outside, "pixels that do not all lie in what was lent are refused, to the byte, and so are sums that overflow")
{
	display_open();
	EXPECT_EQ(blit(16, 16, 0, 64, 1024), STATUS_OK);
	EXPECT_EQ(blit(16, 16, 0, 64, 1023), FRAMEBUFFER_PIXELS);
	EXPECT_EQ(blit(16, 16, 4, 64, 1024), FRAMEBUFFER_PIXELS);
	EXPECT_EQ(blit(16, 16, 0, 68, 1024), FRAMEBUFFER_PIXELS);
	EXPECT_EQ(blit(16, 16, 0, 64, 4), FRAMEBUFFER_PIXELS);
	EXPECT_EQ(blit(1, 1, 0xfffffffc, 0, LENT), FRAMEBUFFER_PIXELS);
	EXPECT_EQ(blit(1, 1, LENT, 0, LENT), FRAMEBUFFER_PIXELS);
	EXPECT_EQ(blit(1, 1, LENT - 4, 0, LENT), STATUS_OK);
	EXPECT_EQ(blit(1, 2, 0, 0xfffffffc, LENT), FRAMEBUFFER_PIXELS);
	EXPECT_EQ(blit(1, HEIGHT, 0x80000000, 0x80000000, LENT), FRAMEBUFFER_PIXELS);
	EXPECT_EQ(blit(1, 3, 4, 0x80000000, LENT), FRAMEBUFFER_PIXELS);
	EXPECT_EQ(blit(1, 1, 2, 0, LENT), FRAMEBUFFER_PIXELS);
	EXPECT_EQ(blit(1, 2, 0, 6, LENT), FRAMEBUFFER_PIXELS);
	EXPECT_EQ(blit(WIDTH, HEIGHT, 0, 0, WIDTH * 4), STATUS_OK); /* all rows the same */
	display_close();
}

TEST(copied, "copied pixels are exactly the rectangle's, or refused")
{
	display_open();
	EXPECT_EQ(framebuffer_draw(display, 0, 0, 16, 16, pixels, 1024), STATUS_OK);
	EXPECT_EQ(framebuffer_draw(display, 0, 0, 16, 16, pixels, 1020), FRAMEBUFFER_PIXELS);
	EXPECT_EQ(framebuffer_draw(display, 0, 0, 16, 15, pixels, 1024), FRAMEBUFFER_PIXELS);
	EXPECT_EQ(framebuffer_draw(display, 0, 0, 1, 1, pixels, 5), FRAMEBUFFER_PIXELS);
	EXPECT_EQ(framebuffer_draw(display, 0, 0, 1, 1, pixels, 3), STATUS_MALFORMED);
	display_close();
}

TEST(one_owner, "a display has one owner: a second is told FULL, and served when the first is gone")
{
	nacre_handle_t second;

	display_open();
	EXPECT_EQ(framebuffer_connect_now("dev/display0", &second), STATUS_FULL);
	EXPECT_EQ(framebuffer_fill(display, 0, 0, 1, 1, 0), STATUS_OK);
	display_close();
	for (unsigned i = 0; i < 20; i++) { /* each time the picture turns black meanwhile */
		display_open();
		EXPECT_EQ(framebuffer_flush(display, 0, 0, WIDTH, HEIGHT), STATUS_OK);
		display_close();
	}
}

TEST(not_granted, "a program whose manifest does not name a keyboard does not find one")
{
	nacre_handle_t keyboard;

	EXPECT_EQ(nacre_connect_now("dev/input0", &keyboard), STATUS_NOT_FOUND);
}

TEST(gave_up, "who gives up waiting for a flush disturbs nobody, however often")
{
	struct framebuffer_statistics before, after;
	unsigned late = 0;

	display_open();
	EXPECT_EQ(framebuffer_statistics(display, &before), STATUS_OK);
	for (unsigned i = 0; i < 100; i++) {
		nacre_status_t status = framebuffer_flush_until(display, nacre_clock_ns() + 3000, 0, 0, WIDTH, HEIGHT);

		EXPECT(status == NACRE_E_TIMEOUT || status == STATUS_OK || status == STATUS_FULL);
		late += status == NACRE_E_TIMEOUT;
	}
	while (framebuffer_flush(display, 0, 0, 1, 1) == STATUS_FULL)
		;
	EXPECT_EQ(framebuffer_statistics(display, &after), STATUS_OK);
	EXPECT(late > 0 && after.flushes > before.flushes && after.errors == before.errors);
	display_close();
}

static uint32_t driver_number(nacre_handle_t system, uint32_t *restarts)
{
	for (uint32_t number = 0;;) {
		struct system_process process;

		EXPECT_EQ(system_process(system, number, &process, NULL, NULL), STATUS_OK);
		*restarts = process.restarts;
		if (!strcmp(process.label, "virtio-gpu"))
			return process.number;
		number = process.number + 1;
	}
}

TEST(killed, "a driver that is killed comes back: its owner's connection is good, its owner still the only one")
{
	nacre_handle_t system, second;
	struct framebuffer_mode mode;
	uint32_t before, after;

	display_open();
	EXPECT_EQ(nacre_connect("svc/system", &system), STATUS_OK);
	for (unsigned round = 0; round < 3; round++) {
		framebuffer_flush_until(display, nacre_clock_ns() + 3000, 0, 0, WIDTH, HEIGHT); /* the device may be in the middle of it */
		EXPECT_EQ(system_kill(system, driver_number(system, &before), 0), STATUS_OK);
		EXPECT_EQ(framebuffer_mode(display, &mode), STATUS_OK);
		EXPECT(mode.width == WIDTH && mode.height == HEIGHT);
		EXPECT_EQ(framebuffer_connect_now("dev/display0", &second), STATUS_FULL);
		EXPECT_EQ(framebuffer_fill(display, 5, 5, 10, 10, round), STATUS_OK);
		EXPECT_EQ(framebuffer_flush(display, 5, 5, 10, 10), STATUS_OK);
		driver_number(system, &after);
		EXPECT_EQ(after, before + 1);
	}
	nacre_handle_close(system);
	display_close();
}
