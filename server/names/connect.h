/* connect.h - how a client comes by its connection: a copy of a shared one, or by forwarding its call. */
#pragma once
#include "idl/names_server.h"
#include "table.h"

/* Gives a connection to what the name means, which stays this server's; or NACRE_LATER: the service itself answers, or
 * whoever publishes it later. */
nacre_status_t connect_request(struct name *name, enum names_patience patience, const struct nacre_request *request,
			       nacre_handle_t *service);

/* The name has just been published: serves all who waited for it. */
void connect_waiting(struct name *name);
