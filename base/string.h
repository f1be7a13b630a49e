/* string.h - the little of <string.h> that freestanding code needs.
 *
 * memcpy, memmove, memset and memcmp carry their standard names because the compiler emits calls to them; they
 * live in mem.c, which programs with a libc leave out. All else has a name of its own, so that a file may
 * include this and the libc's header at once. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

/* Bytes before the NUL; at most `limit`, so that text of unknown origin may be measured. */
size_t string_length(const char *text);
size_t string_length_within(const char *text, size_t limit);

bool string_equal(const char *a, const char *b);
bool string_starts_with(const char *text, const char *start);

/* Is the counted text (no NUL inside) the same as the NUL-terminated one? */
bool string_equal_counted(const char *counted, size_t size, const char *text);

/* Copies at most size - 1 bytes and always ends `to` with NUL (size > 0). False where it had to cut. */
bool string_copy(char *to, size_t size, const char *from);
