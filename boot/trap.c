/* trap.c - what still traps to M-mode while the system runs, and to whom it goes.
 *
 *   M timer interrupt -> timer.c      ecall from S -> sbi.c      counter read -> emulate.c
 *   anything else     -> S-mode, as if it had been delegated */
#include "boot/boot.h"
#include "boot/csr.h"

#define CAUSE_INTERRUPT (1ul << (8 * sizeof(long) - 1))

enum { CAUSE_ILLEGAL = 2, CAUSE_CALL_FROM_S = 9, CAUSE_M_TIMER = 7 };

void trap_handle(struct boot *boot, struct trap_frame *frame);
_Noreturn void trap_in_boot_report(struct boot *boot);

/* Does by hand what the hart does on a trap to S-mode (privileged spec 4.1.1): as if it had been delegated. */
static void redirect(struct trap_frame *frame, unsigned long cause, unsigned long value)
{
	unsigned long status = frame->mstatus & ~(unsigned long)(MSTATUS_SPP | MSTATUS_SPIE | MSTATUS_SIE | MSTATUS_MPP);

	if ((frame->mstatus & MSTATUS_MPP) == MSTATUS_MPP_S)
		status |= MSTATUS_SPP;
	if (frame->mstatus & MSTATUS_SIE)
		status |= MSTATUS_SPIE;
	CSR_WRITE(sepc, frame->mepc);
	CSR_WRITE(scause, cause);
	CSR_WRITE(stval, value);
	frame->mstatus = status | MSTATUS_MPP_S;
	frame->mepc = CSR_READ(stvec) & ~3ul;
}

/* mtval holds the instruction; a hart that leaves it 0 gets no emulation. */
static void exception_handle(struct machine *m, struct trap_frame *frame, unsigned long cause)
{
	unsigned long value = CSR_READ(mtval);

	if (cause == CAUSE_CALL_FROM_S)
		sbi_call(m, frame);
	else if (cause != CAUSE_ILLEGAL || !emulate(m, frame, (uint32_t)value))
		redirect(frame, cause, value);
}

void trap_handle(struct boot *boot, struct trap_frame *frame)
{
	unsigned long cause = CSR_READ(mcause);

	if (!(cause & CAUSE_INTERRUPT))
		exception_handle(&boot->machine, frame, cause);
	else if (cause == (CAUSE_INTERRUPT | CAUSE_M_TIMER))
		timer_interrupt(&boot->machine);
	else
		fail(&boot->machine, "M-mode got interrupt %lu, which it never enabled; report this as a bug",
		     cause & ~CAUSE_INTERRUPT);
}

void trap_in_boot_report(struct boot *boot)
{
	if (boot->machine.is_supervisor)
		fail(&boot->machine, "boot trapped in S-mode at 0x%lx, cause %lu, value 0x%lx; report this as a bug",
		     CSR_READ(sepc), CSR_READ(scause), CSR_READ(stval));
	fail(&boot->machine, "M-mode itself trapped at 0x%lx, cause %lu, value 0x%lx; report this as a bug",
	     CSR_READ(mepc), CSR_READ(mcause), CSR_READ(mtval));
}
