/* hashes.h - a table of SHA-256 digests, one a file, in the text format of sha256sum(1).
 *
 *   64 hexadecimal digits, two spaces (or a space and a star), the file's name, a newline
 *
 * The table is data of known size and need not end with NUL. Lines that do not have this form match no name, so
 * that a damaged table can only make files fail, never pass. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/sha256.h"

/* Finds the digest of `name` and counts as it must: false where the name is missing or is listed twice. */
bool hashes_find(const char *table, size_t size, const char *name, uint8_t digest[SHA256_BYTES]);

/* Line `index` (from 0): its name's place and length within the table. False past the end, and for a malformed line. */
bool hashes_name(const char *table, size_t size, size_t index, const char **name, size_t *length);
