/* table.h - numbers and columns as the shell prints them. */
#pragma once
#include "shell.h"

/* 1234567 as "1,234,567". Answers `to`. */
const char *number_text(char to[28], uint64_t number);

/* Pages as "1234 KiB". */
const char *pages_text(char to[20], uintptr_t pages);

/* Nanoseconds as "12.345 s". */
const char *seconds_text(char to[24], uint64_t ns);

/* The process of a number or a name, as `kill` and `handles` take it: complains for `who` and answers false where
 * there is none, or more than one of that name. */
struct system_process;
bool process_named(const char *who, const char *text, struct system_process *found, nacre_handle_t *process);

/* The process with the lowest number from `number` on; its handles are NONE where it has ended. The caller closes
 * them with process_close. */
struct process_handles {
	nacre_handle_t process, budget;
};
bool process_next(uint32_t number, struct system_process *found, struct process_handles *handles);
void process_close(struct process_handles *handles);

/* Its short name, or "-". */
const char *process_label(uint32_t number, char label[LABEL_BYTES]);
