/* embed.h - files that are part of a program: port.mk makes them of PORT_EMBED_PROGRAM, for tests that need data. */
#pragma once
#include <stddef.h>
#include <string.h>

struct embed_file {
	const char *name;
	const char *data;       /* a NUL follows */
	size_t size;            /* without it */
};

extern const struct embed_file embed_files[]; /* ends with a NULL name */

/* NULL: there is none of that name. */
static inline const struct embed_file *embed_find(const char *name)
{
	for (const struct embed_file *file = embed_files; file->name; file++)
		if (!strcmp(file->name, name))
			return file;
	return NULL;
}
