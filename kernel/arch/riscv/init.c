/* init.c - from start.S to the portable kernel, and the set-up that it then asks for. */
#include "csr.h"
#include "map.h"
#include "plic.h"
#include "timer.h"
#include "trap.h"

void enter(uintptr_t hart, paddr_t tree, paddr_t text, paddr_t data) __attribute__((noreturn));

/* Interrupts stay off and floating point, vectors and access to user pages stay forbidden: sstatus is never written
 * again but by traps and their returns. */
void enter(uintptr_t hart, paddr_t tree, paddr_t text, paddr_t data)
{
	static struct arch_boot boot;

	CSR_WRITE(CSR_SSCRATCH, 0);
	CSR_WRITE(CSR_STVEC, trap_entry);
	CSR_CLEAR(CSR_SSTATUS, SSTATUS_SIE | SSTATUS_FS | SSTATUS_VS | SSTATUS_SUM | SSTATUS_MXR);
	boot = (struct arch_boot){ .hart = hart, .tree_base = tree, .text_base = text, .data_base = data };
	map_boot(&boot);
	arch_main(&boot);
}

void arch_init(const struct arch_boot *boot, const struct arch_config *config)
{
	map_memory(boot, config);
	timer_init(config->timebase_hz, config->clock_emulated);
	plic_init(config->tree, boot->hart);
}
