/* crash.c - crash reports. */
#include "crash.h"
#include <stdarg.h>
#include "base/bits.h"
#include "base/elf.h"
#include "base/format.h"
#include "base/string.h"
#include "launch.h"
#include "say.h"

enum { WORD_DIGITS = 2 * sizeof(uintptr_t), WIDTH = 8 * sizeof(uintptr_t), COLUMNS = WIDTH == 32 ? 4 : 3 };

static struct crash crashes[CRASHES_KEPT]; /* a ring */
static unsigned crash_count;               /* all there ever were */

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

/* The program's file in the image, for its size and build ID. */
static bool crash_elf(const struct crash *crash, struct elf *elf)
{
	struct process process = { .program = crash->program };
	struct file file;

	memcpy(process.label, crash->label, sizeof(process.label));
	return launch_file(&process, &file) && !elf_open(elf, file.content, file.size, ELF_NATIVE);
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

/* The program counter as an offset in the program, and the command that turns it and its caller into lines. */
static void write_place(struct writer *writer, const struct crash *crash)
{
	uintptr_t pc = crash->registers.pc - crash->load_base, ra = crash->registers.x[0] - crash->load_base;
	struct elf elf;
	uint64_t start, end;

	if (!crash_elf(crash, &elf))
		return;
	elf_span(&elf, &start, &end);
	if (pc >= end) {
		write(writer, "  pc %0*lx lies outside of the program", WORD_DIGITS, (unsigned long)crash->registers.pc);
		pc = ra - 1; /* who jumped there */
	} else {
		write(writer, "  pc %0*lx is %s + 0x%lx", WORD_DIGITS, (unsigned long)crash->registers.pc, crash->label,
		      (unsigned long)pc);
	}
	write_build_id(writer, &elf);
	write(writer, "\n  riscv64-unknown-elf-addr2line -pfie build/rv%d/program/%s.elf 0x%lx", WIDTH, crash->label,
	      (unsigned long)pc);
	if (ra < end && pc != ra - 1)
		write(writer, " 0x%lx", (unsigned long)(ra - 1));
	write(writer, "\n");
}

static void write_report(struct writer *writer, const struct crash *crash)
{
	write(writer, "crash of %s, process %lu, thread %lu: %s, address %0*lx\n", crash->label, (unsigned long)crash->number,
	      (unsigned long)crash->thread, cause_text(crash->cause), WORD_DIGITS, (unsigned long)crash->address);
	write_place(writer, crash);
	write_registers(writer, crash);
}

size_t crash_text(const struct crash *crash, size_t from, char *to, size_t room)
{
	struct writer writer = { .skip = from, .room = room, .to = to };

	write_report(&writer, crash);
	return writer.written;
}

nacre_status_t crash_give(const struct crash *crash, const struct nacre_request *request, size_t from, size_t room,
			  const void **text, size_t *size)
{
	const struct nacre_server *server = request->server;

	*text = server->buffer;
	*size = crash_text(crash, from, server->buffer, min_size(room, server->buffer_size));
	return *size ? STATUS_OK : STATUS_END;
}

/* --- taking it down ------------------------------------------------------------------------------------ */

/* Line by line, as the log wants it. */
static void log_report(const struct crash *crash)
{
	char line[160];
	size_t from = 0, size, length;

	while ((size = crash_text(crash, from, line, sizeof(line) - 1))) {
		line[size] = 0;
		for (length = 0; length < size && line[length] != '\n';)
			length++;
		say(LOG_ERROR, "%.*s", (int)length, line);
		from += length + (length < size);
	}
}

const struct crash *crash_record(const struct process *process, const struct nacre_request *fault)
{
	struct crash *crash = &crashes[crash_count++ % CRASHES_KEPT];

	*crash = (struct crash){
		.number = process->number, .parent = process->parent, .cause = (uint32_t)fault->words.opcode,
		.thread = (uint32_t)fault->words.word[2], .address = fault->words.word[0],
		.load_base = process->load_base, .program = process->program,
	};
	memcpy(crash->label, process->label, sizeof(crash->label));
	memcpy(&crash->registers, fault->data, min_size(fault->size, sizeof(crash->registers)));
	crash->registers.pc = fault->words.word[1];
	log_report(crash);
	return crash;
}

const struct crash *crash_at(uintptr_t n)
{
	if (n >= crash_count || n >= CRASHES_KEPT)
		return NULL;
	return &crashes[(crash_count - 1 - n) % CRASHES_KEPT];
}

const struct crash *crash_of(uintptr_t number, uint32_t parent)
{
	const struct crash *crash;

	for (uintptr_t n = 0; (crash = crash_at(n)); n++)
		if (crash->number == number && crash->parent == parent)
			return crash;
	return NULL;
}
