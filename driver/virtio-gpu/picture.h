/* picture.h - the picture in memory, and drawing into it. Makes no system calls.
 *
 *   I1  0 < width, height <= PICTURE_SIDE_MAX, and stride * height bytes are there at `pixels`
 *   I2  nothing outside of a rectangle that picture_has is written, and nothing outside of what the client gave is read */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "idl/framebuffer.h"
#include "nacre/error.h"

enum { PICTURE_SIDE_MAX = 8192 };

struct picture {
	uint8_t *pixels;
	uint32_t width, height, stride; /* stride: bytes from a row to the next */
};

struct rectangle {
	uint32_t x, y, width, height;
};

/* What of it fits into `bytes`: the size that a display of this size should have. False: it is none, or too large to scale. */
bool picture_choose(uint32_t width, uint32_t height, size_t bytes, struct picture *picture);

/* Is the rectangle not empty, and all of it in the picture? */
bool picture_has(const struct picture *picture, const struct rectangle *rectangle);

/* One colour; the rectangle was checked. */
void picture_fill(const struct picture *picture, const struct rectangle *rectangle, uint32_t colour);

/* Pixels out of `size` bytes at `from`. RANGE or PIXELS: nothing was drawn. */
nacre_status_t picture_copy(const struct picture *picture, const struct framebuffer_placement *to, const void *from, size_t size);
