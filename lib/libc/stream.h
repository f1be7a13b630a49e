/* stream.h - connections that speak the console protocol, as file descriptors are: consoles, ends of pipes. And what
 * lib/posix, where a program has it, puts in the place of descriptors 0, 1 and 2 being all there are. */
#pragma once
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>
#include "nacre/error.h"

/* Bytes, or a negative errno. `now`: EAGAIN in place of waiting. */
ssize_t stream_write(nacre_handle_t connection, const char *data, size_t size, bool now);
ssize_t stream_read(nacre_handle_t connection, char *data, size_t size, bool now);

/* The console connection that was given for descriptor 0, 1 or 2; 0: none. */
nacre_handle_t stream_standard(int file);

/* lib/posix/descriptor.c; weak: a program that neither opens nor duplicates anything does without. */
ssize_t descriptor_write(int file, const void *data, size_t size) __attribute__((weak));
ssize_t descriptor_read(int file, void *data, size_t size) __attribute__((weak));
off_t descriptor_seek(int file, off_t offset, int whence) __attribute__((weak));
int descriptor_state(int file, struct stat *state) __attribute__((weak));
int descriptor_close(int file) __attribute__((weak));
int descriptor_is_console(int file) __attribute__((weak));
