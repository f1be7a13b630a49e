/* picture.c - drawing: rectangles are checked here, once, and nowhere else. */
#include "picture.h"
#include "base/bits.h"
#include "base/string.h"

enum { ALIGNMENT = FRAMEBUFFER_PIXEL_BYTES };

/* A display that is larger than the memory shows one of these, which it or its host scales. */
static const struct {
	uint16_t width, height;
} sizes[] = { { 1920, 1080 }, { 1280, 800 }, { 1024, 768 }, { 800, 600 }, { 640, 480 }, { 320, 240 } };

static bool fits(uint32_t width, uint32_t height, size_t bytes)
{
	return width && height && width <= PICTURE_SIDE_MAX && height <= PICTURE_SIDE_MAX &&
	       (uint64_t)width * height * FRAMEBUFFER_PIXEL_BYTES <= bytes;
}

bool picture_choose(uint32_t width, uint32_t height, size_t bytes, struct picture *picture)
{
	bool found = fits(width, height, bytes);

	for (unsigned i = 0; !found && i < ARRAY_SIZE(sizes); i++)
		if (sizes[i].width <= width && sizes[i].height <= height && fits(sizes[i].width, sizes[i].height, bytes)) {
			width = sizes[i].width;
			height = sizes[i].height;
			found = true;
		}
	if (!found)
		return false;
	picture->width = width;
	picture->height = height;
	picture->stride = width * FRAMEBUFFER_PIXEL_BYTES;
	return true;
}

bool picture_has(const struct picture *picture, const struct rectangle *rectangle)
{
	return rectangle->width && rectangle->height && rectangle->x <= picture->width && rectangle->y <= picture->height &&
	       rectangle->width <= picture->width - rectangle->x && rectangle->height <= picture->height - rectangle->y;
}

static uint8_t *pixel_at(const struct picture *picture, uint32_t x, uint32_t y)
{
	return picture->pixels + (size_t)y * picture->stride + (size_t)x * FRAMEBUFFER_PIXEL_BYTES;
}

void picture_fill(const struct picture *picture, const struct rectangle *rectangle, uint32_t colour)
{
	size_t row_bytes = (size_t)rectangle->width * FRAMEBUFFER_PIXEL_BYTES;
	uint8_t *first = pixel_at(picture, rectangle->x, rectangle->y);
	uint32_t *pixel = (uint32_t *)(void *)first;

	for (uint32_t i = 0; i < rectangle->width; i++)
		pixel[i] = colour;
	for (uint32_t row = 1; row < rectangle->height; row++)
		memcpy(first + (size_t)row * picture->stride, first, row_bytes);
}

/* All of the rectangle's pixels within `size` bytes? 64 bits hold any of these products. */
static bool pixels_fit(const struct framebuffer_placement *to, size_t size)
{
	uint64_t end = to->offset + (uint64_t)(to->height - 1) * to->stride + (uint64_t)to->width * FRAMEBUFFER_PIXEL_BYTES;

	return to->offset % ALIGNMENT == 0 && to->stride % ALIGNMENT == 0 && end <= size;
}

nacre_status_t picture_copy(const struct picture *picture, const struct framebuffer_placement *to, const void *from, size_t size)
{
	struct rectangle rectangle = { to->x, to->y, to->width, to->height };
	const uint8_t *source;
	uint8_t *target;
	size_t row_bytes;

	if (!picture_has(picture, &rectangle))
		return FRAMEBUFFER_RANGE;
	if (!pixels_fit(to, size))
		return FRAMEBUFFER_PIXELS;
	source = (const uint8_t *)from + to->offset;
	target = pixel_at(picture, to->x, to->y);
	row_bytes = (size_t)to->width * FRAMEBUFFER_PIXEL_BYTES;
	if (row_bytes == picture->stride && to->stride == picture->stride) {
		memcpy(target, source, row_bytes * to->height);
		return STATUS_OK;
	}
	for (uint32_t row = 0; row < to->height; row++)
		memcpy(target + (size_t)row * picture->stride, source + (size_t)row * to->stride, row_bytes);
	return STATUS_OK;
}
