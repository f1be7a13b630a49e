/* mmu.h - between host.c and mmu.c. */
#pragma once
#include "arch.h"

void mmu_reset(void);
bool mmu_is_memory(paddr_t address); /* RAM or image, not device registers */
