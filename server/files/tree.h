/* tree.h - what is done by path: making, removing, renaming, linking. Each call is one step: done, or nothing is. */
#pragma once
#include "path.h"

struct span_of_text {
	const char *text;
	size_t size;
};

/* A file or a directory under a path whose last part is not there. */
nacre_status_t tree_make(const struct path *path, uint8_t client, enum node_kind kind, uint16_t mode, uint32_t *node);

/* `kind`: what it must be; 0: anything. */
nacre_status_t tree_remove(uint32_t directory, struct span_of_text at, uint32_t kind);

nacre_status_t tree_rename(uint8_t client, uint32_t from_directory, struct span_of_text from, uint32_t to_directory,
			   struct span_of_text to);
nacre_status_t tree_link(uint8_t client, uint32_t from_directory, struct span_of_text from, uint32_t to_directory,
			 struct span_of_text to);
