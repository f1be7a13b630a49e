/* hart.c - sets up the hart for S-mode: which traps go there, which counters and which memory it may touch.
 *
 * Every register that some RISC-V hart lacks is probed. With the option no-time-csr, `time` traps as it does on harts
 * that lack it, and is emulated. */
#include "base/parse.h"
#include "boot/boot.h"
#include "boot/csr.h"

enum {
	/* Exceptions that S-mode handles itself. Not: illegal instructions (2), which may be counter reads that M
	 * emulates, and S-mode's own ecall (9), which is how it calls M. */
	DELEGATED = 1 << 0 | 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 12 | 1 << 13 | 1 << 15,
	COUNTER_CYCLE = 1, COUNTER_TIME = 2, COUNTER_INSTRET = 4,
	PMP_NAPOT = 3 << 3, PMP_RWX = 7,
};

struct counters counters_read(const struct machine *machine)
{
	struct counters now = { 0, 0 };

	if (machine->is_supervisor)
		return now;
	now.cycles = CSR_COUNTER(CSR_MCYCLE, CSR_MCYCLEH);
	now.instructions = CSR_COUNTER(CSR_MINSTRET, CSR_MINSTRETH);
	return now;
}

static bool time_is_wanted(const struct boot *boot)
{
	const struct archive_file *options = &boot->image.options;

	return !option_flag((const char *)options->content, options->size, "no-time-csr");
}

/* Sstc is there if menvcfg exists, its STCE bit sticks, and stimecmp answers. */
static bool sstc_open(void)
{
	enum { ENVCFG = HALVES ? CSR_MENVCFGH : CSR_MENVCFG };
	unsigned long enable = 1ul << (8 * sizeof(long) - 1), value;

	if (!CSR_TRY_READ(ENVCFG, &value) || !CSR_TRY_WRITE(ENVCFG, value | enable))
		return false;
	return CSR_TRY_READ(ENVCFG, &value) && (value & enable) && CSR_TRY_READ(CSR_STIMECMP, &value);
}

/* Entry 0 hides boot's RAM from S and U; entry 1 opens everything else to them, which without any entry a hart with
 * PMP refuses. M-mode is not bound by either. A hart without PMP has only the tree's reservation. */
static void memory_open(const struct boot *boot)
{
	unsigned long own = (boot->self.start | (BOOT_RAM_BYTES / 2 - 1)) >> 2;

	if (!CSR_TRY_WRITE(CSR_PMPADDR0, own) || !CSR_TRY_WRITE(CSR_PMPADDR1, ~0ul))
		return;
	(void)CSR_TRY_WRITE(CSR_PMPCFG0, (PMP_NAPOT | PMP_RWX) << 8 | PMP_NAPOT);
	__asm__ volatile("sfence.vma" : : : "memory");
}

static void supervisor_check(const struct machine *m)
{
	unsigned long value;

	if (!CSR_TRY_WRITE(CSR_SATP, 0) || !CSR_TRY_READ(CSR_SATP, &value))
		fail(m, "this hart has no supervisor mode with an MMU; use one that has");
}

void hart_prepare(struct boot *boot)
{
	struct machine *m = &boot->machine;
	bool time = time_is_wanted(boot);
	unsigned long value;

	supervisor_check(m);
	/* Where S-mode may not read `time`, it may not touch stimecmp either (Sstc, chapter 2): both or neither. */
	m->has_sstc = time && sstc_open();
	m->has_scounteren = CSR_TRY_READ(CSR_SCOUNTEREN, &value);
	if (!m->has_sstc && !m->timer.mtimecmp)
		fail(m, "this machine has no timer: neither Sstc nor a CLINT in the device tree; add one to the board's tree");
	(void)CSR_TRY_WRITE(CSR_MCOUNTEREN, COUNTER_CYCLE | COUNTER_INSTRET | (time ? COUNTER_TIME : 0));
	memory_open(boot);
	CSR_WRITE(medeleg, DELEGATED);
	CSR_WRITE(mideleg, MIP_SSIP | MIP_STIP | MIP_SEIP);
	CSR_CLEAR(mstatus, MSTATUS_MPP | MSTATUS_SIE | MSTATUS_SPIE);
	CSR_SET(mstatus, MSTATUS_MPP_S);
}
