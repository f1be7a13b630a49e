/* font.h - letters of 5 x 7 dots. */
#pragma once
#include <stdbool.h>

enum { GLYPH_WIDTH = 5, GLYPH_HEIGHT = 7, GLYPH_ADVANCE = 6 };

/* Is there a dot of the character? Small letters look like capitals; what there is no picture of is a box. */
bool font_dot(char character, unsigned column, unsigned row);
