/* trap.c - from what the hart says (scause, privileged spec table 4.2) to who deals with it. */
#include "trap.h"

#include "base/bits.h"
#include "base/string.h"
#include "csr.h"
#include "plic.h"
#include "timer.h"

struct arch_cpu arch_cpu;
_Static_assert(offsetof(struct arch_cpu, frame) == 0 && offsetof(struct arch_cpu, stack_top) == REGISTER_BYTES &&
               offsetof(struct arch_cpu, scratch) == 2 * REGISTER_BYTES && offsetof(struct arch_cpu, unsettled) == 7 * REGISTER_BYTES &&
               offsetof(struct arch_cpu, quick) == 8 * REGISTER_BYTES, "entry.S knows these offsets");
_Static_assert(CALL_COUNT <= QUICK_CALLS && QUICK_CALLS == 80 && UNSETTLED_FRAME == 2, "entry.S knows these numbers");
_Static_assert(CALL_CONNECTION_CALL == 1 && CALL_SERVER_REPLY_AND_RECEIVE == 2 &&
               CALL_CONNECTION_CALL_MESSAGE == 3 && CALL_SERVER_REPLY_AND_RECEIVE_MESSAGE == 4, "entry.S knows these numbers");
_Static_assert(offsetof(struct registers, x) == REGISTER_BYTES && sizeof(struct registers) == 32 * REGISTER_BYTES,
               "entry.S knows this layout");
static const struct arch_handlers *handlers;
static unsigned forbidden; /* FAST_... */

enum { TRAP_ILLEGAL = 2, TRAP_BREAKPOINT = 3, TRAP_ECALL = 8, TRAP_EXTERNAL = 9 };

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
	return trap == TRAP_ILLEGAL || trap == TRAP_BREAKPOINT ? arch_here()->frame->pc : CSR_READ(CSR_STVAL);
}

void trap_take(void)
{
	uintptr_t trap = CSR_READ(CSR_SCAUSE);

	if ((intptr_t)trap < 0) {
		arch_interrupt_poll();
		if (arch_here()->unsettled)
			handlers->settle();
	} else if (trap == TRAP_ECALL) {
		arch_here()->frame->pc += 4;
		handlers->syscall();
	} else {
		handlers->fault(fault_cause(trap), fault_address(trap));
	}
}

/* A line that wakes its driver, without more ado; what else there is trap_take finds pending. */
quick_t trap_interrupt(uintptr_t cause)
{
	unsigned line = 0;

	if ((uint8_t)cause == TRAP_EXTERNAL && !forbidden)
		line = *arch_irq_complete; /* reading claims */
	return line ? arch_fast_interrupt(line) : 0;
}

void trap_result(uintptr_t a0, uintptr_t a1)
{
	uintptr_t *x = arch_here()->frame->x;

	memset(&x[X_T0], 0, 3 * sizeof *x);
	memset(&x[X_A0], 0, 8 * sizeof *x);
	memset(&x[X_T3], 0, 4 * sizeof *x);
	x[X_A0] = a0;
	x[X_A1] = a1;
}

void trap_settle(void)
{
	handlers->settle();
}

void arch_fast_forbid(unsigned why, bool forbid)
{
	forbidden = forbid ? forbidden | why : forbidden & ~why;
	CSR_WRITE(CSR_STVEC, forbidden ? (void *)trap_entry_long : (void *)trap_entry);
}

void arch_start(const struct arch_handlers *filled)
{
	handlers = filled;
	arch_here()->stack_top = STACK_TOP;
	for (unsigned i = 0; i < QUICK_CALLS; i++)
		arch_here()->quick[i] = (uintptr_t)arch_quick_calls[i] ?: (uintptr_t)ordinary_take;
	arch_here()->quick[CALL_CONNECTION_SIGNAL] = (uintptr_t)signal_take;
	arch_here()->quick[CALL_THREAD_YIELD] = (uintptr_t)yield_take;
	arch_fast_forbid(0, false);
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
