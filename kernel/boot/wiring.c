/* wiring.c - which function stands behind each hook and each trap. Nothing here differs between machines. */
#include "boot/wiring.h"
#include "boot/end.h"
#include "check/check.h"
#include "ipc/fault.h"
#include "syscall/handlers.h"
#include "thread/share.h"

/* --- Traps. */

static bool in_handler; /* a handler that polls takes interrupts without choosing a thread twice */

static void schedule_once(void)
{
	if (in_handler)
		return;
	in_handler = true;
	schedule();
	in_handler = false;
}

static void on_settle(void)
{
	bool due = arch_here()->unsettled & UNSETTLED_SCHEDULE || cpu.ruler; /* a share is used up by time alone */
	const struct registers *before = arch_here()->frame;

	kernel_check_all();
	schedule_once();
	assert(due || arch_here()->frame == before); /* else somebody forgot schedule_need */
}

static void on_syscall(void)
{
	syscall_handle();
	on_settle();
}

static void on_fault(unsigned cause, uintptr_t address)
{
	if (fault_hand_over(arch_here()->current, cause, address))
		return;
	fault_raise(arch_here()->current, cause, address);
	schedule_once();
}

static void on_timer(void)
{
	schedule_tick();
	schedule_once();
}

static void on_interrupt(unsigned line)
{
	interrupt_fired(line);
	schedule_once();
}

const struct arch_handlers kernel_handlers = { on_syscall, on_settle, on_fault, on_timer, on_interrupt };

/* --- Types and hooks. */

static void types_init(void)
{
	object_types[OBJECT_PROCESS] = &process_type;
	object_types[OBJECT_THREAD] = &thread_type;
	object_types[OBJECT_SERVER] = &server_type;
	object_types[OBJECT_CONNECTION] = &connection_type;
	object_types[OBJECT_MEMORY] = &memory_type;
	object_types[OBJECT_DEVICE] = &device_type;
	object_types[OBJECT_INTERRUPT] = &interrupt_type;
	object_types[OBJECT_BUDGET] = &budget_type;
}

static void hooks_init(void)
{
	process_hooks = (struct process_hooks){
		.window_step = window_step,
		.threads_step = process_threads_step,
		.ended = process_ended,
		.notices_drop = process_notices_drop,
	};
	backing_idle = memory_unmapped;
	deadline_expired = call_timeout;
	thread_unwait = thread_unwait_all;
	budget_gone = share_gone;
	budget_let_go = share_let_go;
	reaper_init();
	schedule_always = kernel_check_always;
}

void kernel_wire(void)
{
	types_init();
	hooks_init();
}
