/* poison.h - makes the so many-th allocation of the kernel fail as if the budget could not pay, in programs named kernel_sys_*. */
#pragma once

extern unsigned long poison_allocations; /* so many were asked for */
extern unsigned long poison_fail_at;     /* this one fails; 0: none */
