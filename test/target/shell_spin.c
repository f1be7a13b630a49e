/* shell_spin.c - a program that does nothing for ever, at its priority: for scenarios that end it. */
#include <stdio.h>

int main(void)
{
	puts("spinning");
	for (;;)
		;
}
