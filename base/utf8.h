/* utf8.h - is it well-formed UTF-8? (RFC 3629) */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at `text`, 1 to 4; 0 where it is malformed: cut, overlong, a surrogate, beyond U+10FFFF.
 * `size` bytes are there, at least 1. */
size_t utf8_length(const uint8_t *text, size_t size);

/* Well-formed from end to end, and without a NUL? */
bool utf8_is_text(const void *text, size_t size);

/* Puts '?' in place of every byte that belongs to no character, and of NULs: then it is text. */
void utf8_clean(char *text, size_t size);
