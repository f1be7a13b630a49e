/* fdt.h - flattened device trees (Devicetree Specification 0.3, chapter 5): read them, copy them with additions.
 *
 * Input may be hostile. fdt_open checks the header and walks the whole tree once; after that no function here can
 * read outside the tree, and a question about something that is missing or malformed is answered with NULL, false
 * or the default. Nothing is allocated and nothing is changed in place.
 *
 *   struct fdt tree;
 *   const char *fault = fdt_open(&tree, blob, size);           fault is NULL, or a sentence that says why not
 *   const struct fdt_node *uart = fdt_find_compatible(&tree, NULL, "ns16550a");
 *   fdt_reg(&tree, uart, 0, &range);                           address as the hart sees it
 *
 * A node is a pointer into the tree; NULL is no node. The tree must stay where it is while nodes are held.
 * Trade-off: there is no index. Finding a parent, and so fdt_reg and fdt_interrupt, walks from the root: some
 * thousand instructions a call on a tree of forty nodes, which is meant for boot and not for a running system.
 * Does not: interrupt-map, dma-ranges, overlays, trees older than version 17. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FDT_HEADER_BYTES = 40,
	FDT_DEPTH_MAX = 16,        /* nesting that fdt_open accepts; the root has depth 0 */
	FDT_BYTES_MAX = 1 << 20,   /* larger trees are refused: no board has one, a wrong pointer may */
	FDT_INTERRUPT_CELLS = 4,
};

struct fdt_node;

struct fdt {
	const uint8_t *blob;
	const uint8_t *structure;
	const char *strings;
	const uint8_t *reserve;
	uint32_t total_bytes, structure_bytes, strings_bytes, reserve_count;
};

struct fdt_property {
	const char *name;
	const uint8_t *data;
	uint32_t size;
};

struct fdt_range {
	uint64_t start, size;
};

struct fdt_interrupt {
	const struct fdt_node *controller;
	uint32_t cell_count, cells[FDT_INTERRUPT_CELLS];
};

/* Checks everything and fills `tree`. `limit`: how many bytes may be read at `blob`; FDT_BYTES_MAX where nobody
 * knows, as when firmware hands over a bare pointer. Returns NULL, or one English sentence without a full stop. */
const char *fdt_open(struct fdt *tree, const void *blob, size_t limit);

/* --- nodes ---------------------------------------------------------------------------------------------- */

/* The node after `node` in the order of the text, the root after NULL; NULL after the last. *depth is 0 for the
 * root; start it with anything and pass it along. */
const struct fdt_node *fdt_next(const struct fdt *tree, const struct fdt_node *node, int *depth);

/* The child of `parent` after `child`, the first after NULL. */
const struct fdt_node *fdt_child(const struct fdt *tree, const struct fdt_node *parent, const struct fdt_node *child);

const struct fdt_node *fdt_root(const struct fdt *tree);
const struct fdt_node *fdt_parent(const struct fdt *tree, const struct fdt_node *node);

/* "uart@10000000"; "" for the root. */
const char *fdt_name(const struct fdt_node *node);

/* "/soc/serial@10000000", "/soc/serial" (the first of that name), or an alias; all after a ':' is ignored, as in
 * stdout-path. */
const struct fdt_node *fdt_find_path(const struct fdt *tree, const char *path);

/* The next node after `after` (NULL: from the root) that lists `compatible` and is not disabled. */
const struct fdt_node *fdt_find_compatible(const struct fdt *tree, const struct fdt_node *after, const char *compatible);
const struct fdt_node *fdt_find_phandle(const struct fdt *tree, uint32_t phandle);

/* The next node whose device_type is `type`: "memory", "cpu". */
const struct fdt_node *fdt_find_type(const struct fdt *tree, const struct fdt_node *after, const char *type);

bool fdt_is_compatible(const struct fdt *tree, const struct fdt_node *node, const char *compatible);

/* Not so where `status` is there and neither "okay" nor "ok". */
bool fdt_is_enabled(const struct fdt *tree, const struct fdt_node *node);

/* --- properties ----------------------------------------------------------------------------------------- */

bool fdt_property(const struct fdt *tree, const struct fdt_node *node, const char *name, struct fdt_property *found);

/* Number `index` of the node's properties, in the order of the text. */
bool fdt_property_at(const struct fdt *tree, const struct fdt_node *node, uint32_t index, struct fdt_property *found);

/* The first cell (u32), or the first one or two cells (u64) as the property's size says. */
uint32_t fdt_u32(const struct fdt *tree, const struct fdt_node *node, const char *name, uint32_t otherwise);
uint64_t fdt_u64(const struct fdt *tree, const struct fdt_node *node, const char *name, uint64_t otherwise);

/* String `index` of a string list; NULL where it is missing or not ended by NUL. */
const char *fdt_string(const struct fdt *tree, const struct fdt_node *node, const char *name, uint32_t index);

/* Range `index` of `reg`, translated through every bus' `ranges` to what the hart sees. False where there is
 * none, or where a bus on the way has no translation for it. */
bool fdt_reg(const struct fdt *tree, const struct fdt_node *node, uint32_t index, struct fdt_range *range);

/* Interrupt `index` of `interrupts-extended`, or else of `interrupts` with the inherited interrupt-parent. */
bool fdt_interrupt(const struct fdt *tree, const struct fdt_node *node, uint32_t index, struct fdt_interrupt *line);

/* Entry `index` of the memory reservation block. */
bool fdt_reserved(const struct fdt *tree, uint32_t index, struct fdt_range *range);

/* --- copying -------------------------------------------------------------------------------------------- */

/* What a copy has that its original has not: properties of /chosen, which replace those of the same name (the
 * node is made where it is missing), and entries of the memory reservation block. */
struct fdt_additions {
	const struct fdt_property *chosen;
	uint32_t chosen_count;
	const struct fdt_range *reserved;
	uint32_t reserved_count;
};

/* Writes the copy to `to` (8-byte aligned) and returns its size; 0 where it does not fit in `capacity`. With `to`
 * NULL it only counts: the size depends on the sizes of the additions and not on their values. */
size_t fdt_copy(const struct fdt *tree, const struct fdt_additions *additions, void *to, size_t capacity);
