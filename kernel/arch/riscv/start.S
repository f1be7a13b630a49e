/* start.S - the kernel's first instructions: from the firmware's hand-over to C with paging on.
 *
 * In: supervisor mode, satp 0, a0 hart, a1 device tree (physical). Who started us shows in a2 and a3:
 *   a3 == a2 ^ HANDED   our own boot stage. Text is wherever the image is, flash or RAM; a2 is the physical address of
 *                       the data segment, copied and zeroed.
 *   otherwise           any SBI firmware. Text and data lie in RAM one behind the other; nobody has zeroed anything.
 * So until paging is on, what is said relative to pc is right for text and constants and wrong for all data. */
#include "width.h"

#define HANDED 0x4e616372

	.option norelax /* every la stays relative to pc */
	.section .text.start, "ax"
	.globl _start
_start:
	csrw sie, zero
	mv s0, a0
	mv s1, a1
	mv s2, a2
	la s3, text_start
	xor t0, a2, a3
	li t1, HANDED
	beq t0, t1, place_stack

	la s2, data_start
	la t0, bss_start
	la t1, data_end
zero_bss:
	STORE zero, (t0)
	addi t0, t0, REGISTER_BYTES
	bltu t0, t1, zero_bss

place_stack:
	la t0, kernel_stack + STACK_BYTES
	la t1, data_start
	sub t0, t0, t1
	add sp, s2, t0
	mv a0, s3
	mv a1, s2
	mv a2, s1
	call map_kernel /* a0: value for satp */

	/* The instruction after the write to satp is not mapped: fetching it traps, and stvec says where to. */
	la t0, paging_on
	sub t0, t0, s3
	li t1, KERNEL_BASE
	add t0, t0, t1
	csrw stvec, t0
	sfence.vma
	csrw satp, a0
	sfence.vma
	unimp

	.balign 4
paging_on:
	li sp, STACK_TOP
	la tp, arch_cpu /* for good, in the kernel */
	mv a0, s0
	mv a1, s1
	mv a2, s3
	mv a3, s2
	j enter

	.section .pages.stack, "aw", @nobits
	.balign 4096
	.globl kernel_stack
kernel_stack:
	.zero STACK_BYTES

	.section .pages.tables, "aw", @nobits
	.balign 4096
	.globl kernel_tables
kernel_tables:
	.zero KERNEL_TABLES * 4096
