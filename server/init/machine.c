/* machine.c - what the kernel handed to init. */
#include "machine.h"
#include "abi/nacre_calls.h"
#include "base/archive.h"
#include "base/hashes.h"
#include "base/parse.h"
#include "base/string.h"
#include "nacre/area.h"
#include "nacre/clock.h"

#define TABLE "SHA256SUMS"
#define PROGRAMS "bin/"
#define VIRTIO_PREFIX "virtio:"
#define VIRTIO_PREFIX_BYTES (sizeof(VIRTIO_PREFIX) - 1)

struct machine machine;

/* --- mapping ------------------------------------------------------------------------------------------- */

/* Maps `bytes` from `offset` on, wherever in its first page that lies. */
static const void *map(nacre_handle_t memory, size_t offset, size_t bytes)
{
	struct nacre_area area;
	size_t before = offset % NACRE_PAGE_BYTES;

	if (nacre_area_map(&area, memory, offset / NACRE_PAGE_BYTES, NACRE_PAGES(before + bytes), NACRE_PROT_READ))
		return NULL;
	return (const char *)area.base + before;
}

const char *machine_open(const struct nacre_boot_info *boot)
{
	const void *tree;

	machine.boot = boot;
	machine.archive = map(boot->image, boot->image_offset, boot->image_bytes);
	machine.archive_size = boot->image_bytes;
	if (!machine.archive)
		return "the boot image cannot be mapped";
	tree = map(boot->device_tree, boot->tree_offset, boot->tree_bytes);
	return tree ? fdt_open(&machine.tree, tree, boot->tree_bytes) : "the device tree cannot be mapped";
}

/* --- files --------------------------------------------------------------------------------------------- */

static void file_set(struct file *file, const struct archive_entry *entry, uint16_t index)
{
	file->content = entry->content;
	file->size = entry->size;
	file->offset = machine.boot->image_offset + (size_t)(entry->content - machine.archive);
	file->index = index;
}

bool file_find(const char *name, size_t size, struct file *file)
{
	struct archive archive;
	struct archive_entry entry;

	archive_open(&archive, machine.archive, machine.archive_size);
	for (uint16_t index = 0; archive_next(&archive, &entry); index++) {
		if (entry.type != '0' || !string_equal_counted(name, size, entry.name))
			continue;
		*file = (struct file){ .name = name, .name_size = size };
		file_set(file, &entry, index);
		return true;
	}
	return false;
}

bool file_program(size_t n, struct file *file)
{
	static struct archive_entry entry; /* holds the name that `file` points to */
	struct archive archive;

	archive_open(&archive, machine.archive, machine.archive_size);
	for (uint16_t index = 0; archive_next(&archive, &entry); index++) {
		if (entry.type != '0' || !string_starts_with(entry.name, PROGRAMS) || n--)
			continue;
		*file = (struct file){ .name = entry.name, .name_size = string_length(entry.name) };
		file_set(file, &entry, index);
		return true;
	}
	return false;
}

/* The digest that SHA256SUMS lists. */
static bool digest_find(const struct file *file, uint8_t digest[SHA256_BYTES])
{
	char name[ARCHIVE_NAME];
	struct file table;

	if (file->name_size >= sizeof(name) || !file_find(TABLE, sizeof(TABLE) - 1, &table))
		return false;
	memcpy(name, file->name, file->name_size);
	name[file->name_size] = 0;
	return hashes_find((const char *)table.content, table.size, name, digest);
}

static bool hash_matches(const struct file *file)
{
	uint8_t listed[SHA256_BYTES], found[SHA256_BYTES];
	uint64_t start_ns = nacre_clock_ns();

	if (!digest_find(file, listed))
		return false;
	sha256_of(file->content, file->size, found);
	machine.hash_ns += nacre_clock_ns() - start_ns;
	return !memcmp(listed, found, sizeof(found));
}

bool file_is_sound(const struct file *file)
{
	static uint8_t sound[32]; /* a bit a file; files beyond are hashed each time */
	uint8_t bit = (uint8_t)(1u << file->index % 8);
	bool known = file->index / 8 < sizeof(sound);

	if (known && sound[file->index / 8] & bit)
		return true;
	if (!hash_matches(file))
		return false;
	if (known)
		sound[file->index / 8] |= bit;
	return true;
}

/* --- devices ------------------------------------------------------------------------------------------- */

nacre_handle_t device_handle(size_t device)
{
	return device < machine.boot->device_count ? ((const uint32_t *)machine.boot->devices)[device] : NACRE_HANDLE_NONE;
}

const struct fdt_node *device_node(size_t device)
{
	struct nacre_device_state state;
	nacre_handle_t handle = device_handle(device);

	if (!handle || nacre_device_info(handle, &state))
		return NULL;
	return (const struct fdt_node *)(machine.tree.blob + state.node);
}

bool device_is_compatible(const struct fdt_node *node, const char *compatible, size_t size)
{
	const char *entry;

	for (uint32_t i = 0; node && (entry = fdt_string(&machine.tree, node, "compatible", i)); i++)
		if (string_equal_counted(compatible, size, entry))
			return true;
	return false;
}

bool device_is_type(const char *compatible, size_t size)
{
	return size >= VIRTIO_PREFIX_BYTES && !memcmp(compatible, VIRTIO_PREFIX, VIRTIO_PREFIX_BYTES);
}

bool device_find(const char *compatible, size_t size, size_t *device)
{
	bool by_type = device_is_type(compatible, size);
	uint64_t type = 0;

	if (by_type && !parse_number(compatible + VIRTIO_PREFIX_BYTES, size - VIRTIO_PREFIX_BYTES, &type))
		return false;
	for (; device_handle(*device); ++*device)
		if (by_type ? type && device_virtio_type(*device) == type
			    : device_is_compatible(device_node(*device), compatible, size))
			return true;
	return false;
}

bool irq_find(size_t n, struct irq_line *irq)
{
	struct nacre_device_state state;
	struct fdt_interrupt interrupt;

	for (size_t device = 0; device_handle(device); device++) {
		if (nacre_device_info(device_handle(device), &state))
			continue;
		if (n >= state.interrupts) {
			n -= state.interrupts;
			continue;
		}
		*irq = (struct irq_line){ .device = device, .line = (uint32_t)n };
		if (!fdt_interrupt(&machine.tree, device_node(device), irq->line, &interrupt) || !interrupt.cell_count)
			return false;
		irq->number = interrupt.cells[0];
		return true;
	}
	return false;
}
