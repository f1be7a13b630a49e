/* elf.h - reads ELF executables for RISC-V, 32 and 64 bits, where they lie; nothing is copied.
 *
 * Accepted is what Nacre runs: little-endian ET_EXEC or ET_DYN (static PIE) with page-aligned segments that can be
 * mapped in place, none both writable and executable, soft float, no interpreter. Input may be hostile: elf_open
 * checks every header field and every segment, and afterwards nothing here reads outside the file. Section headers
 * are only checked to lie inside; nothing uses them.
 *
 *   struct elf elf;
 *   const char *fault = elf_open(&elf, file, size, ELF_NATIVE);      NULL, or a sentence that says why not
 *   for (unsigned i = 0; elf_load(&elf, i, &segment); i++) ...       PT_LOADs, ascending, no page in two of them
 *   fault = elf_relocations(&elf, &table);
 *   for (size_t i = 0; i < table.count; i++)
 *           if (elf_relocation(&elf, &table, i, &relocation)) ...    word at .place becomes base + .addend
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ELF_PAGE = 4096,
	ELF_NATIVE = 8 * (int)sizeof(void *),     /* word width, where the file shall run right here */
	ELF_SEGMENTS_MAX = 16, ELF_LOADS_MAX = 8,

	ELF_EXEC = 2, ELF_DYN = 3,                /* e_type */
	ELF_X = 1, ELF_W = 2, ELF_R = 4,          /* p_flags */
	ELF_LOAD = 1, ELF_DYNAMIC = 2, ELF_INTERP = 3, ELF_NOTE = 4, ELF_TLS = 7, ELF_RELRO = 0x6474e552, /* p_type */
};

struct elf {
	const uint8_t *file;
	size_t size;
	unsigned width;                           /* 32 or 64 */
	unsigned type, segment_count;
	uint64_t entry;
	size_t segments_at;
};

struct elf_segment {
	uint32_t type, flags;
	uint64_t offset, vaddr, file_size, memory_size, alignment;
};

/* Why was a relocation refused? `fault` of the table says it. */
struct elf_relocation_table {
	const uint8_t *entries;                   /* inside the file */
	size_t count;
	const char *fault;
};

struct elf_relocation {
	uint64_t place, addend;                   /* both relative to vaddr 0 of the file; addend mod 2^width */
	bool is_none;                             /* padding: nothing to do */
};

/* `width`: 32, 64, or 0 for either. */
const char *elf_open(struct elf *elf, const void *file, size_t size, unsigned width);

/* Program header `index`; the first of a type; PT_LOAD number `index`. */
bool elf_segment(const struct elf *elf, unsigned index, struct elf_segment *segment);
bool elf_find(const struct elf *elf, uint32_t type, struct elf_segment *segment);
bool elf_load(const struct elf *elf, unsigned index, struct elf_segment *segment);

/* Lowest and one past the highest vaddr of the PT_LOADs, rounded to pages. */
void elf_span(const struct elf *elf, uint64_t *start, uint64_t *end);

/* The file's bytes at a vaddr; NULL unless all of them come from one segment's file part. */
const uint8_t *elf_at(const struct elf *elf, uint64_t vaddr, uint64_t size);

/* The RELA table that the dynamic section names, or an empty one. Returns NULL or a sentence: also where the file
 * asks for what a static program has no need of, such as a shared library. */
const char *elf_relocations(const struct elf *elf, struct elf_relocation_table *table);

/* Relocation `index` < count. False, with table->fault, where it is of another kind than R_RISCV_RELATIVE or _NONE,
 * or where it would write outside the writable segments. */
bool elf_relocation(const struct elf *elf, struct elf_relocation_table *table, size_t index,
		    struct elf_relocation *relocation);

/* The build ID (a note of the linker); false where there is none. */
bool elf_build_id(const struct elf *elf, const uint8_t **id, size_t *size);
