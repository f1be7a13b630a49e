/* kill.c - kill: ends processes. */
#include "abi/nacre_calls.h"
#include "terminal.h"
#include "idl/system_client.h"
#include "table.h"

static int kill_one(const char *who, const char *text)
{
	struct system_process process;
	nacre_handle_t handle;
	nacre_status_t status;

	if (!process_named(who, text, &process, &handle))
		return STATUS_FAILED;
	nacre_handle_close(handle);
	out_flush();
	status = system_kill(shell.system, process.number, STATUS_KILLED);
	if (status == STATUS_DENIED)
		return complain(who, "%s cannot be ended without the whole system: use reboot or poweroff", text);
	return status ? complain(who, "%s: %s", text, nacre_error_sentence(status)) : STATUS_DONE;
}

int run_kill(int argc, char **argv)
{
	int status = STATUS_DONE;

	for (int i = 1; i < argc; i++)
		if (kill_one(argv[0], argv[i]))
			status = STATUS_FAILED;
	return status;
}
