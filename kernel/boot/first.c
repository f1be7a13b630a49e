/* first.c - the first process: init, which gets everything the machine has, as handles.
 *
 * The boot stage has read init's ELF file and says where its segments lie in the image; the kernel maps them at a random
 * place, read-only ones where they lie, writable ones as private copies. It does not relocate: init does that itself. */
#include "boot/boot.h"
#include "base/bits.h"
#include "ipc/fault.h"
#include "memory/random.h"
#include "object/device.h"
#include "object/memory.h"
#include "object/reap.h"
#include "thread/schedule.h"
#include "trace/trace.h"

enum { INIT_PRIORITY = 24, INIT_STACK_PAGES = 4, INIT_HANDLES = 64, DEVICES_MAX = 40 };
enum { SEGMENT_EXECUTE = 1, SEGMENT_WRITE = 2 };

#define RIGHTS_PASS (RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_INSPECT)

struct process *boot_init;
vaddr_t boot_init_base;

struct first {
	const struct machine *machine;
	struct process *process;
	struct memory *image;
	vaddr_t load_base;      /* what is added to an address as linked */
	vaddr_t stack_top;
	struct memory *stack;
	struct abi_boot_info info;
	uint32_t devices[DEVICES_MAX];
};

static handle_t give(struct first *first, struct object *object, uint32_t rights)
{
	return handle_add(first->process, object, rights);
}

static struct memory *range_memory(paddr_t base, size_t bytes, uintptr_t *offset)
{
	paddr_t start = align_down(base, PAGE_SIZE);
	struct memory *memory;

	*offset = base - start;
	if (memory_new_fixed(&machine_budget, start, align_up(base + bytes - start, PAGE_SIZE) / PAGE_SIZE, BACKING_IMAGE, &memory))
		return NULL;
	return memory;
}

static struct memory *filled_memory(size_t pages, unsigned options)
{
	struct memory *memory;

	if (memory_new(&machine_budget, pages, options, &memory))
		return NULL;
	while (!backing_fill(&memory->backing))
		continue; /* nothing else runs yet */
	return memory;
}

static vaddr_t map(struct first *first, vaddr_t base, struct memory *memory, size_t offset, size_t pages, unsigned protection)
{
	struct mapping *mapping;

	if (space_map_begin(&first->process->space, base, &memory->backing, offset, pages, protection, protection, &mapping))
		return 0;
	memory_mapped(memory, mapping->charged);
	while (!space_map_step(mapping))
		continue;
	return mapping->base;
}

/* --- init's own segments. */

static void content_copy(struct memory *memory, const struct machine_segment *segment)
{
	size_t done = 0, page_offset = segment->address % PAGE_SIZE;

	while (done < segment->content_bytes) {
		size_t page = (page_offset + done) / PAGE_SIZE, at = (page_offset + done) % PAGE_SIZE;
		size_t piece = min_size(segment->content_bytes - done, PAGE_SIZE - at);

		__builtin_memcpy((char *)pa_to_kva(backing_page(&memory->backing, page)) + at,
		                 pa_to_kva(segment->content + done), piece);
		done += piece;
	}
}

static bool segment_map(struct first *first, const struct machine_segment *segment)
{
	vaddr_t start = align_down(segment->address, PAGE_SIZE);
	size_t pages = align_up(segment->address + segment->bytes - start, PAGE_SIZE) / PAGE_SIZE;
	paddr_t image = align_down(first->machine->image.base, PAGE_SIZE);
	struct memory *memory;

	if (!(segment->flags & SEGMENT_WRITE))
		return map(first, first->load_base + start, first->image, (align_down(segment->content, PAGE_SIZE) - image) / PAGE_SIZE,
		           pages, PROT_READ | (segment->flags & SEGMENT_EXECUTE ? PROT_EXECUTE : 0));
	memory = filled_memory(pages, MEMORY_PRIVATE);
	if (!memory)
		return false;
	content_copy(memory, segment);
	return map(first, first->load_base + start, memory, 0, pages, PROT_READ | PROT_WRITE);
}

static const char *segments_map(struct first *first)
{
	vaddr_t lowest = UINTPTR_MAX, highest = 0, base;

	for (size_t i = 0; i < first->machine->init_segments; i++) {
		struct machine_segment segment = machine_init_segment(first->machine, i);

		if (segment.address < lowest)
			lowest = align_down(segment.address, PAGE_SIZE);
		if (segment.address + segment.bytes > highest)
			highest = segment.address + segment.bytes;
	}
	if (highest <= lowest || highest - lowest > USER_END / 2)
		return "init has no segments to load";
	if (space_reserve(&first->process->space, align_up(highest - lowest, PAGE_SIZE) / PAGE_SIZE, &base))
		return "there is no memory for init";
	first->load_base = boot_init_base = base - lowest;
	for (size_t i = 0; i < first->machine->init_segments; i++) {
		struct machine_segment segment = machine_init_segment(first->machine, i);

		if (!segment_map(first, &segment))
			return "a segment of init cannot be mapped: it is not page aligned, or memory is short";
	}
	return NULL;
}

/* --- What init is told. */

static void device_add(struct first *first, const struct machine_device *found)
{
	struct device *device = object_alloc(&machine_budget, OBJECT_DEVICE, sizeof *device);
	struct machine_range range;
	unsigned line;

	if (!device)
		return;
	list_init(&device->pins);
	device->node = found->offset;
	while (device->region_count < DEVICE_REGIONS && machine_device_region(first->machine, found, device->region_count, &range)) {
		device->regions[device->region_count].base = range.base;
		device->regions[device->region_count++].bytes = range.bytes;
	}
	while (device->line_count < DEVICE_LINES && machine_device_line(first->machine, found, device->line_count, &line))
		device->lines[device->line_count++] = line;
	first->devices[first->info.device_count++] = give(first, &device->object, RIGHTS_PASS | RIGHT_MANAGE);
}

static void devices_add(struct first *first)
{
	struct machine_device device = { 0 };

	while (first->info.device_count < DEVICES_MAX && machine_device_next(first->machine, &device))
		device_add(first, &device);
	if (first->info.device_count)
		first->info.first_device = first->devices[0];
}

static bool trace_add(struct first *first, size_t ram_pages)
{
	size_t pages = ram_pages < 4096 ? (ram_pages < 2048 ? 2 : 4) : 16;
	struct memory *memory = filled_memory(pages, MEMORY_SHARED | MEMORY_CONTIGUOUS);

	if (!memory)
		return false;
	memory->trace = true;
	trace_init(pa_to_kva(backing_page(&memory->backing, 0)), pages * PAGE_SIZE);
	first->info.trace = give(first, &memory->object, RIGHTS_PASS | RIGHT_READ | RIGHT_MANAGE);
	return true;
}

static const char *handles_give(struct first *first, const struct arch_boot *boot, size_t ram_pages)
{
	struct abi_boot_info *info = &first->info;
	struct memory *tree = range_memory(boot->tree_base, first->machine->tree.total_bytes, &info->tree_offset);

	if (!tree || !trace_add(first, ram_pages))
		return "there is no memory for init's handles";
	info->process = give(first, &first->process->object, RIGHT_ALL_PROCESS);
	info->budget = give(first, &machine_budget.object, RIGHT_ALL_BUDGET);
	info->image = give(first, &first->image->object, RIGHTS_PASS | RIGHT_READ | RIGHT_EXECUTE | RIGHT_MANAGE);
	info->device_tree = give(first, &tree->object, RIGHTS_PASS | RIGHT_READ);
	devices_add(first);
	return NULL;
}

static void info_fill(struct first *first, size_t ram_pages)
{
	const struct machine *machine = first->machine;
	struct abi_boot_info *info = &first->info;

	info->version = 1;
	info->image_bytes = machine->image.bytes;
	info->tree_bytes = machine->tree.total_bytes;
	info->ram_pages = ram_pages;
	info->kernel_pages = ram_pages - machine_budget.account.limit;
	info->load_base = first->load_base;
	info->entropy = random_seeded();
	info->machine_clock = arch_user_clock();
	info->timebase_hz = arch_timebase_hz();
	info->boot_instructions = machine->boot_instructions;
	info->hash_instructions = machine->hash_instructions;
	random_bytes(info->seed, sizeof info->seed);
}

/* The information lies at the top of the stack, the list of devices below it, the stack pointer below both. */
static vaddr_t info_place(struct first *first)
{
	char *top_page = pa_to_kva(backing_page(&first->stack->backing, INIT_STACK_PAGES - 1));
	size_t at = align_down(PAGE_SIZE - sizeof first->info, 16);
	vaddr_t page_base = first->stack_top - PAGE_SIZE;

	_Static_assert(sizeof(struct abi_boot_info) + sizeof first->devices < PAGE_SIZE / 2, "room for a stack");
	first->info.devices = page_base + at - sizeof first->devices;
	__builtin_memcpy(top_page + at, &first->info, sizeof first->info);
	__builtin_memcpy(top_page + at - sizeof first->devices, first->devices, sizeof first->devices);
	return page_base + at;
}

static const char *stack_map(struct first *first)
{
	vaddr_t base;

	first->stack = filled_memory(INIT_STACK_PAGES, MEMORY_PRIVATE);
	base = first->stack ? map(first, 0, first->stack, 0, INIT_STACK_PAGES, PROT_READ | PROT_WRITE) : 0;
	first->stack_top = base + INIT_STACK_PAGES * PAGE_SIZE;
	return base ? NULL : "there is no memory for init's stack";
}

static const char *thread_start(struct first *first)
{
	vaddr_t info = info_place(first);
	struct thread *thread;

	if (thread_new(first->process, INIT_PRIORITY, &thread))
		return "there is no memory for init's thread";
	registers_init(&thread->registers, first->load_base + first->machine->init_entry,
	               align_down(first->info.devices, 16), info, 0);
	process_started(first->process);
	thread_ready(thread);
	return NULL;
}

const char *boot_init_process(const struct machine *machine, const struct arch_boot *boot, size_t ram_pages)
{
	static struct first first;
	const char *fault = NULL;

	first.machine = machine;
	if (!machine->init_segments)
		return "the firmware names no init: boot Nacre's image, not the bare kernel";
	if (process_new(&machine_budget, &machine_budget, &first.process) || handle_reserve(first.process, INIT_HANDLES))
		return "there is no memory for init";
	boot_init = first.process;
	first.image = range_memory(machine->image.base, machine->image.bytes, &first.info.image_offset);
	if (!first.image)
		return "there is no memory for init";
	fault = segments_map(&first);
	if (!fault)
		fault = stack_map(&first);
	if (!fault)
		fault = handles_give(&first, boot, ram_pages);
	if (fault)
		return fault;
	handle_unreserve(first.process, first.process->handles.reserved);
	info_fill(&first, ram_pages);
	return thread_start(&first);
}
