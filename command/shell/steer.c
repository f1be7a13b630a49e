/* steer.c - start, stop, restart, replace, budget, priority: a system that changes while it runs. */
#include "base/string.h"
#include "idl/system_client.h"
#include "table.h"
#include "terminal.h"

/* Tells of a status, where it is an error. */
static int tell(const char *who, const char *what, nacre_status_t status)
{
	return status ? complain(who, "%s: %s", what, system_error_sentence(status)) : STATUS_DONE;
}

int run_start(int argc, char **argv)
{
	(void)argc;
	return tell(argv[0], argv[1], system_start(shell.system, argv[1]));
}

int run_stop(int argc, char **argv)
{
	(void)argc;
	if (string_equal(argv[1], "shell"))
		return complain(argv[0], "without the shell nobody could start it again: use poweroff");
	out_flush();
	return tell(argv[0], argv[1], system_stop(shell.system, argv[1]));
}

int run_restart(int argc, char **argv)
{
	(void)argc;
	out_flush();
	return tell(argv[0], argv[1], system_restart(shell.system, argv[1]));
}

int run_replace(int argc, char **argv)
{
	(void)argc;
	if (!string_equal(argv[2], "with"))
		return builtin_misused(argv[0]);
	out_flush();
	return tell(argv[0], argv[1], system_replace(shell.system, argv[1], argv[3]));
}

int run_budget(int argc, char **argv)
{
	enum { PAGE_KIB = 4 };
	uint64_t kib;

	if (argc == 1)
		return run_mem(argc, argv);
	if (argc != 4 || !number_read(argv[1], &kib) || !kib || kib % PAGE_KIB || kib > UINT32_MAX)
		return builtin_misused(argv[0]);
	return tell(argv[0], argv[2], system_move_pages(shell.system, (uint32_t)(kib / PAGE_KIB), argv[2], argv[3]));
}

int run_priority(int argc, char **argv)
{
	struct system_process process;
	nacre_handle_t handle;
	uint64_t priority;

	(void)argc;
	if (!number_read(argv[2], &priority) || priority > UINT32_MAX)
		return builtin_misused(argv[0]);
	if (!process_named(argv[0], argv[1], &process, &handle))
		return STATUS_FAILED;
	nacre_handle_close(handle);
	return tell(argv[0], argv[1], system_set_priority(shell.system, process.number, (uint32_t)priority));
}
