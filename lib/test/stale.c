/* stale.c - variables on the stack that nobody has set. */
#include "test/stale.h"

enum { WORDS = 128 };

/* The compiler does not know what becomes of the array, and so must have it as it would be. */
static void escape(uintptr_t *words)
{
	__asm__ volatile("" : : "r"(words) : "memory");
}

__attribute__((noinline)) void test_stack_fill(uintptr_t word)
{
	uintptr_t words[2 * WORDS];

	for (unsigned i = 0; i < 2 * WORDS; i++)
		words[i] = word;
	escape(words);
}

__attribute__((noinline)) uintptr_t test_stack_stale(void)
{
	uintptr_t words[WORDS], all = 0;

	escape(words);
	for (unsigned i = 0; i < WORDS; i++)
		all |= words[i];
	return all;
}
