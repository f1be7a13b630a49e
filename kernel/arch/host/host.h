/* host.h - the simulated machine, for authors of tests: what hardware, programs and time do is done by calling this.
 *
 *   host_handlers_set(&handlers);                     or host_boot(f), where f ends in arch_start
 *   frame_init(HOST_RAM_BASE, 256, ...);              use as much of the RAM as the test wants to exist
 *   arch_cpu.frame->x[X_A7] = ...; host_ecall();      the program of arch_cpu.frame makes a system call
 *   host_clock_advance_ns(5000); host_deliver();      time passes; the timer's handler runs if it is due
 *   assert_int_equal(host_user_write(root, address, "hi", 2), 0);   the program writes; else CAUSE_WRITE
 *   assert_true(HOST_PANICS(frame_drop(0)));          a failed invariant is what the test wants to see
 *
 * Translations. The simulated TLB is the most forgetful of flushes that can be: it caches each space's entries until
 * arch_tlb_flush_page, arch_tlb_flush_space or arch_space_gone of that very root, whatever is active. An access through
 * an entry that the tables no longer grant panics, and so does host_tlb_check while there is any. host_tlb_fill(root)
 * caches everything mapped, as if the program had touched it all: fill, do something, check.
 * Walking tables panics on what some cores cannot stand or the specification reserves: an entry at the last level that
 * is valid without R, W, X; W without R; W with X; a pointer with U, A or D; a leaf without A and D; a root that
 * arch_space_fill never saw.
 * A test program is one process with one machine; all state is global and starts as host_reset leaves it. */
#pragma once
#include <setjmp.h>

#include "arch.h"

#define HOST_RAM_BASE ((paddr_t)0x80000000)
#define HOST_RAM_BYTES ((size_t)64 << 20)
#define HOST_IMAGE_BASE ((paddr_t)0x20000000)
#define HOST_IMAGE_BYTES ((size_t)4 << 20)
#define HOST_IRQ_LINES 32
#define HOST_CONSOLE_BYTES 65536

void host_reset(void);                     /* all as at start but for the contents of RAM and image */

/* The processor. */
void host_handlers_set(const struct arch_handlers *handlers);
void host_boot(void (*boot)(void));        /* runs it until it calls arch_start, then returns */
extern quick_call *const *host_quick_calls; /* arch_quick_calls, or NULL */
void host_ecall(void);                     /* pc += 4 and the system call handler, for arch_cpu.frame */
void host_deliver(void);                   /* the handlers of all that is pending, as between two instructions */

/* The program's own accesses. 0, or CAUSE_READ, CAUSE_WRITE, CAUSE_FETCH, with what failed in host_fault_address. Bytes
 * before that have been read or written. Device registers read as 0. */
unsigned host_user_read(paddr_t root, vaddr_t from, void *to, size_t size);
unsigned host_user_write(paddr_t root, vaddr_t to, const void *from, size_t size);
unsigned host_user_fetch(paddr_t root, vaddr_t address);
extern vaddr_t host_fault_address;
void host_tlb_fill(paddr_t root);
void host_tlb_check(void);

/* Time and interrupts. */
void host_clock_advance_ns(uint64_t ns);
uint64_t host_timer_ns(void);              /* what the timer is set to; NEVER_NS: off */
void host_interrupt_raise(unsigned line);  /* once; kept while the line is disabled */
void host_preempt_every(unsigned asks);    /* every so many-th arch_interrupt_pending says yes; 0: only when true */

void host_preempt_at(unsigned ask);        /* the so many-th of host_counts.pending_asks says yes; 0: none */

/* What was asked of the machine, to count or to compare. */
extern struct host_counts {
	unsigned activations, page_flushes, space_flushes, instruction_fences, pending_asks;
} host_counts;

/* Console and end. The text is kept, and printed only when the program dies. */
const char *host_console(void);
void host_console_clear(void);
extern bool host_user_clock;               /* answer of arch_user_clock; true at first */

/* True if the statement ended in kernel_panic (host_panic_text says how) or in arch_halt ("halt: ..."). Otherwise those
 * print what they know and abort. Locals changed in the statement must be volatile. */
#define HOST_PANICS(statement)                 \
  ({                                           \
    volatile bool host_survived_ = false;      \
    host_panic_caught = true;                  \
    if (setjmp(host_panic_jump) == 0) {        \
      statement;                               \
      host_survived_ = true;                   \
    }                                          \
    host_panic_caught = false;                 \
    !host_survived_;                           \
  })
extern jmp_buf host_panic_jump;
extern bool host_panic_caught;
extern char host_panic_text[256];
