/* fdt.c - the reader of flattened device trees. The writer is fdt_copy.c.
 *
 * The structure block is a row of tokens; `token_read` is the only function that reads it, and it checks every
 * bound each time. All else is walking. */
#include "base/fdt.h"
#include "base/bits.h"
#include "base/bytes.h"
#include "base/fdt_token.h"
#include "base/string.h"

#define MAGIC 0xd00dfeedu

enum { VERSION = 17, RESERVE_ENTRY = 16, CELL = 4 };

/* --- tokens --------------------------------------------------------------------------------------------- */

static bool node_token(const struct fdt *tree, struct fdt_token *token)
{
	const char *name = (const char *)tree->structure + token->offset + CELL;
	uint32_t room = tree->structure_bytes - token->offset - CELL;
	size_t length = string_length_within(name, room);

	token->property.name = name;
	token->next = token->offset + CELL + (uint32_t)align_up(length + 1, CELL);
	return length < room;
}

static bool property_token(const struct fdt *tree, struct fdt_token *token)
{
	const uint8_t *p = tree->structure + token->offset;
	uint32_t room = tree->structure_bytes - token->offset, name;

	if (room < 3 * CELL)
		return false;
	token->property.size = load_be32(p + CELL);
	token->property.data = p + 3 * CELL;
	name = load_be32(p + 2 * CELL);
	if (token->property.size > room - 3 * CELL || name >= tree->strings_bytes)
		return false;
	token->property.name = tree->strings + name;
	token->next = token->offset + 3 * CELL + (uint32_t)align_up(token->property.size, CELL);
	return true;
}

bool fdt_token_read(const struct fdt *tree, uint32_t offset, struct fdt_token *token)
{
	do {
		if (offset > tree->structure_bytes || tree->structure_bytes - offset < CELL)
			return false;
		token->offset = offset;
		token->kind = load_be32(tree->structure + offset);
		token->next = offset += CELL;
	} while (token->kind == FDT_NOP);
	switch (token->kind) {
	case FDT_BEGIN_NODE:
		return node_token(tree, token);
	case FDT_PROPERTY:
		return property_token(tree, token);
	case FDT_END_NODE:
	case FDT_END:
		return true;
	}
	return false;
}

/* --- opening -------------------------------------------------------------------------------------------- */

static bool block_inside(uint32_t total, uint32_t offset, uint32_t size, uint32_t alignment)
{
	return is_aligned(offset, alignment) && offset >= FDT_HEADER_BYTES && offset <= total && size <= total - offset;
}

/* Counts the entries before the all-zero one that ends the memory reservation block. */
static bool reserve_open(struct fdt *tree, uint32_t offset)
{
	if (!block_inside(tree->total_bytes, offset, RESERVE_ENTRY, 8))
		return false;
	tree->reserve = tree->blob + offset;
	for (tree->reserve_count = 0; offset <= tree->total_bytes - RESERVE_ENTRY; offset += RESERVE_ENTRY) {
		if (!load_be64(tree->blob + offset) && !load_be64(tree->blob + offset + 8))
			return true;
		tree->reserve_count++;
	}
	return false;
}

static const char *header_open(struct fdt *tree, const uint8_t *blob, size_t limit)
{
	uint32_t structure = load_be32(blob + 8), strings = load_be32(blob + 12);

	if (load_be32(blob) != MAGIC)
		return "there is no device tree: its first word is not 0xd00dfeed";
	if (load_be32(blob + 20) < VERSION || load_be32(blob + 24) > VERSION)
		return "the device tree is not of version 17";
	tree->blob = blob;
	tree->total_bytes = load_be32(blob + 4);
	tree->strings_bytes = load_be32(blob + 32);
	tree->structure_bytes = load_be32(blob + 36);
	if (tree->total_bytes < FDT_HEADER_BYTES || tree->total_bytes > limit || tree->total_bytes > FDT_BYTES_MAX)
		return "the device tree's total size is impossible";
	if (!block_inside(tree->total_bytes, structure, tree->structure_bytes, CELL))
		return "the device tree's structure block lies outside it";
	if (!block_inside(tree->total_bytes, strings, tree->strings_bytes, 1))
		return "the device tree's strings block lies outside it";
	/* Then every name in it ends inside it, and no token needs to be checked for that again. */
	if (tree->strings_bytes && blob[strings + tree->strings_bytes - 1] != '\0')
		return "the device tree's strings block does not end with NUL";
	tree->structure = blob + structure;
	tree->strings = (const char *)blob + strings;
	return reserve_open(tree, load_be32(blob + 16)) ? NULL : "the device tree's memory reservation block does not end";
}

/* One token of the check walk: the new depth, or -1 where this token may not stand here. `closed`: a child has
 * ended in this node, so properties may not follow. */
static int depth_after(const struct fdt_token *token, int depth, bool closed)
{
	switch (token->kind) {
	case FDT_BEGIN_NODE:
		return depth < FDT_DEPTH_MAX && (depth || !closed) ? depth + 1 : -1;
	case FDT_END_NODE:
		return depth - 1;
	default:
		return depth && !closed ? depth : -1;
	}
}

/* Depth counts open nodes here: 0 before and after the root. */
static const char *structure_check(const struct fdt *tree)
{
	struct fdt_token token = { .next = 0 };
	bool closed = false;
	int depth = 0;

	for (;;) {
		if (!fdt_token_read(tree, token.next, &token))
			return "the device tree's structure block is malformed";
		if (token.kind == FDT_END)
			return depth == 0 && closed ? NULL : "the device tree ends inside a node";
		depth = depth_after(&token, depth, closed);
		if (depth < 0)
			return "the device tree's nodes are not nested properly";
		closed = token.kind == FDT_END_NODE;
	}
}

const char *fdt_open(struct fdt *tree, const void *blob, size_t limit)
{
	const char *fault;

	memset(tree, 0, sizeof(*tree));
	if (limit < FDT_HEADER_BYTES)
		return "the device tree is shorter than its header";
	fault = header_open(tree, blob, limit);
	return fault ? fault : structure_check(tree);
}

/* --- nodes ---------------------------------------------------------------------------------------------- */

static uint32_t offset_of(const struct fdt *tree, const struct fdt_node *node)
{
	return (uint32_t)((const uint8_t *)node - tree->structure);
}

static const struct fdt_node *node_at(const struct fdt *tree, const struct fdt_token *token)
{
	return (const void *)(tree->structure + token->offset);
}

const struct fdt_node *fdt_next(const struct fdt *tree, const struct fdt_node *node, int *depth)
{
	struct fdt_token token = { .next = 0 };

	if (!node)
		*depth = -1;
	else if (!fdt_token_read(tree, offset_of(tree, node), &token))
		return NULL;
	while (fdt_token_read(tree, token.next, &token)) {
		if (token.kind == FDT_END)
			return NULL;
		*depth += (token.kind == FDT_BEGIN_NODE) - (token.kind == FDT_END_NODE);
		if (token.kind == FDT_BEGIN_NODE)
			return node_at(tree, &token);
	}
	return NULL;
}

const struct fdt_node *fdt_root(const struct fdt *tree)
{
	int depth;

	return fdt_next(tree, NULL, &depth);
}

const struct fdt_node *fdt_child(const struct fdt *tree, const struct fdt_node *parent, const struct fdt_node *child)
{
	const struct fdt_node *node = child ? child : parent;
	int depth = child ? 1 : 0;

	do
		node = fdt_next(tree, node, &depth);
	while (node && depth > 1);
	return node && depth == 1 ? node : NULL;
}

const struct fdt_node *fdt_parent(const struct fdt *tree, const struct fdt_node *node)
{
	const struct fdt_node *open[FDT_DEPTH_MAX + 1] = { NULL };
	const struct fdt_node *at = NULL;
	int depth;

	while ((at = fdt_next(tree, at, &depth)) && at != node)
		open[depth] = at;
	return at && depth > 0 ? open[depth - 1] : NULL;
}

const char *fdt_name(const struct fdt_node *node)
{
	return (const char *)node + CELL;
}

/* --- properties ----------------------------------------------------------------------------------------- */

/* Reads on to the next property of the node whose token (or property's token) is `token`. */
static bool property_next(const struct fdt *tree, struct fdt_token *token)
{
	return fdt_token_read(tree, token->next, token) && token->kind == FDT_PROPERTY;
}

bool fdt_property(const struct fdt *tree, const struct fdt_node *node, const char *name, struct fdt_property *found)
{
	struct fdt_token token;

	if (!node || !fdt_token_read(tree, offset_of(tree, node), &token))
		return false;
	while (property_next(tree, &token))
		if (string_equal(token.property.name, name)) {
			*found = token.property;
			return true;
		}
	return false;
}

bool fdt_property_at(const struct fdt *tree, const struct fdt_node *node, uint32_t index, struct fdt_property *found)
{
	struct fdt_token token;

	if (!node || !fdt_token_read(tree, offset_of(tree, node), &token))
		return false;
	while (property_next(tree, &token))
		if (!index--) {
			*found = token.property;
			return true;
		}
	return false;
}

uint32_t fdt_u32(const struct fdt *tree, const struct fdt_node *node, const char *name, uint32_t otherwise)
{
	struct fdt_property property;

	if (!fdt_property(tree, node, name, &property) || property.size < CELL)
		return otherwise;
	return load_be32(property.data);
}

uint64_t fdt_u64(const struct fdt *tree, const struct fdt_node *node, const char *name, uint64_t otherwise)
{
	struct fdt_property property;

	if (!fdt_property(tree, node, name, &property) || property.size < CELL)
		return otherwise;
	return property.size < 2 * CELL ? load_be32(property.data) : load_be64(property.data);
}

const char *fdt_string(const struct fdt *tree, const struct fdt_node *node, const char *name, uint32_t index)
{
	struct fdt_property property;
	size_t length;

	if (!fdt_property(tree, node, name, &property))
		return NULL;
	for (const char *text = (const char *)property.data; property.size; text += length + 1) {
		length = string_length_within(text, property.size);
		if (length == property.size)
			return NULL;
		if (!index--)
			return text;
		property.size -= (uint32_t)length + 1;
	}
	return NULL;
}

bool fdt_reserved(const struct fdt *tree, uint32_t index, struct fdt_range *range)
{
	if (index >= tree->reserve_count)
		return false;
	range->start = load_be64(tree->reserve + (size_t)index * RESERVE_ENTRY);
	range->size = load_be64(tree->reserve + (size_t)index * RESERVE_ENTRY + 8);
	return true;
}

/* --- finding -------------------------------------------------------------------------------------------- */

bool fdt_is_compatible(const struct fdt *tree, const struct fdt_node *node, const char *compatible)
{
	const char *text;

	for (uint32_t i = 0; (text = fdt_string(tree, node, "compatible", i)); i++)
		if (string_equal(text, compatible))
			return true;
	return false;
}

bool fdt_is_enabled(const struct fdt *tree, const struct fdt_node *node)
{
	const char *status = fdt_string(tree, node, "status", 0);

	return !status || string_equal(status, "okay") || string_equal(status, "ok");
}

const struct fdt_node *fdt_find_compatible(const struct fdt *tree, const struct fdt_node *after, const char *compatible)
{
	int depth = 0;

	while ((after = fdt_next(tree, after, &depth)))
		if (fdt_is_compatible(tree, after, compatible) && fdt_is_enabled(tree, after))
			return after;
	return NULL;
}

const struct fdt_node *fdt_find_type(const struct fdt *tree, const struct fdt_node *after, const char *type)
{
	const char *text;
	int depth = 0;

	while ((after = fdt_next(tree, after, &depth))) {
		text = fdt_string(tree, after, "device_type", 0);
		if (text && string_equal(text, type))
			return after;
	}
	return NULL;
}

const struct fdt_node *fdt_find_phandle(const struct fdt *tree, uint32_t phandle)
{
	const struct fdt_node *node = NULL;
	int depth;

	/* 0 and -1 are no phandles (section 2.3.3); 0 is also what a node without one answers. */
	if (phandle == 0 || phandle == UINT32_MAX)
		return NULL;
	while ((node = fdt_next(tree, node, &depth)))
		if (fdt_u32(tree, node, "phandle", 0) == phandle)
			return node;
	return NULL;
}

/* Does the path element (not ended by NUL) name this node, with its unit address or without? */
static bool name_matches(const char *name, const char *element, size_t size)
{
	return string_length(name) >= size && memcmp(name, element, size) == 0 && (!name[size] || name[size] == '@');
}

static const struct fdt_node *child_named(const struct fdt *tree, const struct fdt_node *parent, const char *element,
					  size_t size)
{
	const struct fdt_node *child = NULL;

	while ((child = fdt_child(tree, parent, child)))
		if (name_matches(fdt_name(child), element, size))
			return child;
	return NULL;
}

static size_t element_length(const char *path)
{
	size_t length = 0;

	while (path[length] && path[length] != '/' && path[length] != ':')
		length++;
	return length;
}

static const struct fdt_node *find_from_root(const struct fdt *tree, const char *path)
{
	const struct fdt_node *node = fdt_root(tree);
	size_t length;

	while (node && *path == '/') {
		path++;
		length = element_length(path);
		if (length)
			node = child_named(tree, node, path, length);
		path += length;
	}
	return *path && *path != ':' ? NULL : node;
}

/* An alias is the name of a property of /aliases, whose value is a path. */
static const char *alias_path(const struct fdt *tree, const char *alias)
{
	const struct fdt_node *aliases = find_from_root(tree, "/aliases");
	size_t length = element_length(alias);
	struct fdt_property property;

	if (alias[length] == '/')
		return NULL;
	for (uint32_t i = 0; fdt_property_at(tree, aliases, i, &property); i++)
		if (string_equal_counted(alias, length, property.name))
			return fdt_string(tree, aliases, property.name, 0);
	return NULL;
}

const struct fdt_node *fdt_find_path(const struct fdt *tree, const char *path)
{
	if (*path != '/')
		path = alias_path(tree, path);
	return path && *path == '/' ? find_from_root(tree, path) : NULL;
}

/* --- addresses ------------------------------------------------------------------------------------------ */

/* A number of one or two cells; false for PCI's three, and for none. */
static bool cells_read(const uint8_t *p, uint32_t cells, uint64_t *value)
{
	*value = cells == 2 ? load_be64(p) : cells == 1 ? load_be32(p) : 0;
	return cells == 1 || cells == 2;
}

/* Looks `address` up in the bus' `ranges`: rows of (address below, address above, size). An empty `ranges` means
 * that both sides are the same (section 2.3.8). */
static bool translate_once(const struct fdt *tree, const struct fdt_node *bus, const struct fdt_node *above,
			   uint64_t *address)
{
	uint32_t low = fdt_u32(tree, bus, "#address-cells", 2), high = fdt_u32(tree, above, "#address-cells", 2);
	uint32_t size_cells = fdt_u32(tree, bus, "#size-cells", 1);
	struct fdt_property ranges;
	uint64_t from, to, size;

	if (!fdt_property(tree, bus, "ranges", &ranges))
		return false;
	if (!ranges.size)
		return true;
	if (low > 2 || high > 2 || size_cells > 2)
		return false;
	for (uint32_t row = (low + high + size_cells) * CELL; row && ranges.size >= row; ranges.size -= row) {
		if (!cells_read(ranges.data, low, &from) || !cells_read(ranges.data + low * CELL, high, &to) ||
		    !cells_read(ranges.data + (low + high) * CELL, size_cells, &size))
			return false;
		if (*address >= from && *address - from < size) {
			*address = *address - from + to;
			return true;
		}
		ranges.data += row;
	}
	return false;
}

static bool translate(const struct fdt *tree, const struct fdt_node *bus, uint64_t *address)
{
	const struct fdt_node *above;

	while ((above = fdt_parent(tree, bus))) {
		if (!translate_once(tree, bus, above, address))
			return false;
		bus = above;
	}
	return true;
}

bool fdt_reg(const struct fdt *tree, const struct fdt_node *node, uint32_t index, struct fdt_range *range)
{
	const struct fdt_node *bus = node ? fdt_parent(tree, node) : NULL;
	uint32_t address_cells = fdt_u32(tree, bus, "#address-cells", 2), size_cells = fdt_u32(tree, bus, "#size-cells", 1);
	uint32_t row = (address_cells + size_cells) * CELL;
	struct fdt_property reg;

	if (address_cells > 2 || size_cells > 2 || !row || !bus || !fdt_property(tree, node, "reg", &reg))
		return false;
	if (index >= reg.size / row)
		return false;
	reg.data += (size_t)index * row;
	if (!cells_read(reg.data, address_cells, &range->start))
		return false;
	cells_read(reg.data + address_cells * CELL, size_cells, &range->size);
	return translate(tree, bus, &range->start);
}

/* --- interrupts ----------------------------------------------------------------------------------------- */

/* The controller that a node's plain `interrupts` belong to: named by interrupt-parent here or in the nearest
 * ancestor, unless an ancestor is itself a controller (section 2.4.1). */
static const struct fdt_node *interrupt_parent(const struct fdt *tree, const struct fdt_node *node)
{
	struct fdt_property property;

	while (node) {
		if (fdt_property(tree, node, "interrupt-parent", &property))
			return fdt_find_phandle(tree, fdt_u32(tree, node, "interrupt-parent", 0));
		node = fdt_parent(tree, node);
		if (fdt_property(tree, node, "#interrupt-cells", &property))
			return node;
	}
	return NULL;
}

/* Takes one interrupt of `controller` off the front of `property`. */
static bool line_take(const struct fdt *tree, const struct fdt_node *controller, struct fdt_property *property,
		      struct fdt_interrupt *line)
{
	uint32_t count = fdt_u32(tree, controller, "#interrupt-cells", 0);

	if (!controller || count == 0 || count > FDT_INTERRUPT_CELLS || property->size < count * CELL)
		return false;
	memset(line, 0, sizeof(*line));
	line->controller = controller;
	line->cell_count = count;
	for (uint32_t i = 0; i < count; i++)
		line->cells[i] = load_be32(property->data + i * CELL);
	property->data += count * CELL;
	property->size -= count * CELL;
	return true;
}

/* Rows of interrupts-extended start with the controller's phandle. */
static const struct fdt_node *controller_take(const struct fdt *tree, struct fdt_property *property)
{
	const struct fdt_node *controller;

	if (property->size < CELL)
		return NULL;
	controller = fdt_find_phandle(tree, load_be32(property->data));
	property->data += CELL;
	property->size -= CELL;
	return controller;
}

bool fdt_interrupt(const struct fdt *tree, const struct fdt_node *node, uint32_t index, struct fdt_interrupt *line)
{
	const struct fdt_node *controller = NULL;
	struct fdt_property property;
	bool extended = fdt_property(tree, node, "interrupts-extended", &property);

	if (!extended) {
		if (!fdt_property(tree, node, "interrupts", &property))
			return false;
		controller = interrupt_parent(tree, node);
	}
	do {
		if (extended)
			controller = controller_take(tree, &property);
		if (!line_take(tree, controller, &property, line))
			return false;
	} while (index--);
	return true;
}
