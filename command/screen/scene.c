/* scene.c - mother-of-pearl, some letters, a pointer. */
#include "scene.h"
#include <string.h>
#include "font.h"

enum { INK = 0x2b2440, SHINE = 0xffffff, PAPER = 0xfbf9ff, POINTER = 0xffffff, POINTER_PRESSED = 0xff5a7a };
enum { TITLE_SCALE = 16, LINE_SCALE = 2, KEYS_SCALE = 3, KEYS_MARGIN = 8 };

/* --- the shell ------------------------------------------------------------------------------------------- */

/* A wave of period 1024, -256 to 256: two parabolas. */
static int32_t wave(uint32_t phase)
{
	int32_t p = (int32_t)(phase & 511), height = p * (512 - p) >> 8;

	return phase & 512 ? -height : height;
}

/* Layers of a shell shimmer by their thickness: arcs around a corner, each colour a third of a wave behind the other. */
static uint32_t shell(uint32_t x, uint32_t y)
{
	uint32_t arc = (x * x + 2 * y * y) >> 9, ripple = (uint32_t)(wave(3 * x + 2 * y) + wave(5 * y - x + 300)) / 4;
	uint32_t phase = arc + ripple;
	int32_t line = wave(phase * 12) / 96; /* where one layer ends and the next begins */
	uint32_t red = (uint32_t)(226 + line + wave(phase) * 24 / 256), green = (uint32_t)(222 + line + wave(phase + 341) * 19 / 256);
	uint32_t blue = (uint32_t)(231 + line + wave(phase + 682) * 20 / 256);

	return red << 16 | green << 8 | blue;
}

/* --- letters --------------------------------------------------------------------------------------------- */

struct label {
	const char *text;
	uint32_t x, y, scale;
};

static uint32_t text_width(const char *text, uint32_t scale)
{
	return ((uint32_t)strlen(text) * GLYPH_ADVANCE - 1) * scale;
}

static bool label_dot(const struct label *label, uint32_t x, uint32_t y)
{
	uint32_t column = (x - label->x) / label->scale, row = (y - label->y) / label->scale;

	if (x < label->x || y < label->y || row >= GLYPH_HEIGHT || column >= strlen(label->text) * GLYPH_ADVANCE)
		return false;
	return font_dot(label->text[column / GLYPH_ADVANCE], column % GLYPH_ADVANCE, row);
}

static struct label centred(const struct scene *scene, const char *text, uint32_t y, uint32_t scale)
{
	return (struct label){ text, (scene->width - text_width(text, scale)) / 2, y, scale };
}

/* Ink, or the light edge that the title has below and to the right; 0: neither. */
static uint32_t letters(const struct scene *scene, uint32_t x, uint32_t y)
{
	struct label title = centred(scene, "NACRE", scene->height / 4, TITLE_SCALE);
	struct label line = centred(scene, "A MICROKERNEL FOR RISC-V", scene->height / 4 + 9 * TITLE_SCALE, LINE_SCALE);

	if (label_dot(&title, x, y) || label_dot(&line, x, y))
		return INK;
	return label_dot(&title, x - 3, y - 3) ? SHINE : 0;
}

/* --- typed text ------------------------------------------------------------------------------------------ */

void scene_keys_place(const struct scene *scene, uint32_t place[4])
{
	place[2] = KEYS_SHOWN * GLYPH_ADVANCE * KEYS_SCALE + 2 * KEYS_MARGIN;
	place[3] = GLYPH_HEIGHT * KEYS_SCALE + 2 * KEYS_MARGIN;
	place[0] = (scene->width - place[2]) / 2;
	place[1] = scene->height - scene->height / 6 - place[3];
}

static uint32_t keys(const struct scene *scene, uint32_t x, uint32_t y)
{
	struct label label = { scene->keys, 0, 0, KEYS_SCALE };
	uint32_t place[4];

	scene_keys_place(scene, place);
	if (x - place[0] >= place[2] || y - place[1] >= place[3])
		return 0;
	label.x = place[0] + KEYS_MARGIN;
	label.y = place[1] + KEYS_MARGIN;
	return label_dot(&label, x, y) ? INK : PAPER;
}

/* --- the pointer ----------------------------------------------------------------------------------------- */

/* Its tip is at 0, 0. */
static const char *const arrow[] = {
	"X", "XX", "X.X", "X..X", "X...X", "X....X", "X.....X", "X......X", "X.......X", "X........X", "X.....XXXXX", "X..X..X",
	"X.X X..X", "XX  X..X", "X    X..X", "     X..X", "      XX",
};

/* 0: not there. */
static uint32_t pointer(const struct scene *scene, uint32_t x, uint32_t y)
{
	uint32_t across = x - (uint32_t)scene->x, down = y - (uint32_t)scene->y;

	if (down >= sizeof(arrow) / sizeof(arrow[0]) || across >= strlen(arrow[down]) || arrow[down][across] == ' ')
		return 0;
	if (arrow[down][across] == 'X')
		return INK;
	return scene->pressed ? POINTER_PRESSED : POINTER;
}

uint32_t scene_colour(const struct scene *scene, uint32_t x, uint32_t y)
{
	uint32_t colour = pointer(scene, x, y);

	if (!colour)
		colour = keys(scene, x, y);
	if (!colour)
		colour = letters(scene, x, y);
	return colour ? colour : shell(x, y);
}
