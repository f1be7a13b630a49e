/* complete_files.h - paths of the file system at `svc/files`, for Tab. Where the shell's manifest does not list that name,
 * or nobody serves it, there are none. */
#pragma once
#include "shell.h"

/* Calls `offer` with each path that begins with the directory part of `word`, which begins with a slash. That of a
 * directory ends with one. */
void complete_files(const char *word, void (*offer)(void *context, const char *path), void *context);
