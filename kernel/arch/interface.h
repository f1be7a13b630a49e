/* interface.h - what the portable kernel asks of a machine. Included by each machine's arch.h, after its constants.
 *
 * arch.h of a machine defines:
 *   PAGE_SHIFT PAGE_SIZE            4 KiB pages
 *   TABLE_LEVELS TABLE_BITS         levels of a page table and address bits of each (Sv32: 2, 10; Sv39: 3, 9)
 *   USER_BASE USER_END              addresses a program may have; USER_BASE leaves the page at 0 unmapped
 *   pte_t and the PTE_* bits        privileged spec, 4.3.1 and 4.4.1
 *   pa_to_kva(paddr_t) -> void *    RAM and boot image only
 *   kva_to_pa(const void *) -> paddr_t   RAM only
 *   TOKEN_SLOT_BITS                 how a reply token is cut: slot below, sequence above
 * and as inline functions or functions what follows. Nothing here allocates; nothing here blocks.
 */
#pragma once
#include "types.h"

/* A thread's saved registers; the entry code knows the layout. x[i] is register i + 1. */
struct registers {
  uintptr_t pc;
  uintptr_t x[31];
};
enum { X_RA = 0, X_SP = 1, X_GP = 2, X_TP = 3, X_T0 = 4, X_T1 = 5, X_T2 = 6, X_A0 = 9, X_A1 = 10, X_A7 = 16, X_T3 = 27, X_T4 = 28, X_T5 = 29, X_T6 = 30 };

/* One per hart; start.S and entry.S know the first three offsets. */
struct arch_cpu {
  struct registers *frame; /* where the next trap from user space saves, and what the next return restores; NULL: idle */
  uintptr_t stack_top;
  uintptr_t scratch[4];
  paddr_t root; /* page table in satp; compared before every write */
};
extern struct arch_cpu arch_cpu;

/* Called upward by the entry code, with interrupts off, on the hart's one kernel stack. Filled in by boot. After any of
 * them returns, the entry code restores arch_cpu.frame, or idles while it is NULL (handling interrupts as they come). */
struct arch_handlers {
  void (*syscall)(void);                                /* pc already points behind the ecall */
  void (*fault)(unsigned cause, uintptr_t address);     /* cause: CAUSE_... of the contract; pc at the instruction */
  void (*timer)(void);
  void (*interrupt)(unsigned line);                     /* claimed, masked and completed: silent until irq_enable(line) */
};
void arch_start(const struct arch_handlers *handlers) __attribute__((noreturn)); /* never comes back: runs arch_cpu.frame */

/* Address spaces. */
void arch_space_activate(paddr_t root);  /* writes satp only on a change */
void arch_space_fill(void *root);        /* copies the kernel's part into a fresh root table */
void arch_space_gone(paddr_t root);      /* root is about to be freed: leave it if active */
void arch_tlb_flush_page(paddr_t root, vaddr_t address);
void arch_tlb_flush_space(paddr_t root); /* all of a space's user pages */
void arch_fence_instructions(void);      /* after text was written */

/* Time, in ns since reset. The timer fires once, at or after the time set; NEVER_NS turns it off. */
uint64_t arch_clock_ns(void);
void arch_timer_set_ns(uint64_t when_ns);
bool arch_user_clock(void);              /* rdtime works in user space */
uint32_t arch_timebase_hz(void);
uint64_t arch_instructions(void);        /* instructions executed, or 0 where there is no counter */

/* Interrupts. Preemption points ask whether anything is pending while interrupts are off. */
bool arch_interrupt_pending(void);
void arch_interrupt_poll(void);          /* takes what is pending now, through the handlers, without returning to user space;
                                            for long work in the kernel. Handlers called from here must not schedule. */
unsigned irq_lines(void);                /* lines are 1 .. irq_lines() - 1 */
void irq_enable(unsigned line);
void irq_disable(unsigned line);

/* The early console and the end. */
void arch_console_write(const char *text, size_t size);
void arch_halt(bool failed) __attribute__((noreturn)); /* power off; QEMU's status is 1 if failed */

void arch_restart(void) __attribute__((noreturn));          /* reset the machine */

/* Registers of a thread that is not running. */
void registers_init(struct registers *registers, vaddr_t entry, vaddr_t stack, uintptr_t argument, vaddr_t tls);
