/* core.c - ELF cores. All is written through one writer that also only counts, so that sizes are never typed twice. */
#include "core/core.h"
#include "base/bits.h"
#include "base/string.h"

enum {
	WORD = sizeof(uintptr_t), WIDE = WORD == 8,
	/* ELF (System V ABI, and its supplement for RISC-V) */
	ELF_HEADER = WIDE ? 64 : 52, PROGRAM_HEADER = WIDE ? 56 : 32, ENTRY_AT = 24, HEADERS_AT = ENTRY_AT + WORD,
	COUNT_AT = WIDE ? 56 : 44, ET_CORE = 4, EM_RISCV = 243, PT_LOAD = 1, PT_NOTE = 4,
	NT_PRSTATUS = 1, NT_PRPSINFO = 3, NT_AUXV = 6, NT_SIGINFO = 0x53494749,
	AT_NULL = 0, AT_PHDR = 3, AT_PHENT = 4, AT_PHNUM = 5, AT_PAGESZ = 6, AT_ENTRY = 9,
	/* elf_prstatus: signal, process, registers, and a word about floating point; elf_prpsinfo: name, command; siginfo */
	STATUS_SIGNAL = 12, STATUS_PROCESS = WIDE ? 32 : 24, STATUS_REGISTERS = WIDE ? 112 : 72, REGISTERS = 32 * WORD,
	STATUS_BYTES = STATUS_REGISTERS + REGISTERS + WORD,
	INFO_NAME = WIDE ? 40 : 32, INFO_NAME_BYTES = 16, INFO_COMMAND = INFO_NAME + INFO_NAME_BYTES, INFO_BYTES = INFO_COMMAND + 80,
	SIGINFO_ADDRESS = WIDE ? 16 : 12, SIGINFO_BYTES = 128,
};

_Static_assert(sizeof(struct nacre_registers) == REGISTERS, "pc and x1 to x31, as elf_gregset_t has them");
_Static_assert(STATUS_BYTES == (WIDE ? 376 : 204) && INFO_BYTES == (WIDE ? 136 : 128), "what binutils knows a note by");

/* --- writing ------------------------------------------------------------------------------------------------ */

struct writer {
	uint8_t *to;                   /* NULL: it only counts */
	size_t at;
};

static void bytes(struct writer *writer, const void *from, size_t size)
{
	if (writer->to)
		memcpy(writer->to + writer->at, from, size);
	writer->at += size;
}

static void zeros(struct writer *writer, size_t size)
{
	if (writer->to)
		memset(writer->to + writer->at, 0, size);
	writer->at += size;
}

static void half(struct writer *writer, uint16_t value)
{
	bytes(writer, &value, sizeof(value));
}

static void word32(struct writer *writer, uint32_t value)
{
	bytes(writer, &value, sizeof(value));
}

static void word(struct writer *writer, uintptr_t value)
{
	bytes(writer, &value, sizeof(value));
}

static void padding(struct writer *writer, size_t to)
{
	zeros(writer, align_up(writer->at, to) - writer->at);
}

/* --- notes -------------------------------------------------------------------------------------------------- */

/* The description follows, of exactly so many bytes; all of ours are multiples of four. */
static void note(struct writer *writer, uint32_t type, uint32_t size)
{
	static const char name[8] = "CORE";

	word32(writer, sizeof("CORE"));
	word32(writer, size);
	word32(writer, type);
	bytes(writer, name, sizeof(name));
}

static uint16_t signal_of(uint32_t cause)
{
	enum { ILL = 4, TRAP = 5, ABRT = 6, BUS = 7, SEGV = 11 };

	switch (cause) {
	case NACRE_CAUSE_READ:
	case NACRE_CAUSE_WRITE:
	case NACRE_CAUSE_FETCH:
	case NACRE_CAUSE_LENT:
		return SEGV;
	case NACRE_CAUSE_ILLEGAL:
		return ILL;
	case NACRE_CAUSE_BREAKPOINT:
		return TRAP;
	case NACRE_CAUSE_MISALIGNED:
	case NACRE_CAUSE_ACCESS:
		return BUS;
	}
	return ABRT;
}

/* A thread is what Linux calls a process of a number of its own. The numbers here are those of `ps` and the report. */
static void note_thread(struct writer *writer, const struct core *core, const struct core_thread *thread)
{
	note(writer, NT_PRSTATUS, STATUS_BYTES);
	zeros(writer, STATUS_SIGNAL);
	half(writer, signal_of(core->cause));
	zeros(writer, STATUS_PROCESS - STATUS_SIGNAL - sizeof(uint16_t));
	word32(writer, thread->number);
	zeros(writer, STATUS_REGISTERS - STATUS_PROCESS - sizeof(uint32_t));
	bytes(writer, &thread->registers, REGISTERS);
	zeros(writer, STATUS_BYTES - STATUS_REGISTERS - REGISTERS);
}

static void note_signal(struct writer *writer, const struct core *core)
{
	note(writer, NT_SIGINFO, SIGINFO_BYTES);
	word32(writer, signal_of(core->cause));
	zeros(writer, SIGINFO_ADDRESS - sizeof(uint32_t));
	word(writer, core->address);
	zeros(writer, SIGINFO_BYTES - SIGINFO_ADDRESS - WORD);
}

static void note_process(struct writer *writer, const struct core *core)
{
	size_t size = string_length(core->label);

	note(writer, NT_PRPSINFO, INFO_BYTES);
	zeros(writer, WIDE ? 24 : 16);
	word32(writer, core->process);
	zeros(writer, INFO_NAME - (WIDE ? 24 : 16) - sizeof(uint32_t));
	bytes(writer, core->label, INFO_NAME_BYTES);
	bytes(writer, core->label, size);
	zeros(writer, INFO_BYTES - INFO_COMMAND - size);
}

static void note_program(struct writer *writer, const struct core *core)
{
	const uintptr_t pairs[] = { AT_PHDR, core->headers, AT_PHENT, PROGRAM_HEADER, AT_PHNUM, core->header_count,
				    AT_PAGESZ, CORE_PAGE, AT_ENTRY, core->entry, AT_NULL, 0 };

	if (!core->entry)
		return;
	note(writer, NT_AUXV, sizeof(pairs));
	bytes(writer, pairs, sizeof(pairs));
}

/* What belongs to the signal stands behind the thread that it hit. */
static void notes(struct writer *writer, const struct core *core)
{
	note_process(writer, core);
	note_program(writer, core);
	for (unsigned i = 0; i < core->thread_count; i++) {
		note_thread(writer, core, &core->threads[i]);
		if (!i)
			note_signal(writer, core);
	}
}

/* --- headers ------------------------------------------------------------------------------------------------ */

static size_t notes_bytes(const struct core *core)
{
	struct writer writer = { 0 };

	notes(&writer, core);
	return writer.at;
}

static size_t notes_at(const struct core *core)
{
	return ELF_HEADER + PROGRAM_HEADER * (1 + core->segment_count);
}

size_t core_head_bytes(const struct core *core)
{
	return align_up(notes_at(core) + notes_bytes(core), CORE_PAGE);
}

static void header(struct writer *writer, const struct core *core)
{
	const uint8_t identity[16] = { 0x7f, 'E', 'L', 'F', WIDE ? 2 : 1, 1, 1 };

	bytes(writer, identity, sizeof(identity));
	half(writer, ET_CORE);
	half(writer, EM_RISCV);
	word32(writer, 1);
	word(writer, 0);
	word(writer, ELF_HEADER);
	word(writer, 0);
	word32(writer, 0);
	half(writer, ELF_HEADER);
	half(writer, PROGRAM_HEADER);
	half(writer, (uint16_t)(1 + core->segment_count));
	zeros(writer, 3 * sizeof(uint16_t));
}

/* The flags stand at another place in the two widths. `memory` 0: it is no memory, but a note. */
static void program_header(struct writer *writer, uint32_t flags, size_t offset, uintptr_t base, size_t kept, size_t memory)
{
	word32(writer, memory ? PT_LOAD : PT_NOTE);
	if (WIDE)
		word32(writer, flags);
	word(writer, offset);
	word(writer, base);
	word(writer, 0);
	word(writer, kept);
	word(writer, memory);
	if (!WIDE)
		word32(writer, flags);
	word(writer, memory ? CORE_PAGE : sizeof(uint32_t));
}

static uint32_t flags_of(uint32_t protection)
{
	enum { X = 1, W = 2, R = 4 };

	return (protection & NACRE_PROT_READ ? R : 0u) | (protection & NACRE_PROT_WRITE ? W : 0u) |
	       (protection & NACRE_PROT_EXECUTE ? X : 0u);
}

void core_head_write(const struct core *core, void *to)
{
	struct writer writer = { .to = to };
	size_t offset = core_head_bytes(core);

	header(&writer, core);
	program_header(&writer, 0, notes_at(core), 0, notes_bytes(core), 0);
	for (unsigned i = 0; i < core->segment_count; i++) {
		const struct core_segment *segment = &core->segments[i];

		program_header(&writer, flags_of(segment->protection), offset, segment->base, segment->kept, segment->bytes);
		offset += segment->kept;
	}
	notes(&writer, core);
	padding(&writer, CORE_PAGE);
}

/* --- what is in it ------------------------------------------------------------------------------------------ */

size_t core_bytes(const struct core *core)
{
	size_t size = core_head_bytes(core);

	for (unsigned i = 0; i < core->segment_count; i++)
		size += core->segments[i].kept;
	return size;
}

static struct core_segment *largest(struct core *core)
{
	struct core_segment *found = NULL;

	for (unsigned i = 0; i < core->segment_count; i++)
		if (!found || core->segments[i].kept > found->kept)
			found = &core->segments[i];
	return found;
}

bool core_fit(struct core *core, size_t room, size_t *missing)
{
	struct core_segment *segment;
	size_t size;

	*missing = 0;
	for (unsigned i = 0; i < core->segment_count; i++)
		core->segments[i].kept = core->segments[i].bytes;
	for (size = core_bytes(core); size > room; size -= CORE_PAGE, *missing += CORE_PAGE) {
		segment = largest(core);
		if (!segment || segment->kept <= CORE_PAGE)
			return false;
		segment->kept -= CORE_PAGE;
	}
	return true;
}

void core_program(struct core *core, const void *file, size_t size, uintptr_t load_base)
{
	const uint8_t *from = file;
	uintptr_t entry, headers;
	uint16_t count;

	if (size < ELF_HEADER || memcmp(from, "\177ELF", 4) != 0 || from[4] != (WIDE ? 2 : 1))
		return;
	memcpy(&entry, from + ENTRY_AT, WORD);
	memcpy(&headers, from + HEADERS_AT, WORD);
	memcpy(&count, from + COUNT_AT, sizeof(count));
	core->entry = load_base + entry;
	core->headers = load_base + headers;
	core->header_count = count;
}
