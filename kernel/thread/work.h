/* work.h - a system call that was interrupted remembers here how far it came.
 *
 * A handler that has long work does a step, looks at pending interrupts, and answers E_RESTART; its thread executes the
 * same call again later, decodes it anew and goes on. What it was building hangs in thread->work meanwhile. Another call,
 * or the thread's end, gives that up. */
#pragma once
#include "thread/thread.h"

static inline bool work_interrupted(bool done)
{
	return !done && arch_interrupt_pending();
}
void work_abandon(struct thread *thread);
void work_begin(struct thread *self, unsigned call); /* at each decode: drops the work of another call */
