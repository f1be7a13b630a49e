/* arch.h - RISC-V, supervisor mode: constants and the few functions worth inlining. The contract is interface.h.
 * Where things lie in the address space stands in rvNN/width.h. */
#pragma once
#include "types.h"
#include "width.h"

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096

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

/* Physical memory as the kernel sees it. Written once, by arch_init. */
struct arch_memory {
	paddr_t ram;
	size_t ram_bytes;
	uintptr_t ram_offset;   /* what to add to an address of RAM */
	uintptr_t image_offset; /* ... of a boot image that is not in RAM */
};
extern struct arch_memory arch_memory;

static inline void *pa_to_kva(paddr_t address)
{
	bool in_ram = address - arch_memory.ram < arch_memory.ram_bytes;

	return (void *)(address + (in_ram ? arch_memory.ram_offset : arch_memory.image_offset));
}

/* Only for addresses that came from pa_to_kva; the kernel's own variables lie elsewhere. */
static inline paddr_t kva_to_pa(const void *address)
{
	return (uintptr_t)address - arch_memory.ram_offset;
}

/* How much RAM from `base` on has room in the kernel's address space. */
static inline size_t arch_ram_limit(paddr_t base)
{
	return LINEAR_END - LINEAR_BASE - (base & (((paddr_t)1 << (PAGE_SHIFT + (TABLE_LEVELS - 1) * TABLE_BITS)) - 1));
}

/* --- Boot. arch_main is entered with paging on and only the kernel itself and the device tree mapped. It reads the
 * tree and calls arch_init; until then nothing of interface.h works but the console, arch_halt and kernel_panic. */
struct fdt;
struct arch_boot {
	uintptr_t hart;
	const void *tree;             /* the device tree, mapped for good: pointers into it stay valid */
	paddr_t tree_base;
	paddr_t text_base, data_base; /* the kernel itself, both whole pages; text may be in flash */
	size_t text_bytes, data_bytes;
};
void arch_main(const struct arch_boot *boot) __attribute__((noreturn)); /* kernel.lds makes it kernel_main of boot/main.c */

struct arch_config {
	const struct fdt *tree;       /* for the interrupt controller */
	paddr_t ram, image;
	size_t ram_bytes, image_bytes; /* of RAM at most arch_ram_limit; image 0: there is none */
	uint32_t timebase_hz;         /* 1 to 10^9 */
	bool clock_emulated;          /* firmware emulates rdtime: it works everywhere, but slowly */
};
void arch_init(const struct arch_boot *boot, const struct arch_config *config);

/* Pages inside the kernel's data that turned out not to be needed: how many, and where. For the frame allocator. */
size_t arch_spare_pages(paddr_t *base);

#include "wide.h"

#include "arch/interface.h"
#include "csr.h"

static inline uint64_t arch_ticks(void)
{
	return time_read();
}

/* A space as satp has it; never 0. */
static inline uintptr_t arch_space_word(paddr_t root)
{
	return (uintptr_t)SATP_MODE | root >> PAGE_SHIFT;
}

/* arch_space_activate for the short way, which cannot call. Any write to satp empties some cores' translation caches, and none
 * other is sure to: fence too. Addresses of the kernel are global and survive. ASID 0 is the only one. */
static inline void arch_space_switch(struct arch_cpu *here, uintptr_t word)
{
	if (word == here->space)
		return;
	here->space = word;
	CSR_WRITE(CSR_SATP, word);
	__asm__ volatile("sfence.vma zero, %0" : : "r"(0) : "memory");
}

/* arch_tlb_flush_page, where arch_space_switch to another space follows: that is all it takes. */
static inline void arch_tlb_flush_page_later(paddr_t root, vaddr_t address)
{
	(void)root;
	(void)address;
}

static inline struct arch_cpu *arch_here(void)
{
	return __builtin_thread_pointer();
}

/* The last thing a call that hands over does: who runs next, its a2, t1 and t2. */
static inline quick_t arch_quick_leave(struct registers *next, uintptr_t a2, uintptr_t t1, uintptr_t t2)
{
	register uintptr_t first __asm__("t1") = t1;
	register uintptr_t second __asm__("t2") = t2;
	quick_t result = quick((uintptr_t)next, a2);

	__asm__ volatile("" : "+r"(result) : "r"(first), "r"(second));
	return result;
}

/* Register of the interrupt controller; plic.c. */
extern volatile uint32_t *arch_irq_complete;
static inline void irq_complete(unsigned line)
{
	*arch_irq_complete = line;
}

/* A quick call that goes the ordinary way after all: its frame gets a pc, and the pc that it leaves there counts. */
static inline void arch_quick_begin(struct registers *frame)
{
	frame->pc = CSR_READ(CSR_SEPC) + 4;
}
static inline void arch_quick_end(const struct registers *frame)
{
	CSR_WRITE(CSR_SEPC, frame->pc - 4);
}

/* The last thing a short way does: who runs next, and its results, which entry.S leaves in t0-t4 as they are. */
static inline struct registers *arch_fast_leave(struct registers *next, uintptr_t t0, uintptr_t t1, uintptr_t t2, uintptr_t t3, uintptr_t t4)
{
	register uintptr_t first __asm__("t0") = t0;
	register uintptr_t second __asm__("t1") = t1;
	register uintptr_t third __asm__("t2") = t2;
	register uintptr_t fourth __asm__("t3") = t3;
	register uintptr_t fifth __asm__("t4") = t4;

	__asm__ volatile("" : "+r"(next) : "r"(first), "r"(second), "r"(third), "r"(fourth), "r"(fifth));
	return next;
}
