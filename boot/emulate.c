/* emulate.c - reads of time, cycle and instret for harts, or set-ups, where S and U cannot make them.
 *
 * U-mode is answered only where S-mode would let it: by scounteren, if the hart has one. */
#include "boot/csr.h"
#include "boot/machine.h"

enum {
	CSRRS = 0x2073, CSRRS_MASK = 0xff07f,       /* csrrs rd, csr, x0, which is csrr */
	CYCLE = 0xc00, TIME = 0xc01, INSTRET = 0xc02, UPPER = 0x80,
};

/* Is it one of the three counters, or on RV32 the upper half of one? */
static bool is_counter(unsigned csr)
{
	unsigned counter = csr & ~(unsigned)UPPER;

	return (counter == CYCLE || counter == TIME || counter == INSTRET) && (HALVES || !(csr & UPPER));
}

static bool is_allowed(const struct machine *m, const struct trap_frame *frame, unsigned csr)
{
	unsigned long open;

	if ((frame->mstatus & MSTATUS_MPP) == MSTATUS_MPP_S || !m->has_scounteren)
		return true;
	CSR_TRY_READ(CSR_SCOUNTEREN, &open);
	return open >> (csr & 3) & 1;
}

/* `time` has no CSR in M-mode: it is the CLINT's mtime. */
static uint64_t counter_read(const struct machine *m, unsigned csr)
{
	if ((csr & 3) == (TIME & 3))
		return timer_now(&m->timer);
	return (csr & 3) == (CYCLE & 3) ? CSR_COUNTER(CSR_MCYCLE, CSR_MCYCLEH) : CSR_COUNTER(CSR_MINSTRET, CSR_MINSTRETH);
}

bool emulate(const struct machine *m, struct trap_frame *frame, uint32_t instruction)
{
	unsigned csr = instruction >> 20, target = instruction >> 7 & 31;
	uint64_t value;

	if ((instruction & CSRRS_MASK) != CSRRS || !is_counter(csr) || !is_allowed(m, frame, csr))
		return false;
	if ((csr & 3) == (TIME & 3) && !m->timer.mtime)
		return false;
	value = counter_read(m, csr);
	if (target)
		frame->x[target - 1] = (unsigned long)(csr & UPPER ? value >> 32 : value);
	frame->mepc += 4;
	return true;
}
