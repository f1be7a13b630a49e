/* handover.c - the device tree that the kernel gets: a copy of the one in use, with what boot knows added.
 *
 * Added to /chosen, all numbers big-endian:
 *   linux,initrd-start, linux,initrd-end   u64 each: the archive, where it lies
 *   bootargs                               those of the tree, then the image's options
 *   nacre,init                             u64s: entry, count, then for each PT_LOAD: where its bytes lie, vaddr,
 *                                          size in the file, size in memory, ELF flags
 *   nacre,boot-cycles                      u64 at reset, u64 at hand-over; 0 where the hart has no such counter
 *   nacre,boot-instructions                the same of retired instructions
 *   nacre,hash-instructions                u64: how many of them went into SHA-256
 * Reserved: boot's RAM, if it stays there in M-mode, the copy itself, the kernel's data, and the image where it lies in RAM. */
#include "base/bits.h"
#include "base/bytes.h"
#include "base/string.h"
#include "boot/boot.h"

enum { PROPERTIES = 7 };

static void reserve(struct handover *h, uintptr_t start, uintptr_t end)
{
	h->reserved[h->reserved_count++] = (struct fdt_range){ start, end - start };
}

/* --- init ----------------------------------------------------------------------------------------------- */

static void init_put(struct handover *h, uint64_t value)
{
	store_be64(h->init + h->init_bytes, value);
	h->init_bytes += 8;
}

static void init_describe(struct handover *h, struct boot *boot)
{
	const struct archive_file *file = &boot->image.init;
	struct elf_segment segment;
	struct elf elf;
	const char *fault = elf_open(&elf, file->content, file->size, ELF_NATIVE);
	unsigned count = 0;

	if (fault)
		fail(&boot->machine, "the program init in the image cannot be started: %s; build it again", fault);
	init_put(h, elf.entry);
	init_put(h, 0);                 /* the count, below */
	for (; elf_load(&elf, count, &segment); count++) {
		init_put(h, (uintptr_t)file->content + segment.offset);
		init_put(h, segment.vaddr);
		init_put(h, segment.file_size);
		init_put(h, segment.memory_size);
		init_put(h, segment.flags);
	}
	store_be64(h->init + 8, count);
}

/* --- bootargs ------------------------------------------------------------------------------------------- */

/* Appends text as one line; newlines become spaces. */
static void bootargs_append(struct handover *h, const struct machine *m, const char *text, size_t size)
{
	if (size > BOOTARGS_MAX - 2 - h->bootargs_bytes)
		fail(m, "the boot options are longer than 1 KiB; shorten them");
	if (h->bootargs_bytes && size)
		h->bootargs[h->bootargs_bytes++] = ' ';
	for (size_t i = 0; i < size; i++)
		h->bootargs[h->bootargs_bytes++] = text[i] == '\n' ? ' ' : text[i];
}

static void bootargs_build(struct handover *h, const struct boot *boot)
{
	const struct archive_file *options = &boot->image.options;
	const char *given = fdt_string(&boot->tree, fdt_find_path(&boot->tree, "/chosen"), "bootargs", 0);
	size_t size = options->size;

	while (size && options->content[size - 1] == '\n')
		size--;
	if (given)
		bootargs_append(h, &boot->machine, given, string_length(given));
	bootargs_append(h, &boot->machine, (const char *)options->content, size);
	h->bootargs[h->bootargs_bytes++] = '\0';
}

/* --- the tree ------------------------------------------------------------------------------------------- */

static void counters_put(struct handover *h, const struct boot *boot)
{
	struct counters now = counters_read(&boot->machine);

	store_be64(h->cycles, boot->at_reset.cycles);
	store_be64(h->cycles + 8, now.cycles);
	store_be64(h->instructions, boot->at_reset.instructions);
	store_be64(h->instructions + 8, now.instructions);
	store_be64(h->hash_instructions, boot->hash_instructions);
}

static bool lies_in_ram(const struct boot *boot, uintptr_t address)
{
	return address >= boot->ram.bank.start && address < boot->ram.bank.end;
}

static void ranges_reserve(struct handover *h, const struct boot *boot)
{
	h->reserved_count = 0;
	if (!boot->machine.is_supervisor)
		reserve(h, boot->self.start, boot->self.end);
	reserve(h, boot->tree_copy.start, boot->tree_copy.end);
	reserve(h, boot->kernel_data.start, boot->kernel_data.end);
	if (lies_in_ram(boot, (uintptr_t)image_start))
		reserve(h, (uintptr_t)image_start, boot->image.archive.end);
}

/* Writes the tree with what `h` holds now; with `to` NULL it only measures. */
static size_t tree_copy(const struct handover *h, const struct boot *boot, void *to, size_t capacity)
{
	const struct fdt_property chosen[PROPERTIES] = {
		{ "linux,initrd-start", h->initrd_start, sizeof(h->initrd_start) },
		{ "linux,initrd-end", h->initrd_end, sizeof(h->initrd_end) },
		{ "bootargs", (const uint8_t *)h->bootargs, h->bootargs_bytes },
		{ "nacre,init", h->init, h->init_bytes },
		{ "nacre,boot-cycles", h->cycles, sizeof(h->cycles) },
		{ "nacre,boot-instructions", h->instructions, sizeof(h->instructions) },
		{ "nacre,hash-instructions", h->hash_instructions, sizeof(h->hash_instructions) },
	};
	const struct fdt_additions additions = { chosen, PROPERTIES, h->reserved, h->reserved_count };

	return fdt_copy(&boot->tree, &additions, to, capacity);
}

/* Takes the highest free pages. From here on the original is needed only until handover_write has copied it, so
 * the kernel's data, which is loaded after that, may lie where it lies. */
static void tree_place(const struct handover *h, struct boot *boot)
{
	uintptr_t size = align_up(tree_copy(h, boot, NULL, 0), PAGE);

	if (!ram_take_highest(&boot->ram, size, PAGE, &boot->tree_copy))
		fail(&boot->machine, "there is no RAM for the device tree, %lu KiB; give the machine more",
		     (unsigned long)size / 1024);
	ram_unmark(&boot->ram, (uintptr_t)boot->tree.blob);
}

void handover_plan(struct handover *h, struct boot *boot)
{
	memset(h, 0, sizeof(*h));
	store_be64(h->initrd_start, boot->image.archive.start);
	store_be64(h->initrd_end, boot->image.archive.end);
	bootargs_build(h, boot);
	init_describe(h, boot);
	ranges_reserve(h, boot);
	tree_place(h, boot);
}

void handover_write(struct handover *h, const struct boot *boot)
{
	uintptr_t original = (uintptr_t)boot->tree.blob;

	ranges_reserve(h, boot);
	counters_put(h, boot);
	tree_copy(h, boot, (void *)boot->tree_copy.start, boot->tree_copy.end - boot->tree_copy.start);
	/* The firmware's tree holds the same seed for random numbers, and its pages become free memory. */
	if (lies_in_ram(boot, original) && boot->tree.blob != boot->image.tree.content)
		memset((void *)original, 0, boot->tree.total_bytes);
}
