/* shell.h - what the parts of the shell share: who it talks to, what it remembers, and the builtins.
 *
 *   main.c     banner and loop            edit.c      a line is typed, with history; complete*.c what Tab does
 *   words.c    a line becomes words       jobs.c      programs are started, waited for, interrupted
 *   terminal.c text out and bytes in      environment.c, nearest.c, peer.c (other servers)
 * Every other file is one builtin, or a few that belong together. */
#pragma once
#include <abi/nacre_abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "nacre/error.h"

/* Exit statuses. */
enum { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_USAGE = 2, STATUS_UNKNOWN = 127, STATUS_SIGNAL = 128,
       STATUS_INTERRUPTED = 130, STATUS_KILLED = 137 };

enum { LINE_BYTES = 256, WORDS_MAX = 33, LABEL_BYTES = 16 };

struct shell {
	nacre_handle_t console, process, system; /* connections */
	nacre_handle_t server;                   /* where notices and Ctrl-C arrive */
	int status;                              /* of the last command: $? */
	bool background;                         /* the line being run ended in & */
};

extern struct shell shell;

/* --- builtins ------------------------------------------------------------------------------------------ */

/* What can stand at a place of a line. */
enum tab { TAB_NOTHING, TAB_COMMANDS, TAB_PROGRAMS, TAB_PROCESSES, TAB_VARIABLES, TAB_NAMES };

struct builtin {
	const char *name, *usage, *summary;
	const char *more;                /* further lines of help, or "" */
	unsigned least, most;            /* words behind the name */
	int (*run)(int argc, char **argv);
	enum tab tab;                /* behind the name: what Tab offers */
};

/* NULL after the last; by name. */
const struct builtin *builtin_at(size_t n);
const struct builtin *builtin_find(const char *name);

/* Says how the builtin is used. Answers STATUS_USAGE. */
int builtin_misused(const char *name);

int run_help(int argc, char **argv);
int run_run(int argc, char **argv);
int run_wait(int argc, char **argv);
int run_kill(int argc, char **argv);
int run_start(int argc, char **argv);
int run_stop(int argc, char **argv);
int run_restart(int argc, char **argv);
int run_replace(int argc, char **argv);
int run_budget(int argc, char **argv);
int run_priority(int argc, char **argv);
int run_crashes(int argc, char **argv);
int run_ps(int argc, char **argv);
int run_cpu(int argc, char **argv);
int run_mem(int argc, char **argv);
int run_handles(int argc, char **argv);
int run_names(int argc, char **argv);
int run_irq(int argc, char **argv);
int run_devices(int argc, char **argv);
int run_log(int argc, char **argv);
int run_uptime(int argc, char **argv);
int run_date(int argc, char **argv);
int run_sleep(int argc, char **argv);
int run_echo(int argc, char **argv);
int run_env(int argc, char **argv);
int run_version(int argc, char **argv);
int run_reboot(int argc, char **argv);
int run_poweroff(int argc, char **argv);

/* --- nearest.c ----------------------------------------------------------------------------------------- */

/* Looks for the word that is most like another, offered one by one. */
struct nearest {
	const char *wanted;
	unsigned distance;
	char best[LABEL_BYTES];
};
void nearest_begin(struct nearest *nearest, const char *wanted);
void nearest_offer(struct nearest *nearest, const char *word);

/* NULL: none is like it. */
const char *nearest_word(const struct nearest *nearest);

/* --- environment.c ------------------------------------------------------------------------------------- */

/* "NAME=value" number n; NULL after the last. */
const char *environment_at(size_t n);

/* The value; NULL. */
const char *environment_get(const char *name, size_t size);

/* Sets or, with an empty value, removes. False: there is no room. */
bool environment_set(const char *assignment);

/* --- words.c ------------------------------------------------------------------------------------------- */

/* Takes the next command off a line and apart into words in `room`: blanks part them, quotes hold them together, $? and
 * $NAME are replaced, a # begins a comment, a last & sets shell.background, a semicolon ends the command. Answers how many
 * words; argv[that] is NULL, and *line is what follows. On a mistake answers -1 and *why is a sentence. */
int words_split(const char **line, char room[2 * LINE_BYTES], char *argv[WORDS_MAX + 1], const char **why);

/* --- numbers ------------------------------------------------------------------------------------------- */

/* A decimal number and nothing else. */
bool number_read(const char *text, uint64_t *number);
