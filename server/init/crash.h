/* crash.h - crash reports: what a fault was, where, in which program, and the command that finds the source line. */
#pragma once
#include "nacre/server.h"
#include "process.h"

enum { CRASHES_KEPT = 4 };

struct crash {
	uint32_t number, parent;       /* of the process */
	uint32_t cause, thread;
	uintptr_t address;
	uintptr_t load_base;
	struct nacre_registers registers;
	const struct program *program;
	char label[PROCESS_LABEL_BYTES];
};

/* Takes a fault message's facts down, and writes the report to the log. */
const struct crash *crash_record(const struct process *process, const struct nacre_request *fault);

/* The n-th last crash; the last one of a process that this parent had started. NULL: none is kept. */
const struct crash *crash_at(uintptr_t n);
const struct crash *crash_of(uintptr_t number, uint32_t parent);

/* Writes the report from byte `from` on; answers how many bytes were written, 0 at its end. */
size_t crash_text(const struct crash *crash, size_t from, char *to, size_t room);

/* The same as the answer to a request, as much as there is room for; STATUS_END at its end. */
nacre_status_t crash_give(const struct crash *crash, const struct nacre_request *request, size_t from, size_t room,
			  const void **text, size_t *size);

/* "ended by itself", "read of an address that is not readable" ... */
const char *cause_text(uint32_t cause);
