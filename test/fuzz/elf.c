/* elf.c - the ELF reader: whatever it opens, it reads inside the file only. */
#include "base/elf.h"
#include "input.h"

enum { LOOKED_AT_MAX = 1 << 16 };

static bool is_inside(const struct elf *elf, uint64_t offset, uint64_t size)
{
	return offset <= elf->size && size <= elf->size - offset;
}

static void at_see(const struct elf *elf, uint64_t vaddr, uint64_t size)
{
	const uint8_t *bytes = elf_at(elf, vaddr, size);

	if (bytes)
		look_at(bytes, size < LOOKED_AT_MAX ? size : LOOKED_AT_MAX);
}

static void segments_see(const struct elf *elf)
{
	struct elf_segment segment;
	uint64_t start, end, last = 0;

	elf_span(elf, &start, &end);
	MUST(start <= end);
	for (unsigned i = 0; elf_segment(elf, i, &segment); i++) {
		at_see(elf, segment.vaddr, segment.file_size);
		at_see(elf, segment.vaddr + segment.file_size - 1, 1);
		at_see(elf, segment.vaddr + segment.file_size, 1);
		at_see(elf, segment.vaddr, UINT64_MAX - segment.vaddr);
	}
	for (unsigned i = 0; elf_load(elf, i, &segment); i++) {
		MUST(is_inside(elf, segment.offset, segment.file_size));
		MUST(segment.vaddr >= last && segment.file_size <= segment.memory_size);
		MUST((segment.flags & (ELF_W | ELF_X)) != (ELF_W | ELF_X));
		last = segment.vaddr + segment.memory_size;
		MUST(last >= segment.vaddr && start <= segment.vaddr && last <= end);
	}
}

/* Does a word of the file's width lie in a writable segment? */
static bool is_writable(const struct elf *elf, uint64_t place)
{
	struct elf_segment segment;

	for (unsigned i = 0; elf_load(elf, i, &segment); i++)
		if (segment.flags & ELF_W && place >= segment.vaddr && place - segment.vaddr <= segment.memory_size &&
		    segment.memory_size - (place - segment.vaddr) >= elf->width / 8)
			return true;
	return false;
}

static void relocations_see(const struct elf *elf)
{
	struct elf_relocation_table table;
	struct elf_relocation relocation;

	if (elf_relocations(elf, &table))
		return;
	for (size_t i = 0; i < table.count; i++) {
		if (!elf_relocation(elf, &table, i, &relocation)) {
			MUST(table.fault);
			return;
		}
		MUST(relocation.is_none || is_writable(elf, relocation.place));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned widths[] = { 0, 32, 64 };
	const uint8_t *id;
	struct elf elf;

	for (unsigned i = 0; i < 3; i++) {
		if (elf_open(&elf, data, size, widths[i]))
			continue;
		MUST(!widths[i] || elf.width == widths[i]);
		segments_see(&elf);
		relocations_see(&elf);
		if (elf_build_id(&elf, &id, &size))
			look_at(id, size);
		size = elf.size;
	}
	return 0;
}
