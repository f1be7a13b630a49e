/* crash.c - crash reports: taking them down, and keeping them. */
#include "crash.h"
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "base/utf8.h"
#include "nacre/clock.h"
#include "say.h"

static struct crash crashes[CRASHES_KEPT]; /* a ring */
static uint32_t crash_count;               /* all there ever were */

bool crash_elf(const struct crash *crash, struct elf *elf)
{
	return crash->file.content && !elf_open(elf, crash->file.content, crash->file.size, ELF_NATIVE);
}

/* --- taking it down ------------------------------------------------------------------------------------ */

static void take_budget(struct crash *crash, nacre_handle_t budget)
{
	struct nacre_budget_state state;

	if (nacre_budget_info(budget, &state))
		return;
	crash->limit_pages = (uint32_t)state.limit_pages;
	crash->charged_pages = (uint32_t)state.charged_pages;
	crash->cpu_ns = state.cpu_ns;
}

/* The last of its lines, found from the newest backwards. */
static void take_lines(struct crash *crash)
{
	char text[LOG_TEXT_BYTES + 1];
	uint32_t before = 0;

	for (size_t i = CRASH_LINES_MAX; i-- && say_last_line(crash->number, crash->label, &before, text, sizeof(text));) {
		string_copy(crash->lines[i], CRASH_LINE_BYTES, text);
		utf8_clean(crash->lines[i], string_length(crash->lines[i]));
	}
}

static struct crash *begin(const struct process *process, enum crash_kind kind, uint32_t cause)
{
	struct crash *crash = &crashes[crash_count++ % CRASHES_KEPT];

	*crash = (struct crash){
		.kind = kind, .serial = crash_count, .number = process->number, .parent = process->parent, .cause = cause,
		.time_ns = nacre_clock_ns(), .load_base = process->load_base, .program = process->program, .file = process->file,
	};
	memcpy(crash->label, process->label, sizeof(crash->label));
	take_budget(crash, process->budget);
	take_lines(crash);
	return crash;
}

/* Line by line, as the log wants it. */
static const struct crash *to_log(const struct crash *crash)
{
	char line[LOG_TEXT_BYTES - 8];
	size_t from = 0, size, length;

	while ((size = crash_text(crash, false, from, line, sizeof(line) - 1))) {
		line[size] = 0;
		for (length = 0; length < size && line[length] != '\n';)
			length++;
		say(crash->kind == CRASH_END ? LOG_INFO : LOG_ERROR, "%.*s", (int)length, line);
		from += length + (length < size);
	}
	return crash;
}

const struct crash *crash_record(const struct process *process, const struct nacre_request *fault)
{
	struct nacre_registers registers = { 0 };
	struct crash *crash;

	/* First of all: asking the log for lines uses the buffer that the fault lies in. */
	memcpy(&registers, fault->data, min_size(fault->size, sizeof(registers)));
	registers.pc = fault->words.word[1];
	crash = begin(process, CRASH_FAULT, (uint32_t)fault->words.opcode);
	crash->thread = (uint32_t)fault->words.word[2];
	crash->address = fault->words.word[0];
	crash->registers = registers;
	crash_trace(crash, process->process);
	return to_log(crash);
}

/* A thread that runs tells most; one that waits shows for whom. */
static uint32_t thread_of(nacre_handle_t process)
{
	struct nacre_thread_state thread;
	uint32_t number = 0;

	for (uint32_t i = 0; nacre_process_thread(process, i, &thread) == NACRE_E_OK; i++)
		if (!number || thread.state == NACRE_STATE_READY)
			number = thread.number;
	return number;
}

const struct crash *crash_record_hang(const struct process *process)
{
	struct crash *crash = begin(process, CRASH_HANG, NACRE_CAUSE_KILLED);

	crash->thread = thread_of(process->process);
	if (nacre_process_stop(process->process) ||
	    nacre_process_registers_get(process->process, crash->thread, &crash->registers))
		crash->registers.pc = 0;
	else
		crash_trace(crash, process->process);
	return to_log(crash);
}

const struct crash *crash_record_end(const struct process *process, uint32_t cause, uint32_t code)
{
	struct crash *crash = begin(process, CRASH_END, cause);

	crash->code = code;
	crash->limit_pages = 0; /* what it used is gone already */
	return crash;
}

/* --- finding it again ---------------------------------------------------------------------------------- */

const struct crash *crash_at(uintptr_t n)
{
	if (n >= crash_count || n >= CRASHES_KEPT)
		return NULL;
	return &crashes[(crash_count - 1 - n) % CRASHES_KEPT];
}

const struct crash *crash_fault_at(uintptr_t n)
{
	const struct crash *crash;

	for (uintptr_t i = 0; (crash = crash_at(i)); i++)
		if (crash->kind == CRASH_FAULT && !n--)
			return crash;
	return NULL;
}

const struct crash *crash_of(uintptr_t number, uint32_t parent)
{
	const struct crash *crash;

	for (uintptr_t n = 0; (crash = crash_fault_at(n)); n++)
		if (crash->number == number && crash->parent == parent)
			return crash;
	return NULL;
}
