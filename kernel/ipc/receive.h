/* receive.h - the receiving side: what is in the mailbox becomes results in a thread's registers.
 *
 * Each receive_* hands one thing to a thread that waits or is about to; the caller makes it ready. The thread leaves the list
 * of waiters, its deadline is cleared, and handle slots that it set aside and did not need are given back. */
#pragma once
#include "ipc/message.h"
#include "ipc/notice.h"

/* What receive was asked for: read when it is called, so that delivery cannot fail on it. E_ARGUMENT E_ADDRESS
 * E_HANDLE_ROOM E_BUDGET. */
err_t receive_prepare(struct thread *self, user_ptr_t message, unsigned accept) must_use;
void receive_abandon(struct thread *thread);   /* stops waiting without a message */
void receive_notice(struct thread *receiver, struct notice *notice);
void receive_send(struct thread *receiver, struct send_slot *slot);
void receive_call(struct thread *receiver, struct thread *caller, size_t length, unsigned handles); /* call_take's last step */
err_t receive_next(struct thread *self, struct server *server, uint64_t deadline_ns) must_use; /* takes what is queued, or blocks */
