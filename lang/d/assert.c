/* assert.c - where an assertion or a bound of D's that fails ends: it is said, and the program stops at a breakpoint.
 * Linked before the C library, whose function of this name takes its parameters in another order. */
#include <stdlib.h>
#include <unistd.h>
#include "base/format.h"
#include "nacre/log.h"

void d_failed(const char *what, const char *file, int line) __asm__("__assert") __attribute__((noreturn));

void d_failed(const char *what, const char *file, int line)
{
	char text[160];
	size_t size = format_text(text, sizeof(text), "%s:%d: %s\n", file, line, what);

	write(STDERR_FILENO, text, size < sizeof(text) ? size : sizeof(text) - 1);
	nacre_log(LOG_ERROR, "%s:%d: %s", file, line, what);
	abort();
}
