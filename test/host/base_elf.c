/* base_elf.c - the ELF reader: what it accepts, each refusal with its sentence, and hostile files.
 *
 * A small static PIE is laid out here for either class, spoilt in one place, and handed over in a heap block of
 * exactly its size, so that the address sanitizer sees the first byte that is read too far.
 *   0x0000 R    headers, note at 0x400, relocations at 0x500      0x1000 RX   text, entry at 0x1010
 *   0x2000 RW   at 0x3000: data, dynamic section at +0x100, thread-local template at +0x40 */
#include "base/elf.h"
#include "unit.h"

enum { FILE_SIZE = 0x2200, NOTE = 0x400, RELA = 0x500, DYNAMIC = 0x2100, LOADS = 3, SEGMENTS = 8 };
enum { SEG_R, SEG_X, SEG_W, SEG_DYNAMIC, SEG_NOTE, SEG_TLS, SEG_RELRO, SEG_STACK };

static uint8_t file[FILE_SIZE];
static unsigned width;
static struct elf elf;

/* --- building ------------------------------------------------------------------------------------------- */

static void put(size_t at, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		file[at + i] = (uint8_t)(value >> 8 * i);
}

/* Places of header fields: 32-bit offset and size, 64-bit offset and size. */
struct place {
	unsigned at32, size32, at64, size64;
};

static const struct place
	TYPE = { 16, 2, 16, 2 }, MACHINE = { 18, 2, 18, 2 }, VERSION = { 20, 4, 20, 4 }, ENTRY = { 24, 4, 24, 8 },
	PHOFF = { 28, 4, 32, 8 }, SHOFF = { 32, 4, 40, 8 }, FLAGS = { 36, 4, 48, 4 }, EHSIZE = { 40, 2, 52, 2 },
	PHENTSIZE = { 42, 2, 54, 2 }, PHNUM = { 44, 2, 56, 2 }, SHENTSIZE = { 46, 2, 58, 2 }, SHNUM = { 48, 2, 60, 2 },
	SHSTRNDX = { 50, 2, 62, 2 },
	P_TYPE = { 0, 4, 0, 4 }, P_FLAGS = { 24, 4, 4, 4 }, P_OFFSET = { 4, 4, 8, 8 }, P_VADDR = { 8, 4, 16, 8 },
	P_FILESZ = { 16, 4, 32, 8 }, P_MEMSZ = { 20, 4, 40, 8 }, P_ALIGN = { 28, 4, 48, 8 };

static void set_at(size_t base, struct place place, uint64_t value)
{
	put(base + (width == 32 ? place.at32 : place.at64), value, width == 32 ? place.size32 : place.size64);
}

static void set(struct place place, uint64_t value)
{
	set_at(0, place, value);
}

static size_t segment_at(unsigned index)
{
	return width == 32 ? 52 + index * 32u : 64 + index * 56u;
}

static void segment_set(unsigned index, struct place place, uint64_t value)
{
	set_at(segment_at(index), place, value);
}

static void segment(unsigned index, uint32_t type, uint32_t flags, uint64_t offset, uint64_t vaddr, uint64_t file_size,
		    uint64_t memory_size, uint64_t alignment)
{
	segment_set(index, P_TYPE, type);
	segment_set(index, P_FLAGS, flags);
	segment_set(index, P_OFFSET, offset);
	segment_set(index, P_VADDR, vaddr);
	segment_set(index, P_FILESZ, file_size);
	segment_set(index, P_MEMSZ, memory_size);
	segment_set(index, P_ALIGN, alignment);
}

static unsigned word(void)
{
	return width / 8;
}

static void dynamic(unsigned index, uint64_t tag, uint64_t value)
{
	put(DYNAMIC + index * 2 * word(), tag, word());
	put(DYNAMIC + index * 2 * word() + word(), value, word());
}

static void relocation(unsigned index, uint64_t place, uint64_t info, uint64_t addend)
{
	size_t at = RELA + index * 3 * word();

	put(at, place, word());
	put(at + word(), info, word());
	put(at + 2 * word(), addend, word());
}

static void header(void)
{
	memcpy(file, "\177ELF", 4);
	file[4] = (uint8_t)(width / 32);
	file[5] = file[6] = 1;
	set(TYPE, ELF_DYN);
	set(MACHINE, 243);
	set(VERSION, 1);
	set(ENTRY, 0x1010);
	set(PHOFF, segment_at(0));
	set(FLAGS, 1);
	set(EHSIZE, segment_at(0));
	set(PHENTSIZE, segment_at(1) - segment_at(0));
	set(PHNUM, SEGMENTS);
}

static void sample(unsigned w)
{
	width = w;
	memset(file, 0, sizeof(file));
	header();
	segment(SEG_R, ELF_LOAD, ELF_R, 0, 0, 0x600, 0x600, 0x1000);
	segment(SEG_X, ELF_LOAD, ELF_R | ELF_X, 0x1000, 0x1000, 0x100, 0x100, 0x1000);
	segment(SEG_W, ELF_LOAD, ELF_R | ELF_W, 0x2000, 0x3000, 0x200, 0x1800, 0x1000);
	segment(SEG_DYNAMIC, ELF_DYNAMIC, ELF_R | ELF_W, DYNAMIC, 0x3100, 0x100, 0x100, 8);
	segment(SEG_NOTE, ELF_NOTE, ELF_R, NOTE, NOTE, 36, 36, 4);
	segment(SEG_TLS, ELF_TLS, ELF_R, 0x2040, 0x3040, 0x10, 0x20, 8);
	segment(SEG_RELRO, ELF_RELRO, ELF_R, 0x2000, 0x3000, 0x200, 0x1000, 1);
	segment(SEG_STACK, 0x6474e551, ELF_R | ELF_W, 0, 0, 0, 0, 16);
	dynamic(0, 7, RELA);
	dynamic(1, 8, 2 * 3 * word());
	dynamic(2, 9, 3 * word());
	relocation(0, 0x3008, 3, 0x1010);
	relocation(1, 0, 0, 0);
	put(NOTE, 4, 4), put(NOTE + 4, 20, 4), put(NOTE + 8, 3, 4);
	memcpy(file + NOTE + 12, "GNU", 4);
	memset(file + NOTE + 16, 0xab, 20);
}

#define FOR_BOTH for (sample(32); width; width == 32 ? sample(64) : (void)(width = 0))

static const char *open_all(void)
{
	return elf_open(&elf, file, FILE_SIZE, width);
}

/* The file as it stands now is refused with this sentence; then all is made good again. */
static void assert_refused(const char *sentence)
{
	const char *fault = open_all();

	assert_non_null(fault);
	assert_string_equal(fault, sentence);
	sample(width);
}

static const char *relocations_fault(void)
{
	struct elf_relocation_table table;

	assert_null(open_all());
	return elf_relocations(&elf, &table);
}

static void assert_dynamic_refused(const char *sentence)
{
	const char *fault = relocations_fault();

	assert_non_null(fault);
	assert_string_equal(fault, sentence);
	sample(width);
}

/* --- what is accepted ----------------------------------------------------------------------------------- */

TEST(accepts, "a static PIE of either width opens and tells its segments")
{
	FOR_BOTH {
		struct elf_segment s;

		assert_null(open_all());
		assert_int_equal(elf.width, width);
		assert_int_equal(elf.type, ELF_DYN);
		assert_int_equal(elf.entry, 0x1010);
		assert_true(elf_load(&elf, 2, &s));
		assert_int_equal(s.vaddr, 0x3000);
		assert_int_equal(s.memory_size, 0x1800);
		assert_int_equal(s.flags, ELF_R | ELF_W);
		assert_false(elf_load(&elf, 3, &s));
		assert_true(elf_segment(&elf, SEGMENTS - 1, &s));
		assert_false(elf_segment(&elf, SEGMENTS, &s));
		assert_true(elf_find(&elf, ELF_TLS, &s));
		assert_int_equal(s.memory_size, 0x20);
		assert_false(elf_find(&elf, ELF_INTERP, &s));
	}
}

TEST(accepts_more, "fixed addresses, section headers, no dynamic section and sizes at their limits are accepted")
{
	FOR_BOTH {
		set(TYPE, ELF_EXEC);
		set(SHOFF, 0x700), set(SHENTSIZE, width == 32 ? 40 : 64), set(SHNUM, 2), set(SHSTRNDX, 1);
		segment_set(SEG_DYNAMIC, P_TYPE, 0x70000003);
		segment_set(SEG_TLS, P_MEMSZ, 0x10), segment_set(SEG_TLS, P_ALIGN, 0);
		segment_set(SEG_X, P_MEMSZ, 0x1000), segment_set(SEG_RELRO, P_MEMSZ, 0x1800);
		assert_null(open_all());
		assert_null(relocations_fault());
		assert_null(elf_open(&elf, file, FILE_SIZE, 0));
	}
}

TEST(span, "the span covers all pages that are loaded")
{
	FOR_BOTH {
		uint64_t start, end;

		assert_null(open_all());
		elf_span(&elf, &start, &end);
		assert_int_equal(start, 0);
		assert_int_equal(end, 0x5000);
	}
}

TEST(at, "file bytes are found by address, inside one segment's file part only")
{
	FOR_BOTH {
		assert_null(open_all());
		assert_ptr_equal(elf_at(&elf, 0x3000, 0x200), file + 0x2000);
		assert_ptr_equal(elf_at(&elf, 0x10ff, 1), file + 0x10ff);
		assert_null(elf_at(&elf, 0x3000, 0x201));
		assert_null(elf_at(&elf, 0x2fff, 1));
		assert_null(elf_at(&elf, 0x3fff, 1));
		assert_null(elf_at(&elf, 0x3000, UINT64_MAX));
		assert_null(elf_at(&elf, UINT64_MAX, 2));
	}
}

TEST(build_id, "the build ID is found, also behind another note, and a cut one is none")
{
	FOR_BOTH {
		const uint8_t *id;
		size_t size;

		assert_null(open_all());
		assert_true(elf_build_id(&elf, &id, &size));
		assert_int_equal(size, 20);
		assert_ptr_equal(id, file + NOTE + 16);
		memmove(file + NOTE + 20, file + NOTE, 36);
		put(NOTE, 2, 4), put(NOTE + 4, 3, 4), put(NOTE + 8, 3, 4);
		segment_set(SEG_NOTE, P_FILESZ, 56);
		assert_true(elf_build_id(&elf, &id, &size));
		assert_ptr_equal(id, file + NOTE + 36);
		segment_set(SEG_NOTE, P_FILESZ, 55);
		assert_false(elf_build_id(&elf, &id, &size));
	}
}

TEST(build_id_hostile, "notes with impossible sizes are no build ID and are not read past their end")
{
	static const uint32_t sizes[] = { 0, 1, 4, 5, 0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffffd, 0xffffffff };

	FOR_BOTH {
		const uint8_t *id;
		size_t size, n = sizeof(sizes) / sizeof(sizes[0]);

		assert_null(open_all());
		for (size_t i = 0; i < n * n; i++) {
			put(NOTE, sizes[i % n], 4), put(NOTE + 4, sizes[i / n], 4);
			if (elf_build_id(&elf, &id, &size))
				assert_true(id >= file && size <= FILE_SIZE && id + size <= file + FILE_SIZE);
		}
	}
}

TEST(relocations, "relative relocations and padding are read")
{
	FOR_BOTH {
		struct elf_relocation_table table;
		struct elf_relocation r;

		assert_null(open_all());
		assert_null(elf_relocations(&elf, &table));
		assert_int_equal(table.count, 2);
		assert_true(elf_relocation(&elf, &table, 0, &r));
		assert_false(r.is_none);
		assert_int_equal(r.place, 0x3008);
		assert_int_equal(r.addend, 0x1010);
		assert_true(elf_relocation(&elf, &table, 1, &r));
		assert_true(r.is_none);
	}
}

/* --- each refusal --------------------------------------------------------------------------------------- */

TEST(refuses_ident, "each byte of the identification is checked")
{
	FOR_BOTH {
		file[0] = 0x7e, assert_refused("it is not an ELF file");
		file[4] = 3, assert_refused("its ELF class is neither 32 nor 64 bits");
		file[5] = 2, assert_refused("it is not little-endian");
		file[6] = 2, assert_refused("its ELF version is not 1");
		file[7] = 3, assert_refused("it was made for another system's ABI (its OS ABI is not System V)");
		file[8] = 1, assert_refused("it was made for another system's ABI (its OS ABI is not System V)");
		for (unsigned i = 9; i < 16; i++)
			file[i] = 1, assert_refused("the reserved bytes of its ELF identification are not zero");
	}
}

TEST(refuses_width, "a program of the other width is refused with what is what")
{
	sample(32);
	assert_string_equal(elf_open(&elf, file, FILE_SIZE, 64), "it is a 32-bit program and this is a 64-bit machine");
	sample(64);
	assert_string_equal(elf_open(&elf, file, FILE_SIZE, 32), "it is a 64-bit program and this is a 32-bit machine");
}

TEST(refuses_kind, "other kinds of file, machines, versions and floating-point ABIs are refused")
{
	FOR_BOTH {
		set(TYPE, 1), assert_refused("it is not an executable (it may be an object file or a core dump)");
		set(TYPE, 4), assert_refused("it is not an executable (it may be an object file or a core dump)");
		set(MACHINE, 62), assert_refused("it is not for RISC-V");
		set(VERSION, 0), assert_refused("its ELF version is not 1");
		for (uint32_t flag = 2; flag; flag <<= 1)
			if (flag != 16) {
				set(FLAGS, 1 | flag);
				assert_refused("it needs hardware floating point or the RV32E registers (its ELF flags say so)");
			}
	}
}

TEST(refuses_tables, "program headers of a wrong size, number or place are refused")
{
	FOR_BOTH {
		set(EHSIZE, 0), assert_refused("its ELF header states a wrong size of itself");
		set(PHENTSIZE, 0), assert_refused("its program headers have a wrong size");
		set(PHNUM, 0), assert_refused("it has no program headers, or more than 16");
		set(PHNUM, 17), assert_refused("it has no program headers, or more than 16");
		set(PHNUM, 0xffff), assert_refused("it has no program headers, or more than 16");
		set(PHOFF, FILE_SIZE - 4), assert_refused("its program headers lie outside the file");
		set(PHOFF, UINT64_MAX - 3), assert_refused("its program headers lie outside the file");
		set(PHOFF, segment_at(0) + 1), assert_refused("its program headers lie outside the file");
	}
}

TEST(refuses_sections, "section headers that are not there, or not inside, are refused")
{
	FOR_BOTH {
		set(SHNUM, 1), assert_refused("it counts section headers but has none");
		set(SHOFF, 0x700), set(SHNUM, 1), assert_refused("its section headers have a wrong size");
		for (unsigned i = 0; i < 3; i++) {
			set(SHENTSIZE, width == 32 ? 40 : 64);
			set(SHOFF, i == 0 ? FILE_SIZE : i == 1 ? UINT64_MAX : 0x700);
			set(SHNUM, i == 2 ? 0xffff : 1);
			assert_refused("its section headers lie outside the file");
		}
		set(SHOFF, 0x700), set(SHENTSIZE, width == 32 ? 40 : 64), set(SHNUM, 2), set(SHSTRNDX, 2);
		assert_refused("its section headers lie outside the file");
	}
}

TEST(refuses_flags, "segments with wrong rights are refused")
{
	FOR_BOTH {
		segment_set(SEG_X, P_FLAGS, 7), assert_refused("a segment is both writable and executable");
		segment_set(SEG_X, P_FLAGS, 1), assert_refused("a segment is not readable");
		segment_set(SEG_R, P_FLAGS, 12), assert_refused("a segment has unknown flags");
		segment_set(SEG_R, P_FLAGS, 0x80000004), assert_refused("a segment has unknown flags");
	}
}

TEST(refuses_sizes, "segments outside the file or the address space are refused")
{
	FOR_BOTH {
		segment_set(SEG_W, P_FILESZ, 0x201), assert_refused("a segment lies outside the file");
		segment_set(SEG_W, P_OFFSET, UINT64_MAX - 0xfff), assert_refused("a segment lies outside the file");
		segment_set(SEG_NOTE, P_OFFSET, FILE_SIZE), assert_refused("a segment lies outside the file");
		segment_set(SEG_W, P_MEMSZ, 0x1ff), assert_refused("a segment is empty, or larger in the file than in memory");
		segment_set(SEG_W, P_FILESZ, 0), segment_set(SEG_W, P_MEMSZ, 0);
		assert_refused("a segment is empty, or larger in the file than in memory");
		segment_set(SEG_W, P_MEMSZ, UINT64_MAX), assert_refused("a segment reaches past the end of the address space");
		segment_set(SEG_W, P_VADDR, UINT64_MAX - 0xfff);
		assert_refused("a segment reaches past the end of the address space");
	}
}

TEST(refuses_alignment, "segments that cannot be mapped in place are refused")
{
	FOR_BOTH {
		segment_set(SEG_X, P_ALIGN, 0), assert_refused("a segment is not page aligned");
		segment_set(SEG_X, P_ALIGN, 16), assert_refused("a segment is not page aligned");
		segment_set(SEG_X, P_ALIGN, 0x1800), assert_refused("a segment is not page aligned");
		segment_set(SEG_X, P_VADDR, 0x1004);
		assert_refused("a segment cannot be mapped in place: offset and address differ within the page");
	}
}

TEST(refuses_order, "segments that share a page or are out of order are refused")
{
	FOR_BOTH {
		segment(SEG_W, ELF_LOAD, 6, 0x1100, 0x1100, 0x10, 0x10, 0x1000);
		assert_refused("two segments share a page, or are not in ascending order");
		segment(SEG_X, ELF_LOAD, 5, 0x1000, 0x8000, 0x100, 0x100, 0x1000);
		assert_refused("two segments share a page, or are not in ascending order");
		segment_set(SEG_R, P_MEMSZ, 0x1001), assert_refused("two segments share a page, or are not in ascending order");
	}
}

TEST(refuses_interp, "a program that wants a dynamic linker is told how to link instead")
{
	FOR_BOTH {
		segment_set(SEG_STACK, P_TYPE, ELF_INTERP);
		assert_refused("it needs a dynamic linker (it has an interpreter): link it with -static-pie or -static");
	}
}

TEST(refuses_entry, "an entry point outside the text is refused")
{
	static const uint64_t wrong[] = { 0, 0xfff, 0x1011, 0x10ff, 0x1100, 0x3000, UINT64_MAX };

	FOR_BOTH
		for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
			set(ENTRY, wrong[i]);
			assert_refused("its entry point does not lie in an executable segment");
		}
}

TEST(refuses_nothing, "a file without anything to load, or with too much, is refused")
{
	FOR_BOTH {
		for (unsigned i = 0; i < LOADS; i++)
			segment_set(i, P_TYPE, 0);
		assert_refused("it has nothing to load");
		set(PHNUM, 9);
		for (unsigned i = 0; i < 9; i++)
			segment(i, ELF_LOAD, ELF_R | ELF_X, 0, i * 0x1000u, 1, 1, 0x1000);
		assert_refused("it has more than 8 segments to load");
	}
}

TEST(refuses_tls, "impossible thread-local storage is refused")
{
	FOR_BOTH {
		segment_set(SEG_TLS, P_MEMSZ, 0xf);
		assert_refused("its thread-local storage is larger in the file than in memory");
		segment_set(SEG_TLS, P_MEMSZ, UINT64_MAX);
		assert_refused("its thread-local storage is larger in the file than in memory");
		segment_set(SEG_TLS, P_ALIGN, 3), assert_refused("its thread-local storage has an impossible alignment");
		segment_set(SEG_TLS, P_ALIGN, 0x2000), assert_refused("its thread-local storage has an impossible alignment");
		segment_set(SEG_TLS, P_VADDR, 0x31f8), assert_refused("its thread-local storage does not lie in a segment");
	}
}

TEST(refuses_relro, "a read-only part outside the writable segment is refused")
{
	FOR_BOTH {
		segment_set(SEG_RELRO, P_VADDR, 0x1000);
		assert_refused("its read-only-after-relocation part does not lie in a writable segment");
		segment_set(SEG_RELRO, P_MEMSZ, 0x1801);
		assert_refused("its read-only-after-relocation part does not lie in a writable segment");
	}
}

TEST(refuses_dynamic, "a dynamic section that asks for more than relocation is refused with the remedy")
{
	FOR_BOTH {
		dynamic(3, 1, 0);
		assert_dynamic_refused("it needs a shared library, and Nacre has none: link it statically");
		dynamic(3, 22, 0), assert_dynamic_refused("it has relocations in its text: compile it with -fPIE");
		dynamic(3, 17, 0), assert_dynamic_refused("it has relocations of a kind that RISC-V does not use");
		dynamic(3, 2, 24), assert_dynamic_refused("it has a procedure linkage table: link it statically");
		for (unsigned i = 0; i < 0x100 / (2 * word()); i++)
			dynamic(i, 30, 0);
		assert_dynamic_refused("its dynamic section does not end");
	}
}

TEST(refuses_rela, "a relocation table of wrong size or place is refused")
{
	FOR_BOTH {
		dynamic(2, 9, 1), assert_dynamic_refused("its relocations have a wrong size");
		dynamic(0, 7, 0x5ff), assert_dynamic_refused("its relocations lie outside the file");
		dynamic(0, 7, UINT64_MAX), assert_dynamic_refused("its relocations lie outside the file");
		dynamic(1, 8, UINT64_MAX), assert_dynamic_refused("its relocations lie outside the file");
		dynamic(1, 8, 3 * word() + 1), assert_dynamic_refused("its relocations end half way");
	}
}

static void assert_relocation_refused(uint64_t place, uint64_t info, const char *sentence)
{
	struct elf_relocation_table table;
	struct elf_relocation r;

	sample(width);
	relocation(0, place, info, 0);
	assert_null(open_all());
	assert_null(elf_relocations(&elf, &table));
	assert_false(elf_relocation(&elf, &table, 0, &r));
	assert_string_equal(table.fault, sentence);
}

TEST(refuses_relocation, "relocations of another kind, or that write outside writable segments, are refused")
{
	static const char *const kind = "it has a relocation that is not R_RISCV_RELATIVE: link it as a static PIE";
	static const char *const place = "it has a relocation outside its writable segments";

	FOR_BOTH {
		assert_relocation_refused(0x3008, 2, kind);
		assert_relocation_refused(0x3008, 1 << 8 | 3, kind);
		assert_relocation_refused(0x3008, 5, kind);
		assert_relocation_refused(0x3001, 3, place);
		assert_relocation_refused(0x1008, 3, place);
		assert_relocation_refused(0x4800, 3, place);
		assert_relocation_refused(UINT64_MAX - 7, 3, place);
	}
}

/* --- hostile files -------------------------------------------------------------------------------------- */

static void ask_everything(const struct elf *e)
{
	struct elf_relocation_table table;
	struct elf_relocation r;
	struct elf_segment s;
	const uint8_t *id;
	uint64_t start, end;
	size_t size;

	for (unsigned i = 0; elf_segment(e, i, &s); i++)
		elf_at(e, s.vaddr, s.file_size);
	elf_span(e, &start, &end);
	elf_build_id(e, &id, &size);
	if (!elf_relocations(e, &table))
		for (size_t i = 0; i < table.count && elf_relocation(e, &table, i, &r); i++)
			;
}

static void try_bytes(size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct elf e;

	memcpy(copy, file, size);
	if (!elf_open(&e, copy, size, 0))
		ask_everything(&e);
	free(copy);
}

TEST(cut, "a file cut at any byte before its last segment's end is refused")
{
	FOR_BOTH
		for (size_t size = 0; size < FILE_SIZE; size++) {
			uint8_t *copy = malloc(size ? size : 1);

			memcpy(copy, file, size);
			assert_non_null(elf_open(&elf, copy, size, width));
			free(copy);
		}
}

TEST(every_byte, "a file with any one byte of its headers changed is refused or read safely")
{
	static const uint8_t changes[] = { 0x01, 0x02, 0x04, 0x10, 0x80, 0xff };

	FOR_BOTH
		for (size_t at = 0; at < DYNAMIC + 0x80; at = at == 0x560 ? DYNAMIC : at + 1)
			for (size_t i = 0; i < sizeof(changes); i++) {
				file[at] ^= changes[i];
				try_bytes(FILE_SIZE);
				file[at] ^= changes[i];
			}
}

TEST(two_words, "segments with any two words set to nonsense are refused or read safely")
{
	static const uint64_t nonsense[] = { 0, 1, 0xfff, 0x1000, FILE_SIZE, 0x7fffffff, 0xfffff000, 0xffffffff,
					     0x7fffffffffffffff, 0xfffffffffffff000, UINT64_MAX };
	const size_t n = sizeof(nonsense) / sizeof(nonsense[0]);
	const struct place fields[] = { P_OFFSET, P_VADDR, P_FILESZ, P_MEMSZ, P_ALIGN };

	FOR_BOTH
		for (unsigned pair = 0; pair < 25; pair++)
			for (size_t i = 0; i < n * n; i++) {
				unsigned index = (unsigned)(i % 7);
				uint8_t kept[FILE_SIZE];

				memcpy(kept, file, FILE_SIZE);
				segment_set(index, fields[pair / 5], nonsense[i / n]);
				segment_set(index, fields[pair % 5], nonsense[i % n]);
				try_bytes(FILE_SIZE);
				memcpy(file, kept, FILE_SIZE);
			}
}
