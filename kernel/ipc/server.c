/* server.c - servers as objects. */
#include "ipc/server.h"
#include "ipc/call.h"
#include "ipc/receive.h"

err_t server_new(struct budget *payer, struct server **out)
{
	struct server *server = object_alloc(payer, OBJECT_SERVER, sizeof *server);

	if (!server)
		return E_BUDGET;
	mailbox_init(&server->mailbox, &server->object);
	list_init(&server->connections);
	list_init(&server->notices);
	*out = server;
	return E_OK;
}

static void server_mark(struct object *object)
{
	/* A dead object cannot be called or received from; who waits is woken in steps. */
	mailbox_calm(&CONTAINER_OF(object, struct server, object)->mailbox);
}

static void server_handle_added(struct object *object, uint32_t rights)
{
	if (rights & RIGHT_RECEIVE)
		CONTAINER_OF(object, struct server, object)->receivers++;
}

static void server_handle_removed(struct object *object, uint32_t rights)
{
	struct server *server = CONTAINER_OF(object, struct server, object);

	if (rights & RIGHT_RECEIVE && --server->receivers == 0)
		object_destroy(object);
}

static void queued_drop(struct server *server, struct queue_item *item)
{
	switch (item->kind) {
	case KIND_CALL:
	case KIND_FAULT:
		call_cancel(CONTAINER_OF(item, struct thread, item), E_PEER_GONE);
		return;
	case KIND_SEND:
		mailbox_unqueue(&server->mailbox, item);
		connection_slot_free(CONTAINER_OF(item, struct send_slot, item));
		return;
	default:
		notice_unbind(CONTAINER_OF(item, struct notice, item));
	}
}

static void waiting_wake(struct thread *thread)
{
	receive_abandon(thread);
	thread_result(thread, E_PEER_GONE, NULL, 0);
	thread_ready(thread);
}

/* One thing of one kind a step, until nothing leads here any more. */
static bool server_step(struct object *object)
{
	struct server *server = CONTAINER_OF(object, struct server, object);
	struct mailbox *mailbox = &server->mailbox;

	if (mailbox_top(mailbox))
		queued_drop(server, mailbox_top(mailbox));
	else if (mailbox_waiting(mailbox))
		waiting_wake(mailbox_waiting(mailbox));
	else if (!list_is_empty(&mailbox->attendants))
		mailbox_unattend(LIST_FIRST(&mailbox->attendants, struct thread, attend_link));
	else if (!list_is_empty(&server->connections))
		connection_detach(LIST_FIRST(&server->connections, struct connection, server_link));
	else if (!list_is_empty(&server->notices))
		notice_unbind(LIST_FIRST(&server->notices, struct notice, server_link));
	else
		return true;
	return false;
}

void server_check(const struct object *object)
{
	struct server *server = CONTAINER_OF(object, struct server, object);

	mailbox_check(&server->mailbox);
	assert(object->dead || server->receivers || list_is_empty(&object->handles));
	LIST_FOR_EACH(node, &server->notices)
		assert(LIST_ENTRY(node, struct notice, server_link)->server == server);
	LIST_FOR_EACH(node, &server->connections)
		assert(connection_server(LIST_ENTRY(node, struct connection, server_link)) == server || object->dead);
}

const struct object_type server_type = {
	.mark = server_mark,
	.step = server_step,
	.handle_added = server_handle_added,
	.handle_removed = server_handle_removed,
};
