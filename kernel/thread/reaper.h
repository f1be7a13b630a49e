/* reaper.h - who does the work of taking objects apart, and when.
 *
 * It is done by the scheduler in the place of a thread: while the reap queue holds something, schedule() does steps whenever
 * no ready thread has a higher priority than whoever waits for the queue (or than the one who caused it, where nobody
 * waits), with a look at pending interrupts after each step. So a long end delays only what is less urgent than it. */
#pragma once
#include "thread/thread.h"

void reaper_init(void);
void reaper_wait(struct thread *thread);     /* blocks it until everything queued up to now is gone */
void reaper_unwait(struct thread *thread);
int reaper_priority(void);                   /* -1: nothing to do */
void reaper_run(void);                       /* steps until done or an interrupt is pending */
