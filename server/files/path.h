/* path.h - from a path to a node. */
#pragma once
#include "store.h"

struct path {
	uint32_t parent;       /* directory of the last part; 0: the path has no last part that could be named */
	const char *name;      /* the last part, not ended by NUL */
	size_t name_size;
	uint32_t node;         /* what it leads to; 0: nothing of that name is there */
	bool must_be_directory; /* it ends in a slash */
};

/* Looks a path up from a directory. Fails where anything but the last part is not there or is no directory. */
nacre_status_t path_find(uint32_t directory, const char *text, size_t size, struct path *path);

/* The same, and the last part must be there. */
nacre_status_t path_find_there(uint32_t directory, const char *text, size_t size, struct path *path);
