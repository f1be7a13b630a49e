/* kill.c - kill: ends processes. */
#include "abi/nacre_calls.h"
#include "console.h"
#include "idl/system.h"
#include "nacre/client.h"
#include "table.h"

static int kill_one(const char *who, const char *text)
{
	struct nacre_words words = { .opcode = SYSTEM_KILL, .word = { 0, STATUS_KILLED } };
	struct system_process process;
	nacre_handle_t handle;
	nacre_status_t status;

	if (!process_named(who, text, &process, &handle))
		return STATUS_FAILED;
	nacre_handle_close(handle);
	out_flush();
	words.word[0] = process.number;
	status = nacre_ask(shell.system, &words);
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
