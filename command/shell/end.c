/* end.c - reboot and poweroff. */
#include "terminal.h"
#include "idl/system_client.h"

static int end(const char *who, enum system_ending how, uint32_t status)
{
	nacre_status_t answer;

	terminal_drain();
	answer = system_end(shell.system, how, status);
	return complain(who, "the machine cannot be ended: %s", nacre_error_sentence(answer));
}

int run_reboot(int argc, char **argv)
{
	(void)argc;
	return end(argv[0], SYSTEM_ENDING_REBOOT, 0);
}

int run_poweroff(int argc, char **argv)
{
	uint64_t status = 0;

	if (argc == 2 && (!number_read(argv[1], &status) || status > 255))
		return builtin_misused(argv[0]);
	return end(argv[0], SYSTEM_ENDING_POWEROFF, (uint32_t)status);
}
