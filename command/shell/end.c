/* end.c - reboot and poweroff. */
#include "console.h"
#include "idl/system.h"
#include "nacre/client.h"

static int end(const char *who, uintptr_t how, uintptr_t status)
{
	struct nacre_words words = { .opcode = SYSTEM_END, .word = { how, status } };
	nacre_status_t answer;

	console_drain();
	answer = nacre_ask(shell.system, &words);
	return complain(who, "the machine cannot be ended: %s", nacre_error_sentence(answer));
}

int run_reboot(int argc, char **argv)
{
	(void)argc;
	return end(argv[0], SYSTEM_REBOOT, 0);
}

int run_poweroff(int argc, char **argv)
{
	uint64_t status = 0;

	if (argc == 2 && (!number_read(argv[1], &status) || status > 255))
		return builtin_misused(argv[0]);
	return end(argv[0], SYSTEM_POWEROFF, (uintptr_t)status);
}
