/* base_fdt.c - device trees: reading, hostile input, copying with additions.
 *
 * Trees are built here token by token, and always handed over in heap blocks of exactly their size, so that the
 * address sanitizer sees the first byte that is read too far. */
#include "base/bytes.h"
#include "base/fdt.h"
#include "unit.h"

enum { BEGIN = 1, END_NODE = 2, PROP = 3, NOP = 4, END = 9, ROOM = 8192 };

static uint8_t structure[ROOM], tree_bytes[ROOM];
static char strings[1024];
static size_t structure_used, strings_used, tree_size;
static struct fdt tree;
static uint8_t *sample_held, *copy_held;        /* held on to, or they would count as leaks */

/* --- building ------------------------------------------------------------------------------------------- */

static void cell(uint32_t value)
{
	store_be32(structure + structure_used, value);
	structure_used += 4;
}

static void bytes(const void *data, size_t size)
{
	memcpy(structure + structure_used, data, size);
	memset(structure + structure_used + size, 0, 4);
	structure_used += (size + 3) & ~(size_t)3;
}

static void node(const char *name)
{
	cell(BEGIN);
	bytes(name, strlen(name) + 1);
}

static void end(void)
{
	cell(END_NODE);
}

static uint32_t name_offset(const char *name)
{
	for (size_t at = 0; at < strings_used; at += strlen(strings + at) + 1)
		if (strcmp(strings + at, name) == 0)
			return (uint32_t)at;
	strcpy(strings + strings_used, name);
	strings_used += strlen(name) + 1;
	return (uint32_t)(strings_used - strlen(name) - 1);
}

static void property(const char *name, const void *data, size_t size)
{
	cell(PROP);
	cell((uint32_t)size);
	cell(name_offset(name));
	bytes(data, size);
}

static void text(const char *name, const char *value)
{
	property(name, value, strlen(value) + 1);
}

#define CELLS(name, ...) cells(name, (const uint32_t[]){ __VA_ARGS__ }, sizeof((uint32_t[]){ __VA_ARGS__ }) / 4)

static void cells(const char *name, const uint32_t *values, size_t count)
{
	cell(PROP);
	cell((uint32_t)count * 4);
	cell(name_offset(name));
	for (size_t i = 0; i < count; i++)
		cell(values[i]);
}

/* Puts the blocks together: header, two reservations, structure, strings. */
static void finish(void)
{
	uint8_t *t = tree_bytes;
	uint32_t at = 40 + 3 * 16;

	cell(END);
	memset(t, 0, at);
	store_be64(t + 40, 0x80000000);
	store_be64(t + 48, 0x2000);
	store_be64(t + 56, 0x90000000);
	store_be64(t + 64, 0x1000);
	memcpy(t + at, structure, structure_used);
	memcpy(t + at + structure_used, strings, strings_used);
	tree_size = at + structure_used + strings_used;
	const uint32_t header[10] = { 0xd00dfeed, (uint32_t)tree_size, at, at + (uint32_t)structure_used, 40, 17, 16, 0,
				      (uint32_t)strings_used, (uint32_t)structure_used };
	for (unsigned i = 0; i < 10; i++)
		store_be32(t + 4 * i, header[i]);
}

static void start(void)
{
	structure_used = strings_used = 0;
}

static void sample_soc(void)
{
	node("soc");
	CELLS("#address-cells", 1);
	CELLS("#size-cells", 1);
	CELLS("ranges", 0, 0, 0x10000000, 0x10000, 0x20000, 0, 0x30000000, 0x100);
	CELLS("interrupt-parent", 3);
	node("serial@1000");
	property("compatible", "snps,uart\0ns16550a", 19);
	CELLS("reg", 0x1000, 0x100, 0x20010, 0x10);
	CELLS("interrupts", 10, 11);
	end();
	node("serial@2000");
	text("compatible", "ns16550a");
	text("status", "disabled");
	CELLS("reg", 0x40000, 0x100);
	end();
	node("plic@0");
	CELLS("#interrupt-cells", 1);
	CELLS("phandle", 3);
	CELLS("interrupts-extended", 7, 11, 5, 1, 2, 7, 9);
	end();
	node("gpio");
	CELLS("#interrupt-cells", 2);
	CELLS("phandle", 5);
	node("key");
	CELLS("interrupts", 4, 1);
	end();
	end();
	end();
}

static void sample(void)
{
	start();
	node("");
	CELLS("#address-cells", 2);
	CELLS("#size-cells", 1);
	cell(NOP);
	node("aliases");
	text("serial0", "/soc/serial@1000");
	end();
	node("chosen");
	text("bootargs", "quiet");
	text("stdout-path", "serial0:115200n8");
	end();
	node("cpu");
	text("device_type", "cpu");
	CELLS("phandle", 7);
	CELLS("#interrupt-cells", 1);
	CELLS("reg", 0, 1, 2);
	end();
	sample_soc();
	node("memory@80000000");
	text("device_type", "memory");
	CELLS("reg", 0, 0x80000000, 0x1000000, 1, 0, 0x2000);
	end();
	end();
	finish();
}

/* A heap copy of exactly `size` bytes, opened. */
static uint8_t *heap_copy(const uint8_t *from, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	memcpy(copy, from, size);
	return copy;
}

static const struct fdt_node *path(const char *name)
{
	return fdt_find_path(&tree, name);
}

UNIT_SETUP
{
	sample();
	sample_held = heap_copy(tree_bytes, tree_size);
	assert_null(fdt_open(&tree, sample_held, tree_size));
}

/* --- reading -------------------------------------------------------------------------------------------- */

TEST(walk, "nodes come in the order of the text, with their depth")
{
	static const struct { const char *name; int depth; } expected[] = {
		{ "", 0 }, { "aliases", 1 }, { "chosen", 1 }, { "cpu", 1 }, { "soc", 1 }, { "serial@1000", 2 },
		{ "serial@2000", 2 }, { "plic@0", 2 }, { "gpio", 2 }, { "key", 3 }, { "memory@80000000", 1 },
	};
	const struct fdt_node *at = NULL;
	int depth;

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		at = fdt_next(&tree, at, &depth);
		assert_non_null(at);
		assert_string_equal(fdt_name(at), expected[i].name);
		assert_int_equal(depth, expected[i].depth);
	}
	assert_null(fdt_next(&tree, at, &depth));
}

TEST(children, "children are those one level below, parents those one level above")
{
	const struct fdt_node *child = NULL;
	unsigned count = 0;

	while ((child = fdt_child(&tree, path("/soc"), child))) {
		assert_ptr_equal(fdt_parent(&tree, child), path("/soc"));
		count++;
	}
	assert_int_equal(count, 4);
	assert_null(fdt_child(&tree, path("/cpu"), NULL));
	assert_null(fdt_parent(&tree, fdt_root(&tree)));
	assert_ptr_equal(fdt_parent(&tree, path("/soc/gpio/key")), path("/soc/gpio"));
}

TEST(paths, "paths work with and without unit address, as alias, and up to a colon")
{
	assert_ptr_equal(path("/"), fdt_root(&tree));
	assert_string_equal(fdt_name(path("/soc/serial@1000")), "serial@1000");
	assert_ptr_equal(path("/soc/serial"), path("/soc/serial@1000"));
	assert_ptr_equal(path("serial0"), path("/soc/serial@1000"));
	assert_ptr_equal(path("serial0:115200n8"), path("/soc/serial@1000"));
	assert_ptr_equal(path("/soc/serial@2000:9600"), path("/soc/serial@2000"));
	assert_ptr_equal(path("//soc//gpio/"), path("/soc/gpio"));
}

TEST(paths_wrong, "a path that names nothing finds nothing")
{
	static const char *const wrong[] = { "", "serial1", "serial", "/so", "/socket", "/soc/serial@", "/soc/serial@10",
					     "/soc/key", "/memory@8", ":", "/soc/serial@1000x", "serial0/x" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (path(wrong[i]))
			fail_msg("found %s", wrong[i]);
}

TEST(properties, "properties are found by name and by number, and not in child nodes")
{
	struct fdt_property found;

	assert_true(fdt_property(&tree, path("/chosen"), "bootargs", &found));
	assert_int_equal(found.size, 6);
	assert_memory_equal(found.data, "quiet", 6);
	assert_false(fdt_property(&tree, path("/soc"), "status", &found));
	assert_true(fdt_property_at(&tree, path("/chosen"), 1, &found));
	assert_string_equal(found.name, "stdout-path");
	assert_false(fdt_property_at(&tree, path("/chosen"), 2, &found));
	assert_false(fdt_property(&tree, NULL, "bootargs", &found));
}

TEST(numbers, "numbers of one and two cells are read, and a missing one is the default")
{
	assert_int_equal(fdt_u32(&tree, path("/cpu"), "phandle", 0), 7);
	assert_int_equal(fdt_u32(&tree, path("/cpu"), "missing", 99), 99);
	assert_int_equal(fdt_u64(&tree, path("/cpu"), "phandle", 0), 7);
	assert_int_equal(fdt_u64(&tree, path("/soc/serial"), "reg", 0), 0x100000000100);
	assert_int_equal(fdt_u64(&tree, NULL, "reg", 5), 5);
}

TEST(strings_list, "strings of a list are counted, and one without an end is none")
{
	assert_string_equal(fdt_string(&tree, path("/soc/serial"), "compatible", 0), "snps,uart");
	assert_string_equal(fdt_string(&tree, path("/soc/serial"), "compatible", 1), "ns16550a");
	assert_null(fdt_string(&tree, path("/soc/serial"), "compatible", 2));
	start();
	node("");
	property("a", "ends\0not", 8);
	property("b", "", 0);
	end();
	finish();
	assert_null(fdt_open(&tree, tree_bytes, tree_size));
	assert_string_equal(fdt_string(&tree, fdt_root(&tree), "a", 0), "ends");
	assert_null(fdt_string(&tree, fdt_root(&tree), "a", 1));
	assert_null(fdt_string(&tree, fdt_root(&tree), "b", 0));
}

TEST(compatible, "a compatible node is found by any of its strings, and a disabled one is passed over")
{
	const struct fdt_node *uart = fdt_find_compatible(&tree, NULL, "ns16550a");

	assert_ptr_equal(uart, path("/soc/serial@1000"));
	assert_null(fdt_find_compatible(&tree, uart, "ns16550a"));
	assert_true(fdt_is_compatible(&tree, path("/soc/serial@2000"), "ns16550a"));
	assert_false(fdt_is_enabled(&tree, path("/soc/serial@2000")));
	assert_null(fdt_find_compatible(&tree, NULL, "ns16550"));
}

TEST(types, "nodes are found by device_type and by phandle")
{
	assert_ptr_equal(fdt_find_type(&tree, NULL, "memory"), path("/memory"));
	assert_null(fdt_find_type(&tree, path("/memory"), "memory"));
	assert_ptr_equal(fdt_find_phandle(&tree, 5), path("/soc/gpio"));
	assert_null(fdt_find_phandle(&tree, 0));
	assert_null(fdt_find_phandle(&tree, UINT32_MAX));
	assert_null(fdt_find_phandle(&tree, 6));
}

static void assert_reg(const char *name, uint32_t index, uint64_t start_at, uint64_t size)
{
	struct fdt_range range;

	assert_true(fdt_reg(&tree, path(name), index, &range));
	assert_int_equal(range.start, start_at);
	assert_int_equal(range.size, size);
}

TEST(reg, "reg uses the parent's cells and is translated through ranges")
{
	struct fdt_range range;

	assert_reg("/memory", 0, 0x80000000, 0x1000000);
	assert_reg("/memory", 1, 0x100000000, 0x2000);
	assert_false(fdt_reg(&tree, path("/memory"), 2, &range));
	assert_reg("/soc/serial@1000", 0, 0x10001000, 0x100);
	assert_reg("/soc/serial@1000", 1, 0x30000010, 0x10);
	assert_false(fdt_reg(&tree, path("/soc/serial@1000"), 2, &range));
	assert_false(fdt_reg(&tree, path("/soc/serial@1000"), UINT32_MAX, &range));
	assert_false(fdt_reg(&tree, path("/soc/gpio"), 0, &range));
	assert_false(fdt_reg(&tree, NULL, 0, &range));
	assert_false(fdt_reg(&tree, fdt_root(&tree), 0, &range));
}

TEST(reg_untranslated, "an address that no bus translates has no reg")
{
	struct fdt_range range;

	assert_false(fdt_reg(&tree, path("/soc/serial@2000"), 0, &range));
}

static void bus_tree(uint32_t address_cells, uint32_t size_cells, bool ranges)
{
	start();
	node("");
	CELLS("#address-cells", 2);
	CELLS("#size-cells", 2);
	node("bus");
	CELLS("#address-cells", address_cells);
	CELLS("#size-cells", size_cells);
	if (ranges)
		property("ranges", "", 0);
	node("device");
	CELLS("reg", 0, 0x1234, 0, 0x10, 0, 0, 0, 0);
	end();
	end();
	end();
	finish();
	assert_null(fdt_open(&tree, tree_bytes, tree_size));
}

TEST(reg_cells, "empty ranges mean the same address; impossible cell counts mean none")
{
	struct fdt_range range;

	bus_tree(2, 2, true);
	assert_reg("/bus/device", 0, 0x1234, 0x10);
	bus_tree(2, 0, true);
	assert_reg("/bus/device", 1, 0x10, 0);
	bus_tree(2, 2, false);
	assert_false(fdt_reg(&tree, path("/bus/device"), 0, &range));
	static const uint32_t counts[][2] = { { 0, 0 }, { 0, 2 }, { 3, 2 }, { 2, 3 }, { 0x40000000, 1 }, { 1, UINT32_MAX } };
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		bus_tree(counts[i][0], counts[i][1], true);
		assert_false(fdt_reg(&tree, path("/bus/device"), 0, &range));
	}
}

static void assert_line(const char *name, uint32_t index, const char *controller, uint32_t first, uint32_t count)
{
	struct fdt_interrupt line;

	assert_true(fdt_interrupt(&tree, path(name), index, &line));
	assert_ptr_equal(line.controller, path(controller));
	assert_int_equal(line.cells[0], first);
	assert_int_equal(line.cell_count, count);
}

TEST(interrupts, "interrupts go to the inherited controller, or to the enclosing one, or to the one named")
{
	struct fdt_interrupt line;

	assert_line("/soc/serial@1000", 0, "/soc/plic", 10, 1);
	assert_line("/soc/serial@1000", 1, "/soc/plic", 11, 1);
	assert_false(fdt_interrupt(&tree, path("/soc/serial@1000"), 2, &line));
	assert_line("/soc/gpio/key", 0, "/soc/gpio", 4, 2);
	assert_line("/soc/plic", 0, "/cpu", 11, 1);
	assert_line("/soc/plic", 1, "/soc/gpio", 1, 2);
	assert_line("/soc/plic", 2, "/cpu", 9, 1);
	assert_false(fdt_interrupt(&tree, path("/soc/plic"), 3, &line));
	assert_false(fdt_interrupt(&tree, path("/chosen"), 0, &line));
	assert_false(fdt_interrupt(&tree, NULL, 0, &line));
}

TEST(reservations, "memory reservations are listed up to the zero entry")
{
	struct fdt_range range;

	assert_true(fdt_reserved(&tree, 1, &range));
	assert_int_equal(range.start, 0x90000000);
	assert_int_equal(range.size, 0x1000);
	assert_false(fdt_reserved(&tree, 2, &range));
	assert_false(fdt_reserved(&tree, UINT32_MAX, &range));
}

/* --- hostile input -------------------------------------------------------------------------------------- */

static void ask_node(const struct fdt *t, const struct fdt_node *at)
{
	struct fdt_property found;
	struct fdt_range range;
	struct fdt_interrupt line;

	for (uint32_t i = 0; i < 8; i++) {
		fdt_property_at(t, at, i, &found);
		fdt_reg(t, at, i, &range);
		fdt_interrupt(t, at, i, &line);
		fdt_string(t, at, "compatible", i);
	}
	fdt_parent(t, at);
	fdt_child(t, at, NULL);
	fdt_is_enabled(t, at);
	fdt_u64(t, at, "reg", 0);
}

/* Asks every question about a tree that was accepted. */
static void ask_everything(const struct fdt *t)
{
	static const struct fdt_property more[] = { { "bootargs", (const uint8_t *)"loud", 5 }, { "new", NULL, 0 } };
	const struct fdt_additions additions = { more, 2, NULL, 0 };
	const struct fdt_node *at = NULL;
	struct fdt_range range;
	size_t size = fdt_copy(t, &additions, NULL, 0);
	void *copy = malloc(size);
	struct fdt reopened;
	int depth;

	while ((at = fdt_next(t, at, &depth)))
		ask_node(t, at);
	for (uint32_t i = 0; fdt_reserved(t, i, &range); i++)
		;
	fdt_find_path(t, "/soc/serial/x");
	fdt_find_path(t, "serial0");
	fdt_find_compatible(t, NULL, "none");
	fdt_find_phandle(t, 12345);
	assert_int_equal(fdt_copy(t, &additions, copy, size), size);
	assert_null(fdt_open(&reopened, copy, size));
	free(copy);
}

static void try_bytes(const uint8_t *from, size_t size)
{
	uint8_t *copy = heap_copy(from, size);
	struct fdt t;

	if (!fdt_open(&t, copy, size))
		ask_everything(&t);
	free(copy);
}

TEST(cut, "a tree cut at any byte is refused")
{
	struct fdt t;

	for (size_t size = 0; size < tree_size; size++) {
		uint8_t *copy = heap_copy(tree_bytes, size);

		assert_non_null(fdt_open(&t, copy, size));
		free(copy);
	}
}

TEST(cut_relabelled, "a cut tree that claims to be whole is refused or read safely")
{
	for (size_t size = 40; size < tree_size; size++) {
		store_be32(tree_bytes + 4, (uint32_t)size);
		try_bytes(tree_bytes, size);
	}
}

TEST(header_fields, "each header field set to nonsense is refused with a sentence or read safely")
{
	static const uint32_t nonsense[] = { 0, 1, 3, 16, 39, 40, 41, 0x1000, 0x7fffffff, 0x80000000, 0xfffffff0,
					     0xfffffffc, 0xffffffff };

	for (size_t field = 0; field < 40; field += 4) {
		uint32_t kept = load_be32(tree_bytes + field);

		for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
			store_be32(tree_bytes + field, nonsense[i]);
			try_bytes(tree_bytes, tree_size);
		}
		store_be32(tree_bytes + field, kept);
	}
}

static void assert_refused(size_t field, uint32_t value, const char *sentence)
{
	uint32_t kept = load_be32(tree_bytes + field);
	struct fdt t;

	store_be32(tree_bytes + field, value);
	assert_string_equal(fdt_open(&t, tree_bytes, tree_size), sentence);
	store_be32(tree_bytes + field, kept);
}

TEST(header_sentences, "each check of the header refuses with its own sentence")
{
	assert_refused(0, 0xd00dfeee, "there is no device tree: its first word is not 0xd00dfeed");
	assert_refused(4, (uint32_t)tree_size + 1, "the device tree's total size is impossible");
	assert_refused(4, 39, "the device tree's total size is impossible");
	assert_refused(8, (uint32_t)tree_size, "the device tree's structure block lies outside it");
	assert_refused(8, 86, "the device tree's structure block lies outside it");
	assert_refused(12, (uint32_t)tree_size, "the device tree's strings block lies outside it");
	assert_refused(16, 44, "the device tree's memory reservation block does not end");
	assert_refused(20, 16, "the device tree is not of version 17");
	assert_refused(24, 18, "the device tree is not of version 17");
	assert_refused(32, (uint32_t)strings_used - 1, "the device tree's strings block does not end with NUL");
	assert_refused(36, (uint32_t)structure_used - 4, "the device tree's structure block is malformed");
}

TEST(every_byte, "a tree with any one byte changed is refused or read safely")
{
	static const uint8_t changes[] = { 0x01, 0x80, 0xff, 0x0a };

	for (size_t at = 0; at < tree_size; at++)
		for (size_t i = 0; i < sizeof(changes); i++) {
			tree_bytes[at] ^= changes[i];
			try_bytes(tree_bytes, tree_size);
			tree_bytes[at] ^= changes[i];
		}
}

static void assert_structure(const char *sentence)
{
	finish();
	assert_string_equal(fdt_open(&tree, tree_bytes, tree_size), sentence);
}

TEST(nesting, "nodes that are not nested properly are refused")
{
	start();
	assert_structure("the device tree ends inside a node");
	start();
	node("");
	assert_structure("the device tree ends inside a node");
	start();
	end();
	assert_structure("the device tree's nodes are not nested properly");
	start();
	node(""), end(), node(""), end();
	assert_structure("the device tree's nodes are not nested properly");
	start();
	CELLS("a", 1);
	assert_structure("the device tree's nodes are not nested properly");
	start();
	node(""), node("child"), end();
	CELLS("late", 1);
	end();
	assert_structure("the device tree's nodes are not nested properly");
	start();
	node(""), cell(5), end();
	assert_structure("the device tree's structure block is malformed");
}

static void deep(unsigned depth)
{
	start();
	node("");
	for (unsigned i = 0; i < depth; i++)
		node("d");
	for (unsigned i = 0; i <= depth; i++)
		end();
	finish();
}

TEST(depth, "nesting is accepted up to its limit, and one more is refused")
{
	deep(FDT_DEPTH_MAX - 1);
	assert_null(fdt_open(&tree, tree_bytes, tree_size));
	ask_everything(&tree);
	deep(FDT_DEPTH_MAX);
	assert_string_equal(fdt_open(&tree, tree_bytes, tree_size), "the device tree's nodes are not nested properly");
}

TEST(property_bounds, "a property whose size or name lies outside is refused")
{
	static const uint32_t wrong[][2] = { { 5, 0 }, { 0xffffffff, 0 }, { 0x7ffffffc, 0 }, { 0, 2 }, { 0, 0xffffffff } };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		start();
		node("");
		name_offset("n");
		cell(PROP), cell(wrong[i][0]), cell(wrong[i][1]);
		if (wrong[i][0] != 5)
			end();
		assert_structure("the device tree's structure block is malformed");
	}
}

TEST(too_long, "no more than the limit is ever believed")
{
	store_be32(tree_bytes + 4, FDT_BYTES_MAX + 1);
	assert_string_equal(fdt_open(&tree, tree_bytes, SIZE_MAX), "the device tree's total size is impossible");
	assert_string_equal(fdt_open(&tree, tree_bytes, 39), "the device tree is shorter than its header");
}

/* --- copying -------------------------------------------------------------------------------------------- */

static struct fdt copied;

static void copy_with(const struct fdt_property *chosen, uint32_t chosen_count, const struct fdt_range *reserved,
		      uint32_t reserved_count)
{
	const struct fdt_additions additions = { chosen, chosen_count, reserved, reserved_count };
	size_t size = fdt_copy(&tree, &additions, NULL, 0);

	copy_held = malloc(size);
	assert_int_equal(fdt_copy(&tree, &additions, copy_held, size - 1), 0);
	assert_int_equal(fdt_copy(&tree, &additions, copy_held, size), size);
	assert_null(fdt_open(&copied, copy_held, size));
	assert_int_equal(copied.total_bytes, size);
}

static bool chosen_has(const char *name, const void *data, size_t size)
{
	struct fdt_property found;

	return fdt_property(&copied, fdt_find_path(&copied, "/chosen"), name, &found) && found.size == size &&
	       memcmp(found.data, data, size) == 0;
}

TEST(copy_plain, "a copy without additions says the same")
{
	const struct fdt_node *a = NULL, *b = NULL;
	int depth_a, depth_b;

	copy_with(NULL, 0, NULL, 0);
	do {
		a = fdt_next(&tree, a, &depth_a);
		b = fdt_next(&copied, b, &depth_b);
		assert_int_equal(!a, !b);
		if (a)
			assert_string_equal(fdt_name(a), fdt_name(b));
	} while (a);
	assert_int_equal(copied.reserve_count, 2);
	assert_true(chosen_has("bootargs", "quiet", 6));
}

TEST(copy_additions, "additions to /chosen appear, replace the old of that name, and leave the rest")
{
	const struct fdt_property more[] = { { "new,odd", (const uint8_t *)"abc", 3 },
					     { "bootargs", (const uint8_t *)"loud", 5 },
					     { "new,empty", NULL, 0 } };
	struct fdt_property found;

	copy_with(more, 3, NULL, 0);
	assert_true(chosen_has("new,odd", "abc", 3));
	assert_true(chosen_has("bootargs", "loud", 5));
	assert_true(chosen_has("new,empty", "", 0));
	assert_true(chosen_has("stdout-path", "serial0:115200n8", 17));
	assert_true(fdt_property_at(&copied, fdt_find_path(&copied, "/chosen"), 3, &found));
	assert_false(fdt_property_at(&copied, fdt_find_path(&copied, "/chosen"), 4, &found));
	assert_non_null(fdt_find_path(&copied, "/soc/gpio/key"));
}

TEST(copy_reservations, "added reservations stand behind the old ones")
{
	const struct fdt_range more[] = { { 0x123456789000, 0x2000 }, { 0x1000, 0x1000 } };
	struct fdt_range range;

	copy_with(NULL, 0, more, 2);
	assert_int_equal(copied.reserve_count, 4);
	assert_true(fdt_reserved(&copied, 2, &range));
	assert_int_equal(range.start, 0x123456789000);
	assert_int_equal(range.size, 0x2000);
}

TEST(copy_new_chosen, "where there is no /chosen it is made, at the top level only")
{
	const struct fdt_property more[] = { { "x", (const uint8_t *)"1", 2 } };

	start();
	node("");
	node("other");
	node("chosen");
	CELLS("x", 7);
	end();
	end();
	end();
	finish();
	assert_null(fdt_open(&tree, tree_bytes, tree_size));
	copy_with(more, 1, NULL, 0);
	assert_true(chosen_has("x", "1", 2));
	assert_int_equal(fdt_u32(&copied, fdt_find_path(&copied, "/other/chosen"), "x", 0), 7);
}

TEST(copy_too_small, "a copy writes nothing beyond its capacity")
{
	const struct fdt_additions none = { NULL, 0, NULL, 0 };
	size_t size = fdt_copy(&tree, &none, NULL, 0);

	for (size_t capacity = 1; capacity < size; capacity++) {
		uint8_t *to = malloc(capacity);

		assert_int_equal(fdt_copy(&tree, &none, to, capacity), 0);
		free(to);
	}
}
