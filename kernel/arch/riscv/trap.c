/* trap.c - from what the hart says (scause, privileged spec table 4.2) to who deals with it. */
#include "trap.h"

#include "base/bits.h"
#include "csr.h"
#include "plic.h"
#include "timer.h"

struct arch_cpu arch_cpu;
_Static_assert(offsetof(struct arch_cpu, frame) == 0 && offsetof(struct arch_cpu, stack_top) == REGISTER_BYTES &&
               offsetof(struct arch_cpu, scratch) == 2 * REGISTER_BYTES, "entry.S knows these offsets");
_Static_assert(offsetof(struct registers, x) == REGISTER_BYTES && sizeof(struct registers) == 32 * REGISTER_BYTES,
               "entry.S knows this layout");
static const struct arch_handlers *handlers;

enum { TRAP_ILLEGAL = 2, TRAP_BREAKPOINT = 3, TRAP_ECALL = 8 };

static unsigned fault_cause(uintptr_t trap)
{
	static const uint8_t causes[] = {
		CAUSE_MISALIGNED, CAUSE_ACCESS, CAUSE_ILLEGAL, CAUSE_BREAKPOINT, CAUSE_MISALIGNED, CAUSE_ACCESS,
		CAUSE_MISALIGNED, CAUSE_ACCESS, 0, 0, 0, 0, CAUSE_FETCH, CAUSE_READ, 0, CAUSE_WRITE,
	};
	unsigned cause = trap < ARRAY_SIZE(causes) ? causes[trap] : 0;

	return cause ? cause : CAUSE_ILLEGAL;
}

static uintptr_t pending(void)
{
	return CSR_READ(CSR_SIP) & CSR_READ(CSR_SIE);
}

void arch_interrupt_poll(void)
{
	uintptr_t now = pending();
	unsigned line;

	if (now & INTERRUPT_TIMER) {
		timer_off();
		handlers->timer();
	}
	if (now & INTERRUPT_EXTERNAL)
		while ((line = plic_claim()))
			handlers->interrupt(line);
}

bool arch_interrupt_pending(void)
{
	return pending() != 0;
}

/* What stval holds for an illegal instruction or a breakpoint differs from hart to hart; pc does not. */
static uintptr_t fault_address(uintptr_t trap)
{
	return trap == TRAP_ILLEGAL || trap == TRAP_BREAKPOINT ? arch_cpu.frame->pc : CSR_READ(CSR_STVAL);
}

void trap_take(void)
{
	uintptr_t trap = CSR_READ(CSR_SCAUSE);

	if ((intptr_t)trap < 0) {
		arch_interrupt_poll();
	} else if (trap == TRAP_ECALL) {
		arch_cpu.frame->pc += 4;
		handlers->syscall();
	} else {
		handlers->fault(fault_cause(trap), fault_address(trap));
	}
}

void arch_start(const struct arch_handlers *filled)
{
	handlers = filled;
	arch_cpu.stack_top = STACK_TOP;
	CSR_WRITE(CSR_STVEC, trap_entry);
	CSR_CLEAR(CSR_SSTATUS, SSTATUS_SPP | SSTATUS_SPIE);
	CSR_SET(CSR_SIE, INTERRUPT_EXTERNAL);
	leave_kernel();
}

void registers_init(struct registers *registers, vaddr_t entry, vaddr_t stack, uintptr_t argument, vaddr_t tls)
{
	*registers = (struct registers){ .pc = entry };
	registers->x[X_SP] = stack;
	registers->x[X_A0] = argument;
	registers->x[X_TP] = tls;
}
