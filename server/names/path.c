/* path.c - what is a path, and which patterns it fits. */
#include "path.h"
#include <stdint.h>
#include "base/string.h"
#include "base/utf8.h"
#include "idl/names.h"

static bool text_is_clean(const char *text, size_t size)
{
	const uint8_t *bytes = (const uint8_t *)text;

	for (size_t i = 0, length; i < size; i += length) {
		length = utf8_length(bytes + i, size - i);
		/* C1 controls are two bytes, 0xc2 and 0x80 to 0x9f. */
		if (!length || bytes[i] < 0x20 || bytes[i] == 0x7f || (bytes[i] == 0xc2 && bytes[i + 1] < 0xa0))
			return false;
	}
	return true;
}

static bool part_is_valid(const char *part, size_t size)
{
	return size && !string_equal_counted(part, size, ".") && !string_equal_counted(part, size, "..");
}

bool path_is_valid(const char *path, size_t size)
{
	size_t start = 0;

	if (!size || size > NAMES_PATH_BYTES || !text_is_clean(path, size))
		return false;
	for (size_t i = 0; i <= size; i++) {
		if (i < size && path[i] != '/')
			continue;
		if (!part_is_valid(path + start, i - start))
			return false;
		start = i + 1;
	}
	return true;
}

bool path_fits(const char *path, size_t size, const char *pattern, size_t pattern_size)
{
	if (pattern_size >= 2 && pattern[pattern_size - 1] == '*' && pattern[pattern_size - 2] == '/')
		return size > pattern_size - 1 && !memcmp(path, pattern, pattern_size - 1);
	return size == pattern_size && !memcmp(path, pattern, size);
}
