/* line.h - the line discipline: makes lines out of bytes as they were typed, with echo and a little editing.
 * Backspace takes a character, Ctrl-W a word, Ctrl-U the line; Ctrl-D ends the line where it stands. */
#pragma once
#include "kept.h"

/* Takes bytes from `in` until the line is complete or there are no more, and echoes to `out`. Stops early where
 * there is no room for the echo. */
void line_edit(struct line *line, struct ring *in, struct ring *out);

/* Done with `count` more bytes of the line; once all are taken a new one begins. */
void line_take(struct line *line, uint32_t count);

void line_reset(struct line *line);
