/* lib_core.c - cores: what a header says lies where it says; what does not fit is cut; what is kept survives, or is dropped whole. */
#include <elf.h>
#include "core/core.h"
#include "core/store.h"
#include "unit.h"

enum { PAGE = CORE_PAGE, ROOM = 64 * PAGE };

static struct core core;
static uint8_t image[ROOM];

static void core_make(unsigned threads, unsigned segments)
{
	core = (struct core){ .process = 7, .cause = NACRE_CAUSE_READ, .address = 0x1234, .label = "crash", .entry = 0x10400, .headers = 0x10040,
			      .header_count = 9, .thread_count = threads, .segment_count = segments };
	for (unsigned i = 0; i < threads; i++) {
		core.threads[i].number = i + 1;
		core.threads[i].registers.pc = 0x10400 + i;
		core.threads[i].registers.x[30] = 31 + i;
	}
	for (unsigned i = 0; i < segments; i++)
		core.segments[i] = (struct core_segment){ .base = 0x10000 * (i + 1), .bytes = (i + 1) * PAGE, .protection = NACRE_PROT_READ };
}

/* The n-th note of a type; NULL. */
static const void *note(uint32_t type, unsigned n, uint32_t *size)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)image;
	const Elf64_Phdr *notes = (const Elf64_Phdr *)(image + header->e_phoff);
	size_t at = notes->p_offset, end = at + notes->p_filesz;

	assert_int_equal(notes->p_type, PT_NOTE);
	while (at < end) {
		const Elf64_Nhdr *one = (const Elf64_Nhdr *)(image + at);

		assert_string_equal(image + at + sizeof(*one), "CORE");
		*size = one->n_descsz;
		if (one->n_type == type && !n--)
			return image + at + sizeof(*one) + 8;
		at += sizeof(*one) + 8 + one->n_descsz;
	}
	assert_int_equal(at, end);
	return NULL;
}

static uint64_t word_at(const void *from, size_t offset)
{
	uint64_t word;

	memcpy(&word, (const uint8_t *)from + offset, sizeof(word));
	return word;
}

TEST(headers, "each segment lies where its program header says, and the parts do not overlap")
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)image;
	const Elf64_Phdr *segments;
	size_t missing, at;

	core_make(3, 5);
	assert_true(core_fit(&core, ROOM, &missing));
	assert_int_equal(missing, 0);
	memset(image, 0xaa, sizeof(image));
	core_head_write(&core, image);
	assert_int_equal(header->e_type, ET_CORE);
	assert_int_equal(header->e_machine, EM_RISCV);
	assert_int_equal(header->e_phnum, 6);
	segments = (const Elf64_Phdr *)(image + header->e_phoff);
	assert_true(segments[0].p_offset + segments[0].p_filesz <= core_head_bytes(&core));
	at = core_head_bytes(&core);
	for (unsigned i = 1; i < 6; i++) {
		assert_int_equal(segments[i].p_type, PT_LOAD);
		assert_int_equal(segments[i].p_offset, at);
		assert_int_equal(segments[i].p_vaddr, 0x10000 * i);
		assert_int_equal(segments[i].p_memsz, i * PAGE);
		assert_int_equal(segments[i].p_flags, PF_R);
		at += segments[i].p_filesz;
	}
	assert_int_equal(at, core_bytes(&core));
	assert_int_equal(image[core_head_bytes(&core)], 0xaa);
}

TEST(notes, "threads, signal, program and process are told in the structures that Linux has for them")
{
	const uint8_t *at;
	uint32_t size;
	size_t missing;

	core_make(2, 1);
	assert_true(core_fit(&core, ROOM, &missing));
	core_head_write(&core, image);
	for (unsigned i = 0; i < 2; i++) {
		at = note(NT_PRSTATUS, i, &size);
		assert_non_null(at);
		assert_int_equal(size, 376);
		assert_int_equal(at[12], 11);
		assert_int_equal(at[32], i + 1);
		assert_int_equal(word_at(at, 112), 0x10400 + i);
		assert_int_equal(word_at(at, 112 + 31 * 8), 31 + i);
	}
	assert_null(note(NT_PRSTATUS, 2, &size));
	at = note(NT_AUXV, 0, &size);
	assert_non_null(at);
	assert_int_equal(word_at(at, 0), AT_PHDR);
	assert_int_equal(word_at(at, 8), 0x10040);
	assert_int_equal(word_at(at, 64), AT_ENTRY);
	assert_int_equal(word_at(at, 72), 0x10400);
	at = note(NT_SIGINFO, 0, &size);
	assert_non_null(at);
	assert_int_equal(at[0], 11);
	assert_int_equal(word_at(at, 16), 0x1234);
	at = note(NT_PRPSINFO, 0, &size);
	assert_int_equal(size, 136);
	assert_string_equal(at + 40, "crash");
	assert_string_equal(at + 56, "crash");
}

TEST(unknown, "of a program whose file cannot be read nothing is claimed")
{
	uint8_t file[64] = { 0x7f, 'E', 'L', 'F', 2 };
	uint32_t size;
	size_t missing;

	core_make(1, 1);
	core.entry = core.headers = 0;
	core_program(&core, file, 63, 0x5000);
	file[4] = 1;
	core_program(&core, file, 64, 0x5000);
	assert_int_equal(core.entry, 0);
	assert_true(core_fit(&core, ROOM, &missing));
	core_head_write(&core, image);
	assert_null(note(NT_AUXV, 0, &size));
	file[4] = 2;
	file[24] = 0x80;
	file[32] = 64;
	file[56] = 9;
	core_program(&core, file, 64, 0x5000);
	assert_int_equal(core.entry, 0x5080);
	assert_int_equal(core.headers, 0x5040);
	assert_int_equal(core.header_count, 9);
}

TEST(cut, "where there is no room the largest lose their ends, and all else is whole")
{
	size_t missing;

	core_make(1, 6);
	assert_true(core_fit(&core, ROOM, &missing));
	assert_true(core_fit(&core, core_bytes(&core) - 3 * PAGE, &missing));
	assert_int_equal(missing, 3 * PAGE);
	assert_int_equal(core.segments[0].kept, PAGE);
	assert_int_equal(core.segments[3].kept, 4 * PAGE);
	assert_true(core.segments[5].kept < 6 * PAGE);
	assert_int_equal(core.segments[5].bytes, 6 * PAGE);
	assert_true(core_fit(&core, core_head_bytes(&core) + 6 * PAGE, &missing));
	assert_false(core_fit(&core, core_head_bytes(&core) + 5 * PAGE, &missing));
}

TEST(most, "the most threads and segments there can be are written within what is counted")
{
	size_t missing;

	core_make(CORE_THREADS_MAX, CORE_SEGMENTS_MAX);
	core_fit(&core, core_head_bytes(&core) + CORE_SEGMENTS_MAX * PAGE, &missing);
	memset(image, 0xaa, sizeof(image));
	core_head_write(&core, image);
	assert_int_equal(image[core_head_bytes(&core)], 0xaa);
}

/* --- the store ---------------------------------------------------------------------------------------------- */

static uint8_t kept[16 * PAGE] __attribute__((aligned(16)));

static void put(uint32_t serial, size_t size, uint8_t value)
{
	memset(store_begin(size), value, size);
	store_end(&(struct cores_core){ .serial = serial, .bytes = (uint32_t)size });
}

static void expect_core(uint32_t serial, size_t size, uint8_t value)
{
	size_t found = 0;
	const uint8_t *bytes = store_find(serial, &found);

	assert_non_null(bytes);
	assert_int_equal(found, size);
	assert_true(bytes >= kept && bytes + size <= kept + sizeof(kept));
	for (size_t i = 0; i < size; i++)
		assert_int_equal(bytes[i], value);
}

TEST(oldest, "the oldest go when there is no room, or one too many, and the others keep their bytes")
{
	size_t size;

	memset(kept, 0x55, sizeof(kept));
	store_open(kept, sizeof(kept));
	assert_null(store_at(0));
	for (uint32_t serial = 1; serial <= 3; serial++)
		put(serial, 5 * PAGE, (uint8_t)serial);
	expect_core(1, 5 * PAGE, 1);
	put(4, 6 * PAGE, 4);
	assert_null(store_find(1, &size));
	assert_null(store_find(2, &size));
	expect_core(3, 5 * PAGE, 3);
	expect_core(4, 6 * PAGE, 4);
	assert_int_equal(store_at(0)->serial, 4);
	assert_int_equal(store_at(1)->serial, 3);
	assert_null(store_at(2));
	put(5, store_room(), 5);
	expect_core(5, store_room(), 5);
	assert_null(store_at(1));
	for (uint32_t serial = 10; serial < 30; serial++)
		put(serial, 64, (uint8_t)serial);
	for (uint32_t serial = 22; serial < 30; serial++)
		expect_core(serial, 64, (uint8_t)serial);
	assert_null(store_at(STORE_CORES_MAX));
}

TEST(unfinished, "a core that was not finished does not count")
{
	size_t size;

	store_open(kept, sizeof(kept));
	put(1, PAGE, 1);
	memset(store_begin(2 * PAGE), 9, 2 * PAGE);
	store_open(kept, sizeof(kept));
	expect_core(1, PAGE, 1);
	assert_null(store_at(1));
	put(2, PAGE, 2);
	expect_core(2, PAGE, 2);
	assert_null(store_find(3, &size));
}

/* Whatever a bug, or a death in the middle of moving, left there. */
TEST(unsound, "what is not sound is dropped whole")
{
	uint32_t *words = (uint32_t *)(void *)kept;

	for (unsigned word = 0; word < 3; word++) {
		memset(kept, 0, sizeof(kept));
		store_open(kept, sizeof(kept));
		put(1, PAGE, 1);
		words[word] = word == 2 ? STORE_CORES_MAX + 1 : 0;
		store_open(kept, sizeof(kept));
		assert_null(store_at(0));
	}
	for (uint32_t value = 0xfffffff0; value >= 16 * PAGE; value /= 3) {
		memset(kept, 0, sizeof(kept));
		store_open(kept, sizeof(kept));
		put(1, PAGE, 1);
		((struct cores_core *)(void *)(words + 4))->bytes = value;
		store_open(kept, sizeof(kept));
		assert_null(store_at(0));
	}
}
