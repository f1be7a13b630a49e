/* start.S - reset, traps, and the way down to S-mode: what C cannot say.
 *
 * At reset a0 is the hart and a1 perhaps a device tree. No RAM is known yet, so nothing can be stored until there
 * is a first stack, which needs a guess at where RAM starts (early_ram, from the linker script).
 *
 * Where other firmware has M-mode already and started this image in S-mode, boot only loads the kernel. */
/* The only thing in boot that differs by width and that C cannot ask by sizeof(long). */
#if __riscv_xlen == 32
#define WORD 4
#define LOAD lw
#define STORE sw
#else
#define WORD 8
#define LOAD ld
#define STORE sd
#endif

#define FRAME ((33 * WORD + 15) & ~15)      /* struct trap_frame: x1..x31, mepc, mstatus */
#define BOOT_RAM_BYTES 8192                 /* as in boot.h */
#define EARLY_STACK_BYTES 4096

	.section .text.start, "ax"
	.globl _start
_start:
	lla	t0, in_supervisor
	csrw	stvec, t0                   /* no instruction tells the mode; but one that only M-mode has traps in S-mode */
	csrw	mie, zero
	csrr	t0, mhartid
	bnez	t0, park                    /* hart 0 always exists (privileged spec 3.1.5); it does the work */
	lla	t0, second_try              /* a1 may point at nothing: then go on as if it brought no tree */
first_try:
	csrw	mtvec, t0

	/* The first stack. Running from RAM: the rest of the image header's page, which holds nothing. Running from
	 * flash: the start of RAM, or, where the device tree lies there, the place behind the tree. */
	li	t3, EARLY_STACK_BYTES
	lla	t0, early_ram
	LOAD	t0, 0(t0)
	lla	t1, image_start
	bltu	t1, t0, 1f
	lla	t0, image_header
	j	2f
1:	sub	t2, a1, t0
	bgeu	t2, t3, 2f                  /* the tree is not within the first page */
	lbu	t2, 0(a1)
	li	t4, 0xd0                    /* the first byte of its magic: anything else is no tree */
	bne	t2, t4, 2f
	mv	t0, a1
	lbu	t2, 7(a1)                   /* its size, big-endian; boot takes none over 1 MiB anyway */
	add	t0, t0, t2
	lbu	t2, 6(a1)
	slli	t2, t2, 8
	add	t0, t0, t2
	lbu	t2, 5(a1)
	slli	t2, t2, 16
	add	t0, t0, t2
	addi	t0, t0, 15
	andi	t0, t0, -16
2:	add	sp, t0, t3
	csrr	a0, mhartid
	li	a2, 0
	call	early_main                  /* finds RAM, builds struct boot at its top; NULL: nothing to work with */
	beqz	a0, park

	li	t0, BOOT_RAM_BYTES
	add	sp, a0, t0
	lla	t0, trap_entry
	csrw	mtvec, t0
	csrw	mscratch, zero
	call	boot_main                   /* does not return */

	.balign	4
second_try:
	li	a1, 0
	lla	t0, park
	j	first_try
	.balign	4
park:	wfi
	j	park

/* The firmware's a0 and a1, and RAM around us: the rest of the header's page is the first stack. */
	.balign	4
in_supervisor:
	lla	t0, park
	csrw	stvec, t0
	csrw	sie, zero
	csrw	satp, zero
	lla	sp, image_header
	li	t0, EARLY_STACK_BYTES
	add	sp, sp, t0
	li	a2, 1
	call	early_main
	beqz	a0, park
	li	t0, BOOT_RAM_BYTES
	add	sp, a0, t0
	lla	t0, trap_in_supervisor
	csrw	stvec, t0
	call	boot_main                   /* does not return */

	.balign	4
trap_in_supervisor:
	li	t0, -BOOT_RAM_BYTES
	addi	a0, sp, -1
	and	a0, a0, t0
	call	trap_in_boot_report         /* does not return */

/* Clears every register that the contract does not name; what is in a0, a1, a2 stays there. */
	.macro	registers_clear
	li	a3, 0x4e616372
	xor	a3, a3, a2
	.irp	r, x1,x2,x3,x4,x5,x6,x7,x8,x9,x14,x15,x16,x17,x18,x19,x20,x21,x22,x23,x24,x25,x26,x27,x28,x29,x30,x31
	mv	\r, zero
	.endr
	fence.i
	nop
	nop
	nop
	.endm

/* Goes to the kernel, which is in S-mode as we are. Arguments as below. */
	.globl kernel_enter_beside
kernel_enter_beside:
	csrw	sepc, a3
	li	t0, 0x22                    /* SPIE, SIE */
	csrc	sstatus, t0
	li	t0, 0x100                   /* SPP */
	csrs	sstatus, t0
	registers_clear
	sret

/* Goes to S-mode. kernel_enter(hart, tree, data, entry) */
	.globl kernel_enter
kernel_enter:
	csrw	mepc, a3
	li	t0, BOOT_RAM_BYTES - 1
	not	t0, t0
	addi	sp, sp, -1
	and	sp, sp, t0
	li	t0, BOOT_RAM_BYTES
	add	sp, sp, t0
	csrw	mscratch, sp                /* from now on: the trap stack, which is boot's old one, empty */
	registers_clear
	mret

/* Every trap that is not delegated. mscratch: the trap stack's top while S or U run, 0 while M runs. */
	.balign	4
trap_entry:
	csrrw	sp, mscratch, sp
	beqz	sp, trap_in_boot
	addi	sp, sp, -FRAME
	STORE	x1, 0*WORD(sp)
	.irp	n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	STORE	x\n, (\n-1)*WORD(sp)
	.endr
	csrrw	t0, mscratch, zero
	STORE	t0, 1*WORD(sp)
	csrr	t0, mepc
	STORE	t0, 31*WORD(sp)
	csrr	t0, mstatus
	STORE	t0, 32*WORD(sp)
	li	t0, -BOOT_RAM_BYTES
	and	a0, sp, t0                  /* struct boot lies at the bottom of the 8 KiB, which are so aligned */
	mv	a1, sp
	call	trap_handle
	LOAD	t0, 31*WORD(sp)
	csrw	mepc, t0
	LOAD	t0, 32*WORD(sp)
	csrw	mstatus, t0
	addi	t0, sp, FRAME
	csrw	mscratch, t0
	LOAD	x1, 0*WORD(sp)
	.irp	n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	LOAD	x\n, (\n-1)*WORD(sp)
	.endr
	LOAD	sp, 1*WORD(sp)
	mret

trap_in_boot:
	csrrw	sp, mscratch, sp
	li	t0, -BOOT_RAM_BYTES
	addi	a0, sp, -1
	and	a0, a0, t0
	call	trap_in_boot_report         /* does not return */
