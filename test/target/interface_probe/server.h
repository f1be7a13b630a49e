/* server.h - a server of the probe protocol in a thread of its own: most methods answer what they were given. */
#pragma once
#include "idl/probe_client.h"
#include "idl/probe_server.h"
#include "nacre/startup.h"
#include "test/test.h"

/* How often a handler was called. */
extern volatile uint32_t probe_calls;

/* What came by send. */
extern volatile int64_t probe_noted;

/* Makes the next answer differ: of handles, one that must be there is left out. */
extern volatile bool probe_forgets;

/* A connection to it. The first to ask starts it. */
nacre_handle_t probe_connection(void);

/* Answers the call that `later` has parked. */
nacre_status_t probe_answer_later(nacre_status_t status);

/* Waits until sends before this have been handled. */
void probe_settle(void);

uint32_t handles_in_use(void);
