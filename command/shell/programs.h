/* programs.h - the programs of the image. */
#pragma once
#include "shell.h"

/* Name number n; false past the last. */
bool programs_name(size_t n, char name[LABEL_BYTES]);

/* Complains that there is no such command or program, with the nearest name. Answers STATUS_UNKNOWN. */
int programs_unknown(const char *name);
