/* kept.h - what outlives this process: bytes on their way in and out, and the line being edited.
 *
 * They lie in one page that init keeps and hands to the successor, so that a console that dies loses nothing that
 * was typed or printed. The page may hold anything when it comes; what does not make sense is started anew. */
#pragma once
#include <nacre/error.h>
#include <stdbool.h>
#include "base/ring.h"
#include "idl/console.h"

enum { KEPT_IN_BYTES = 2048, KEPT_OUT_BYTES = 1024 };

struct line {
	uint32_t length, taken;      /* bytes in the line, and of those handed out; I1 taken <= length <= size */
	bool complete;               /* ended by newline or Ctrl-D */
	uint8_t bytes[CONSOLE_LINE_BYTES];
};

struct kept {
	uint32_t magic;
	struct ring in, out;
	struct line line;
	uint8_t in_bytes[KEPT_IN_BYTES];
	uint8_t out_bytes[KEPT_OUT_BYTES];
};

/* Maps the page. */
nacre_err_t kept_open(struct kept **kept);
