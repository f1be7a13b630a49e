/* fast.h - the short way of a call and its answer: words alone, from a thread that runs to one that waits, and back.
 *
 * Each function looks at what could make a difference, and answers NULL for the long way (syscall/message.c), which gives
 * the same answer in more steps; or it does all that the long way would do and returns who runs next. There is no scheduling:
 * the receiver inherits at least the caller's priority, so nothing ready is above it; and the answer takes the short way only
 * where nothing ready has the caller's priority or more. The budget that pays stays the same, and so does the timer.
 *
 * What passes on in registers is never touched (tool/make/kernel.mk fixes a1-a6 for this file), so all of it is in line.
 * fast_message.c does the same for a header and a deadline.
 *   Does not: handles and moved memory; several attendants; handles past the first page of a table. */
#pragma once
#include "ipc/connection.h"

struct registers *fast_call(handle_t handle);
struct registers *fast_reply(handle_t handle);
struct registers *fast_call_message(handle_t handle);
struct registers *fast_reply_message(handle_t handle);
struct registers *fast_call_keen(struct connection *connection); /* the rest of fast_call, where the receiver would have handles */
struct registers *fast_reply_lender(struct mailbox *mailbox);    /* the rest of fast_reply, where the answer returns a loan */

/* A signal, and a line that fired (fast_notice.c): who waits for it runs at once, if that is what schedule() would say. The CPU time
 * is the receiver's from here on. */
quick_t quick_signal(handle_t handle, uintptr_t bits);
quick_t fast_interrupt(unsigned line);
