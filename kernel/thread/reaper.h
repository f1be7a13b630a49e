/* reaper.h - who does the work of taking objects apart, and when.
 *
 * It is done by the scheduler in the place of a thread: while the reap queue holds something, schedule() does steps whenever
 * no ready thread is more urgent than the most urgent entry, with a look at pending interrupts after each step. A thread that
 * ended something waits for just that, and lends it its priority. */
#pragma once
#include "thread/thread.h"

void reaper_init(void);
void reaper_wait(struct thread *thread, struct object *object); /* blocks it until that object is gone or at rest */
void reaper_unwait(struct thread *thread);
void reaper_run(void);                       /* steps until done, or less urgent, or an interrupt is pending */
