/* mem.c - memcpy, memmove, memset, memcmp for code that has no libc.
 *
 * Words where both pointers allow it, eight to a turn, so that a 4 KiB page costs about 2.3 instructions a word;
 * bytes for the rest. The empty asm in each byte loop keeps the compiler from recognising the loop as the very
 * function it implements and calling it for ever. */
#include <stdint.h>
#include "base/string.h"

/* A machine word that may alias anything. */
typedef uintptr_t __attribute__((may_alias)) word_t;

enum { WORD = sizeof(word_t), TURN = 8 * WORD };

#define KEEP_LOOP() __asm__ volatile("")

static inline bool both_aligned(const void *a, const void *b)
{
	return !(((uintptr_t)a | (uintptr_t)b) & (WORD - 1));
}

static inline void copy_turn(word_t *t, const word_t *f)
{
	word_t a = f[0], b = f[1], c = f[2], d = f[3];

	t[0] = a, t[1] = b, t[2] = c, t[3] = d;
	a = f[4], b = f[5], c = f[6], d = f[7];
	t[4] = a, t[5] = b, t[6] = c, t[7] = d;
}

/* Copies as many whole words as fit, lowest first, and returns how many bytes that was. */
static size_t copy_words(void *to, const void *from, size_t size)
{
	word_t *t = to;
	const word_t *f = from;
	size_t rest = size;

	for (; rest >= TURN; rest -= TURN, t += 8, f += 8)
		copy_turn(t, f);
	for (; rest >= WORD; rest -= WORD) {
		*t++ = *f++;
		KEEP_LOOP();
	}
	return size - rest;
}

/* Lowest byte first: safe where `to` lies below `from`, however near. */
static void copy_forwards(uint8_t *t, const uint8_t *f, size_t size)
{
	bool alike = !(((uintptr_t)t ^ (uintptr_t)f) & (WORD - 1));
	size_t words;

	while (alike && size && (uintptr_t)t & (WORD - 1)) {
		*t++ = *f++;
		size--;
		KEEP_LOOP();
	}
	words = alike ? copy_words(t, f, size) : 0;
	for (size_t i = words; i < size; i++) {
		t[i] = f[i];
		KEEP_LOOP();
	}
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	copy_forwards(to, from, size);
	return to;
}

static void copy_backwards(uint8_t *t, const uint8_t *f, size_t size)
{
	while (size && (!both_aligned(t + size, f + size) || size < WORD)) {
		size--;
		t[size] = f[size];
		KEEP_LOOP();
	}
	for (; size >= WORD && both_aligned(t + size, f + size); size -= WORD) {
		*(word_t *)(void *)(t + size - WORD) = *(const word_t *)(const void *)(f + size - WORD);
		KEEP_LOOP();
	}
	while (size--) {
		t[size] = f[size];
		KEEP_LOOP();
	}
}

/* Ascending is safe as soon as `to` does not lie inside what is still to be read. */
void *memmove(void *to, const void *from, size_t size)
{
	if ((uintptr_t)to - (uintptr_t)from >= size)
		copy_forwards(to, from, size);
	else
		copy_backwards(to, from, size);
	return to;
}

static size_t set_words(void *to, word_t value, size_t size)
{
	word_t *t = to;
	size_t rest = size;

	for (; rest >= TURN; rest -= TURN, t += 8) {
		t[0] = value, t[1] = value, t[2] = value, t[3] = value;
		t[4] = value, t[5] = value, t[6] = value, t[7] = value;
		KEEP_LOOP();
	}
	for (; rest >= WORD; rest -= WORD) {
		*t++ = value;
		KEEP_LOOP();
	}
	return size - rest;
}

void *memset(void *to, int byte, size_t size)
{
	uint8_t *t = to;
	word_t value = (uint8_t)byte * (~(word_t)0 / 0xff);

	while (size && (uintptr_t)t & (WORD - 1)) {
		*t++ = (uint8_t)byte;
		size--;
		KEEP_LOOP();
	}
	for (size_t done = set_words(t, value, size); done < size; done++) {
		t[done] = (uint8_t)byte;
		KEEP_LOOP();
	}
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const uint8_t *x = a, *y = b;

	for (; size && *x == *y; size--, x++, y++)
		KEEP_LOOP();
	return size ? *x - *y : 0;
}
