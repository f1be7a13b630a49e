/* machine.c - reads the device tree (Devicetree Specification 0.3, chapter 3, and the /chosen of our boot stage). */
#include "machine.h"

#include "base/bits.h"
#include "base/bytes.h"
#include "base/string.h"

#define TAKEN_MAX 32
#define INIT_HEAD 16     /* bytes of nacre,init before its segments: entry, count */
#define INIT_SEGMENT 40  /* content, address, content bytes, bytes, flags */

/* --- RAM ------------------------------------------------------------------------------------------------ */

/* Whole pages that are not free; `end` is the first byte behind. */
struct taken {
	struct { paddr_t start, end; } range[TAKEN_MAX];
	size_t count;
};

/* A range of the tree as the kernel can name it: empty if it begins above the machine word, cut if it ends there. */
static struct machine_range narrow(const struct fdt_range *wide)
{
	uint64_t top = UINTPTR_MAX - PAGE_SIZE;

	if (wide->start > top)
		return (struct machine_range){ 0, 0 };
	return (struct machine_range){ (paddr_t)wide->start, (size_t)min_u64(wide->size, top - wide->start) };
}

/* False: there are too many. */
static bool take(struct taken *taken, struct machine_range range)
{
	if (!range.bytes)
		return true;
	if (taken->count == TAKEN_MAX)
		return false;
	taken->range[taken->count].start = align_down(range.base, PAGE_SIZE);
	taken->range[taken->count++].end = align_up(range.base + range.bytes, PAGE_SIZE);
	return true;
}

/* What the tree reserves: its reservation block, and the children of /reserved-memory (3.5). */
static bool take_reserved(struct taken *taken, const struct fdt *tree)
{
	const struct fdt_node *parent = fdt_find_path(tree, "/reserved-memory"), *node = NULL;
	struct fdt_range range;
	bool room = true;

	for (uint32_t i = 0; room && fdt_reserved(tree, i, &range); i++)
		room = take(taken, narrow(&range));
	while (room && parent && (node = fdt_child(tree, parent, node)))
		for (uint32_t i = 0; room && fdt_reg(tree, node, i, &range); i++)
			room = take(taken, narrow(&range));
	return room;
}

/* The first address from `at` on that nobody has taken. */
static paddr_t free_start(const struct taken *taken, paddr_t at)
{
	for (size_t i = 0; i < taken->count; i++)
		if (at >= taken->range[i].start && at < taken->range[i].end) {
			at = taken->range[i].end;
			i = (size_t)-1; /* this end may lie in one that was passed already */
		}
	return at;
}

static paddr_t free_end(const struct taken *taken, paddr_t at, paddr_t end)
{
	for (size_t i = 0; i < taken->count; i++)
		if (taken->range[i].start > at && taken->range[i].start < end)
			end = taken->range[i].start;
	return end;
}

/* What is left of RAM, ascending. With the list full the rest is lost, but no page is ever given twice. */
static void free_find(struct machine *machine, const struct taken *taken)
{
	paddr_t at = align_up(machine->ram.base, PAGE_SIZE);
	paddr_t end = align_down(machine->ram.base + machine->ram.bytes, PAGE_SIZE);

	for (machine->free_count = 0; machine->free_count < MACHINE_FREE_MAX; machine->free_count++) {
		struct machine_range *range = &machine->free[machine->free_count];

		range->base = at = free_start(taken, at);
		if (at >= end)
			return;
		at = free_end(taken, at, end);
		range->bytes = at - range->base;
	}
}

static const char *ram_read(struct machine *machine, const struct machine_range *own, size_t count)
{
	const struct fdt *tree = &machine->tree;
	struct taken taken = { .count = 0 };
	struct fdt_range range;
	bool room;

	if (!fdt_reg(tree, fdt_find_type(tree, NULL, "memory"), 0, &range))
		return "the device tree names no memory";
	machine->ram = narrow(&range);
	machine->ram.bytes = min_size(machine->ram.bytes, arch_ram_limit(machine->ram.base));
	if (!machine->ram.bytes)
		return "the device tree's memory is empty or lies where this kernel cannot reach it";
	room = take(&taken, machine->image) && take_reserved(&taken, tree);
	for (size_t i = 0; room && i < count; i++)
		room = take(&taken, own[i]);
	if (!room)
		return "the device tree reserves more than 32 ranges of memory";
	free_find(machine, &taken);
	return NULL;
}

/* --- /chosen -------------------------------------------------------------------------------------------- */

static void image_read(struct machine *machine)
{
	uint64_t start = fdt_u64(&machine->tree, machine->chosen, "linux,initrd-start", 0);
	uint64_t end = fdt_u64(&machine->tree, machine->chosen, "linux,initrd-end", 0);
	struct fdt_range range = { start, end > start ? end - start : 0 };

	machine->image = narrow(&range);
}

static void options_read(struct machine *machine)
{
	const char *options = fdt_string(&machine->tree, machine->chosen, "bootargs", 0);

	machine->options = options ? options : "";
	machine->options_bytes = string_length(machine->options);
}

/* Counters come in pairs: at reset, at hand-over. */
static uint64_t counter_read(const struct machine *machine, const char *name)
{
	struct fdt_property property;

	if (!fdt_property(&machine->tree, machine->chosen, name, &property) || property.size < 16)
		return 0;
	return load_be64(property.data + 8) - load_be64(property.data);
}

/* Segments are used as they stand here, so each must lie in the image and say what can be mapped. */
static bool segment_is_sound(const struct machine *machine, const struct machine_segment *segment)
{
	const struct machine_range *image = &machine->image;
	uintptr_t in_image = segment->content - image->base;

	return in_image <= image->bytes && segment->content_bytes <= image->bytes - in_image &&
	       segment->content_bytes <= segment->bytes && segment->bytes <= UINTPTR_MAX - segment->address &&
	       is_aligned(segment->content ^ segment->address, PAGE_SIZE) && segment->flags < 8;
}

static const char *init_read(struct machine *machine)
{
	struct fdt_property init;
	uint64_t count;

	if (!fdt_property(&machine->tree, machine->chosen, "nacre,init", &init))
		return NULL;
	count = init.size < INIT_HEAD ? 0 : load_be64(init.data + 8);
	if (!count || count > UINT32_MAX / INIT_SEGMENT || init.size != INIT_HEAD + count * INIT_SEGMENT)
		return "nacre,init in the device tree is cut or empty";
	machine->init_entry = (vaddr_t)load_be64(init.data);
	machine->init_segments = (size_t)count;
	for (size_t i = 0; i < count; i++) {
		struct machine_segment segment = machine_init_segment(machine, i);

		if (!segment_is_sound(machine, &segment))
			return "nacre,init in the device tree has a segment outside the image or misplaced in its page";
	}
	return NULL;
}

struct machine_segment machine_init_segment(const struct machine *machine, size_t index)
{
	struct fdt_property init;
	const uint8_t *row;

	assert(index < machine->init_segments && fdt_property(&machine->tree, machine->chosen, "nacre,init", &init));
	row = init.data + INIT_HEAD + index * INIT_SEGMENT;
	return (struct machine_segment){
		.content = (paddr_t)load_be64(row), .address = (vaddr_t)load_be64(row + 8),
		.content_bytes = (size_t)load_be64(row + 16), .bytes = (size_t)load_be64(row + 24),
		.flags = (unsigned)load_be64(row + 32),
	};
}

static void seed_read(struct machine *machine)
{
	struct fdt_property seed;

	if (!fdt_property(&machine->tree, machine->chosen, "rng-seed", &seed))
		return;
	machine->seed = seed.data;
	machine->seed_bytes = seed.size;
}

void machine_seed_erase(struct machine *machine, void *tree)
{
	if (machine->seed_bytes)
		memset((uint8_t *)tree + (machine->seed - machine->tree.blob), 0, machine->seed_bytes);
	machine->seed_bytes = 0;
}

/* --- devices --------------------------------------------------------------------------------------------
 *
 * base/fdt.h finds parents and controllers by walking the tree from its root, which for every device together would be
 * millions of instructions. So what nearly all devices share is kept at hand: the bus they are on, if its addresses are
 * the hart's own, and the interrupt controller. Where that does not hold, base/fdt.h is asked. */

static const char *const controllers[] = { "sifive,plic-1.0.0", "riscv,plic0" };
static const char *const timers[] = { "sifive,clint0", "riscv,clint0" };

static bool is_any_of(const struct fdt *tree, const struct fdt_node *node, const char *const names[], size_t count)
{
	const char *text;

	for (uint32_t i = 0; (text = fdt_string(tree, node, "compatible", i)); i++)
		for (size_t name = 0; name < count; name++)
			if (string_equal(text, names[name]))
				return true;
	return false;
}

static bool is_for_the_kernel(const struct fdt *tree, const struct fdt_node *node)
{
	const char *type = fdt_string(tree, node, "device_type", 0);

	return (type && string_equal(type, "memory")) || is_any_of(tree, node, controllers, ARRAY_SIZE(controllers)) ||
	       is_any_of(tree, node, timers, ARRAY_SIZE(timers));
}

static bool is_device(const struct fdt *tree, const struct fdt_node *node)
{
	struct fdt_property property;

	return (fdt_property(tree, node, "reg", &property) || fdt_property(tree, node, "interrupts", &property) ||
	        fdt_property(tree, node, "interrupts-extended", &property)) &&
	       fdt_is_enabled(tree, node) && !is_for_the_kernel(tree, node);
}

static void bus_enter(const struct fdt *tree, struct machine_device *device)
{
	struct fdt_property ranges;
	bool transparent = fdt_property(tree, device->node, "ranges", &ranges) && !ranges.size;

	device->bus = device->depth == 1 && transparent ? device->node : NULL;
	device->bus_depth = device->depth;
}

static void bus_leave(const struct fdt *tree, struct machine_device *device)
{
	device->bus_depth = device->depth ? device->depth - 1 : 0;
	device->bus = device->depth <= 1 ? fdt_root(tree) : NULL;
}

/* bus_depth is the depth of the innermost bus that is open; the root is one. What lies below a node that is no bus is
 * that node's own affair. */
bool machine_device_next(const struct machine *machine, struct machine_device *device)
{
	static const char *const buses[] = { "simple-bus" };
	const struct fdt *tree = &machine->tree;

	while ((device->node = fdt_next(tree, device->node, &device->depth))) {
		if (device->depth <= device->bus_depth)
			bus_leave(tree, device);
		if (device->depth != device->bus_depth + 1)
			continue;
		if (is_any_of(tree, device->node, buses, ARRAY_SIZE(buses)) && fdt_is_enabled(tree, device->node)) {
			bus_enter(tree, device);
		} else if (is_device(tree, device->node)) {
			device->offset = (uint32_t)((const uint8_t *)device->node - tree->blob);
			return true;
		}
	}
	return false;
}

static bool touches_ram(const struct machine *machine, const struct machine_range *range)
{
	return range->base - machine->ram.base < machine->ram.bytes || machine->ram.base - range->base < range->bytes;
}

static uint64_t cells_load(const uint8_t *data, uint32_t cells)
{
	return cells == 2 ? load_be64(data) : load_be32(data);
}

/* As fdt_reg. */
static bool reg_read(const struct fdt *tree, const struct machine_device *device, uint32_t index, struct fdt_range *range)
{
	uint32_t low = fdt_u32(tree, device->bus, "#address-cells", 2), high = fdt_u32(tree, device->bus, "#size-cells", 1);
	struct fdt_property reg;

	if (!device->bus || low - 1 > 1 || high - 1 > 1)
		return fdt_reg(tree, device->node, index, range);
	if (!fdt_property(tree, device->node, "reg", &reg) || index >= reg.size / (4 * (low + high)))
		return false;
	reg.data += index * 4 * (low + high);
	*range = (struct fdt_range){ cells_load(reg.data, low), cells_load(reg.data + 4 * low, high) };
	return true;
}

/* Ranges that cannot be reported are passed over, so that those that can be are numbered without gaps. */
bool machine_device_region(const struct machine *machine, const struct machine_device *device, unsigned index,
                           struct machine_range *region)
{
	struct fdt_range range;

	for (uint32_t i = 0; reg_read(&machine->tree, device, i, &range); i++) {
		*region = narrow(&range);
		if (region->bytes && !touches_ram(machine, region) && !index--)
			return true;
	}
	return false;
}

static uint32_t controller_find(const struct fdt *tree)
{
	const struct fdt_node *node = NULL;

	for (size_t i = 0; !node && i < ARRAY_SIZE(controllers); i++)
		node = fdt_find_compatible(tree, NULL, controllers[i]);
	return fdt_u32(tree, node, "#interrupt-cells", 0) == 1 ? fdt_u32(tree, node, "phandle", 0) : 0;
}

bool machine_device_line(const struct machine *machine, const struct machine_device *device, unsigned index, unsigned *line)
{
	const struct fdt *tree = &machine->tree;
	uint32_t parent = fdt_u32(tree, device->node, "interrupt-parent", 0);
	struct fdt_property lines;
	struct fdt_interrupt interrupt;

	if (parent && parent == machine->controller && !fdt_property(tree, device->node, "interrupts-extended", &lines)) {
		if (!fdt_property(tree, device->node, "interrupts", &lines) || index >= lines.size / 4)
			return false;
		*line = load_be32(lines.data + 4 * index);
		return true;
	}
	if (!fdt_interrupt(tree, device->node, index, &interrupt))
		return false;
	*line = interrupt.cells[0];
	return is_any_of(tree, interrupt.controller, controllers, ARRAY_SIZE(controllers));
}

/* --- all of it ------------------------------------------------------------------------------------------ */

/* The timebase stands at /cpus, in older trees at each cpu. */
static uint32_t timebase_read(const struct fdt *tree)
{
	uint32_t timebase = fdt_u32(tree, fdt_find_path(tree, "/cpus"), "timebase-frequency", 0);

	return timebase ? timebase : fdt_u32(tree, fdt_find_type(tree, NULL, "cpu"), "timebase-frequency", 0);
}

const char *machine_read(struct machine *machine, const void *tree, const struct machine_range *taken, size_t count)
{
	const char *fault;

	memset(machine, 0, sizeof(*machine));
	fault = fdt_open(&machine->tree, tree, FDT_BYTES_MAX);
	if (fault)
		return fault;
	machine->chosen = fdt_find_path(&machine->tree, "/chosen");
	machine->timebase_hz = timebase_read(&machine->tree);
	machine->controller = controller_find(&machine->tree);
	machine->boot_instructions = counter_read(machine, "nacre,boot-instructions");
	machine->hash_instructions = fdt_u64(&machine->tree, machine->chosen, "nacre,hash-instructions", 0);
	image_read(machine);
	options_read(machine);
	seed_read(machine);
	fault = ram_read(machine, taken, count);
	return fault ? fault : init_read(machine);
}
