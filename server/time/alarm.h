/* alarm.h - signals at a time to come, a few for each client. */
#pragma once
#include <abi/nacre_abi.h>
#include "idl/time.h"

/* Takes the connection over on STATUS_OK. STATUS_FULL. */
uint32_t alarm_add(uintptr_t owner, uint64_t when_ns, uint32_t bits, nacre_handle_t connection, uint32_t *number);

/* STATUS_NOT_FOUND: it has gone off, or was never this owner's. */
uint32_t alarm_cancel(uintptr_t owner, uintptr_t number);
void alarm_cancel_all(uintptr_t owner);

/* Lets all go off whose time has come; answers when the next one's does. */
uint64_t alarm_run(uint64_t now_ns);
