/* elf.c - the ELF reader. Layouts: System V ABI, chapters 4 and 5; RISC-V ELF psABI 1.0. */
#include "base/elf.h"
#include "base/bits.h"
#include "base/bytes.h"
#include "base/string.h"

/* Where a field lies, in either class: 32-bit offset and size, 64-bit offset and size. */
struct field {
	uint8_t at32, size32, at64, size64;
};

#define FIELD(name, ...) static const struct field name = { __VA_ARGS__ }

FIELD(E_TYPE, 16, 2, 16, 2);
FIELD(E_MACHINE, 18, 2, 18, 2);
FIELD(E_VERSION, 20, 4, 20, 4);
FIELD(E_ENTRY, 24, 4, 24, 8);
FIELD(E_PHOFF, 28, 4, 32, 8);
FIELD(E_SHOFF, 32, 4, 40, 8);
FIELD(E_FLAGS, 36, 4, 48, 4);
FIELD(E_EHSIZE, 40, 2, 52, 2);
FIELD(E_PHENTSIZE, 42, 2, 54, 2);
FIELD(E_PHNUM, 44, 2, 56, 2);
FIELD(E_SHENTSIZE, 46, 2, 58, 2);
FIELD(E_SHNUM, 48, 2, 60, 2);
FIELD(E_SHSTRNDX, 50, 2, 62, 2);

FIELD(P_TYPE, 0, 4, 0, 4);
FIELD(P_FLAGS, 24, 4, 4, 4);
FIELD(P_OFFSET, 4, 4, 8, 8);
FIELD(P_VADDR, 8, 4, 16, 8);
FIELD(P_FILESZ, 16, 4, 32, 8);
FIELD(P_MEMSZ, 20, 4, 40, 8);
FIELD(P_ALIGN, 28, 4, 48, 8);

FIELD(D_TAG, 0, 4, 0, 8);
FIELD(D_VALUE, 4, 4, 8, 8);

FIELD(R_OFFSET, 0, 4, 0, 8);
FIELD(R_INFO, 4, 4, 8, 8);
FIELD(R_ADDEND, 8, 4, 16, 8);

enum {
	CLASS_AT = 4, DATA_AT, IDENT_VERSION_AT, OSABI_AT, ABI_VERSION_AT, PAD_AT, IDENT_SIZE = 16,
	MACHINE_RISCV = 243,
	FLAG_RVC = 1, FLAG_TSO = 16,
	DT_NULL = 0, DT_NEEDED = 1, DT_PLTRELSZ = 2, DT_RELA = 7, DT_RELASZ = 8, DT_RELAENT = 9, DT_REL = 17,
	DT_TEXTREL = 22, DT_RELRSZ = 35,
	R_NONE = 0, R_RELATIVE = 3,
	NOTE_HEADER = 12, NOTE_BUILD_ID = 3,
};

static unsigned header_size(const struct elf *elf)
{
	return elf->width == 32 ? 52 : 64;
}

static unsigned segment_entry_size(const struct elf *elf)
{
	return elf->width == 32 ? 32 : 56;
}

static unsigned section_entry_size(const struct elf *elf)
{
	return elf->width == 32 ? 40 : 64;
}

static unsigned dynamic_entry_size(const struct elf *elf)
{
	return elf->width == 32 ? 8 : 16;
}

static unsigned relocation_entry_size(const struct elf *elf)
{
	return elf->width == 32 ? 12 : 24;
}

/* The caller has made sure that the whole structure lies inside the file. */
static uint64_t get(const struct elf *elf, const uint8_t *structure, struct field field)
{
	const uint8_t *p = structure + (elf->width == 32 ? field.at32 : field.at64);
	unsigned size = elf->width == 32 ? field.size32 : field.size64;

	return size == 2 ? load_le16(p) : size == 4 ? load_le32(p) : load_le64(p);
}

static bool inside(uint64_t limit, uint64_t offset, uint64_t size)
{
	return offset <= limit && size <= limit - offset;
}

/* --- the file header ------------------------------------------------------------------------------------ */

static const char *ident_check(struct elf *elf, unsigned width)
{
	static const uint8_t zeros[IDENT_SIZE - PAD_AT];
	const uint8_t *ident = elf->file;

	if (elf->size < IDENT_SIZE || memcmp(ident, "\177ELF", 4) != 0)
		return "it is not an ELF file";
	if (ident[CLASS_AT] != 1 && ident[CLASS_AT] != 2)
		return "its ELF class is neither 32 nor 64 bits";
	elf->width = 32u * ident[CLASS_AT];
	if (width && elf->width != width)
		return width == 32 ? "it is a 64-bit program and this is a 32-bit machine"
				   : "it is a 32-bit program and this is a 64-bit machine";
	if (ident[DATA_AT] != 1)
		return "it is not little-endian";
	if (ident[IDENT_VERSION_AT] != 1)
		return "its ELF version is not 1";
	if (ident[OSABI_AT] != 0 || ident[ABI_VERSION_AT] != 0)
		return "it was made for another system's ABI (its OS ABI is not System V)";
	if (memcmp(ident + PAD_AT, zeros, sizeof(zeros)) != 0)
		return "the reserved bytes of its ELF identification are not zero";
	return elf->size < header_size(elf) ? "the file is shorter than an ELF header" : NULL;
}

static const char *kind_check(struct elf *elf)
{
	elf->type = (unsigned)get(elf, elf->file, E_TYPE);
	elf->entry = get(elf, elf->file, E_ENTRY);
	if (elf->type != ELF_EXEC && elf->type != ELF_DYN)
		return "it is not an executable (it may be an object file or a core dump)";
	if (get(elf, elf->file, E_MACHINE) != MACHINE_RISCV)
		return "it is not for RISC-V";
	if (get(elf, elf->file, E_VERSION) != 1)
		return "its ELF version is not 1";
	if (get(elf, elf->file, E_FLAGS) & ~(uint64_t)(FLAG_RVC | FLAG_TSO))
		return "it needs hardware floating point or the RV32E registers (its ELF flags say so)";
	return NULL;
}

/* No program has need of section headers, but a file that has some shall state them truly. */
static const char *sections_check(const struct elf *elf)
{
	uint64_t at = get(elf, elf->file, E_SHOFF), count = get(elf, elf->file, E_SHNUM);
	uint64_t names = get(elf, elf->file, E_SHSTRNDX);

	if (!at)
		return count || names ? "it counts section headers but has none" : NULL;
	if (get(elf, elf->file, E_SHENTSIZE) != section_entry_size(elf))
		return "its section headers have a wrong size";
	if (!inside(elf->size, at, count * section_entry_size(elf)) || (names && names >= count))
		return "its section headers lie outside the file";
	return NULL;
}

static const char *tables_check(struct elf *elf)
{
	uint64_t at = get(elf, elf->file, E_PHOFF);

	elf->segment_count = (unsigned)get(elf, elf->file, E_PHNUM);
	if (get(elf, elf->file, E_EHSIZE) != header_size(elf))
		return "its ELF header states a wrong size of itself";
	if (get(elf, elf->file, E_PHENTSIZE) != segment_entry_size(elf))
		return "its program headers have a wrong size";
	if (elf->segment_count == 0 || elf->segment_count > ELF_SEGMENTS_MAX)
		return "it has no program headers, or more than 16";
	if (!inside(elf->size, at, (uint64_t)elf->segment_count * segment_entry_size(elf)) || at % 4)
		return "its program headers lie outside the file";
	elf->segments_at = (size_t)at;
	return sections_check(elf);
}

/* --- segments ------------------------------------------------------------------------------------------- */

static const uint8_t *segment_at(const struct elf *elf, unsigned index)
{
	return elf->file + elf->segments_at + (size_t)index * segment_entry_size(elf);
}

/* Lies at the same place in both classes. Most of who looks for a segment wants no more of the others. */
static uint32_t type_at(const struct elf *elf, unsigned index)
{
	return load_le32(segment_at(elf, index) + P_TYPE.at32);
}

bool elf_segment(const struct elf *elf, unsigned index, struct elf_segment *segment)
{
	const uint8_t *p = segment_at(elf, index);

	if (index >= elf->segment_count)
		return false;
	segment->type = type_at(elf, index);
	segment->flags = (uint32_t)get(elf, p, P_FLAGS);
	segment->offset = get(elf, p, P_OFFSET);
	segment->vaddr = get(elf, p, P_VADDR);
	segment->file_size = get(elf, p, P_FILESZ);
	segment->memory_size = get(elf, p, P_MEMSZ);
	segment->alignment = get(elf, p, P_ALIGN);
	return true;
}

static bool find_numbered(const struct elf *elf, uint32_t type, unsigned number, struct elf_segment *segment)
{
	for (unsigned i = 0; i < elf->segment_count; i++)
		if (type_at(elf, i) == type && !number--)
			return elf_segment(elf, i, segment);
	return false;
}

bool elf_find(const struct elf *elf, uint32_t type, struct elf_segment *segment)
{
	return find_numbered(elf, type, 0, segment);
}

bool elf_load(const struct elf *elf, unsigned index, struct elf_segment *segment)
{
	return find_numbered(elf, ELF_LOAD, index, segment);
}

/* Address space ends one page early, so that rounding up cannot wrap. */
static uint64_t address_limit(const struct elf *elf)
{
	return (elf->width == 32 ? UINT32_MAX : UINT64_MAX) - ELF_PAGE + 1;
}

static const char *load_check(const struct elf *elf, const struct elf_segment *s)
{
	if (s->flags & ~(uint32_t)(ELF_R | ELF_W | ELF_X))
		return "a segment has unknown flags";
	if (!(s->flags & ELF_R))
		return "a segment is not readable";
	if (s->flags & ELF_W && s->flags & ELF_X)
		return "a segment is both writable and executable";
	if (s->memory_size == 0 || s->file_size > s->memory_size)
		return "a segment is empty, or larger in the file than in memory";
	if (!inside(address_limit(elf), s->vaddr, s->memory_size))
		return "a segment reaches past the end of the address space";
	if (!is_power_of_two(s->alignment) || s->alignment < ELF_PAGE)
		return "a segment is not page aligned";
	if ((s->vaddr - s->offset) % ELF_PAGE)
		return "a segment cannot be mapped in place: offset and address differ within the page";
	return NULL;
}

/* Checks of every kind of segment that is used here; `end` is the first address after the PT_LOADs so far. */
static const char *segment_check(const struct elf *elf, const struct elf_segment *s, unsigned *loads, uint64_t *end)
{
	const char *fault;

	if (s->type == ELF_INTERP)
		return "it needs a dynamic linker (it has an interpreter): link it with -static-pie or -static";
	if (!inside(elf->size, s->offset, s->file_size))
		return "a segment lies outside the file";
	if (s->type != ELF_LOAD)
		return NULL;
	fault = load_check(elf, s);
	if (fault)
		return fault;
	if (++*loads > ELF_LOADS_MAX)
		return "it has more than 8 segments to load";
	if (align_down_u64(s->vaddr, ELF_PAGE) < *end)
		return "two segments share a page, or are not in ascending order";
	*end = align_up_u64(s->vaddr + s->memory_size, ELF_PAGE);
	return NULL;
}

static const char *segments_check(const struct elf *elf)
{
	struct elf_segment segment;
	unsigned loads = 0;
	uint64_t end = 0;

	for (unsigned i = 0; elf_segment(elf, i, &segment); i++) {
		const char *fault = segment_check(elf, &segment, &loads, &end);

		if (fault)
			return fault;
	}
	return loads ? NULL : "it has nothing to load";
}

/* The segment that holds all of [vaddr, vaddr + size) in memory and has all of `flags`. */
static bool load_holding(const struct elf *elf, uint64_t vaddr, uint64_t size, uint32_t flags, struct elf_segment *s)
{
	for (unsigned i = 0; elf_load(elf, i, s); i++)
		if ((s->flags & flags) == flags && vaddr >= s->vaddr && inside(s->memory_size, vaddr - s->vaddr, size))
			return true;
	return false;
}

static const char *entry_check(const struct elf *elf)
{
	struct elf_segment segment;

	if (elf->entry % 2 || !load_holding(elf, elf->entry, 2, ELF_X, &segment))
		return "its entry point does not lie in an executable segment";
	return NULL;
}

/* The thread-local template and the part that is read-only after relocation lie within what is loaded. */
static const char *others_check(const struct elf *elf)
{
	struct elf_segment segment, holder;

	for (unsigned i = 0; i < elf->segment_count; i++) {
		if ((type_at(elf, i) != ELF_RELRO && type_at(elf, i) != ELF_TLS) || !elf_segment(elf, i, &segment))
			continue;
		if (segment.type == ELF_RELRO && segment.memory_size &&
		    !load_holding(elf, segment.vaddr, segment.memory_size, ELF_W, &holder))
			return "its read-only-after-relocation part does not lie in a writable segment";
		if (segment.type != ELF_TLS)
			continue;
		if (segment.file_size > segment.memory_size || segment.memory_size > address_limit(elf))
			return "its thread-local storage is larger in the file than in memory";
		if (segment.alignment > ELF_PAGE || (segment.alignment && !is_power_of_two(segment.alignment)))
			return "its thread-local storage has an impossible alignment";
		if (segment.file_size && !elf_at(elf, segment.vaddr, segment.file_size))
			return "its thread-local storage does not lie in a segment";
	}
	return NULL;
}

const char *elf_open(struct elf *elf, const void *file, size_t size, unsigned width)
{
	const char *fault;

	memset(elf, 0, sizeof(*elf));
	elf->file = file;
	elf->size = size;
	fault = ident_check(elf, width);
	fault = fault ? fault : kind_check(elf);
	fault = fault ? fault : tables_check(elf);
	fault = fault ? fault : segments_check(elf);
	fault = fault ? fault : entry_check(elf);
	return fault ? fault : others_check(elf);
}

void elf_span(const struct elf *elf, uint64_t *start, uint64_t *end)
{
	struct elf_segment segment;

	*start = *end = 0;
	for (unsigned i = 0; elf_load(elf, i, &segment); i++) {
		if (i == 0)
			*start = align_down_u64(segment.vaddr, ELF_PAGE);
		*end = align_up_u64(segment.vaddr + segment.memory_size, ELF_PAGE);
	}
}

const uint8_t *elf_at(const struct elf *elf, uint64_t vaddr, uint64_t size)
{
	struct elf_segment s;

	if (!load_holding(elf, vaddr, size, 0, &s) || !inside(s.file_size, vaddr - s.vaddr, size))
		return NULL;
	return elf->file + (size_t)(s.offset + (vaddr - s.vaddr));
}

/* --- relocations ---------------------------------------------------------------------------------------- */

struct dynamic {
	uint64_t table, bytes, entry_bytes;
};

static const char *dynamic_note(uint32_t tag, uint64_t value, struct dynamic *found)
{
	switch (tag) {
	case DT_NEEDED:
		return "it needs a shared library, and Nacre has none: link it statically";
	case DT_TEXTREL:
		return "it has relocations in its text: compile it with -fPIE";
	case DT_REL:
	case DT_RELRSZ:
		return "it has relocations of a kind that RISC-V does not use";
	case DT_PLTRELSZ:
		return value ? "it has a procedure linkage table: link it statically" : NULL;
	case DT_RELA:
		found->table = value;
		break;
	case DT_RELASZ:
		found->bytes = value;
		break;
	case DT_RELAENT:
		found->entry_bytes = value;
		break;
	}
	return NULL;
}

/* Reads the dynamic section up to its DT_NULL. */
static const char *dynamic_read(const struct elf *elf, const struct elf_segment *segment, struct dynamic *found)
{
	const uint8_t *p = elf->file + (size_t)segment->offset;
	const char *fault;

	for (uint64_t rest = segment->file_size; rest >= dynamic_entry_size(elf); rest -= dynamic_entry_size(elf)) {
		uint64_t tag = get(elf, p, D_TAG);

		if (tag == DT_NULL)
			return NULL;
		fault = tag <= UINT32_MAX ? dynamic_note((uint32_t)tag, get(elf, p, D_VALUE), found) : NULL;
		if (fault)
			return fault;
		p += dynamic_entry_size(elf);
	}
	return "its dynamic section does not end";
}

const char *elf_relocations(const struct elf *elf, struct elf_relocation_table *table)
{
	struct dynamic found = { .entry_bytes = relocation_entry_size(elf) };
	struct elf_segment segment;
	const char *fault;

	memset(table, 0, sizeof(*table));
	if (!elf_find(elf, ELF_DYNAMIC, &segment))
		return NULL;
	fault = dynamic_read(elf, &segment, &found);
	if (fault || !found.bytes)
		return fault;
	if (found.entry_bytes != relocation_entry_size(elf))
		return "its relocations have a wrong size";
	table->entries = elf_at(elf, found.table, found.bytes);
	if (!table->entries)
		return "its relocations lie outside the file";
	table->count = (size_t)found.bytes / relocation_entry_size(elf);
	return (size_t)found.bytes % relocation_entry_size(elf) ? "its relocations end half way" : NULL;
}

static bool refuse(struct elf_relocation_table *table, const char *sentence)
{
	table->fault = sentence;
	return false;
}

bool elf_relocation(const struct elf *elf, struct elf_relocation_table *table, size_t index,
		    struct elf_relocation *relocation)
{
	const uint8_t *p = table->entries + index * relocation_entry_size(elf);
	uint64_t kind = get(elf, p, R_INFO);
	struct elf_segment segment;

	relocation->place = get(elf, p, R_OFFSET);
	relocation->addend = get(elf, p, R_ADDEND);
	relocation->is_none = kind == R_NONE;
	if (relocation->is_none)
		return true;
	/* Kind and symbol share the word: a symbol makes it differ from plain R_RISCV_RELATIVE. */
	if (kind != R_RELATIVE)
		return refuse(table, "it has a relocation that is not R_RISCV_RELATIVE: link it as a static PIE");
	if (relocation->place & (elf->width / 8 - 1) || !load_holding(elf, relocation->place, elf->width / 8, ELF_W, &segment))
		return refuse(table, "it has a relocation outside its writable segments");
	return true;
}

/* --- notes ---------------------------------------------------------------------------------------------- */

/* A note: sizes of name and descriptor, type, then both, each padded to four bytes. */
static bool note_take(const uint8_t **p, size_t *room, const uint8_t **id, size_t *size)
{
	uint64_t name = load_le32(*p), descriptor = load_le32(*p + 4);
	uint64_t descriptor_at = NOTE_HEADER + align_up_u64(name, 4), total = descriptor_at + align_up_u64(descriptor, 4);
	bool wanted = load_le32(*p + 8) == NOTE_BUILD_ID && name == 4;

	*size = 0;
	if (descriptor_at + descriptor > *room) {
		*room = 0;
		return false;
	}
	if (wanted && memcmp(*p + NOTE_HEADER, "GNU", 4) == 0) {
		*id = *p + descriptor_at;
		*size = (size_t)descriptor;
	}
	*p += min_u64(total, *room);
	*room -= (size_t)min_u64(total, *room);
	return *size > 0;
}

bool elf_build_id(const struct elf *elf, const uint8_t **id, size_t *size)
{
	struct elf_segment segment;
	const uint8_t *p;
	size_t room;

	for (unsigned i = 0; elf_segment(elf, i, &segment); i++) {
		if (segment.type != ELF_NOTE)
			continue;
		p = elf->file + (size_t)segment.offset;
		for (room = (size_t)segment.file_size; room >= NOTE_HEADER;)
			if (note_take(&p, &room, id, size))
				return true;
	}
	return false;
}
