/* end.c - what happens when a process has ended, and when it was init. */
#include "boot/boot.h"
#include "boot/end.h"
#include "ipc/notice.h"

/* Nobody is left who could restart anything: say what happened, and start over. */
static void machine_restart(const struct process *init)
{
	const struct abi_exit_record *exit = &init->exit;

	boot_print("nacre: init ended: cause %u, code %d, address base+0x%lx, pc base+0x%lx, ra base+0x%lx; restarting the machine\n", (unsigned)exit->cause, (int)exit->code,
	           (unsigned long)(exit->address - boot_init_base), (unsigned long)(exit->registers.pc - boot_init_base),
	           (unsigned long)(exit->registers.x[X_RA] - boot_init_base));
	arch_restart();
}

void process_ended(struct process *process)
{
	if (process == boot_init)
		machine_restart(process);
	notice_unbind(&process->fault_server);
	notice_post(&process->watcher, KIND_EXIT, 1);
}

void process_notices_drop(struct process *process)
{
	notice_unbind(&process->watcher);
	notice_unbind(&process->fault_server);
}
