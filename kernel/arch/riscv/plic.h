/* plic.h - the platform-level interrupt controller. Inside kernel/arch/riscv only; the rest is in interface.h. */
#pragma once
#include "arch.h"

void plic_init(const struct fdt *tree, uintptr_t hart); /* without one in the tree there are no lines */
unsigned plic_claim(void);                              /* a line that wants attention, now silent; 0: none */
