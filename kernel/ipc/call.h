/* call.h - call, reply, forward and their ends: the life of one call.
 *
 *   caller                                  receiver
 *   READY --connection_call--> CALLING --taken--> SERVED --reply--> READY
 *                                 |                  |--forward--> CALLING at another server
 *                                 +--------+---------+--deadline, death of either side, connection destroyed
 *                                          v
 *                                  READY with an error (or gone)
 * Taking is one uninterrupted step after the bytes are copied: check, then effect. A failure goes to the caller, unseen by
 * the receiver. The copy itself may be interrupted: then `partner` links the two until it goes on. */
#pragma once
#include "ipc/message.h"

/* Takes a caller's call for a receiver that is not running or is the current thread. E_RESTART: the copy was interrupted. */
err_t call_take(struct thread *receiver, struct thread *caller) must_use;
err_t call_enqueue(struct thread *caller, struct server *server) must_use; /* E_DEADLOCK E_CALL_DEPTH; blocks it */
void call_finish(struct thread *caller);              /* SERVED: unlinks, returns the loan; the caller sets the result */
void call_cancel(struct thread *caller, err_t error); /* CALLING or SERVED: ends it from outside, wakes it with error */
void call_park(struct thread *server_thread);         /* it receives again or ends: what it serves is parked */
void thread_unwait_all(struct thread *thread);        /* the thread ends: leaves whatever it waits for */
void call_timeout(struct thread *thread);             /* its deadline passed */
bool process_threads_step(struct process *process);   /* one thread, or one caller of it, ended */
