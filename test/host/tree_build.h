/* tree_build.h - writes flattened device trees for tests, in the order of the calls:
 *
 *   static struct tree_build b;
 *   tree_begin(&b);
 *   tree_reserve(&b, 0x80000000, 0x1000);               before the first node
 *   tree_node(&b, "");                                  the root
 *   tree_cells(&b, "#address-cells", 1, 2u);
 *   tree_text(&b, "compatible", "a");
 *   tree_end(&b);                                       closes a node
 *   const void *blob = tree_finish(&b);
 */
#pragma once
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

struct tree_build {
	_Alignas(8) uint8_t blob[16384];
	uint8_t structure[8192];
	char strings[2048];
	uint32_t reserve_end, structure_bytes, strings_bytes;
};

static inline void tree_begin(struct tree_build *b)
{
	memset(b, 0, sizeof(*b));
	b->reserve_end = 40;
}

static inline void tree_reserve(struct tree_build *b, uint64_t start, uint64_t size)
{
	store_be64(b->blob + b->reserve_end, start);
	store_be64(b->blob + b->reserve_end + 8, size);
	b->reserve_end += 16;
}

static inline void tree_put(struct tree_build *b, const void *data, uint32_t size)
{
	if (size)
		memcpy(b->structure + b->structure_bytes, data, size);
	b->structure_bytes += (size + 3) & ~3u;
}

static inline void tree_word(struct tree_build *b, uint32_t word)
{
	uint8_t bytes[4];

	store_be32(bytes, word);
	tree_put(b, bytes, 4);
}

static inline void tree_node(struct tree_build *b, const char *name)
{
	tree_word(b, 1);
	tree_put(b, name, (uint32_t)strlen(name) + 1);
}

static inline void tree_end(struct tree_build *b)
{
	tree_word(b, 2);
}

static inline void tree_property(struct tree_build *b, const char *name, const void *data, uint32_t size)
{
	tree_word(b, 3);
	tree_word(b, size);
	tree_word(b, b->strings_bytes);
	strcpy(b->strings + b->strings_bytes, name);
	b->strings_bytes += (uint32_t)strlen(name) + 1;
	tree_put(b, data, size);
}

static inline void tree_text(struct tree_build *b, const char *name, const char *text)
{
	tree_property(b, name, text, (uint32_t)strlen(text) + 1);
}

/* `count` cells, each an unsigned int. */
static inline void tree_cells(struct tree_build *b, const char *name, unsigned count, ...)
{
	uint8_t cells[64];
	va_list list;

	va_start(list, count);
	for (unsigned i = 0; i < count; i++)
		store_be32(cells + 4 * i, va_arg(list, unsigned));
	va_end(list);
	tree_property(b, name, cells, 4 * count);
}

/* The same with pairs of cells, each a uint64_t. */
static inline void tree_wide(struct tree_build *b, const char *name, unsigned count, ...)
{
	uint8_t cells[256];
	va_list list;

	va_start(list, count);
	for (unsigned i = 0; i < count; i++)
		store_be64(cells + 8 * i, va_arg(list, uint64_t));
	va_end(list);
	tree_property(b, name, cells, 8 * count);
}

static inline const void *tree_finish(struct tree_build *b)
{
	uint32_t structure = b->reserve_end + 16, strings;

	tree_word(b, 9);
	strings = structure + b->structure_bytes;
	if (strings + b->strings_bytes > sizeof(b->blob) || b->structure_bytes > sizeof(b->structure))
		abort();
	memcpy(b->blob + structure, b->structure, b->structure_bytes);
	memcpy(b->blob + strings, b->strings, b->strings_bytes);
	store_be32(b->blob, 0xd00dfeed);
	store_be32(b->blob + 4, strings + b->strings_bytes);
	store_be32(b->blob + 8, structure);
	store_be32(b->blob + 12, strings);
	store_be32(b->blob + 16, 40);
	store_be32(b->blob + 20, 17);
	store_be32(b->blob + 24, 16);
	store_be32(b->blob + 32, b->strings_bytes);
	store_be32(b->blob + 36, b->structure_bytes);
	return b->blob;
}
