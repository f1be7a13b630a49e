/* main.c - the shell: reads lines and does what they say, until there are no more. With `-c LINE` it does that one line,
 * without a word of its own, and switches the machine off with its status. */
#include <stdlib.h>
#include "base/format.h"
#include "base/string.h"
#include "terminal.h"
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

static char room[2 * LINE_BYTES];
static char *words[WORDS_MAX + 1];

/* Are all commands of the line well formed? With one that is not, none is run. */
static bool line_check(const char *line)
{
	const char *why;

	while (*line)
		if (words_split(&line, room, words, &why) < 0) {
			complain("shell", "%s", why);
			return false;
		}
	return true;
}

/* One command after the other; Ctrl-C leaves out the rest. */
static void run_line(const char *line)
{
	const char *why;

	if (!line_check(line)) {
		shell.status = STATUS_USAGE;
		return;
	}
	while (*line) {
		int argc = words_split(&line, room, words, &why);

		if (argc > 0)
			shell.status = run_words(argc, words);
		if (argc < 0) /* what a variable has become since the check */
			shell.status = complain("shell", "%s", why);
		if (argc < 0 || shell.status == STATUS_INTERRUPTED)
			return;
	}
}

/* Nothing more will be said: what runs may finish, then the machine goes off. */
static void end(int status)
{
	static char text[12];
	static char *argv[] = { "poweroff", text, NULL };

	format_text(text, sizeof(text), "%d", status & 0xff);
	jobs_wait(0);
	run_poweroff(2, argv);
}

static nacre_status_t connect_all(void)
{
	nacre_status_t status = terminal_open();

	if (!status)
		status = nacre_connect("svc/process", &shell.process);
	if (!status)
		status = nacre_connect("svc/system", &shell.system);
	return status ? status : jobs_open();
}

static void run_typed(void)
{
	static char line[LINE_BYTES];

	jobs_tell();
	switch (edit_line("nacre> ", line)) {
	case EDIT_LINE:
		run_line(line);
		break;
	case EDIT_CANCELLED:
		shell.status = STATUS_INTERRUPTED;
		break;
	case EDIT_END:
		end(STATUS_DONE);
		break;
	}
}

int main(int argc, char **argv)
{
	nacre_status_t status = connect_all();

	if (status) {
		nacre_log(LOG_ERROR, "cannot start: %s", nacre_error_sentence(status));
		return EXIT_FAILURE;
	}
	terminal_attend(NACRE_HANDLE_NONE);
	if (argc == 3 && string_equal(argv[1], "-c")) {
		run_line(argv[2]);
		end(shell.status);
	}
	facts_banner();
	for (;;)
		run_typed();
}
