/* parse.h - options in text: "key=value flag other=0x10", parted by spaces or newlines.
 *
 * The text is counted and need not end with NUL. Where a key stands twice the last one counts, so that options
 * appended later win. Numbers are decimal or 0x hexadecimal, with an optional K, M or G (times 1024). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct option {
	const char *value;      /* inside the text; "" with size 0 for a key without '=' */
	size_t size;
};

/* Finds key in the text. */
bool option_find(const char *text, size_t size, const char *key, struct option *found);

/* Is the flag there, alone or as flag=yes, flag=on, flag=1? flag=no and the like are false. */
bool option_flag(const char *text, size_t size, const char *key);

/* The number that the key has; false where it is missing, is no number, or does not fit. */
bool option_number(const char *text, size_t size, const char *key, uint64_t *number);

/* A whole counted text as a number. */
bool parse_number(const char *text, size_t size, uint64_t *number);
