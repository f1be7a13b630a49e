/* jobs.h - programs are started, waited for, interrupted.
 *
 * The shell receives at a server of its own: init signals there when a program of the shell's has ended, the console
 * when Ctrl-C was typed while somebody else reads. */
#pragma once
#include "shell.h"

nacre_status_t jobs_open(void);

struct job_options {
	uint32_t pages, priority;   /* 0: as the manifest says */
};

/* Runs a program and, unless shell.background, waits for it. Answers its exit status. */
int jobs_run(int argc, char **argv, const struct job_options *options);

/* Waits until all programs in the background have ended, or one of a number; false: Ctrl-C. */
bool jobs_wait(uint32_t number);
bool jobs_exist(uint32_t number);

/* Tells of programs in the background that have ended meanwhile. */
void jobs_tell(void);

/* Waits until a time; false: Ctrl-C was typed. */
bool jobs_sleep(uint64_t deadline_ns);

/* While a builtin that may take long is at work: Ctrl-C is for it, not for the line. */
void jobs_attend(bool on);
