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
typedef unsigned __int128 pair_t;
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

static inline uint64_t arch_ticks(void)
{
	return arch_clock_ns();
}
static inline void arch_ticks_charge(uint64_t *total, uint64_t *since)
{
	uint64_t now = arch_ticks();

	*total += now - *since;
	*since = now;
}
static inline uintptr_t arch_space_word(paddr_t root)
{
	return root;
}
static inline void arch_space_switch(struct arch_cpu *here, uintptr_t word)
{
	(void)here;
	arch_space_activate(word);
}
static inline void arch_tlb_flush_page_later(paddr_t root, vaddr_t address)
{
	arch_tlb_flush_page(root, address);
}
static inline struct arch_cpu *arch_here(void)
{
	return &arch_cpu;
}
static inline void irq_complete(unsigned line)
{
	irq_enable(line);
}
static inline void arch_quick_begin(struct registers *frame)
{
	frame->pc += 4;
}
static inline void arch_quick_end(struct registers *frame)
{
	frame->pc -= 4;
}
static inline quick_t arch_quick_leave(struct registers *next, uintptr_t a2, uintptr_t t1, uintptr_t t2)
{
	next->x[X_T1] = t1;
	next->x[X_T2] = t2;
	return quick((uintptr_t)next, a2);
}
static inline struct registers *arch_fast_leave(struct registers *next, uintptr_t t0, uintptr_t t1, uintptr_t t2, uintptr_t t3, uintptr_t t4)
{
	next->x[X_T0] = t0;
	next->x[X_T1] = t1;
	next->x[X_T2] = t2;
	next->x[X_T3] = t3;
	next->x[X_T4] = t4;
	return next;
}
