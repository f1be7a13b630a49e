/* start.h - the ways in that start.S and the ones who write startup blocks share. Not for programs. */
#pragma once
#include "nacre/startup.h"

/* Everything between the loader's work and the end of the program. */
void nacre_start(struct nacre_startup *startup) __attribute__((noreturn));

/* A further thread: nacre_thread_start is the address to start it at, nacre_thread_main what it then runs. */
void nacre_thread_start(void);
void nacre_thread_main(void *argument) __attribute__((noreturn));
