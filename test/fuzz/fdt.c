/* fdt.c - device trees: whatever is opened is read inside its bytes only, and a copy of it can be opened again. */
#include "base/fdt.h"
#include "input.h"

enum { NODES_MAX = 48, EACH = 4 };

static void node_see(const struct fdt *tree, const struct fdt_node *node)
{
	struct fdt_property property;
	struct fdt_interrupt line;
	struct fdt_range range;
	const char *text;

	look_at(fdt_name(node), strlen(fdt_name(node)) + 1);
	for (uint32_t i = 0; fdt_property_at(tree, node, i, &property); i++) {
		look_at(property.data, property.size);
		fdt_property(tree, node, property.name, &property);
		fdt_u32(tree, node, property.name, 0);
		fdt_u64(tree, node, property.name, 0);
		for (uint32_t n = 0; n < EACH && (text = fdt_string(tree, node, property.name, n)); n++)
			look_at(text, strlen(text) + 1);
	}
	for (uint32_t i = 0; i < EACH; i++) {
		fdt_reg(tree, node, i, &range);
		if (fdt_interrupt(tree, node, i, &line))
			MUST(line.controller && line.cell_count <= FDT_INTERRUPT_CELLS);
	}
	MUST(node == fdt_root(tree) || fdt_parent(tree, node));
	fdt_is_compatible(tree, node, "ns16550a");
	fdt_is_enabled(tree, node);
	for (const struct fdt_node *child = NULL; (child = fdt_child(tree, node, child));)
		MUST(child != node);
}

static void copy_see(const struct fdt *tree)
{
	static const uint8_t value[] = { 1, 2, 3, 4, 5 };
	static const struct fdt_property chosen = { "nacre,fuzz", value, sizeof(value) };
	static const struct fdt_range range = { 0x1000, 0x2000 };
	static const struct fdt_additions additions = { &chosen, 1, &range, 1 };
	size_t size = fdt_copy(tree, &additions, NULL, SIZE_MAX);
	struct fdt_property found;
	struct fdt copy;
	void *to;

	if (!size)
		return;
	to = aligned_alloc(8, (size + 7) & ~(size_t)7);
	MUST(fdt_copy(tree, &additions, to, size - 1) == 0);
	MUST(fdt_copy(tree, &additions, to, size) == size);
	if (size <= FDT_BYTES_MAX && !fdt_open(&copy, to, size))
		MUST(fdt_property(&copy, fdt_find_path(&copy, "/chosen"), chosen.name, &found) && found.size == sizeof(value) &&
		     !memcmp(found.data, value, sizeof(value)));
	free(to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct fdt_node *node = NULL;
	struct fdt_range range;
	struct fdt tree;
	int depth = 0;

	if (fdt_open(&tree, data, size))
		return 0;
	for (unsigned i = 0; i < NODES_MAX && (node = fdt_next(&tree, node, &depth)); i++) {
		MUST(depth >= 0 && depth <= FDT_DEPTH_MAX);
		node_see(&tree, node);
	}
	for (uint32_t i = 0; fdt_reserved(&tree, i, &range); i++)
		MUST(i < tree.reserve_count);
	fdt_find_path(&tree, "/soc/serial@10000000:115200");
	fdt_find_path(&tree, "serial0");
	fdt_find_compatible(&tree, NULL, "ns16550a");
	fdt_find_phandle(&tree, 1);
	fdt_find_type(&tree, NULL, "memory");
	copy_see(&tree);
	return 0;
}
