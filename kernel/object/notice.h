/* notice.h - something that can lie in a server's queue, and the kind that needs no allocation.
 *
 * A notice is bound to a server with a badge and a priority and is posted by setting bits; bits set before it is received
 * coalesce. It is part of what it speaks for (a connection, an interrupt, a process), so posting cannot fail.
 *
 *   UNBOUND --bind--> IDLE --post--> QUEUED --receive--> IDLE       I1  QUEUED: bits != 0 and item lies in the server's queue
 *      ^--------------+--- server dies -------+                     I2  bound: server_link lies in server->notices
 * What is posted while unbound is kept in bits and lost: nobody listens. Functions: ipc/notice.h. */
#pragma once
#include "base/list.h"
#include "base/pqueue.h"
#include "types.h"

struct server;

/* Whatever waits in a mailbox: a calling thread, a send slot, a notice. */
struct queue_item {
	struct pqueue_node node;
	uint8_t kind;   /* KIND_... */
	bool queued;
};

struct notice {
	struct queue_item item;
	struct server *server;     /* NULL: unbound */
	struct list server_link;
	uintptr_t badge;
	uintptr_t bits;
	uint8_t priority;
};
