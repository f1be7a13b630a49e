/* hello.c - the smallest program worth running: says hello, and what it was given. */
#include <stdio.h>

int main(int argc, char **argv, char **envp)
{
	int variables = 0;

	while (envp[variables])
		variables++;
	printf("Hello from Nacre, on a machine of %u bits.\n", 8 * (unsigned)sizeof(void *));
	for (int i = 0; i < argc; i++)
		printf("argument %d: %s\n", i, argv[i]);
	printf("environment: %d variable%s\n", variables, variables == 1 ? "" : "s");
	return 0;
}
