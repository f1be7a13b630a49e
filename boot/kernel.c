/* kernel.c - places the kernel: text and constants stay in flash, only the writable segment gets RAM. */
#include "base/bits.h"
#include "base/string.h"
#include "boot/boot.h"

#define REMEDY "build it again"

/* Two segments, in this order: readable and executable, readable and writable; both page aligned. */
static bool shape_is_right(const struct elf *elf, struct elf_segment *text, struct elf_segment *data)
{
	struct elf_segment third;

	return elf_load(elf, 0, text) && elf_load(elf, 1, data) && !elf_load(elf, 2, &third) &&
	       text->flags == (ELF_R | ELF_X) && text->file_size == text->memory_size && data->flags == (ELF_R | ELF_W) &&
	       is_aligned((uintptr_t)data->vaddr, PAGE);
}

void kernel_plan(struct boot *boot)
{
	const struct archive_file *file = &boot->image.kernel;
	const struct machine *m = &boot->machine;
	struct elf_segment text, *data = &boot->kernel_data_segment;
	struct elf elf;
	const char *fault = elf_open(&elf, file->content, file->size, ELF_NATIVE);
	uintptr_t size;

	if (fault)
		fail(m, "the kernel in the image cannot be started: %s; " REMEDY, fault);
	if (elf.type != ELF_EXEC || !shape_is_right(&elf, &text, data))
		fail(m, "the kernel in the image is not one R-X and one RW- segment at fixed, page-aligned addresses; " REMEDY);
	size = align_up((uintptr_t)data->memory_size, PAGE);
	if (!ram_take_lowest(&boot->ram, size, PAGE, &boot->kernel_data))
		fail(m, "there is no RAM for the kernel's data, %lu KiB; give the machine more", (unsigned long)size / 1024);
	boot->kernel_entry = (uintptr_t)(file->content + text.offset) + (uintptr_t)(elf.entry - text.vaddr);
}

void kernel_load(const struct boot *boot)
{
	const struct elf_segment *data = &boot->kernel_data_segment;
	uint8_t *to = (uint8_t *)boot->kernel_data.start;
	size_t copied = (size_t)data->file_size;

	memcpy(to, boot->image.kernel.content + data->offset, copied);
	memset(to + copied, 0, boot->kernel_data.end - boot->kernel_data.start - copied);
}
