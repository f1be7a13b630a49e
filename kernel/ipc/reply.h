/* reply.h - answering and forwarding what was taken. */
#pragma once
#include "ipc/call.h"

/* The caller a token names, if this process took its call; else NULL, and a revoked loan under that token is let go. */
struct thread *reply_caller(struct thread *self, token_t token);
/* Replies with the words in self's a1-a6. The caller's registers are set, but it is left blocked, state SERVED ended: the
 * handler makes it ready or hands over. E_STALE_TOKEN and what message_* answer; E_RESTART. */
err_t reply_give(struct thread *self, token_t token, user_ptr_t message, struct thread **caller) must_use;
err_t reply_forward(struct thread *self, token_t token, struct connection *connection) must_use;
