/* process.h - what lib/posix adds to processes where a program uses it. */
#pragma once
#include <sys/types.h>

/* Children are known by the process number that init gave them, oneself by a number above all of those. */
enum { PROCESS_NUMBERS = 0x10000000 };

pid_t child_wait(pid_t child, int *status, int options) __attribute__((weak));  /* lib/posix/spawn.c */
int child_kill(pid_t child, int signal) __attribute__((weak));
int signal_send_self(int signal) __attribute__((weak));                         /* lib/posix/signal.c */
