/* trap.h - what entry.S calls and offers. Inside kernel/arch/riscv only. */
#pragma once
#include "arch.h"

void trap_take(void);        /* a trap from user mode; registers are in arch_cpu.frame */
void trap_panic(void) __attribute__((noreturn)); /* a trap from the kernel; registers are in kernel_bug */

void trap_settle(void);      /* the same, and arch_cpu.unsettled says that the call's work is not all */

void trap_result(uintptr_t a0, uintptr_t a1); /* of a quick call, into the frame */
quick_t trap_interrupt(uintptr_t cause); /* an interrupt; 0: trap_take */
extern char ordinary_take[], signal_take[], yield_take[];
extern char trap_entry[], trap_entry_long[];
extern struct registers kernel_bug;
void leave_kernel(void) __attribute__((noreturn));
