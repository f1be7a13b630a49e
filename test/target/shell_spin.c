/* shell_spin.c - a program that never ends. Without an argument it spins at its priority; with `wait` it waits for a
 * name that nobody publishes, with `sleep` for a time that does not come. For tests that look at it and end it. */
#include <stdio.h>
#include <string.h>
#include "nacre/clock.h"
#include "nacre/names.h"

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "spin";
	nacre_handle_t nobody;

	puts(how);
	for (;;) {
		if (!strcmp(how, "wait"))
			nacre_connect("test/one", &nobody);
		else if (!strcmp(how, "sleep"))
			nacre_sleep_until(NACRE_DEADLINE_NEVER);
	}
}
