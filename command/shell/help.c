/* help.c - help: which commands there are, and how they are used. */
#include "base/string.h"
#include "terminal.h"
#include "programs.h"

static int help_on(const char *name)
{
	const struct builtin *builtin = builtin_find(name);
	char program[LABEL_BYTES];

	if (builtin) {
		out("%s\n  %s\n%s", builtin->usage, builtin->summary, builtin->more);
		return STATUS_DONE;
	}
	for (size_t i = 0; programs_name(i, program); i++)
		if (string_equal(program, name)) {
			out("%s is a program: `run %s` or just `%s` starts it\n", name, name, name);
			return STATUS_DONE;
		}
	return programs_unknown(name);
}

static void list_programs(void)
{
	char program[LABEL_BYTES];

	out("programs:");
	for (size_t i = 0; programs_name(i, program); i++)
		out(" %s", program);
	out("\n");
}

int run_help(int argc, char **argv)
{
	const struct builtin *builtin;

	if (argc == 2)
		return help_on(argv[1]);
	for (size_t i = 0; (builtin = builtin_at(i)); i++)
		out("%-9s %s\n", builtin->name, builtin->summary);
	list_programs();
	out("Ctrl-C ends the running program, & behind one leaves it in the background; poweroff or Ctrl-A X leaves.\n");
	return STATUS_DONE;
}
