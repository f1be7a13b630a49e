/* connect.h - how a client comes by its connection: a copy of a shared one, or by forwarding its call. */
#pragma once
#include "nacre/server.h"
#include "table.h"

/* Answers the request with a connection to what the name means, now, later, or by the service itself.
 * `patience`: NAMES_WAIT or NAMES_NOW. */
uint32_t connect_request(struct name *name, uintptr_t patience, struct nacre_request *request, struct nacre_reply *reply);

/* The name has just been published: serves all who waited for it. */
void connect_waiting(struct name *name);
