/* run.c - run and wait: programs in the foreground and in the background. */
#include "base/string.h"
#include "terminal.h"
#include "jobs.h"

/* An option's number, if this is the option; false: it is not, or not a number. */
static bool option_number(char ***argv, int *argc, const char *option, uint64_t *number)
{
	if (*argc < 3 || !string_equal((*argv)[1], option) || !number_read((*argv)[2], number))
		return false;
	*argv += 2;
	*argc -= 2;
	return true;
}

int run_run(int argc, char **argv)
{
	enum { KIB_MAX = 1 << 20, PAGE_KIB = 4 };
	struct job_options options = { 0 };
	const char *name = argv[0];
	uint64_t number;

	for (;;) {
		if (option_number(&argv, &argc, "-m", &number) && number && number <= KIB_MAX)
			options.pages = (uint32_t)(number + PAGE_KIB - 1) / PAGE_KIB;
		else if (option_number(&argv, &argc, "-p", &number) && number && number < NACRE_LIMIT_PRIORITIES)
			options.priority = (uint32_t)number;
		else
			break;
	}
	if (argc < 2 || argv[1][0] == '-')
		return builtin_misused(name);
	if (builtin_find(argv[1]))
		return complain(name, "%s is part of the shell: type it without run", argv[1]);
	return jobs_run(argc - 1, argv + 1, &options);
}

int run_wait(int argc, char **argv)
{
	uint64_t number = 0;

	if (argc == 2 && (!number_read(argv[1], &number) || !number || number > UINT32_MAX))
		return builtin_misused(argv[0]);
	if (number && !jobs_exist((uint32_t)number))
		return complain(argv[0], "no program in the background has number %s", argv[1]);
	return jobs_wait((uint32_t)number) ? STATUS_DONE : STATUS_INTERRUPTED;
}
