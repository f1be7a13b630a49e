/* edit.h - a line is typed: with cursor keys, Home, End, Ctrl-A E K U W L, a history on the up and down keys, and Tab, which
 * finishes words (complete.h). */
#pragma once
#include "shell.h"

enum edit_end {
	EDIT_LINE,      /* a line is there */
	EDIT_CANCELLED, /* Ctrl-C */
	EDIT_END,       /* Ctrl-D on an empty line */
};

/* Shows the prompt and waits. The line comes without its end, as text. */
enum edit_end edit_line(const char *prompt, char line[LINE_BYTES]);
