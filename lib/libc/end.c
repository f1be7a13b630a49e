/* end.c - the ways out. Those that are accidents stop at a breakpoint: the fault server then has the registers, and
 * a debugger stops at the place. Without one the process ends with cause BREAKPOINT. */
#include <assert.h>
#include <stdlib.h>
#include <unistd.h>
#include "abi/nacre_calls.h"
#include "base/format.h"
#include "base/string.h"
#include "nacre/log.h"

void _exit(int code)
{
	nacre_process_exit((uintptr_t)code);
}

void abort(void)
{
	for (;;)
		__asm__ volatile("ebreak");
}

static void say(const char *text)
{
	write(STDERR_FILENO, text, string_length(text));
	write(STDERR_FILENO, "\n", 1);
	nacre_log(LOG_ERROR, "%s", text);
}

void __assert_func(const char *file, int line, const char *function, const char *expression)
{
	char text[160];

	format_text(text, sizeof(text), "%s:%d: %s: assertion failed: %s", file, line, function ? function : "?",
		    expression);
	say(text);
	abort();
}

/* What called this has a broken stack: touch little, return nowhere. The line is short enough to be sent without waiting. */
void __stack_chk_fail(void) __attribute__((noreturn));
void __stack_chk_fail(void)
{
	nacre_log(LOG_ERROR, "stack smashed: a function wrote past the end of its array");
	abort();
}
