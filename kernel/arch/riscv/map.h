/* map.h - the kernel's own half of every address space. Inside kernel/arch/riscv only. */
#pragma once
#include "arch.h"

#define MEGA_BYTES ((uintptr_t)1 << MEGA_SHIFT)

/* What the kernel may do with a page; these pages stay for good and are the same in every space. */
#define MAP_READ    (PTE_V | PTE_G | PTE_A | PTE_D | PTE_R)
#define MAP_EXECUTE (MAP_READ | PTE_X)
#define MAP_WRITE   (MAP_READ | PTE_W)

paddr_t map_kernel(paddr_t text, paddr_t data, paddr_t tree); /* before paging, from start.S; answers what satp wants */
void map_boot(struct arch_boot *boot);                        /* the first call with paging on: fills in the rest */
void map_range(uintptr_t address, paddr_t base, size_t bytes, pte_t access);
void map_memory(const struct arch_boot *boot, const struct arch_config *config);
