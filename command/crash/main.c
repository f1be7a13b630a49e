/* main.c - crash: ends in the way that was asked for, to see what a crash report looks like. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Not inlined, so that the report shows the function that it happened in. */
#define CRASH static void __attribute__((noinline))

/* Volatile, so that no compiler sees the null pointer coming. */
static volatile uintptr_t nowhere = 0;

CRASH crash_null(void)
{
	*(volatile int *)nowhere = 1;
}

CRASH crash_text(void)
{
	volatile uint8_t *text = (volatile uint8_t *)(uintptr_t)&crash_null;

	*text = 0;
}

/* Down through the stack into the guard page below it. Each level uses its array after the call, so that none is
 * optimised away. */
static int __attribute__((noinline)) deeper(int depth)
{
	volatile char room[256];

	room[0] = (char)depth;
	return depth == INT32_MAX ? 0 : deeper(depth + 1) + room[0];
}

CRASH crash_stack(void)
{
	deeper(0);
}

/* Past the end of an array, over the guard value behind it; volatile, so that no compiler counts. */
CRASH crash_smash(void)
{
	volatile char array[16];
	volatile size_t size = sizeof(array) + 2 * sizeof(uintptr_t);

	for (volatile char *at = array; size--;)
		*at++ = 'x';
}

CRASH crash_illegal(void)
{
	__asm__ volatile(".2byte 0"); /* the one encoding that is illegal for ever */
}

CRASH crash_assert(void)
{
	volatile int two = 1;

	assert(two == 2);
}

static const struct crash {
	char name[8];
	void (*run)(void);
} crashes[] = {
	{ "null", crash_null }, { "text", crash_text }, { "stack", crash_stack },
	{ "smash", crash_smash }, { "illegal", crash_illegal }, { "assert", crash_assert },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof(crashes) / sizeof(crashes[0]); i++)
		if (!strcmp(argv[1], crashes[i].name))
			crashes[i].run();
	fputs("usage: crash null|text|stack|smash|illegal|assert\n", stderr);
	return 2;
}
