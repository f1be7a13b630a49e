/* fdt_copy.c - copies a device tree and adds to it: properties of /chosen, and memory reservations.
 *
 * Everything goes through one writer that counts always and stores only what fits, so that the run that measures
 * and the run that writes are the same code and cannot disagree. Layout of the copy: header, reservations,
 * structure, strings (the old block as it is, the new names behind it). */
#include "base/bits.h"
#include "base/bytes.h"
#include "base/fdt.h"
#include "base/fdt_token.h"
#include "base/string.h"

enum { CELL = 4, RESERVE_ENTRY = 16 };

struct writer {
	uint8_t *to;
	size_t capacity, size;
};

static void put(struct writer *w, const void *data, size_t size)
{
	if (w->to && w->size <= w->capacity && size <= w->capacity - w->size)
		memcpy(w->to + w->size, data, size);
	w->size += size;
}

static void put_u32(struct writer *w, uint32_t value)
{
	uint8_t bytes[CELL];

	store_be32(bytes, value);
	put(w, bytes, sizeof(bytes));
}

static void put_padding(struct writer *w)
{
	static const uint8_t zeros[CELL];

	put(w, zeros, align_up(w->size, CELL) - w->size);
}

static void put_range(struct writer *w, struct fdt_range range)
{
	put_u32(w, (uint32_t)(range.start >> 32));
	put_u32(w, (uint32_t)range.start);
	put_u32(w, (uint32_t)(range.size >> 32));
	put_u32(w, (uint32_t)range.size);
}

static void put_reservations(struct writer *w, const struct fdt *tree, const struct fdt_additions *additions)
{
	put(w, tree->reserve, (size_t)tree->reserve_count * RESERVE_ENTRY);
	for (uint32_t i = 0; i < additions->reserved_count; i++)
		put_range(w, additions->reserved[i]);
	put_range(w, (struct fdt_range){ 0, 0 });
}

/* The new names stand behind the old strings in the order of the additions. */
static void put_additions(struct writer *w, const struct fdt *tree, const struct fdt_additions *additions)
{
	uint32_t name = tree->strings_bytes;

	for (uint32_t i = 0; i < additions->chosen_count; i++) {
		const struct fdt_property *property = &additions->chosen[i];

		put_u32(w, FDT_PROPERTY);
		put_u32(w, property->size);
		put_u32(w, name);
		put(w, property->data, property->size);
		put_padding(w);
		name += (uint32_t)string_length(property->name) + 1;
	}
}

static void put_new_chosen(struct writer *w, const struct fdt *tree, const struct fdt_additions *additions)
{
	put_u32(w, FDT_BEGIN_NODE);
	put(w, "chosen\0", 8);
	put_additions(w, tree, additions);
	put_u32(w, FDT_END_NODE);
}

static void put_strings(struct writer *w, const struct fdt *tree, const struct fdt_additions *additions)
{
	put(w, tree->strings, tree->strings_bytes);
	for (uint32_t i = 0; i < additions->chosen_count; i++)
		put(w, additions->chosen[i].name, string_length(additions->chosen[i].name) + 1);
}

static bool is_replaced(const struct fdt_additions *additions, const char *name)
{
	for (uint32_t i = 0; i < additions->chosen_count; i++)
		if (string_equal(additions->chosen[i].name, name))
			return true;
	return false;
}

/* Copies token by token. Depth counts open nodes, so the root's END_NODE is the one met at depth 1. */
static void put_structure(struct writer *w, const struct fdt *tree, const struct fdt_additions *additions)
{
	struct fdt_token token = { .next = 0 };
	bool in_chosen = false, seen = false;
	int depth = 0;

	while (fdt_token_read(tree, token.next, &token) && token.kind != FDT_END) {
		if (token.kind == FDT_PROPERTY && in_chosen && is_replaced(additions, token.property.name))
			continue;
		if (token.kind == FDT_END_NODE && depth == 1 && !seen)
			put_new_chosen(w, tree, additions);
		put(w, tree->structure + token.offset, token.next - token.offset);
		if (token.kind == FDT_PROPERTY)
			continue;
		in_chosen = token.kind == FDT_BEGIN_NODE && depth == 1 && string_equal(token.property.name, "chosen");
		if (in_chosen && !seen)
			put_additions(w, tree, additions);
		seen |= in_chosen;
		depth += token.kind == FDT_BEGIN_NODE ? 1 : -1;
	}
	put_u32(w, FDT_END);
}

/* Offsets of the blocks: 0 reservations, 1 structure, 2 strings, 3 the end. */
static void put_header(struct writer *w, const struct fdt *tree, const uint32_t block[4])
{
	put_u32(w, load_be32(tree->blob));
	put_u32(w, block[3]);
	put_u32(w, block[1]);
	put_u32(w, block[2]);
	put_u32(w, block[0]);
	put_u32(w, 17);
	put_u32(w, 16);
	put_u32(w, load_be32(tree->blob + 28));
	put_u32(w, block[3] - block[2]);
	put_u32(w, block[2] - block[1]);
}

size_t fdt_copy(const struct fdt *tree, const struct fdt_additions *additions, void *to, size_t capacity)
{
	struct writer w = { .to = to, .capacity = capacity, .size = FDT_HEADER_BYTES };
	uint32_t block[4];

	block[0] = (uint32_t)w.size;
	put_reservations(&w, tree, additions);
	block[1] = (uint32_t)w.size;
	put_structure(&w, tree, additions);
	block[2] = (uint32_t)w.size;
	put_strings(&w, tree, additions);
	block[3] = (uint32_t)w.size;
	if (to && w.size > capacity)
		return 0;
	w.size = 0;
	put_header(&w, tree, block);
	return block[3];
}
