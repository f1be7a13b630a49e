/* timer.c - one comparator of the CLINT, shared by two: S-mode's next event, where the hart has no Sstc, and the
 * `deadline` option, which ends a run that takes too long. The nearer of the two is programmed. */
#include "base/bits.h"
#include "boot/csr.h"
#include "boot/machine.h"

enum { MTIMECMP_AT = 0x4000, MTIME_AT = 0xbff8, DEADLINE_STATUS = 3 };

void timer_find(struct timer *timer, const struct fdt *tree, unsigned long hart)
{
	const struct fdt_node *clint = fdt_find_compatible(tree, NULL, "riscv,clint0");
	struct fdt_range range;

	timer->supervisor = timer->deadline = NEVER;
	timer->frequency = fdt_u32(tree, fdt_find_path(tree, "/cpus"), "timebase-frequency", 0);
	if (!clint)
		clint = fdt_find_compatible(tree, NULL, "sifive,clint0");
	if (!clint || !fdt_reg(tree, clint, 0, &range))
		return;
	timer->mtimecmp = (uintptr_t)range.start + MTIMECMP_AT + 8 * hart;
	timer->mtime = (uintptr_t)range.start + MTIME_AT;
}

/* In halves on both widths: a CLINT need not take 64-bit accesses, and the upper half may step in between. */
uint64_t timer_now(const struct timer *timer)
{
	volatile uint32_t *half = (volatile uint32_t *)timer->mtime;
	uint32_t low, high;

	do {
		high = half[1];
		low = half[0];
	} while (high != half[1]);
	return (uint64_t)high << 32 | low;
}

/* The upper half goes to its maximum first, so that no value in between can fire. Where nobody waits the comparator
 * is left alone and its interrupt switched off: a machine that is emulated may jump to whatever time stands there. */
void timer_program(const struct timer *timer)
{
	volatile uint32_t *half = (volatile uint32_t *)timer->mtimecmp;
	uint64_t next = min_u64(timer->supervisor, timer->deadline);

	CSR_CLEAR(mie, MIP_MTIP);
	if (!timer->mtimecmp || next == NEVER)
		return;
	half[1] = UINT32_MAX;
	half[0] = (uint32_t)next;
	half[1] = (uint32_t)(next >> 32);
	CSR_SET(mie, MIP_MTIP);
}

/* ns * frequency / 10^9, rounded up to microseconds and taken in seconds and their rest, so that nothing overflows. */
bool timer_deadline_set(struct machine *m, uint64_t ns)
{
	uint32_t rest;
	uint64_t seconds = divide_u64(divide_u64(ns, 1000, NULL) + 1, 1000000, &rest);

	if (!m->timer.mtimecmp || !m->timer.frequency)
		return false;
	m->timer.deadline = seconds * m->timer.frequency + divide_u64((uint64_t)rest * m->timer.frequency, 1000000, NULL);
	return true;
}

/* An SBI set_timer: ends the pending event and asks for the next. */
void timer_supervisor_set(struct machine *m, uint64_t ticks)
{
	if (m->has_sstc) {
		(void)CSR_TRY_WRITE(CSR_STIMECMP, HALVES ? ~0ul : (unsigned long)ticks);
		if (HALVES)
			(void)CSR_TRY_WRITE(CSR_STIMECMPH, (unsigned long)(ticks >> 32));
		(void)CSR_TRY_WRITE(CSR_STIMECMP, (unsigned long)ticks);
		return;
	}
	m->timer.supervisor = ticks;
	CSR_CLEAR(mip, MIP_STIP);
	timer_program(&m->timer);
}

void timer_interrupt(struct machine *m)
{
	uint64_t now = timer_now(&m->timer);

	if (now >= m->timer.deadline) {
		say(m, "the deadline passed, which the boot option of that name set; ending with status 3");
		power_off(&m->power, DEADLINE_STATUS);
	}
	if (now >= m->timer.supervisor) {
		m->timer.supervisor = NEVER;
		CSR_SET(mip, MIP_STIP);
	}
	timer_program(&m->timer);
}
