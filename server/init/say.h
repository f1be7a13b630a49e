/* say.h - how init makes itself heard: the log for what happens, the console for what a person must see now.
 * Init must never hang on a server that it supervises: it sends, or it calls with a short deadline. */
#pragma once
#include <abi/nacre_abi.h>
#include <stdbool.h>
#include "nacre/log.h"

/* The deadline of such a call that begins now. */
uint64_t patience(void);

/* A line for the log, formatted as base/format.h does; cut at LOG_TEXT_BYTES. Lines wait for a log that is down. */
void say(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, and on the console too. */
void say_loudly(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The last line of a process before the record `*before` (0: of all), which becomes this line's. False: there is none, or
 * the log cannot be asked. */
bool say_last_line(uint32_t number, const char *label, uint32_t *before, char *text, size_t room);

/* Tells the log what the processes are called. */
void say_label(uint32_t number, const char *label);

/* The same, and it is waited for. False: the log does not answer. */
bool say_label_now(uint32_t number, const char *label);
