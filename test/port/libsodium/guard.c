/* guard.c - memory of sodium_malloc() ends whoever leaves it: `test-guard behind|before|readonly|noaccess` must be ended by
 * a fault. Upstream tests this by catching a signal. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { SIZE = 5000, PAGE = 4096 };

static void touch(volatile unsigned char *bytes, const char *how)
{
	if (!strcmp(how, "behind"))
		bytes[SIZE] = 1;
	else if (!strcmp(how, "before"))
		bytes[-PAGE] = 1;
	else if (!strcmp(how, "readonly") && !sodium_mprotect_readonly((void *)bytes))
		bytes[0] = (unsigned char)(bytes[0] + 1);
	else if (!strcmp(how, "noaccess") && !sodium_mprotect_noaccess((void *)bytes))
		(void)bytes[0];
}

int main(int argc, char **argv)
{
	unsigned char *bytes = sodium_init() < 0 ? NULL : sodium_malloc(SIZE);

	if (!bytes || argc != 2)
		return 1;
	memset(bytes, 1, SIZE);
	printf("now it must end\n");
	fflush(stdout);
	touch(bytes, argv[1]);
	printf("it did not\n");
	return 0;
}
