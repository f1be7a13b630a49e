/* report.h - how programs end, in numbers and in words. */
#pragma once
#include "shell.h"

/* The exit status of a program that ended so: its own code, or 128 and the number of the signal that Unix has for
 * such an end. */
int report_status(uint32_t cause, int32_t code);
bool report_is_crash(uint32_t cause);

/* Prints init's crash report of a program of this shell's. */
void report_crash(uint32_t number);

/* Why the last program could not be started; false: init does not say. */
bool report_failure(char *to, size_t size);
