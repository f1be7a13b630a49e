/* connection.h - a client's end of a server: badge, send slots, loans, signal bits.
 *
 *   OPEN --last client handle closed--> CLOSING --calls ended, sends received--> CLOSED posted --received--> free
 *     +--connection_destroy, server or payer gone--> dead: calls end with E_PEER_GONE, nothing more arrives
 *   I1  clients counts the handles with CALL or SIGNAL
 *   I2  slot_count = free slots + queued ones
 *   I3  loans_out = slots of receive windows that name this connection <= loans
 * CLOSED is the badge's last message: it is posted when no call is in progress and no send is queued. */
#pragma once
#include "ipc/server.h"

struct connection {
	struct object object;
	struct notice notice;      /* signals; its server is the connection's */
	struct mailbox *to;        /* the server's; mailbox_nowhere once this or the server is dead: ipc/fast.c */
	struct list server_link;
	struct list free_slots;    /* struct send_slot.link */
	struct list queued_slots;  /* the same, while a message is in them */
	struct list loans_list;    /* struct window_slot.link */
	uint32_t clients;
	uint32_t sweep;            /* next thread slot to look at while calls are being ended */
	uint8_t slot_count, free_count;
	uint8_t loans, loans_out;
	bool open;                 /* has had a client, and CLOSED was not received: holds itself */
	bool closing;              /* the last client handle went */
};
extern const struct object_type connection_type;
void connection_check(const struct object *object);

/* A message that was sent: everything it needs, until it is received. */
struct send_slot { /* at most 400 bytes: SLAB_CLASS */
	struct queue_item item;
	struct list link;
	struct connection *connection;
	uintptr_t words[6];
	struct handle_entry handles[LIMIT_HANDLES]; /* in no table */
	uint8_t handle_count, length;
	uint8_t bytes[LIMIT_SEND_BYTES];
};

err_t connection_new(struct server *server, struct budget *payer, uintptr_t badge, unsigned slots, unsigned loans,
                     unsigned priority, struct connection **out) must_use; /* E_BUDGET */
struct server *connection_server(const struct connection *connection); /* NULL: gone */
err_t connection_signal(struct connection *connection, uintptr_t bits) must_use; /* E_ARGUMENT E_PEER_GONE */
void connection_slot_free(struct send_slot *slot);   /* received or dropped */
void connection_detach(struct connection *connection); /* its server is gone */
void connection_closed_received(struct connection *connection);
