/* console.h - the protocol of a console: text out, text in, and Ctrl-C.
 *
 * Bytes that arrive are kept, in order and unlooked at, until somebody reads; so nothing typed early is lost. Each
 * read says how it wants them: a line, echoed and edited by the console, or raw. One byte is looked at early: Ctrl-C,
 * while a controller attends to it.
 *
 * A connection made through the name space is a controller's (the shell's): it may do everything. One made by
 * `open` is for a program: it may read or write as the controller allowed. */
#pragma once
#include "idl/interface.h"

enum {
	CONSOLE_PROTOCOL = 0x636f6e73 /* "cons" */,
	CONSOLE_VERSION = 1 << 16 | 0,
	CONSOLE_WRITE_BYTES = 512, /* of one write */
	CONSOLE_LINE_BYTES = 256,  /* of one line, with its newline */
	CONSOLE_END = 0x04,        /* Ctrl-D: at the start of a line, the end of input */
	CONSOLE_INTERRUPT = 0x03,  /* Ctrl-C */
};

/* write: text to the console. Waits while the console has no room at all.
 *   in   word[0] CONSOLE_TEXT: newline becomes carriage return and newline; CONSOLE_RAW: bytes as they are
 *        bytes   1 to CONSOLE_WRITE_BYTES
 *   out  word[0] how many bytes were taken, perhaps 0: go on with the rest
 * DENIED. */
enum { CONSOLE_WRITE = 2 };
enum { CONSOLE_TEXT = 0, CONSOLE_RAW = 1 };

/* read: text from the console. Waits for some; reads are served in the order they came.
 *   in   word[0] CONSOLE_LINE: a line up to and with its newline (backspace, Ctrl-U and Ctrl-W edit, all is
 *                echoed), or what there is before Ctrl-D;
 *                CONSOLE_RAW: what is there, at least a byte and never beyond the end of a line (carriage return,
 *                newline or Ctrl-D), not echoed
 *        word[4] room, at least 1
 *   out  bytes
 * END for Ctrl-D at the start of a line (CONSOLE_LINE only), DENIED, FULL (too many reads wait). A line longer
 * than the room is handed out in pieces. */
enum { CONSOLE_READ = 3 };
enum { CONSOLE_LINE = 0 };

/* open: a connection for a program.
 *   in   word[0] CONSOLE_MAY_READ, CONSOLE_MAY_WRITE
 *   out  handle  connection [CALL, DUPLICATE, TRANSFER, DESTROY]
 * DENIED, FULL. */
enum { CONSOLE_OPEN = 4 };
enum { CONSOLE_MAY_READ = 1, CONSOLE_MAY_WRITE = 2 };

/* attend: from now on Ctrl-C is not data: it sets bits on a connection. So does one that was typed just before and
 * would be read next. The last one to attend wins.
 *   in   word[0] bits to set
 *        handle  connection [SIGNAL]
 * DENIED. */
enum { CONSOLE_ATTEND = 5 };

/* ignore: Ctrl-C is data again.
 * DENIED. */
enum { CONSOLE_IGNORE = 7 };

/* drain: answers when everything written so far has left the machine. */
enum { CONSOLE_DRAIN = 6 };
