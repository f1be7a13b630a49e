# start.S - a program's first instructions. Its loader has set sp, tp and a0 (nacre/startup.h); what is left is gp,
# which the linker's relaxation of accesses to small data relies on, and an end to the chain of frames.

	.section .text.nacre_start, "ax", @progbits
	.weak _start              # lib/selfstart has another, for programs that no loader starts
	.type _start, @function
_start:
	.option push
	.option norelax
	lla gp, __global_pointer$
	.option pop
	li ra, 0
	li s0, 0
	tail nacre_start
	.size _start, . - _start

# Where a further thread starts, for lib/libc/pthread_create.c: a0 is its argument.
	.section .text.nacre_thread_start, "ax", @progbits
	.globl nacre_thread_start
	.type nacre_thread_start, @function
nacre_thread_start:
	.option push
	.option norelax
	lla gp, __global_pointer$
	.option pop
	li ra, 0
	li s0, 0
	tail nacre_thread_main
	.size nacre_thread_start, . - nacre_thread_start

# newlib's archive has functions of these names, too. The linker takes the first it meets once it needs one, so they
# are asked for here, before any library is searched. Nothing points at this section: it and what is not used
# otherwise are dropped in the end.
	.section .rodata.nacre_first, "a", @progbits
	.word 0
	.irp name, _sbrk_r, _calloc_r, _realloc_r, abort, __assert_func, __stack_chk_fail, __getreent, __retarget_lock_init, memcpy
	.reloc 0, R_RISCV_NONE, \name
	.endr
