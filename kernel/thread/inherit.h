/* inherit.h - priority inheritance through messages and futexes.
 *
 * A thread runs at the highest of its own priority and of those that wait for it: the caller it serves, the top of the
 * queue of a server it is raised for, the waiters of futexes it owns. A change travels down the chain, at most
 * LIMIT_CALL_DEPTH links; calls that would make a longer chain are refused before they wait. */
#pragma once
#include "thread/mailbox.h"

void inherit_update(struct thread *thread);  /* recompute, and pass on what changes */
void inherit_mailbox(struct mailbox *mailbox); /* its queue or its attendants changed */
err_t inherit_probe(const struct thread *caller, const struct mailbox *mailbox) must_use; /* E_DEADLOCK, E_CALL_DEPTH: may it wait there? */
err_t inherit_probe_owner(const struct thread *waiter, const struct thread *owner) must_use;
