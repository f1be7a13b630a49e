/* table.c - numbers and columns as the shell prints them. */
#include "table.h"
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/format.h"
#include "base/string.h"
#include "terminal.h"
#include "idl/system_client.h"

const char *number_text(char to[28], uint64_t number)
{
	uint32_t group;
	char text[28];

	if (number < 1000) {
		format_text(to, 28, "%lu", (unsigned long)number);
		return to;
	}
	number = divide_u64(number, 1000, &group);
	number_text(text, number);
	format_text(to, 28, "%s,%03lu", text, (unsigned long)group);
	return to;
}

const char *pages_text(char to[20], uintptr_t pages)
{
	format_text(to, 20, "%lu KiB", (unsigned long)pages * 4);
	return to;
}

const char *seconds_text(char to[24], uint64_t ns)
{
	uint32_t ms, seconds = (uint32_t)divide_u64(divide_u64(ns, 1000000, NULL), 1000, &ms);

	format_text(to, 24, "%lu.%03lu s", (unsigned long)seconds, (unsigned long)ms);
	return to;
}

/* --- processes ------------------------------------------------------------------------------------------- */

bool process_next(uint32_t number, struct system_process *found, struct process_handles *handles)
{
	return system_process(shell.system, number, found, &handles->process, &handles->budget) == STATUS_OK;
}

void process_close(struct process_handles *handles)
{
	if (handles->process)
		nacre_handle_close(handles->process);
	if (handles->budget)
		nacre_handle_close(handles->budget);
}

const char *process_label(uint32_t number, char label[LABEL_BYTES])
{
	struct process_handles handles;
	struct system_process process;

	string_copy(label, LABEL_BYTES, "-");
	if (!number || !process_next(number, &process, &handles))
		return label;
	process_close(&handles);
	if (process.number == number)
		string_copy(label, LABEL_BYTES, process.label);
	return label;
}

static int nobody(const char *who, const char *text)
{
	struct process_handles handles;
	struct system_process process;
	struct nearest nearest;

	nearest_begin(&nearest, text);
	for (uint32_t number = 0; process_next(number, &process, &handles); number = process.number + 1) {
		process_close(&handles);
		nearest_offer(&nearest, process.label);
	}
	if (nearest_word(&nearest))
		return complain(who, "there is no process %s; the nearest name is %s", text, nearest_word(&nearest));
	return complain(who, "there is no process %s; ps lists them", text);
}

/* A number is a number even where a program has it for a name. */
static bool is_meant(const char *text, const struct system_process *process)
{
	uint64_t number;

	return number_read(text, &number) ? process->number == number : string_equal(process->label, text);
}

bool process_named(const char *who, const char *text, struct system_process *found, nacre_handle_t *handle)
{
	struct process_handles handles;
	struct system_process process;
	unsigned count = 0;

	*handle = NACRE_HANDLE_NONE;
	for (uint32_t number = 0; process_next(number, &process, &handles); number = process.number + 1) {
		if (!process.cause && is_meant(text, &process) && !count++) {
			*found = process;
			*handle = handles.process;
			handles.process = NACRE_HANDLE_NONE;
		}
		process_close(&handles);
	}
	if (count == 1)
		return true;
	if (*handle)
		nacre_handle_close(*handle);
	if (count)
		complain(who, "%u processes are named %s: give a number", count, text);
	else
		nobody(who, text);
	return false;
}
