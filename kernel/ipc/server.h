/* server.h - a server as an object: a mailbox with the connections and notices that lead to it.
 *
 *   LIVE --last handle with RECEIVE goes, or its payer--> DEAD: whatever is queued ends with E_PEER_GONE, in steps
 *   I1  receivers counts the handles with RECEIVE; at 0 it is dead
 *   I2  every connection in `connections` and every notice in `notices` points here
 * A server is not its process: while a handle with RECEIVE lives anywhere, queued calls wait for whoever receives next.
 *   Does not: know names, start threads, time out by itself (thread/deadline.h). */
#pragma once
#include "thread/mailbox.h"
#include "thread/schedule.h"

struct server {
	struct object object;
	struct mailbox mailbox;
	struct list connections; /* struct connection.server_link */
	struct list notices;     /* struct notice.server_link */
	uint32_t receivers;
};
extern const struct object_type server_type;
void server_check(const struct object *object);

err_t server_new(struct budget *payer, struct server **out) must_use; /* E_BUDGET */
