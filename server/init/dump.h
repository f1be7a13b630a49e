/* dump.h - the end of a process that crashed or hung: where a service takes cores, that one looks at it first and ends it. */
#pragma once
#include "crash.h"

/* Ends it, now or when a core of it was made. Its exit notice says when that was. */
void dump_and_end(struct process *process, const struct crash *crash);

/* Nobody waits for long. Ends those whose core is late; answers when to be called again. */
uint64_t dump_tend(uint64_t now_ns);
