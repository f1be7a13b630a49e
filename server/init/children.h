/* children.h - programs that were started, as those who started them see them: methods of idl/process.h, and what
 * happens when one ends. */
#pragma once
#include "nacre/server.h"
#include "process.h"

nacre_handler children_wait, children_ended, children_kill, children_handle, children_report;

/* A program has ended: whoever wants to know is told. */
void program_ended(struct process *process, uint32_t cause, uint32_t code);

/* Waits that ended early are forgotten. */
void children_wait_clean(void);
