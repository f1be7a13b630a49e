/* crashes.c - crashes: how programs died. */
#include "abi/nacre_abi.h"
#include "idl/system_client.h"
#include "nacre/clock.h"
#include "table.h"
#include "terminal.h"

static const char *how_text(const struct system_death *death)
{
	switch (death->dying) {
	case SYSTEM_DYING_CRASH: return "crashed";
	case SYSTEM_DYING_HANG: return "hung";
	case SYSTEM_DYING_END: break;
	}
	return death->cause == NACRE_CAUSE_KILLED ? "was killed" : "ended";
}

static int list_all(void)
{
	struct system_death death;
	char time[24];

	out("%6s %13s  %5s  %-15s %s\n", "NUMBER", "AT", "PID", "NAME", "HOW");
	for (uint32_t n = 0; system_death(shell.system, n, &death) == STATUS_OK; n++)
		out("%6lu %13s  %5lu  %-15s %s\n", (unsigned long)death.serial, seconds_text(time, death.time_ns),
		    (unsigned long)death.process, death.label, how_text(&death));
	return STATUS_DONE;
}

int run_crashes(int argc, char **argv)
{
	char text[128];
	uint64_t number;
	uint32_t from = 0;
	size_t length;

	if (argc == 1)
		return list_all();
	if (!number_read(argv[1], &number) || number > UINT32_MAX)
		return builtin_misused(argv[0]);
	while (system_death_report(shell.system, (uint32_t)number, from, text, sizeof(text), &length) == STATUS_OK) {
		out_bytes(text, length);
		from += (uint32_t)length;
	}
	return from ? STATUS_DONE : complain(argv[0], "no report of number %s is kept; crashes lists those that are", argv[1]);
}
