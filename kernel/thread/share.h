/* share.h - CPU time per budget: what a share allows, who must wait, and until when.
 *
 * A share is a part of the machine. It is taken out of the share of the nearest budget above that has one, so that no sum of shares is
 * more than what it was cut from; what a budget keeps for itself is what it did not give on. The *ruler* of a budget is itself, if it has
 * a share, or else the nearest above it that has. What is used is owed by one ruler: that of the budget that pays.
 *
 * What is owed is paid for by time that passes: a tick of it by 1 / share ticks. A ruler is exhausted when it owes more than a run of
 * share * period leaves it owing, and stays so until all is paid. So in any time t it has at most share * (t + period), however use and
 * rest follow each other; debt is owing more than that, and is paid in the same way. What is owed stays owed when shares change.
 *
 *   has time --owed > most--> exhausted --all is paid--> its threads are let go, in the place of a thread (object/reap.h)
 *
 * A thread waits (is *held*) while its own ruler and that of whoever pays for it are exhausted, both. So who serves nobody waits when its
 * share is used up. Who serves a call runs on, and the caller gets into debt: as long as the server's own share lasts, which owes that
 * time as well, and without limit where no share rules the server. Who would be held, but owns a futex that a thread waits for which
 * serves a call, works for the payer of that call.
 *
 *   I1  cpu.unruled is cpu.shares_changed; or 0 while who pays has a ruler, or while that must be found out anew
 *   I2  a budget whose unruled_at is cpu.shares_changed has no ruler; the short ways compare it with cpu.unruled
 *   I3  the short ways of messages are closed while the ruler of who pays is exhausted: an answer hands over to who may have to wait */
#pragma once
#include "thread/schedule.h"

err_t share_set(struct budget *budget, uint32_t share_ns, uint32_t period_ns) must_use; /* 0: no limit, cannot fail; E_BUDGET */
void share_gone(struct budget *budget);          /* it is being freed */
bool share_let_go(struct budget *budget);        /* budget_let_go */
void share_tick(uint64_t now);                   /* the timer fired */
void share_settle(void);                         /* there is a ruler: it owes what was used until now */
struct budget *share_begin(struct thread *root); /* who pays from now on; root: whom the current thread works for, NULL: nobody runs */
bool share_is_over(const struct thread *thread); /* may it not run now? */
void share_hold(struct thread *thread);          /* it is READY and in no list: held until its ruler has time again */

/* share_is_over, where a share rules the thread at all. */
static inline bool share_stops(const struct thread *thread)
{
	return thread->process->own->unruled_at != cpu.shares_changed && share_is_over(thread);
}
