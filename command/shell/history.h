/* history.h - the last lines that were typed. */
#pragma once
#include "shell.h"

/* Lines that are empty, too long to keep, or the same as the last are not added. */
void history_add(const char *line);

/* The n-th last line, from 1; NULL: there is none. */
const char *history_at(unsigned n);
