/* main.c - the boot story: from a device tree to the first process. */
#include "boot/boot.h"
#include "base/parse.h"
#include "boot/machine.h"
#include "boot/wiring.h"
#include "ipc/interrupt.h"
#include "memory/random.h"
#include "thread/schedule.h"

static struct machine machine;

static void seed_init(void)
{
	uint8_t key[32];

	random_seed(machine.seed, machine.seed_bytes);
	random_bytes(key, sizeof key);
	object_id_key(key);
}

/* A reply token names a thread by slot. A thread costs at least two pages with its stack, so half a slot a page is enough. */
void boot_threads_init(size_t ram_pages)
{
	size_t count = min_size(ram_pages / 2, (size_t)1 << TOKEN_SLOT_BITS);

	thread_slots_init(boot_alloc(count * sizeof(struct thread_slot)), count);
}

static void interrupts_init(void)
{
	size_t lines = irq_lines();

	interrupt_init(boot_alloc(lines * sizeof(struct interrupt *)), lines);
}

const char *boot_arch_init(const struct machine *m, const struct arch_boot *boot)
{
	if (!m->timebase_hz)
		return "the device tree has no timebase-frequency";
	arch_init(boot, &(struct arch_config){
		.tree = &m->tree,
		.ram = m->ram.base,
		.ram_bytes = m->ram.bytes,
		.image = m->image.base,
		.image_bytes = m->image.bytes,
		.timebase_hz = m->timebase_hz,
		.clock_emulated = option_flag(m->options, m->options_bytes, "no-time-csr"),
	});
	return NULL;
}

static void must(const char *fault)
{
	if (!fault)
		return;
	boot_print("nacre: cannot start: %s\n", fault);
	arch_halt(true);
}

static size_t tree_bytes(const void *blob)
{
	struct fdt tree;

	must(fdt_open(&tree, blob, FDT_BYTES_MAX));
	return tree.total_bytes;
}

void kernel_main(const struct arch_boot *boot) __attribute__((noreturn));
void kernel_main(const struct arch_boot *boot)
{
	struct machine_range taken[] = {
		{ boot->text_base, boot->text_bytes },
		{ boot->data_base, boot->data_bytes },
		{ boot->tree_base, tree_bytes(boot->tree) },
	};
	size_t ram_pages;

	must(machine_read(&machine, boot->tree, taken, ARRAY_SIZE(taken)));
	must(boot_arch_init(&machine, boot));
	ram_pages = boot_memory_init(&machine);
	seed_init();
	machine_seed_erase(&machine, pa_to_kva(boot->tree_base));
	kernel_wire();
	schedule_init();
	interrupts_init();
	boot_threads_init(ram_pages);
	boot_banner(&machine);
	boot_memory_give(&machine);
	must(boot_init_process(&machine, boot, ram_pages));
	arch_fast_forbid(FAST_BOOT, option_flag(machine.options, machine.options_bytes, "no-short-way"));
	schedule();
	arch_start(&kernel_handlers);
}
