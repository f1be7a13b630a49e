/* console.c - the early console and the end of the machine, both through the firmware; from the first C line on. */
#include "arch.h"
#include "sbi.h"

void arch_console_write(const char *text, size_t size)
{
	for (; size; size--, text++) {
		if (*text == '\n')
			sbi_call(SBI_LEGACY_PUTCHAR, 0, '\r', 0);
		sbi_call(SBI_LEGACY_PUTCHAR, 0, (unsigned char)*text, 0);
	}
}

void arch_halt(bool failed)
{
	sbi_call(SBI_RESET, SBI_RESET_SYSTEM, SBI_RESET_SHUTDOWN, failed ? SBI_REASON_FAILURE : SBI_REASON_NONE);
	sbi_call(SBI_LEGACY_SHUTDOWN, 0, 0, 0);
	for (;;)
		__asm__ volatile("wfi");
}

void arch_restart(void)
{
	sbi_call(SBI_RESET, SBI_RESET_SYSTEM, SBI_RESET_REBOOT, SBI_REASON_NONE);
	arch_halt(true); /* the firmware cannot: better off than half dead */
}
