/* trap.h - what entry.S calls and offers. Inside kernel/arch/riscv only. */
#pragma once
#include "arch.h"

void trap_take(void);        /* a trap from user mode; registers are in arch_cpu.frame */
void trap_panic(void) __attribute__((noreturn)); /* a trap from the kernel; registers are in kernel_bug */

extern char trap_entry[];
extern struct registers kernel_bug;
void leave_kernel(void) __attribute__((noreturn));
