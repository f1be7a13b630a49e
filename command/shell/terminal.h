/* terminal.h - text out and bytes in. The console may die and be restarted at any moment: what was asked of it then is
 * asked again, so that nobody above notices. */
#pragma once
#include "shell.h"

/* Connects. The shell is of no use without. */
nacre_status_t terminal_open(void);

/* Formatted as base/format.h does; kept until out_flush or until there is much of it. */
void out(const char *format, ...) __attribute__((format(printf, 1, 2)));
void out_bytes(const char *text, size_t size);
void out_flush(void);

/* "NAME: sentence\n", the form of all complaints. Answers STATUS_FAILED. */
int complain(const char *who, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Waits for typed bytes, at least one and never beyond the end of a line. */
size_t terminal_read(char *to, size_t room);

/* A connection for a program. */
nacre_status_t terminal_for_program(bool may_read, nacre_handle_t *connection);

/* From now on Ctrl-C sets bit 1 on `attendant`; or is a byte like any other, where that is NONE. */
void terminal_attend(nacre_handle_t attendant);

/* Until all that was written has left the machine. */
void terminal_drain(void);
