/* boot.h - what the parts of boot know of each other.
 *
 *   start.S -> early.c -> main.c:  image.c -> hart.c -> kernel.c -> handover.c -> start.S: kernel_enter
 *                                    S-mode runs; what traps to M: trap.c -> sbi.c, timer.c, emulate.c
 *
 * Where other firmware has M-mode, boot runs in S-mode: without hart.c, and nothing of it stays.
 *
 * Everything boot ever writes to lies in 8 KiB at the top of RAM: struct boot at the bottom, the stack above it.
 * Of struct boot only `machine` is of use once the kernel runs. */
#pragma once
#include "base/archive.h"
#include "base/elf.h"
#include "base/fdt.h"
#include "boot/machine.h"

enum { BOOT_RAM_BYTES = 8192, PAGE = 4096, TAKEN_MAX = 16 };

struct range {
	uintptr_t start, end;
};

/* One bank of RAM, and what in it may not be given away. */
struct ram {
	struct range bank, taken[TAKEN_MAX];
	unsigned taken_count;
};

/* The parts of the image; see image.h for its layout. */
struct image {
	struct range archive;
	struct archive_file table, options, tree, kernel, init;
};

struct counters {
	uint64_t cycles, instructions;
};

struct boot {
	struct machine machine;
	struct fdt tree;                /* the tree in use: the firmware's, or the image's own */
	struct ram ram;
	struct image image;
	struct range self;              /* boot's RAM */
	struct range tree_copy;         /* pages of the tree that the kernel gets */
	struct range kernel_data;       /* pages of the kernel's writable segment */
	uintptr_t kernel_entry;
	struct elf_segment kernel_data_segment;
	struct counters at_reset;
	uint64_t hash_instructions;
};

enum { BOOTARGS_MAX = 1024, INIT_WORDS = 2 + 5 * ELF_LOADS_MAX, RESERVED_MAX = 4 };

/* What goes into the kernel's tree, as it goes in; handover.c says what is what. */
struct handover {
	uint8_t initrd_start[8], initrd_end[8], cycles[16], instructions[16], hash_instructions[8];
	uint8_t init[8 * INIT_WORDS];
	char bootargs[BOOTARGS_MAX];
	uint32_t init_bytes, bootargs_bytes;
	struct fdt_range reserved[RESERVED_MAX];
	uint32_t reserved_count;
};

/* early.c */
struct boot *early_main(unsigned long hart, const void *tree, bool is_supervisor);

/* main.c */
_Noreturn void boot_main(struct boot *boot);

/* ram.c: highest or lowest free pages; false where none are. `size` and `alignment` in bytes. */
bool ram_find(struct ram *ram, const struct fdt *tree);
bool ram_take_highest(struct ram *ram, uintptr_t size, uintptr_t alignment, struct range *found);
bool ram_take_lowest(struct ram *ram, uintptr_t size, uintptr_t alignment, struct range *found);
void ram_mark(struct ram *ram, uintptr_t start, uintptr_t end);
void ram_unmark(struct ram *ram, uintptr_t start);

/* Does the RAM there hold what is written to it? What it held is kept. */
bool ram_answers(struct range range);

/* image.c: finds the parts (false: leaves them empty), or checks everything and does not return if it is bad. */
bool image_find(struct image *image);
void image_check(struct boot *boot);

/* hart.c: privileges, delegation, counters, PMP; counters as they stand, 0 in S-mode. */
void hart_prepare(struct boot *boot);
struct counters counters_read(const struct machine *machine);

/* kernel.c: finds room and plans; copies data and clears bss. */
void kernel_plan(struct boot *boot);
void kernel_load(const struct boot *boot);

/* handover.c: the kernel's device tree. Planning takes room for it and lets go of the original's, which must stay
 * untouched until the tree is written. */
void handover_plan(struct handover *handover, struct boot *boot);
void handover_write(struct handover *handover, const struct boot *boot);

/* start.S */
_Noreturn void kernel_enter(unsigned long hart, uintptr_t tree, uintptr_t data, uintptr_t entry);
_Noreturn void kernel_enter_beside(unsigned long hart, uintptr_t tree, uintptr_t data, uintptr_t entry);
extern const uint8_t image_start[] __attribute__((visibility("hidden")));
extern const uint8_t image_header[] __attribute__((visibility("hidden")));
