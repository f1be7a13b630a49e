/* crash_text.c - a crash report in words. */
#include <stdarg.h>
#include "base/bits.h"
#include "base/format.h"
#include "base/string.h"
#include "crash.h"
#include "nacre/clock.h"

enum { WORD_DIGITS = 2 * sizeof(uintptr_t), WIDTH = 8 * sizeof(uintptr_t), COLUMNS = WIDTH == 32 ? 4 : 3 };

const char *cause_text(uint32_t cause)
{
	switch (cause) {
	case NACRE_CAUSE_EXIT: return "ended by itself";
	case NACRE_CAUSE_KILLED: return "was killed";
	case NACRE_CAUSE_BUDGET: return "its budget was destroyed";
	case NACRE_CAUSE_READ: return "read of an address that is not readable";
	case NACRE_CAUSE_WRITE: return "write to an address that is not writable";
	case NACRE_CAUSE_FETCH: return "jump to an address that is not executable";
	case NACRE_CAUSE_ILLEGAL: return "illegal instruction";
	case NACRE_CAUSE_BREAKPOINT: return "breakpoint or failed assertion";
	case NACRE_CAUSE_MISALIGNED: return "misaligned address";
	case NACRE_CAUSE_LENT: return "touch of a page that is lent away";
	case NACRE_CAUSE_ACCESS: return "the bus refused the address";
	}
	return "never ran";
}

/* --- writing the text ---------------------------------------------------------------------------------- */

/* A window onto the text: what lies before `skip` or after `room` is counted and dropped. */
struct writer {
	size_t skip, room, written;
	char *to;
};

static void write_character(void *context, char character)
{
	struct writer *writer = context;

	if (writer->skip)
		writer->skip--;
	else if (writer->written < writer->room)
		writer->to[writer->written++] = character;
}

__attribute__((format(printf, 2, 3)))
static void write(struct writer *writer, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	format_each(write_character, writer, format, list);
	va_end(list);
}

static const char *register_name(unsigned number)
{
	static const char names[][4] = { "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1",
					 "a2", "a3", "a4", "a5", "a6", "a7", "s2", "s3", "s4", "s5", "s6",
					 "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6" };

	return names[number];
}

static void write_registers(struct writer *writer, const struct crash *crash)
{
	for (unsigned i = 0; i < ARRAY_SIZE(crash->registers.x); i++)
		write(writer, "%s%-3s %0*lx", i % COLUMNS ? "  " : i ? "\n  " : "  ", register_name(i), WORD_DIGITS,
		      (unsigned long)crash->registers.x[i]);
	write(writer, "\n");
}

static void write_build_id(struct writer *writer, const struct elf *elf)
{
	const uint8_t *id;
	size_t size;

	if (!elf_build_id(elf, &id, &size))
		return;
	write(writer, ", build ID ");
	for (size_t i = 0; i < size; i++)
		write(writer, "%02x", id[i]);
}

/* In bin/; where the program has no manifest, the file's name is the label's, and its record is made anew with each. */
static void write_file_name(struct writer *writer, const struct crash *crash)
{
	enum { BIN = 4 };

	if (string_equal_counted(crash->program->name, crash->program->name_size, "*") || crash->file.name_size <= BIN)
		write(writer, "%s", crash->label);
	else
		write(writer, "%.*s", (int)(crash->file.name_size - BIN), crash->file.name + BIN);
}

/* The command that turns program counter and callers into lines. */
static void write_command(struct writer *writer, const struct crash *crash, uintptr_t pc)
{
	write(writer, "  riscv64-unknown-elf-addr2line -pfie build/rv%d/program/", WIDTH);
	write_file_name(writer, crash);
	write(writer, ".elf");
	if (pc)
		write(writer, " 0x%lx", (unsigned long)pc);
	for (unsigned i = 0; i < crash->caller_count; i++)
		write(writer, " 0x%lx", (unsigned long)(crash->callers[i] - crash->load_base - 1)); /* in the call */
	write(writer, "\n");
}

/* The program counter as an offset in the program. */
static void write_place(struct writer *writer, const struct crash *crash)
{
	uintptr_t pc = crash->registers.pc - crash->load_base;
	struct elf elf;
	uint64_t start, end;

	if (!crash_elf(crash, &elf))
		return;
	elf_span(&elf, &start, &end);
	write(writer, "  pc %0*lx ", WORD_DIGITS, (unsigned long)crash->registers.pc);
	if (pc < end)
		write(writer, "is %s + 0x%lx", crash->label, (unsigned long)pc);
	else
		write(writer, "lies outside of the program");
	write_build_id(writer, &elf);
	write(writer, "\n");
	write_command(writer, crash, pc < end ? pc : 0);
}

static void write_head(struct writer *writer, const struct crash *crash)
{
	switch (crash->kind) {
	case CRASH_FAULT:
		write(writer, "crash of %s, process %lu, thread %lu: %s, address %0*lx\n", crash->label, (unsigned long)crash->number,
		      (unsigned long)crash->thread, cause_text(crash->cause), WORD_DIGITS, (unsigned long)crash->address);
		break;
	case CRASH_HANG:
		write(writer, "hang of %s, process %lu, thread %lu: its server did not answer init for %lu ms, or let nothing else run\n", crash->label,
		      (unsigned long)crash->number, (unsigned long)crash->thread, (unsigned long)crash->program->heartbeat_ms);
		break;
	case CRASH_END:
		write(writer, "end of %s, process %lu: %s, code %lu\n", crash->label, (unsigned long)crash->number,
		      cause_text(crash->cause), (unsigned long)crash->code);
	}
}

static void write_budget(struct writer *writer, const struct crash *crash)
{
	if (crash->limit_pages)
		write(writer, "  budget: %lu of %lu pages in use, %lu.%03lu s of CPU\n", (unsigned long)crash->charged_pages,
		      (unsigned long)crash->limit_pages, (unsigned long)(crash->cpu_ns / NACRE_S),
		      (unsigned long)(crash->cpu_ns / NACRE_MS % 1000));
}

static void write_report(struct writer *writer, const struct crash *crash, bool whole)
{
	write_head(writer, crash);
	if (crash->registers.pc) {
		write_place(writer, crash);
		write_registers(writer, crash);
	}
	write_budget(writer, crash);
	for (size_t i = 0; whole && i < CRASH_LINES_MAX; i++)
		if (crash->lines[i][0])
			write(writer, "  log: %s\n", crash->lines[i]);
}

size_t crash_text(const struct crash *crash, bool whole, size_t from, char *to, size_t room)
{
	struct writer writer = { .skip = from, .room = room, .to = to };

	write_report(&writer, crash, whole);
	return writer.written;
}

nacre_status_t crash_give(const struct crash *crash, const struct nacre_request *request, size_t from, size_t room,
			  const void **text, size_t *size)
{
	const struct nacre_server *server = request->server;

	*text = server->buffer;
	*size = crash_text(crash, true, from, server->buffer, min_size(room, server->buffer_size));
	return *size ? STATUS_OK : STATUS_END;
}
