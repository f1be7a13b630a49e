/* main.c - the shell: reads lines and does what they say, until there are no more. */
#include <stdlib.h>
#include "base/string.h"
#include "console.h"
#include "edit.h"
#include "facts.h"
#include "jobs.h"
#include "nacre/log.h"
#include "nacre/names.h"

struct shell shell;

static int run_builtin(const struct builtin *builtin, int argc, char **argv)
{
	unsigned words = (unsigned)argc - 1;

	if (words < builtin->least || words > builtin->most)
		return builtin_misused(argv[0]);
	if (shell.background && builtin->run != run_run)
		return complain(argv[0], "only programs run in the background, this is part of the shell");
	return builtin->run(argc, argv);
}

static int run_words(int argc, char **argv)
{
	static const struct job_options as_the_manifest_says;
	const struct builtin *builtin = builtin_find(argv[0]);

	return builtin ? run_builtin(builtin, argc, argv) : jobs_run(argc, argv, &as_the_manifest_says);
}

static void run_line(const char *line)
{
	static char room[2 * LINE_BYTES];
	static char *argv[WORDS_MAX + 1];
	const char *why;
	int argc = words_split(line, room, argv, &why);

	if (argc < 0) {
		complain("shell", "%s", why);
		shell.status = STATUS_USAGE;
	} else if (argc) {
		shell.status = run_words(argc, argv);
	}
}

/* Input that has ended will say nothing more: what runs may finish, then the machine goes off. */
static void end_of_input(void)
{
	static char *argv[] = { "poweroff", NULL };

	jobs_wait(0);
	run_poweroff(1, argv);
}

static nacre_status_t connect_all(void)
{
	nacre_status_t status = console_open();

	if (!status)
		status = nacre_connect("svc/process", &shell.process);
	if (!status)
		status = nacre_connect("svc/system", &shell.system);
	return status ? status : jobs_open();
}

int main(void)
{
	static char line[LINE_BYTES];
	nacre_status_t status = connect_all();

	if (status) {
		nacre_log(LOG_ERROR, "cannot start: %s", nacre_error_sentence(status));
		return EXIT_FAILURE;
	}
	console_attend(NACRE_HANDLE_NONE);
	facts_banner();
	for (;;) {
		jobs_tell();
		switch (edit_line("nacre> ", line)) {
		case EDIT_LINE:
			run_line(line);
			break;
		case EDIT_CANCELLED:
			shell.status = STATUS_INTERRUPTED;
			break;
		case EDIT_END:
			end_of_input();
			break;
		}
	}
}
