/* last_chance.c - where a check of Ada's that fails ends: it is said, and the program stops at a breakpoint. */
#include <stdlib.h>
#include <unistd.h>
#include "base/format.h"
#include "nacre/log.h"

void __gnat_last_chance_handler(const char *file, int line) __attribute__((noreturn));

void __gnat_last_chance_handler(const char *file, int line)
{
	char text[120];
	size_t size = format_text(text, sizeof(text), "%s:%d: a check of the program's failed\n", file, line);

	write(STDERR_FILENO, text, size < sizeof(text) ? size : sizeof(text) - 1);
	nacre_log(LOG_ERROR, "%s:%d: a check of the program's failed", file, line);
	abort();
}
