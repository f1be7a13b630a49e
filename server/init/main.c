/* main.c - init: the first program. Starts what the system description says, supervises it, and serves those who
 * start programs at run time. Started by the kernel itself, it has no loader and no name space. */
#include "abi/nacre_calls.h"
#include "description.h"
#include "end.h"
#include "machine.h"
#include "nacre/clock.h"
#include "nacre/startup.h"
#include "process.h"
#include "say.h"
#include "selfstart/selfstart.h"
#include "server.h"
#include "service.h"
#include "tell.h"
#include "watch.h"

NACRE_SELFSTART;

/* Exit codes, which the kernel reports: at this point there is no console to say more. README.md lists them. */
enum { FAILED_IMAGE = 2, FAILED_DESCRIPTION, FAILED_SERVER, FAILED_SERVICES, FAILED_PROGRAMS, FAILED_ENTROPY };

static const char *read_description(void)
{
	struct file file;

	if (!file_find("system", 6, &file))
		return "the image has no system description";
	if (!file_is_sound(&file))
		return "the system description is damaged";
	return description_read((const char *)file.content, file.size);
}

/* The description may forbid a machine whose secrets can be guessed. */
static int refuse_without_entropy(void)
{
	say_loudly("entropy: NONE, and this system must not start so");
	nacre_sleep_until(nacre_deadline_in(100 * NACRE_MS)); /* for the console to finish */
	end_machine(SYSTEM_ENDING_POWEROFF, 1);
	return FAILED_ENTROPY;
}

int main(void)
{
	const struct nacre_boot_info *boot = nacre_startup()->boot_info;
	nacre_err_t error;

	processes_open();
	if (machine_open(boot))
		return FAILED_IMAGE;
	if (read_description())
		return FAILED_DESCRIPTION;
	if (nacre_server_create(boot->budget, &init_server.handle))
		return FAILED_SERVER;
	if (services_prepare())
		return FAILED_SERVICES;
	if (programs_prepare())
		return FAILED_PROGRAMS;
	tell_names_collect();
	services_start();
	if (description.require_entropy && !boot->entropy)
		return refuse_without_entropy();
	init_server.alarm(&init_server);
	watch_start();
	error = (nacre_err_t)nacre_server_run(&init_server);
	return error ? FAILED_SERVER : 0;
}
