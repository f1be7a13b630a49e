/* arch.h - a simulated machine inside a host program: RAM and boot image are arrays, page tables have the format of
 * Sv39, time stands still unless a test moves it. The contract is arch/interface.h; what tests can do is host.h. */
#pragma once
#include "types.h"

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096
#define TABLE_LEVELS 3
#define TABLE_BITS 9
#define TOKEN_SLOT_BITS 20
#define USER_BASE ((vaddr_t)0x1000)
#define USER_END ((vaddr_t)1 << 38)

typedef uintptr_t pte_t;
#define PTE_V ((pte_t)1 << 0)
#define PTE_R ((pte_t)1 << 1)
#define PTE_W ((pte_t)1 << 2)
#define PTE_X ((pte_t)1 << 3)
#define PTE_U ((pte_t)1 << 4)
#define PTE_G ((pte_t)1 << 5)
#define PTE_A ((pte_t)1 << 6)
#define PTE_D ((pte_t)1 << 7)
#define PTE_SOFT0 ((pte_t)1 << 8) /* two bits that the hardware leaves to us */
#define PTE_SOFT1 ((pte_t)1 << 9)
#define PTE_PPN_SHIFT 10

/* Both panic on an address that is neither RAM nor image. */
void *pa_to_kva(paddr_t address);
paddr_t kva_to_pa(const void *address);

static inline size_t arch_ram_limit(paddr_t base)
{
	return SIZE_MAX - base;
}

#include "arch/interface.h"
