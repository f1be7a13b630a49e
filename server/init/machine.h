/* machine.h - what the kernel handed to init: the boot image's files, the device tree, the devices. */
#pragma once
#include <abi/nacre_abi.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/fdt.h"

struct file {
	const char *name;            /* as asked for, counted */
	size_t name_size;
	const uint8_t *content;
	size_t size;
	size_t offset;               /* in the image's memory object; page aligned */
	uint16_t index;              /* its place in the archive */
};

struct machine {
	const struct nacre_boot_info *boot;
	const uint8_t *archive;
	size_t archive_size;
	struct fdt tree;
	uint64_t hash_ns;            /* time spent on hashing files */
};

extern struct machine machine;

/* Maps image and device tree. NULL, or a sentence. */
const char *machine_open(const struct nacre_boot_info *boot);

/* Finds a file; false where it is missing or the archive is damaged. */
bool file_find(const char *name, size_t size, struct file *file);

/* The n-th program of the image, in the order of the archive. */
bool file_program(size_t n, struct file *file);

/* Does the file hash to what SHA256SUMS says? Hashes at the first time only: the image cannot change. */
bool file_is_sound(const struct file *file);

/* --- devices: by their place among the handles the kernel gave --- */

/* The device's node in the tree; NULL. */
const struct fdt_node *device_node(size_t device);
nacre_handle_t device_handle(size_t device);

/* Does the node list the counted `compatible`? */
bool device_is_compatible(const struct fdt_node *node, const char *compatible, size_t size);

/* The next device at or after `device` that lists the counted `compatible`, or is of the type N of "virtio:N"; false: none. */
bool device_find(const char *compatible, size_t size, size_t *device);

/* Is this "virtio:N"? */
bool device_is_type(const char *compatible, size_t size);

/* --- virtio.c --- */

/* Is it a slot for a virtio device, and what is in it? 0: nothing. A slot's registers are read once. */
bool device_is_virtio(size_t device);
uint32_t device_virtio_type(size_t device);

/* The n-th interrupt line of the machine: its device, its place among that device's lines, its number. */
struct irq_line {
	size_t device;
	uint32_t line, number;
};
bool irq_find(size_t n, struct irq_line *irq);
