/* entry.S - into the kernel and out of it again.
 *
 *   user --trap--> save all into arch_cpu.frame --> trap_take (trap.c) --> restore arch_cpu.frame --> user
 *                                                        ^                        |
 *                                                        +--- interrupt -- wait --+ frame is NULL: idle
 *
 *   short way:   user --call--> fast_call (a C function that leaves a1-a6 alone) --> the receiver's s0-s11, sp, gp, tp, ra, pc
 *                (and three more: a reply, and both with a message)
 *
 *   I1  sscratch holds &arch_cpu in user mode and 0 in the kernel, so that a trap knows where it comes from
 *   I2  sstatus.SIE is 0 in the kernel: interrupts are taken from user mode or, idling, asked for; they never nest
 * To a program a system call is a function call: t1-t6 are free in the kernel, a7 is known. t0 holds a reply's token. */
#include "width.h"

#define FRAME     0 /* offsets in struct arch_cpu (interface.h) */
#define STACK     (1 * REGISTER_BYTES)
#define SCRATCH   (2 * REGISTER_BYTES)
#define RA        (3 * REGISTER_BYTES)
#define SP        (4 * REGISTER_BYTES)
#define UNSETTLED (7 * REGISTER_BYTES)
#define QUICK     (8 * REGISTER_BYTES)
#define QUICK_CALLS 80
#define PC        0 /* in struct registers; register n is behind it at n words */
#define X(n)      ((n) * REGISTER_BYTES)
#define BARE      X(32) /* in struct thread, behind its registers */

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
	STORE t0, SCRATCH(tp)
	csrr t0, scause
	addi t0, t0, -8 /* an ecall from user mode */
	bnez t0, save
	addi t0, a7, -2 /* the answer first: every round has one */
	beqz t0, fast_reply_take
	addi t0, t0, 1
	beqz t0, fast_call_take
	addi t0, t0, -2
	beqz t0, fast_call_message_take
	addi t0, t0, -1
	beqz t0, fast_reply_message_take

	/* Any other system call. Only what C may change is out of the way; what it must keep is stored when another thread is to run. */
	li t0, QUICK_CALLS
	bgeu a7, t0, save
	slli t0, a7, REGISTER_SHIFT
	add t0, t0, tp
	LOAD t0, QUICK(t0)
	STORE ra, RA(tp)
	STORE sp, SP(tp)
	LOAD sp, STACK(tp)
	jalr t0

	/* Of one of arch_quick_calls: a0 and a1 are results. */
quick_done:
	LOAD t0, UNSETTLED(tp)
	bnez t0, quick_settle
	csrr t0, sepc
	LOAD ra, RA(tp)
	addi t0, t0, 4
	LOAD sp, SP(tp)
	csrw sepc, t0
	csrrw tp, sscratch, tp
	.irp n, 12,13,14,15,16,17,5,6,7,28,29,30,31
	li x\n, 0
	.endr
	sret

	.balign 4
	.globl trap_entry_long
trap_entry_long:
	csrrw tp, sscratch, tp
	beqz tp, trap_in_kernel
	STORE t0, SCRATCH(tp)
save:
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
	csrr a0, scause
	bgez a0, 1f
	call trap_interrupt
	bnez a0, fast_enter
1:	call trap_take

leave:
	LOAD t0, FRAME(tp)
	beqz t0, idle
	csrw sscratch, tp
	LOAD t1, PC(t0)
	csrw sepc, t1
	STORE_CONDITIONAL zero, t1, (t0) /* ends any lr reservation: the program may not be the one that made it */
	LOAD t1, BARE(t0)
	bnez t1, leave_bare
	each_other_register LOAD
	LOAD sp, X(2)(t0)
	LOAD tp, X(4)(t0)
	LOAD t0, X(5)(t0)
	sret

	/* a0: a handle, then who runs next or 0 for the long way. No reservation can be open here that matters: who runs next goes
	 * on behind an ecall. The function may use s0-s11 as it likes (tool/make/kernel.mk). */
	.macro short_way number function header
	LOAD t4, FRAME(tp)
	STORE sp, X(2)(t4)
	LOAD sp, STACK(tp)
	.irp n, 1,3,8,9,10,18,19,20,21,22,23,24,25,26,27
	STORE x\n, X(\n)(t4)
	.endr
	.if \header
	STORE t1, X(6)(t4)
	STORE t2, X(7)(t4)
	STORE t3, X(28)(t4)
	.endif
	call \function
	LOAD t5, FRAME(tp)
	bnez a0, leave_short
	li a7, \number
	.endm

	.balign 4
fast_call_take:
	short_way 1, arch_fast_call, 0
	j long_way
fast_reply_take:
	short_way 2, arch_fast_reply, 0
	j long_way
fast_call_message_take:
	short_way 3, arch_fast_call_message, 1
	j long_way_message
fast_reply_message_take:
	short_way 4, arch_fast_reply_message, 1
	j long_way_message

leave_short:
	csrr t6, sepc
	addi t6, t6, 4
	STORE t6, PC(t5)
	csrrw t6, sscratch, tp
	STORE t6, X(4)(t5)
	LOAD t6, PC(a0)
	STORE a0, FRAME(tp)
	csrw sepc, t6
	.irp n, 1,2,3,4,8,9,18,19,20,21,22,23,24,25,26,27
	LOAD x\n, X(\n)(a0)
	.endr
	li t5, 0
	li t6, 0
	li a7, 0
	li a0, 0
	sret

	/* The long way finds the registers as they came; what the program may not see of ours is gone. */
long_way:
	STORE zero, X(6)(t5)
	STORE zero, X(7)(t5)
	STORE zero, X(28)(t5)
long_way_message:
	.irp n, 1,2,6,7,8,9,10,18,19,20,21,22,23,24,25,26,27,28
	LOAD x\n, X(\n)(t5)
	.endr
	li t4, 0
	li t5, 0
	li t6, 0
	j save

	.macro callee_saved operation
	.irp n, 3,8,9,18,19,20,21,22,23,24,25,26,27
	\operation x\n, X(\n)(t3)
	.endr
	.endm

	/* Quick calls that may end in another thread: a0 is its frame, then a1, t1 and t2 are what it gets; or 0, and a1 is the error. */
	.macro switch_way name
	.globl \name\()_take
\name\()_take:
	call arch_quick_\name
	bnez a0, quick_switch
	mv a0, a1
	li a1, 0
	j quick_done
	.endm
	switch_way signal
	switch_way yield

	/* The caller goes on with E_OK and nothing else, whenever that is. */
quick_switch:
	LOAD t3, FRAME(tp)
	LOAD t4, RA(tp)
	LOAD t5, SP(tp)
	csrr t6, sepc
	STORE t4, X(1)(t3)
	addi t6, t6, 4
	STORE t5, X(2)(t3)
	STORE t6, PC(t3)
	STORE tp, BARE(t3)
	callee_saved STORE
	csrr t4, sscratch
	STORE t4, X(4)(t3)

	/* To thread a0 behind its system call, with a2 = a1, t1 and t2. */
fast_enter:
	LOAD t4, PC(a0)
	mv a2, a1
	csrw sscratch, tp
	STORE a0, FRAME(tp)
	csrw sepc, t4
	.irp n, 1,2,3,4,8,9,18,19,20,21,22,23,24,25,26,27
	LOAD x\n, X(\n)(a0)
	.endr
	.irp n, 5,11,13,14,15,16,17,28,29,30,31,10
	li x\n, 0
	.endr
	sret

leave_bare:
	mv a0, t0
	STORE zero, BARE(t0)
	li a1, 0
	li t1, 0
	li t2, 0
	j fast_enter

	/* Into the frame at t3: what the way in left in scratch, and where the program goes on. */
	.macro begin_frame
	LOAD t4, RA(tp)
	LOAD t5, SP(tp)
	STORE t4, X(1)(t3)
	csrr t4, sepc
	STORE t5, X(2)(t3)
	csrrw t5, sscratch, zero
	addi t4, t4, 4
	STORE t5, X(4)(t3)
	STORE t4, PC(t3)
	.endm

	/* Most system calls: arguments into the frame, results out of it. t4-t6 are no argument of any. */
	.globl ordinary_take
ordinary_take:
	mv t6, t3
	LOAD t3, FRAME(tp)
	begin_frame
	LOAD t4, SCRATCH(tp)
	.irp n, 6,7,10,11,12,13,14,15,16,17
	STORE x\n, X(\n)(t3)
	.endr
	STORE t4, X(5)(t3)
	STORE t6, X(28)(t3)
	call arch_ordinary
	LOAD t0, UNSETTLED(tp)
	LOAD t3, FRAME(tp)
	bnez t0, ordinary_settle
	LOAD t4, PC(t3)
	csrw sscratch, tp
	csrw sepc, t4
	.irp n, 1,2,4,5,6,7,10,11,12,13,14,15,16,17,29,30,31,28
	LOAD x\n, X(\n)(t3)
	.endr
	sret

quick_settle:
	andi t0, t0, 2 /* UNSETTLED_FRAME */
	LOAD t3, FRAME(tp)
	begin_frame
	bnez t0, ordinary_settle
	or t0, a0, a1
	beqz t0, settle_bare
	call trap_result
	LOAD t3, FRAME(tp)
ordinary_settle:
	callee_saved STORE
	call trap_settle
	j leave
settle_bare:
	STORE tp, BARE(t3)
	j ordinary_settle

idle:
	wfi /* wakes on what is pending in sip, whether SIE is set or not */
	call arch_interrupt_poll
	j leave

	/* leave_kernel(): never returns; runs arch_cpu.frame on a fresh stack. */
	.globl leave_kernel
leave_kernel:
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
