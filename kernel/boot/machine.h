/* machine.h - what the device tree says about the machine: RAM, boot image, options, devices.
 *
 *   struct machine machine;
 *   const char *fault = machine_read(&machine, tree, taken, count);      NULL, or a sentence that says why not
 *   for each i < machine.free_count                                      RAM that nobody uses
 *   for (struct machine_device d = { 0 }; machine_device_next(&machine, &d);)
 *
 * Used once, at boot, by main.c. The tree stays where it is and all pointers here point into it.
 *   I1  free ranges are whole pages of `ram`, ascending, apart, and touch nothing that the tree or the caller reserves
 * Does not: more than one range of RAM, addresses above the machine word (they are left out). */
#pragma once
#include "base/fdt.h"
#include "arch.h"

#define MACHINE_FREE_MAX 16

struct machine_range {
	paddr_t base;
	size_t bytes;
};

/* A loadable segment of init, as the boot stage found it in the image. */
struct machine_segment {
	paddr_t content;      /* page aligned like `address`: same offset in the page */
	vaddr_t address;      /* as linked */
	size_t content_bytes, bytes;
	unsigned flags;       /* ELF: 4 read, 2 write, 1 execute */
};

struct machine {
	struct fdt tree;
	const struct fdt_node *chosen;
	uint32_t controller;                         /* phandle of the interrupt controller; 0: ask the tree each time */
	struct machine_range ram;                    /* cut to what the kernel can map */
	struct machine_range image;                  /* empty: none */
	struct machine_range free[MACHINE_FREE_MAX];
	size_t free_count;
	const char *options;                         /* the command line, for base/parse.h */
	size_t options_bytes;
	const uint8_t *seed;
	size_t seed_bytes;                           /* 0: none, nothing random can be had */
	uint32_t timebase_hz;                        /* 0: the tree does not say */
	vaddr_t init_entry;
	size_t init_segments;                        /* 0: the firmware named no init */
	uint64_t boot_instructions, hash_instructions; /* spent before the kernel; 0: not known */
};

/* `taken`: what the kernel occupies itself (text, data, this tree). The image is taken too, where it is in RAM. */
const char *machine_read(struct machine *machine, const void *tree, const struct machine_range *taken, size_t count) must_use;

struct machine_segment machine_init_segment(const struct machine *machine, size_t index); /* index < init_segments */

/* Zeroes the seed, through `tree`, which is the same tree where it can be written; it is not to be read by programs. */
void machine_seed_erase(struct machine *machine, void *tree);

/* Devices: enabled nodes directly below the root or a simple-bus that have registers or interrupts, but for memory
 * and what the kernel drives itself (interrupt controller, timer). Start with all zero. */
struct machine_device {
	const struct fdt_node *node;
	uint32_t offset;                             /* of the node, from the start of the tree */
	int depth, bus_depth;
	const struct fdt_node *bus;                  /* the root or a bus that translates nothing; NULL: some other */
};
bool machine_device_next(const struct machine *machine, struct machine_device *device);

/* Number `index` of its register ranges and interrupt lines; false: no more. A range in RAM is not reported. */
bool machine_device_region(const struct machine *machine, const struct machine_device *device, unsigned index,
                           struct machine_range *region);
bool machine_device_line(const struct machine *machine, const struct machine_device *device, unsigned index, unsigned *line);
