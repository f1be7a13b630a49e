/* input.h - what a fuzzer gives, taken apart; zeros once it is used up. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *at, *end;
};

static inline bool input_is_empty(const struct input *input)
{
	return input->at == input->end;
}

static inline uint64_t input_number(struct input *input, unsigned bytes)
{
	uint64_t number = 0;

	for (unsigned i = 0; i < bytes && !input_is_empty(input); i++)
		number |= (uint64_t)*input->at++ << 8 * i;
	return number;
}

/* Up to `size` bytes, where they lie. */
static inline const uint8_t *input_bytes(struct input *input, size_t *size)
{
	const uint8_t *bytes = input->at;

	if (*size > (size_t)(input->end - input->at))
		*size = (size_t)(input->end - input->at);
	input->at += *size;
	return bytes;
}

/* Reads each byte, so that the sanitizers see it. */
static inline void look_at(const void *bytes, size_t size)
{
	const volatile uint8_t *each = bytes;

	while (size--)
		(void)*each++;
}

/* What must hold, in any build. */
#define MUST(condition)                                                                               \
	do {                                                                                          \
		if (!(condition)) {                                                                   \
			fprintf(stderr, "%s:%d: %s is not so\n", __FILE__, __LINE__, #condition);     \
			abort();                                                                      \
		}                                                                                     \
	} while (0)
