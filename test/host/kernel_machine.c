/* kernel_machine.c - what the kernel makes of a device tree: RAM, image, init, options, devices. */
#include "unit.h"

#include "boot/machine.c"
#include "tree_build.h"

static struct tree_build b;
static struct machine machine;

static const uint64_t MIB = 1 << 20;

/* --- the parts of a tree -------------------------------------------------------------------------------- */

/* A root with two cells for addresses and sizes, and RAM of 16 MiB at 0x80000000. */
static void root_with_memory(void)
{
	tree_node(&b, "");
	tree_cells(&b, "#address-cells", 1, 2u);
	tree_cells(&b, "#size-cells", 1, 2u);
	tree_node(&b, "memory@80000000");
	tree_text(&b, "device_type", "memory");
	tree_wide(&b, "reg", 2, (uint64_t)0x80000000, 16 * MIB);
	tree_end(&b);
}

static void device(const char *name, uint64_t base, uint64_t size, unsigned line)
{
	tree_node(&b, name);
	tree_wide(&b, "reg", 2, base, size);
	tree_cells(&b, "interrupts", 1, line);
	tree_cells(&b, "interrupt-parent", 1, 7u);
	tree_end(&b);
}

static void interrupt_controller(void)
{
	tree_node(&b, "plic@c000000");
	tree_text(&b, "compatible", "sifive,plic-1.0.0");
	tree_cells(&b, "#interrupt-cells", 1, 1u);
	tree_cells(&b, "phandle", 1, 7u);
	tree_wide(&b, "reg", 2, (uint64_t)0xc000000, (uint64_t)0x600000);
	tree_end(&b);
}

static void bus_begin(const char *name)
{
	tree_node(&b, name);
	tree_text(&b, "compatible", "simple-bus");
	tree_cells(&b, "#address-cells", 1, 2u);
	tree_cells(&b, "#size-cells", 1, 2u);
	tree_property(&b, "ranges", NULL, 0);
}

static const char *finish(void)
{
	tree_end(&b);
	return machine_read(&machine, tree_finish(&b), NULL, 0);
}

static void finish_well(void)
{
	const char *fault = finish();

	if (fault)
		fail_msg("%s", fault);
}

UNIT_SETUP
{
	tree_begin(&b);
}

/* --- RAM ------------------------------------------------------------------------------------------------ */

static void expect_free(size_t index, paddr_t base, paddr_t end)
{
	assert_true(index < machine.free_count);
	assert_int_equal(machine.free[index].base, base);
	assert_int_equal(machine.free[index].base + machine.free[index].bytes, end);
}

TEST(ram_whole, "with nothing reserved all RAM is free")
{
	root_with_memory();
	finish_well();
	assert_int_equal(machine.ram.base, 0x80000000);
	assert_int_equal(machine.ram.bytes, 16 * MIB);
	assert_int_equal(machine.free_count, 1);
	expect_free(0, 0x80000000, 0x81000000);
}

TEST(ram_reserved, "reservations are taken out by whole pages, wherever they lie and however they overlap")
{
	tree_reserve(&b, 0x80ff0000, 0x100000);
	tree_reserve(&b, 0x80100ff0, 0x20);
	tree_reserve(&b, 0x80101800, 0x1000);
	tree_reserve(&b, 0x40000000, 0x1000);
	tree_reserve(&b, 0x7ffff000, 0x2000);
	root_with_memory();
	finish_well();
	assert_int_equal(machine.free_count, 2);
	expect_free(0, 0x80001000, 0x80100000);
	expect_free(1, 0x80103000, 0x80ff0000);
}

TEST(ram_reserved_memory, "children of /reserved-memory are taken out, all their ranges, static ones only")
{
	root_with_memory();
	tree_node(&b, "reserved-memory");
	tree_cells(&b, "#address-cells", 1, 2u);
	tree_cells(&b, "#size-cells", 1, 2u);
	tree_property(&b, "ranges", NULL, 0);
	tree_node(&b, "firmware@80000000");
	tree_wide(&b, "reg", 4, (uint64_t)0x80000000, (uint64_t)0x40000, (uint64_t)0x80800000, (uint64_t)0x1000);
	tree_end(&b);
	tree_node(&b, "pool");
	tree_wide(&b, "size", 1, (uint64_t)0x100000);
	tree_end(&b);
	tree_end(&b);
	finish_well();
	assert_int_equal(machine.free_count, 2);
	expect_free(0, 0x80040000, 0x80800000);
	expect_free(1, 0x80801000, 0x81000000);
}

TEST(ram_taken, "what the caller occupies and an image in RAM are not free")
{
	const struct machine_range own[] = { { 0x80200000, 0x10000 }, { 0x20000000, 0x1000 } };

	root_with_memory();
	tree_node(&b, "chosen");
	tree_wide(&b, "linux,initrd-start", 1, (uint64_t)0x80400000);
	tree_wide(&b, "linux,initrd-end", 1, (uint64_t)0x80412345);
	tree_end(&b);
	tree_end(&b);
	assert_null(machine_read(&machine, tree_finish(&b), own, 2));
	assert_int_equal(machine.image.base, 0x80400000);
	assert_int_equal(machine.image.bytes, 0x12345);
	assert_int_equal(machine.free_count, 3);
	expect_free(0, 0x80000000, 0x80200000);
	expect_free(1, 0x80210000, 0x80400000);
	expect_free(2, 0x80413000, 0x81000000);
}

TEST(ram_none_free, "RAM that is reserved to the last page leaves no range")
{
	tree_reserve(&b, 0x80000000, 0x800000);
	tree_reserve(&b, 0x80800000, 0x800000);
	root_with_memory();
	finish_well();
	assert_int_equal(machine.free_count, 0);
}

TEST(ram_list_full, "with more holes than the list has room the rest of RAM is lost and nothing reserved is given")
{
	for (unsigned i = 0; i < 30; i++)
		tree_reserve(&b, 0x80001000 + i * 0x2000, 0x1000);
	root_with_memory();
	finish_well();
	assert_int_equal(machine.free_count, MACHINE_FREE_MAX);
	for (unsigned i = 0; i < MACHINE_FREE_MAX; i++)
		expect_free(i, 0x80000000 + i * 0x2000, 0x80001000 + i * 0x2000);
}

TEST(ram_too_many, "more reservations than can be remembered are refused")
{
	for (unsigned i = 0; i < 33; i++)
		tree_reserve(&b, 0x80001000 + i * 0x2000, 0x1000);
	root_with_memory();
	assert_string_equal(finish(), "the device tree reserves more than 32 ranges of memory");
}

TEST(ram_missing, "a tree without memory, or with memory of no size, is refused with a sentence")
{
	tree_node(&b, "");
	assert_string_equal(finish(), "the device tree names no memory");
	tree_begin(&b);
	tree_node(&b, "");
	tree_cells(&b, "#address-cells", 1, 2u);
	tree_cells(&b, "#size-cells", 1, 2u);
	tree_node(&b, "memory");
	tree_text(&b, "device_type", "memory");
	tree_wide(&b, "reg", 2, (uint64_t)0x80000000, (uint64_t)0);
	tree_end(&b);
	assert_string_equal(finish(), "the device tree's memory is empty or lies where this kernel cannot reach it");
}

TEST(not_a_tree, "what is no device tree is refused")
{
	static const uint8_t nothing[64];

	assert_string_equal(machine_read(&machine, nothing, NULL, 0),
			    "there is no device tree: its first word is not 0xd00dfeed");
}

/* --- /chosen -------------------------------------------------------------------------------------------- */

TEST(chosen_absent, "without /chosen there is no image, no option, no seed, no init and no count")
{
	root_with_memory();
	finish_well();
	assert_int_equal(machine.image.bytes, 0);
	assert_string_equal(machine.options, "");
	assert_int_equal(machine.options_bytes, 0);
	assert_int_equal(machine.seed_bytes, 0);
	assert_int_equal(machine.init_segments, 0);
	assert_int_equal(machine.boot_instructions, 0);
	assert_int_equal(machine.timebase_hz, 0);
}

TEST(chosen_values, "options, counters and the timebase are read")
{
	root_with_memory();
	tree_node(&b, "cpus");
	tree_cells(&b, "timebase-frequency", 1, 10000000u);
	tree_end(&b);
	tree_node(&b, "chosen");
	tree_text(&b, "bootargs", "no-time-csr x=1");
	tree_wide(&b, "nacre,boot-instructions", 2, (uint64_t)100, (uint64_t)5000000100);
	tree_wide(&b, "nacre,hash-instructions", 1, (uint64_t)77);
	tree_end(&b);
	finish_well();
	assert_string_equal(machine.options, "no-time-csr x=1");
	assert_int_equal(machine.options_bytes, 15);
	assert_int_equal(machine.boot_instructions, 5000000000);
	assert_int_equal(machine.hash_instructions, 77);
	assert_int_equal(machine.timebase_hz, 10000000);
}

TEST(timebase_of_cpu, "an old tree has the timebase at the cpu")
{
	root_with_memory();
	tree_node(&b, "cpus");
	tree_node(&b, "cpu@0");
	tree_text(&b, "device_type", "cpu");
	tree_cells(&b, "timebase-frequency", 1, 32768u);
	tree_end(&b);
	tree_end(&b);
	finish_well();
	assert_int_equal(machine.timebase_hz, 32768);
}

TEST(image_backwards, "an image that ends before it starts is none")
{
	root_with_memory();
	tree_node(&b, "chosen");
	tree_cells(&b, "linux,initrd-start", 1, 0x80400000u);
	tree_cells(&b, "linux,initrd-end", 1, 0x80300000u);
	tree_end(&b);
	finish_well();
	assert_int_equal(machine.image.bytes, 0);
}

TEST(seed, "the seed is found, and erased from the tree it lies in")
{
	static const uint8_t random[32] = { 1, 2, 3, [31] = 9 };
	static const uint8_t zero[32];
	const uint8_t *at;

	root_with_memory();
	tree_node(&b, "chosen");
	tree_property(&b, "rng-seed", random, sizeof(random));
	tree_end(&b);
	finish_well();
	assert_int_equal(machine.seed_bytes, 32);
	assert_memory_equal(machine.seed, random, 32);
	at = machine.seed;
	machine_seed_erase(&machine, b.blob);
	assert_memory_equal(at, zero, 32);
	assert_int_equal(machine.seed_bytes, 0);
}

/* --- init ----------------------------------------------------------------------------------------------- */

/* A tree whose image is 64 KiB at 0x20000000 and whose init has one segment, as given. */
static const char *with_init(uint64_t content, uint64_t address, uint64_t content_bytes, uint64_t bytes, uint64_t flags)
{
	root_with_memory();
	tree_node(&b, "chosen");
	tree_wide(&b, "linux,initrd-start", 1, (uint64_t)0x20000000);
	tree_wide(&b, "linux,initrd-end", 1, (uint64_t)0x20010000);
	tree_wide(&b, "nacre,init", 7, (uint64_t)0x1234, (uint64_t)1, content, address, content_bytes, bytes, flags);
	tree_end(&b);
	return finish();
}

TEST(init_read, "init's entry and segments are read as the boot stage wrote them")
{
	struct machine_segment segment;

	assert_null(with_init(0x20001010, 0x3010, 0x100, 0x2000, 6));
	assert_int_equal(machine.init_entry, 0x1234);
	assert_int_equal(machine.init_segments, 1);
	segment = machine_init_segment(&machine, 0);
	assert_int_equal(segment.content, 0x20001010);
	assert_int_equal(segment.address, 0x3010);
	assert_int_equal(segment.content_bytes, 0x100);
	assert_int_equal(segment.bytes, 0x2000);
	assert_int_equal(segment.flags, 6);
}

TEST(init_unsound, "a segment outside the image, larger in the file than in memory, or misplaced in its page is refused")
{
	static const uint64_t wrong[][5] = {
		{ 0x1ffff000, 0, 0x1000, 0x1000, 5 },  /* before the image */
		{ 0x2000f000, 0, 0x1001, 0x2000, 5 },  /* over its end */
		{ 0x20011000, 0, 0, 0x1000, 5 },       /* behind it */
		{ 0x20000000, 0, 0x1000, 0xfff, 5 },   /* does not fit its memory */
		{ 0x20000010, 0, 0x10, 0x10, 5 },      /* other offset in the page */
		{ 0x20000000, UINT64_MAX - 0xfff, 0x10, 0x2000, 5 },
		{ 0x20000000, 0, 0x10, 0x10, 8 },      /* no such flag */
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		const char *fault = with_init(wrong[i][0], wrong[i][1], wrong[i][2], wrong[i][3], wrong[i][4]);

		assert_non_null(fault);
		assert_string_equal(fault, "nacre,init in the device tree has a segment outside the image or misplaced in its page");
		tree_begin(&b);
	}
}

TEST(init_cut, "init's description with a count that does not fit its size is refused")
{
	static const uint64_t counts[] = { 0, 2, UINT64_MAX, 0x0666666666666667 };

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		tree_begin(&b);
		root_with_memory();
		tree_node(&b, "chosen");
		tree_wide(&b, "nacre,init", 7, (uint64_t)0, counts[i], (uint64_t)0, (uint64_t)0, (uint64_t)0, (uint64_t)0, (uint64_t)0);
		tree_end(&b);
		assert_string_equal(finish(), "nacre,init in the device tree is cut or empty");
	}
}

/* --- devices -------------------------------------------------------------------------------------------- */

static void expect_device(struct machine_device *d, const char *name)
{
	assert_true(machine_device_next(&machine, d));
	assert_string_equal(fdt_name(d->node), name);
	assert_string_equal((const char *)b.blob + d->offset + 4, name);
}

TEST(devices, "devices of the root and of buses are found in order, and no others")
{
	struct machine_device d = { 0 };

	root_with_memory();
	device("rtc@1000", 0x1000, 0x100, 3);
	tree_node(&b, "cpus");
	tree_node(&b, "cpu@0");
	tree_wide(&b, "reg", 1, (uint64_t)0);
	tree_end(&b);
	tree_end(&b);
	tree_node(&b, "poweroff"); /* neither registers nor interrupts */
	tree_text(&b, "compatible", "syscon-poweroff");
	tree_end(&b);
	bus_begin("soc");
	interrupt_controller();
	tree_node(&b, "clint@2000000");
	tree_text(&b, "compatible", "sifive,clint0");
	tree_wide(&b, "reg", 2, (uint64_t)0x2000000, (uint64_t)0x10000);
	tree_end(&b);
	tree_node(&b, "i2c@2000"); /* a bus of its own kind: its children are the driver's affair */
	tree_wide(&b, "reg", 2, (uint64_t)0x2000, (uint64_t)0x100);
	device("sensor@48", 0x48, 1, 4);
	tree_end(&b);
	bus_begin("inner");
	device("uart@3000", 0x3000, 0x100, 5);
	tree_end(&b);
	tree_node(&b, "off@5000");
	tree_text(&b, "status", "disabled");
	tree_wide(&b, "reg", 2, (uint64_t)0x5000, (uint64_t)0x100);
	tree_end(&b);
	device("spi@4000", 0x4000, 0x100, 6);
	tree_end(&b);
	bus_begin("disabled");
	tree_text(&b, "status", "disabled");
	device("uart@6000", 0x6000, 0x100, 5);
	tree_end(&b);
	device("last@7000", 0x7000, 0x100, 8);
	finish_well();
	expect_device(&d, "rtc@1000");
	expect_device(&d, "i2c@2000");
	expect_device(&d, "uart@3000");
	expect_device(&d, "spi@4000");
	expect_device(&d, "last@7000");
	assert_false(machine_device_next(&machine, &d));
}

TEST(device_regions, "register ranges are numbered without gaps, leaving out what lies in RAM or is empty")
{
	struct machine_device d = { 0 };
	struct machine_range range;

	root_with_memory();
	tree_node(&b, "dma@1000");
	tree_wide(&b, "reg", 8, (uint64_t)0x1000, (uint64_t)0x100, (uint64_t)0x80ffffff, (uint64_t)1, (uint64_t)0x3000,
		  (uint64_t)0, (uint64_t)0x7ffff000, (uint64_t)0x1001);
	tree_end(&b);
	device("uart@2000", 0x2000, 0x80, 1);
	finish_well();
	expect_device(&d, "dma@1000");
	assert_true(machine_device_region(&machine, &d, 0, &range));
	assert_int_equal(range.base, 0x1000);
	assert_int_equal(range.bytes, 0x100);
	assert_false(machine_device_region(&machine, &d, 1, &range));
	expect_device(&d, "uart@2000");
	assert_true(machine_device_region(&machine, &d, 0, &range));
	assert_int_equal(range.base, 0x2000);
}

TEST(device_translated, "a bus with addresses of its own is translated")
{
	struct machine_device d = { 0 };
	struct machine_range range;

	root_with_memory();
	tree_node(&b, "soc");
	tree_text(&b, "compatible", "simple-bus");
	tree_cells(&b, "#address-cells", 1, 1u);
	tree_cells(&b, "#size-cells", 1, 1u);
	tree_cells(&b, "ranges", 4, 0u, 0u, 0x10000000u, 0x100000u);
	tree_node(&b, "uart@20");
	tree_cells(&b, "reg", 2, 0x20u, 0x10u);
	tree_end(&b);
	tree_node(&b, "outside@200000");
	tree_cells(&b, "reg", 2, 0x200000u, 0x10u);
	tree_end(&b);
	tree_end(&b);
	device("next@2000", 0x2000, 0x80, 1);
	finish_well();
	expect_device(&d, "uart@20");
	assert_true(machine_device_region(&machine, &d, 0, &range));
	assert_int_equal(range.base, 0x10000020);
	assert_int_equal(range.bytes, 0x10);
	expect_device(&d, "outside@200000");
	assert_false(machine_device_region(&machine, &d, 0, &range));
	expect_device(&d, "next@2000");
	assert_true(machine_device_region(&machine, &d, 0, &range));
	assert_int_equal(range.base, 0x2000);
}

TEST(device_narrow_cells, "a bus below the root with one cell each and empty ranges is read by its own cells")
{
	struct machine_device d = { 0 };
	struct machine_range range;

	root_with_memory();
	tree_node(&b, "soc");
	tree_text(&b, "compatible", "simple-bus");
	tree_cells(&b, "#address-cells", 1, 1u);
	tree_cells(&b, "#size-cells", 1, 1u);
	tree_property(&b, "ranges", NULL, 0);
	tree_node(&b, "uart@10000000");
	tree_cells(&b, "reg", 4, 0x10000000u, 0x10u, 0x10001000u, 0x20u);
	tree_end(&b);
	tree_end(&b);
	finish_well();
	expect_device(&d, "uart@10000000");
	assert_true(machine_device_region(&machine, &d, 1, &range));
	assert_int_equal(range.base, 0x10001000);
	assert_int_equal(range.bytes, 0x20);
	assert_false(machine_device_region(&machine, &d, 2, &range));
}

TEST(device_lines, "interrupt lines are found with a parent at the node, inherited, and extended")
{
	struct machine_device d = { 0 };
	unsigned line = 0;

	tree_node(&b, "");
	tree_cells(&b, "#address-cells", 1, 2u);
	tree_cells(&b, "#size-cells", 1, 2u);
	tree_cells(&b, "interrupt-parent", 1, 7u);
	tree_node(&b, "memory@80000000");
	tree_text(&b, "device_type", "memory");
	tree_wide(&b, "reg", 2, (uint64_t)0x80000000, 16 * MIB);
	tree_end(&b);
	interrupt_controller();
	tree_node(&b, "own");
	tree_cells(&b, "interrupt-parent", 1, 7u);
	tree_cells(&b, "interrupts", 2, 11u, 12u);
	tree_end(&b);
	tree_node(&b, "inherited");
	tree_cells(&b, "interrupts", 1, 13u);
	tree_end(&b);
	tree_node(&b, "extended");
	tree_cells(&b, "interrupt-parent", 1, 7u);
	tree_cells(&b, "interrupts-extended", 4, 7u, 14u, 7u, 15u);
	tree_end(&b);
	tree_node(&b, "none@1000");
	tree_wide(&b, "reg", 2, (uint64_t)0x1000, (uint64_t)0x100);
	tree_end(&b);
	finish_well();
	expect_device(&d, "own");
	assert_true(machine_device_line(&machine, &d, 0, &line));
	assert_int_equal(line, 11);
	assert_true(machine_device_line(&machine, &d, 1, &line));
	assert_int_equal(line, 12);
	assert_false(machine_device_line(&machine, &d, 2, &line));
	expect_device(&d, "inherited");
	assert_true(machine_device_line(&machine, &d, 0, &line));
	assert_int_equal(line, 13);
	assert_false(machine_device_line(&machine, &d, 1, &line));
	expect_device(&d, "extended");
	assert_true(machine_device_line(&machine, &d, 1, &line));
	assert_int_equal(line, 15);
	assert_false(machine_device_line(&machine, &d, 2, &line));
	expect_device(&d, "none@1000");
	assert_false(machine_device_line(&machine, &d, 0, &line));
}

TEST(device_foreign_line, "a line of some other controller is not one of the kernel's")
{
	struct machine_device d = { 0 };
	unsigned line;

	root_with_memory();
	interrupt_controller();
	tree_node(&b, "gpio@9000");
	tree_cells(&b, "#interrupt-cells", 1, 1u);
	tree_cells(&b, "phandle", 1, 8u);
	tree_wide(&b, "reg", 2, (uint64_t)0x9000, (uint64_t)0x100);
	tree_end(&b);
	tree_node(&b, "button");
	tree_cells(&b, "interrupt-parent", 1, 8u);
	tree_cells(&b, "interrupts", 1, 1u);
	tree_end(&b);
	finish_well();
	expect_device(&d, "gpio@9000");
	expect_device(&d, "button");
	assert_false(machine_device_line(&machine, &d, 0, &line));
}
