/* wait.h - connects that wait for a name to be published: at most one a process, WAITERS_MAX in all. */
#pragma once
#include <abi/nacre_abi.h>
#include "table.h"

/* STATUS_OK: the call is answered later. STATUS_FULL. */
uint32_t wait_for(const struct name *name, nacre_token_t token, uintptr_t badge);

/* Takes the token of somebody who waits for the name out of the list; 0: nobody does. */
nacre_token_t wait_next(const struct name *name, uintptr_t *badge);

/* Forgets waiters of this badge that wait no more: they timed out, or their process is gone. */
void wait_clean(uintptr_t badge);
