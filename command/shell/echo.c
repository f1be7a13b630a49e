/* echo.c - echo and env: words, and the environment of programs. */
#include "terminal.h"

int run_echo(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		out("%s%s", i > 1 ? " " : "", argv[i]);
	out("\n");
	return STATUS_DONE;
}

static bool is_assignment(const char *text)
{
	size_t name = 0;

	while (text[name] && text[name] != '=')
		name++;
	return name && text[name] == '=';
}

int run_env(int argc, char **argv)
{
	const char *text;

	for (int i = 1; i < argc; i++) {
		if (!is_assignment(argv[i]))
			return builtin_misused(argv[0]);
		if (!environment_set(argv[i]))
			return complain(argv[0], "the environment is full; remove something with NAME=");
	}
	for (size_t n = 0; argc == 1 && (text = environment_at(n)); n++)
		out("%s\n", text);
	return STATUS_DONE;
}
