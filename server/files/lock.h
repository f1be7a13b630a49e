/* lock.h - ranges of files, locked by clients, for many readers or one writer.
 *
 * A client's locks on a file never overlap each other: a new one takes the place of what it covers. Locks lie in the
 * store and outlive the server's process; those who wait do not, because their calls end with it. */
#pragma once
#include "nacre/server.h"
#include "store.h"

/* Sets or drops. With a token: where it must wait, the answer is NACRE_LATER. FILES_LOCKED, DEADLOCK, STATUS_FULL. */
nacre_status_t lock_set(const struct range_lock *wanted, nacre_token_t token);

/* Another client's lock that is in the way, or NULL. */
const struct range_lock *lock_in_the_way(const struct range_lock *wanted);

/* Everything this client has on that file. */
void lock_drop_all(uint8_t client, uint32_t node);

/* The client is gone. */
void lock_waiters_forget(uint8_t client);

/* Some calls of this client ended early. */
void lock_waiters_check(uint8_t client);
