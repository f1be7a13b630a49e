/* stale.h - is a local variable that no code has set zero, with the flags that all programs are compiled with? Programs of
 * test/target cannot ask themselves: they are compiled without that one. */
#pragma once
#include <stdint.h>

void test_stack_fill(uintptr_t word);          /* leaves copies of the word below the caller's frame */
uintptr_t test_stack_stale(void);              /* what an array that was never set holds: all of its words, or-ed */
