# entry.S - the first instructions of a program that must relocate itself. In: a0 = struct nacre_boot_info, sp = the
# top of a stack. Until the relocation is done no GOT entry holds, and tp points at a guard value of zero on the
# stack. Takes the place of _start in nacre/start.S, which is weak.

	.section .text.nacre_selfstart, "ax", @progbits
	.globl _start
	.type _start, @function
_start:
	.option push
	.option norelax
	lla gp, __global_pointer$
	.option pop
	lw t0, 0(a0)              # version of what a0 points at: a loader may start such a program, too,
	srli t0, t0, 16           # and has then done all that follows
	bnez t0, 1f
	mv s1, a0
	li ra, 0
	li s0, 0
	mv tp, sp
	addi sp, sp, -32
	sw zero, -8(tp)
	sw zero, -4(tp)
	lla a1, _DYNAMIC
	call nacre_selfstart_relocate
	mv a0, s1
	call nacre_selfstart_size
	sub sp, sp, a0            # room for startup block and thread-local storage: the stack goes on below it
	andi sp, sp, -16
	mv a0, s1
	mv a1, sp
	call nacre_selfstart_tls
	mv tp, a0
	mv a0, s1
	mv a1, sp
	tail nacre_selfstart_go
1:	li ra, 0
	li s0, 0
	tail nacre_start
	.size _start, . - _start

# What NACRE_SELFSTART refers to, so that the linker takes this file.
	.section .rodata.nacre_selfstart_linked, "a", @progbits
	.globl nacre_selfstart_linked
nacre_selfstart_linked:
	.byte 1
