/* report.c - how programs end. */
#include "report.h"
#include "terminal.h"
#include "idl/process_client.h"

int report_status(uint32_t cause, int32_t code)
{
	enum { UNIX_ILL = 4, UNIX_TRAP = 5, UNIX_BUS = 7, UNIX_SEGV = 11 };

	switch (cause) {
	case NACRE_CAUSE_EXIT: return code & 0xff;
	case NACRE_CAUSE_KILLED: return code > STATUS_SIGNAL && code < 256 ? code : STATUS_KILLED;
	case NACRE_CAUSE_BUDGET: return STATUS_KILLED;
	case NACRE_CAUSE_ILLEGAL: return STATUS_SIGNAL + UNIX_ILL;
	case NACRE_CAUSE_BREAKPOINT: return STATUS_SIGNAL + UNIX_TRAP;
	case NACRE_CAUSE_MISALIGNED: case NACRE_CAUSE_ACCESS: return STATUS_SIGNAL + UNIX_BUS;
	}
	return STATUS_SIGNAL + UNIX_SEGV;
}

bool report_is_crash(uint32_t cause)
{
	return cause >= NACRE_CAUSE_READ;
}

static size_t read_report(uint32_t number, size_t from, char *to, size_t room)
{
	size_t length;

	return process_report(shell.process, number, (uint32_t)from, to, room, &length) ? 0 : length;
}

void report_crash(uint32_t number)
{
	char text[128];
	size_t length;

	for (size_t from = 0; (length = read_report(number, from, text, sizeof(text))); from += length)
		out_bytes(text, length);
}

bool report_failure(char *to, size_t size)
{
	size_t length = read_report(0, 0, to, size - 1);

	to[length] = 0;
	return length;
}
