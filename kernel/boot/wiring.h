/* wiring.h - the one place where lower layers learn of higher ones: types, hooks, and what the processor calls. */
#pragma once
#include "arch.h"

void kernel_wire(void); /* fills in object_types and all hooks; before the first object */
extern const struct arch_handlers kernel_handlers;
