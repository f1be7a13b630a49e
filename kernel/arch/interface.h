/* interface.h - what the portable kernel asks of a machine. Included by each machine's arch.h, after its constants.
 *
 * arch.h of a machine defines:
 *   PAGE_SHIFT PAGE_SIZE            4 KiB pages
 *   TABLE_LEVELS TABLE_BITS         levels of a page table and address bits of each (Sv32: 2, 10; Sv39: 3, 9)
 *   USER_BASE USER_END              addresses a program may have; USER_BASE leaves the page at 0 unmapped
 *   pte_t and the PTE_* bits        privileged spec, 4.3.1 and 4.4.1
 *   pa_to_kva(paddr_t) -> void *    RAM and boot image only
 *   kva_to_pa(const void *) -> paddr_t   RAM only
 *   pair_t                          an integer of two words
 *   TOKEN_SLOT_BITS                 how a reply token is cut: slot below, sequence above
 * and as inline functions or functions what follows. Nothing here allocates; nothing here blocks.
 */
#pragma once
#include "types.h"

/* A thread's saved registers; the entry code knows the layout. x[i] is register i + 1. */
struct thread;
struct registers {
  uintptr_t pc;
  uintptr_t x[31];
};
enum { X_RA = 0, X_SP = 1, X_GP = 2, X_TP = 3, X_T0 = 4, X_T1 = 5, X_T2 = 6, X_A0 = 9, X_A1 = 10, X_A7 = 16, X_T3 = 27, X_T4 = 28, X_T5 = 29, X_T6 = 30 };

/* One per hart; start.S and entry.S know the offsets. */
#define QUICK_CALLS 80
struct arch_cpu {
  struct registers *frame; /* where the next trap from user space saves, and what the next return restores; NULL: idle */
  uintptr_t stack_top;
  uintptr_t scratch[4];    /* of the program: t0, ra, sp */
  uintptr_t space; /* what arch_space_word says of the active one; compared before every write */
  uintptr_t unsettled;     /* UNSETTLED_...: why a system call does not just return to its program; 0 whenever a program runs */
  uintptr_t quick[QUICK_CALLS]; /* where the entry code goes for a system call of each number */
  /* The portable kernel's own, here because the short way reaches what lies behind this pointer without an address. */
  struct thread *current;  /* thread/schedule.h */
  uint32_t ready_bits;     /* bit p: a thread of priority p is ready */
  uintptr_t frame_view;    /* from the address of a frame to where the kernel sees it; memory/frame.h */
  uint32_t reap_bits;      /* bit p: something whose end is that urgent is on the reap queue; object/reap.h */
};
extern struct arch_cpu arch_cpu;

/* SCHEDULE: what schedule() decides by may have changed. FRAME: the results are in the frame already, or whoever wakes the thread puts
 * them there. CHECK: test kernels look at everything after every call. */
enum { UNSETTLED_SCHEDULE = 1, UNSETTLED_FRAME = 2, UNSETTLED_CHECK = 4 };

/* Called upward by the entry code, with interrupts off, on the hart's one kernel stack. Filled in by boot. After any of
 * them returns, the entry code restores arch_cpu.frame, or idles while it is NULL (handling interrupts as they come). */
struct arch_handlers {
  void (*syscall)(void);                                /* pc already points behind the ecall; schedules */
  void (*settle)(void);                                 /* after a call that left arch_cpu.unsettled */
  void (*fault)(unsigned cause, uintptr_t address);     /* cause: CAUSE_... of the contract; pc at the instruction */
  void (*timer)(void);
  void (*interrupt)(unsigned line);                     /* claimed, masked and completed: silent until irq_enable(line) */
};
/* Why not: every call is traced; something is being taken apart; asked for; who pays has used up its share. */
enum { FAST_TRACE = 1, FAST_REAP = 2, FAST_BOOT = 4, FAST_SHARE = 8 };
void arch_fast_forbid(unsigned why, bool forbid);       /* the short way is taken while nobody forbids it */
/* A register call, and a register reply and receive (token in scratch[0]), from arch_cpu.frame, whose pc and registers are not
 * saved yet; ipc/fast.c, wired by name. NULL: not this way; nothing has happened. Else the thread that runs next, in its space
 * already: the words pass on in a1-a6; t0-t4 are what arch_fast_leave was told; every other caller-saved register is 0. With a
 * message (ipc/fast_message.c): t1, t2 and t3, deadline and header, are in the frame. */
struct registers *arch_fast_call(handle_t handle);
struct registers *arch_fast_reply(handle_t handle);
struct registers *arch_fast_call_message(handle_t handle);
struct registers *arch_fast_reply_message(handle_t handle);
/* System calls that need little: called with the program's a0-a6 as arguments and nothing saved. What they return becomes a0 and
 * a1; every other caller-saved register is 0. syscall/quick.c, wired by name; NULL: the ordinary way. */
typedef pair_t quick_t;   /* the error below, the value above; as one number, since gcc would make a struct in memory first */
static inline quick_t quick(uintptr_t error, uintptr_t value)
{
  return (pair_t)value << 8 * sizeof(uintptr_t) | error;
}
typedef quick_t quick_call(uintptr_t a0, uintptr_t a1, uintptr_t a2, uintptr_t a3, uintptr_t a4, uintptr_t a5, uintptr_t a6);
extern quick_call *const arch_quick_calls[QUICK_CALLS];
/* The same, but they may hand the processor over, while the caller becomes `bare` (thread/thread.h): the frame of who runs next, behind
 * its system call, with the word above in a2 and the rest as arch_quick_leave was told; or below 0, and above the caller's error. */
quick_t arch_quick_signal(handle_t handle, uintptr_t bits);
quick_t arch_quick_yield(void);
/* A line has fired, and whoever ran is saved in the frame. 0: it stays, unless arch_cpu.unsettled says more. */
quick_t arch_fast_interrupt(unsigned line);
void arch_ordinary(void); /* as arch_handlers.syscall, but that the entry code looks at arch_cpu.unsettled; wired by name */
void arch_start(const struct arch_handlers *handlers) __attribute__((noreturn)); /* never comes back: runs arch_cpu.frame */

/* Address spaces. */
void arch_space_activate(paddr_t root);  /* writes satp only on a change */
void arch_space_fill(void *root);        /* copies the kernel's part into a fresh root table */
void arch_space_gone(paddr_t root);      /* root is about to be freed: leave it if active */
void arch_tlb_flush_page(paddr_t root, vaddr_t address);
void arch_tlb_flush_space(paddr_t root); /* all of a space's user pages */
void arch_fence_instructions(void);      /* after text was written */

/* Time, in ns since reset, or in ticks of the machine's clock (arch_ticks(), in line), which cost nothing to read. The timer fires
 * once, at or after the time set; NEVER_NS turns it off. */
uint64_t arch_clock_ns(void);
/* arch_ticks_charge(uint64_t *total, uint64_t *since), in line: adds to total what passed since, and since becomes now. */
uint64_t arch_ticks_to_ns(uint64_t ticks);
uint64_t arch_ticks_from_ns(uint64_t ns); /* the first tick at which the clock shows at least ns; NEVER_NS stays that */
void arch_timer_set(uint64_t when_ticks);
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
/* irq_complete(line), in line: a line that is enabled, and perhaps fired, may fire again. */

/* The early console and the end. */
void arch_console_write(const char *text, size_t size);
void arch_halt(bool failed) __attribute__((noreturn)); /* power off; QEMU's status is 1 if failed */

void arch_restart(void) __attribute__((noreturn));          /* reset the machine */

/* Registers of a thread that is not running. */
void registers_init(struct registers *registers, vaddr_t entry, vaddr_t stack, uintptr_t argument, vaddr_t tls);
