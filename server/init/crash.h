/* crash.h - crash reports: how a process died, where, in which program, what led there, and the command that finds the
 * source lines. One for each fault, each hang, and each end of a service that nobody asked for; the last CRASHES_KEPT
 * are kept. crash.c takes them down, crash_trace.c finds who called whom, crash_text.c writes them. */
#pragma once
#include "base/elf.h"
#include "nacre/server.h"
#include "process.h"

enum { CRASHES_KEPT = 8, CRASH_CALLERS_MAX = 12, CRASH_LINES_MAX = 4, CRASH_LINE_BYTES = 80 };

enum crash_kind { CRASH_FAULT, CRASH_HANG, CRASH_END };

struct crash {
	enum crash_kind kind;
	uint32_t serial;               /* counts up from 1 */
	uint32_t number, parent;       /* of the process */
	uint32_t cause, code, thread;
	uint32_t limit_pages, charged_pages; /* of its budget; 0: not known */
	uint64_t time_ns, cpu_ns;
	uintptr_t address, load_base;
	struct nacre_registers registers; /* pc 0: none are known */
	uintptr_t callers[CRASH_CALLERS_MAX];
	unsigned caller_count;
	const struct program *program;
	struct file file;              /* that the process was made of */
	char label[PROCESS_LABEL_BYTES];
	char lines[CRASH_LINES_MAX][CRASH_LINE_BYTES]; /* its last in the log, the oldest first; "" where there are fewer */
};

/* Each takes down what there is to know, and writes the report to the log: a fault's message; a process that does not
 * answer and still lives, which is stopped for it; the end of a service. */
const struct crash *crash_record(const struct process *process, const struct nacre_request *fault);
const struct crash *crash_record_hang(const struct process *process);
const struct crash *crash_record_end(const struct process *process, uint32_t cause, uint32_t code);

/* The n-th last record of any kind; the n-th last fault; the last fault of a process that this parent had started.
 * NULL: none is kept. */
const struct crash *crash_at(uintptr_t n);
const struct crash *crash_fault_at(uintptr_t n);
const struct crash *crash_of(uintptr_t number, uint32_t parent);

/* The program's file in the image. */
bool crash_elf(const struct crash *crash, struct elf *elf);

/* crash_trace.c: fills in the callers, from registers and stack of a process that stands still. */
void crash_trace(struct crash *crash, nacre_handle_t process);

/* crash_text.c: writes the report from byte `from` on; answers how many bytes were written, 0 at its end. `whole`: with
 * what the log has already. */
size_t crash_text(const struct crash *crash, bool whole, size_t from, char *to, size_t room);

/* The same as the answer to a request, as much as there is room for; STATUS_END at its end. */
nacre_status_t crash_give(const struct crash *crash, const struct nacre_request *request, size_t from, size_t room,
			  const void **text, size_t *size);

/* "ended by itself", "read of an address that is not readable" ... */
const char *cause_text(uint32_t cause);
