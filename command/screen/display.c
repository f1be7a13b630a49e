/* display.c - pixels are worked out in a strip, and lent to the driver. */
#include "base/bits.h"
#include "devices.h"

static _Alignas(4096) uint32_t strip[FRAMEBUFFER_LEND_BYTES / FRAMEBUFFER_PIXEL_BYTES];

static nacre_status_t strip_draw(const struct display *display, const struct scene *scene, struct framebuffer_placement to)
{
	uint32_t *pixel = strip;

	for (uint32_t row = 0; row < to.height; row++)
		for (uint32_t column = 0; column < to.width; column++)
			*pixel++ = scene_colour(scene, to.x + column, to.y + row);
	to.stride = to.width * FRAMEBUFFER_PIXEL_BYTES;
	return framebuffer_blit(display->connection, &to, strip, (size_t)to.stride * to.height);
}

/* Cuts off what lies outside. False: all of it does. */
static bool cut(int32_t *from, uint32_t *length, uint32_t most)
{
	int64_t end = (int64_t)*from + *length;

	*from = *from < 0 ? 0 : *from;
	end = end > most ? most : end;
	*length = end > *from ? (uint32_t)(end - *from) : 0;
	return *length;
}

nacre_status_t display_show(const struct display *display, const struct scene *scene, int32_t x, int32_t y, uint32_t width,
			    uint32_t height)
{
	uint32_t rows, row = 0;
	nacre_status_t status = STATUS_OK;

	if (!cut(&x, &width, display->mode.width) || !cut(&y, &height, display->mode.height))
		return STATUS_OK;
	rows = sizeof(strip) / (width * FRAMEBUFFER_PIXEL_BYTES);
	for (; !status && row < height; row += rows) {
		struct framebuffer_placement to = { .x = (uint32_t)x, .y = (uint32_t)y + row, .width = width,
						    .height = (uint32_t)min_size(rows, height - row) };

		status = strip_draw(display, scene, to);
	}
	return status ? status : framebuffer_flush(display->connection, (uint32_t)x, (uint32_t)y, width, height);
}
