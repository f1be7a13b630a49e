/* step.h - where a RISC-V thread goes next: RISC-V has no single step, so breakpoints are put there.
 *
 * Compressed instructions, jumps and branches are decoded, and a branch is decided by the registers. A sequence from LR to SC is
 * stepped over as a whole: a trap inside takes the reservation away, and it would go round for ever. Makes no system calls. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "abi/nacre_abi.h"

enum { STEP_PLACES_MAX = 8 };

struct step_code {
	unsigned width;                /* 32 or 64 */
	bool (*read)(void *context, uintptr_t address, void *to, size_t size);
	void *context;
};

/* How many places there are; 0: the instruction cannot be read. */
unsigned step_places(const struct step_code *code, const struct nacre_registers *registers, uintptr_t places[STEP_PLACES_MAX]);
