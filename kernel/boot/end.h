/* end.h - the hooks for a process that has ended; object/process.h. */
#pragma once
#include "object/process.h"

void process_ended(struct process *process);
void process_notices_drop(struct process *process);
