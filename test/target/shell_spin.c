/* shell_spin.c - a program that never ends: spins at its priority or, with an argument, waits for a name that nobody
 * publishes. For scenarios that look at it and end it. */
#include <stdio.h>
#include "nacre/names.h"

int main(int argc, char **argv)
{
	nacre_handle_t nobody;

	(void)argv;
	puts(argc > 1 ? "waiting" : "spinning");
	for (;;)
		if (argc > 1)
			nacre_connect("test/one", &nobody);
}
