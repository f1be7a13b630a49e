/* say.h - how init makes itself heard: the log for what happens, the console for what a person must see now.
 * Init must never hang on a server that it supervises: it sends, or it calls with a short deadline. */
#pragma once
#include <abi/nacre_abi.h>
#include "idl/log.h"

/* How long init waits for any server. */
#define INIT_PATIENCE_MS 100

/* A call that gives up. `bytes` may be NULL; `send` is a handle that goes along, or NONE; `received` may be NULL. */
uint32_t ask_patiently(nacre_handle_t connection, struct nacre_words *words, const void *bytes, size_t size,
		       nacre_handle_t send, nacre_handle_t *received);

/* A line for the log, formatted as base/format.h does; cut at LOG_TEXT_BYTES. Lines wait for a log that is down. */
void say(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, and on the console too. */
void say_loudly(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Tells the log what the processes are called. */
void say_label(uint32_t number, const char *label);
