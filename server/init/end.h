/* end.h - the end of the machine: all programs are ended, then the power driver does the rest. */
#pragma once
#include <stdbool.h>
#include "idl/system.h"
#include "nacre/error.h"

/* STATUS_OK: it is under way, and comes in a moment. */
nacre_status_t end_machine(enum system_ending how, uint32_t status);

/* From then on nothing is started. */
bool end_has_begun(void);

/* Where the power driver did nothing: init ends, and the kernel starts the machine anew. */
uint64_t end_tend(uint64_t now_ns);
