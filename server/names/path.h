/* path.h - what is a path, and which patterns it fits. Paths are counted text: no NUL at the end. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* The rules of idl/names.nid: length, well-formed UTF-8, no control character, parts that are not empty, `.` or `..`. */
bool path_is_valid(const char *path, size_t size);

/* Is the path the pattern, or does it lie below one that ends in a slash and an asterisk? */
bool path_fits(const char *path, size_t size, const char *pattern, size_t pattern_size);
