/* entry.S - into the kernel and out of it again.
 *
 *   user --trap--> save all into arch_cpu.frame --> trap_take (trap.c) --> restore arch_cpu.frame --> user
 *                                                        ^                        |
 *                                                        +--- interrupt -- wait --+ frame is NULL: idle
 *
 *   I1  sscratch holds &arch_cpu in user mode and 0 in the kernel, so that a trap knows where it comes from
 *   I2  sstatus.SIE is 0 in the kernel: interrupts are taken from user mode or, idling, asked for; they never nest
 * A way around trap_take for a system call that can be answered at once belongs at `save`, once scause says ecall:
 * tp is &arch_cpu there, sp still the program's. */
#include "width.h"

#define FRAME     0 /* offsets in struct arch_cpu (interface.h) */
#define STACK     (1 * REGISTER_BYTES)
#define SCRATCH   (2 * REGISTER_BYTES)
#define PC        0 /* in struct registers; register n is behind it at n words */
#define X(n)      ((n) * REGISTER_BYTES)

	/* All but x2 (sp), x4 (tp) and x5 (t0). */
	.macro each_other_register operation
	\operation x1, X(1)(t0)
	\operation x3, X(3)(t0)
	.irp n, 6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	\operation x\n, X(\n)(t0)
	.endr
	.endm

	.section .text.entry, "ax"
	.balign 4
	.globl trap_entry
trap_entry:
	csrrw tp, sscratch, tp
	beqz tp, trap_in_kernel
save:
	STORE t0, SCRATCH(tp)
	LOAD t0, FRAME(tp)
	each_other_register STORE
	STORE sp, X(2)(t0)
	csrrw t1, sscratch, zero
	STORE t1, X(4)(t0)
	LOAD t1, SCRATCH(tp)
	STORE t1, X(5)(t0)
	csrr t1, sepc
	STORE t1, PC(t0)
	LOAD sp, STACK(tp)
	call trap_take

leave:
	LOAD t0, FRAME(tp)
	beqz t0, idle
	csrw sscratch, tp
	LOAD t1, PC(t0)
	csrw sepc, t1
	STORE_CONDITIONAL zero, t1, (t0) /* ends any lr reservation: the program may not be the one that made it */
	each_other_register LOAD
	LOAD sp, X(2)(t0)
	LOAD tp, X(4)(t0)
	LOAD t0, X(5)(t0)
	sret

idle:
	wfi /* wakes on what is pending in sip, whether SIE is set or not */
	call arch_interrupt_poll
	j leave

	/* leave_kernel(): never returns; runs arch_cpu.frame on a fresh stack. */
	.globl leave_kernel
leave_kernel:
	la tp, arch_cpu
	LOAD sp, STACK(tp)
	j leave

	/* A bug of ours: report it from the bottom of the stack's other mapping, since sp may be what is wrong. */
trap_in_kernel:
	csrw sscratch, tp /* 0 again; tp itself is lost, the kernel has nothing in it but &arch_cpu */
	la tp, kernel_bug
	STORE t0, X(5)(tp)
	mv t0, tp
	each_other_register STORE
	STORE sp, X(2)(t0)
	csrr t1, sepc
	STORE t1, PC(t0)
	la sp, kernel_stack + STACK_BYTES
	call trap_panic

	.section .bss.kernel_bug, "aw", @nobits
	.balign REGISTER_BYTES
	.globl kernel_bug
kernel_bug:
	.zero 32 * REGISTER_BYTES
