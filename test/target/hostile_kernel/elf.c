/* elf.c - a program makes programs, and every byte of their headers is wrong once. */
#include "base/elf.h"
#include "hostile.h"
#include "nacre/area.h"
#include "nacre/clock.h"
#include "nacre/spawn.h"

enum {
	FILE_PAGES = 2, ANSWER = 42, SPAWN_PAGES = 24, STACK_BYTES = 4096,
	WIDE = sizeof(void *) == 8, HEADER_BYTES = WIDE ? 64 : 52, SEGMENT_BYTES = WIDE ? 56 : 32,
	HEADERS_BYTES = HEADER_BYTES + FILE_PAGES * SEGMENT_BYTES,
};

static const uint32_t code[] = { 0x02a00513, 0x01900893, 0x00000073 }; /* li a0, 42; li a7, 25; ecall */

static void put_half(uint8_t *to, uint16_t value)
{
	memcpy(to, &value, sizeof(value));
}

static void put_word(uint8_t *to, uintptr_t value)
{
	memcpy(to, &value, sizeof(value));
}

/* Places of fields: System V ABI, chapters 4 and 5. */
static void header_write(uint8_t *to)
{
	static const uint8_t ident[] = { 0x7f, 'E', 'L', 'F', WIDE ? 2 : 1, 1, 1 };

	memcpy(to, ident, sizeof(ident));
	put_half(to + 16, ELF_DYN);
	put_half(to + 18, 243); /* RISC-V */
	to[20] = 1;
	put_word(to + 24, NACRE_PAGE_BYTES);                 /* entry */
	put_word(to + (WIDE ? 32 : 28), HEADER_BYTES);       /* where segments are described */
	put_half(to + (WIDE ? 52 : 40), HEADER_BYTES);
	put_half(to + (WIDE ? 54 : 42), SEGMENT_BYTES);
	put_half(to + (WIDE ? 56 : 44), FILE_PAGES);
}

static void segment_write(uint8_t *to, uintptr_t offset, uint8_t flags)
{
	to[0] = ELF_LOAD;
	to[WIDE ? 4 : 24] = flags;
	put_word(to + (WIDE ? 8 : 4), offset);
	put_word(to + (WIDE ? 16 : 8), offset);              /* its address */
	put_word(to + (WIDE ? 32 : 16), NACRE_PAGE_BYTES);   /* in the file */
	put_word(to + (WIDE ? 40 : 20), NACRE_PAGE_BYTES);   /* in memory */
	put_word(to + (WIDE ? 48 : 28), NACRE_PAGE_BYTES);   /* alignment */
}

/* Headers, which are mapped to read, and a page of code. */
static void file_write(uint8_t *to)
{
	header_write(to);
	segment_write(to + HEADER_BYTES, 0, ELF_R);
	segment_write(to + HEADER_BYTES + SEGMENT_BYTES, NACRE_PAGE_BYTES, ELF_R | ELF_X);
	memcpy(to + NACRE_PAGE_BYTES, code, sizeof(code));
}

static nacre_handle_t file_make(size_t at, uint8_t bits)
{
	struct nacre_area area;

	EXPECT_OK(nacre_area_create(&area, FILE_PAGES, NACRE_MEMORY_SHARED));
	file_write(area.base);
	((uint8_t *)area.base)[at] ^= bits;
	EXPECT_OK(nacre_area_unmap(&area));
	EXPECT_OK(nacre_memory_seal(area.memory));
	return area.memory;
}

/* Whatever it does, it is over after a second. */
static uint32_t run(struct nacre_child *child)
{
	struct nacre_exit_record record = { 0 };
	struct nacre_received in = { 0 };
	nacre_handle_t server;

	EXPECT_OK(nacre_server_create(self_budget(), &server));
	EXPECT_OK(nacre_process_watch(child->process, server, 1, 0));
	if (nacre_spawn_start(child, NULL) == NACRE_E_OK) {
		if (nacre_server_receive(server, nacre_deadline_in(NACRE_S), NULL, &in))
			EXPECT_OK(nacre_process_kill(child->process, 0));
		EXPECT_OK(nacre_process_status(child->process, &record));
		EXPECT_OK(nacre_handle_close(child->process));
	}
	EXPECT_OK(nacre_handle_close(server));
	return record.cause == NACRE_CAUSE_EXIT ? (uint32_t)record.code : 0;
}

/* Its exit code; 0: it did not come so far. */
static uint32_t spawn(size_t at, uint8_t bits, bool *loaded)
{
	static const char *const nothing[] = { NULL };
	struct nacre_spawn spec = { .image = file_make(at, bits), .size = FILE_PAGES * NACRE_PAGE_BYTES, .argv = nothing,
				    .payer = self_budget(), .stack_bytes = STACK_BYTES, .priority = HOSTILE_PRIORITY };
	struct nacre_child child;
	const char *why = NULL;
	uint32_t code = 0;

	EXPECT_OK(nacre_budget_create(self_budget(), SPAWN_PAGES, HOSTILE_PRIORITY, &spec.budget));
	*loaded = nacre_spawn_load(&spec, &child, &why) == NACRE_E_OK;
	EXPECT(*loaded == !why);
	if (*loaded)
		code = run(&child);
	EXPECT_OK(nacre_budget_destroy(spec.budget));
	EXPECT_OK(nacre_handle_close(spec.budget));
	EXPECT_OK(nacre_handle_close(spec.image));
	return code;
}

TEST(elf_headers, "a program with any byte of its ELF headers wrong is refused with a sentence, or runs and ends, and nothing is left of it")
{
	static const uint8_t wrong[] = { 0xff, 0x01, 0x80 };
	unsigned refused = 0, ran = 0;
	struct count before;
	bool loaded;

	EXPECT_EQ(spawn(HEADERS_BYTES, 0xff, &loaded), ANSWER); /* behind the headers nothing is read */
	before = count_now();
	for (size_t at = 0; at < HEADERS_BYTES; at++) {
		ran += spawn(at, wrong[at % sizeof(wrong)], &loaded) == ANSWER;
		refused += !loaded;
	}
	expect_all_back(before);
	test_note("of %u files %u were refused, and %u ran as before", (unsigned)HEADERS_BYTES, refused, ran);
	EXPECT(refused > HEADERS_BYTES / 2);
}
