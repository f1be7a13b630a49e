/* hello.c - an ordinary C program: prints its arguments and what it finds in its environment. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	const char *name = getenv("NAME");

	printf("hello, %s\n", name ? name : "world");
	for (int i = 1; i < argc; i++)
		printf("argument %d: %s\n", i, argv[i]);
	return 0;
}
