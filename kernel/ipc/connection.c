/* connection.c - connections: minting, slots, and their end. */
#include "ipc/connection.h"
#include "ipc/call.h"
#include "ipc/notice.h"
#include "ipc/window.h"
#include "memory/slab.h"

/* Threads looked at per step when the calls of a connection are to be ended: it is rare, and a list of calls per connection
 * would cost every call. */
enum { THREADS_PER_STEP = 64, SLOTS_PER_STEP = 16 };

struct server *connection_server(const struct connection *connection)
{
	struct server *server = connection->notice.server;

	return server && !server->object.dead ? server : NULL;
}

err_t connection_signal(struct connection *connection, uintptr_t bits)
{
	if (!bits || bits & ~(uintptr_t)(SIGNAL_CANCELLED - 1))
		return E_ARGUMENT;
	if (!connection_server(connection))
		return E_PEER_GONE;
	notice_post(&connection->notice, KIND_SIGNAL, bits);
	return E_OK;
}

static err_t slots_make(struct connection *connection, struct budget *payer, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct send_slot *slot = slab_take(&payer->account, SLAB_CLASS(sizeof *slot));

		if (!slot)
			return E_BUDGET;
		slot->item.queued = false; /* all else is written when it is filled */
		slot->handle_count = 0;
		slot->connection = connection;
		list_insert_before(&connection->free_slots, &slot->link);
		connection->slot_count++;
		connection->free_count++;
	}
	return E_OK;
}

/* One bounded step; true: none is left. */
static bool slots_free_step(struct connection *connection)
{
	for (unsigned i = 0; i < SLOTS_PER_STEP && connection->free_count; i++) {
		slab_free(LIST_ENTRY(list_pop(&connection->free_slots), struct send_slot, link));
		connection->slot_count--;
		connection->free_count--;
	}
	return !connection->free_count;
}

err_t connection_new(struct server *server, struct budget *payer, uintptr_t badge, unsigned slots, unsigned loans,
                     unsigned priority, struct connection **out)
{
	struct connection *connection = object_alloc(payer, OBJECT_CONNECTION, sizeof *connection);

	if (!connection)
		return E_BUDGET;
	list_init(&connection->free_slots);
	list_init(&connection->queued_slots);
	list_init(&connection->loans_list);
	if (slots_make(connection, payer, slots)) {
		while (!slots_free_step(connection))
			continue;
		object_cancel(&connection->object);
		return E_BUDGET;
	}
	connection->loans = (uint8_t)loans;
	notice_bind(&connection->notice, server, badge, priority);
	connection->to = &server->mailbox;
	list_append(&server->connections, &connection->server_link);
	*out = connection;
	return E_OK;
}

static void connection_mark(struct object *object)
{
	struct connection *connection = CONTAINER_OF(object, struct connection, object);

	connection->sweep = 1;
	connection->to = &mailbox_nowhere;
}

/* From its first client on it lives until CLOSED was received, though no handle be left. */
static void connection_handle_added(struct object *object, uint32_t rights)
{
	struct connection *connection = CONTAINER_OF(object, struct connection, object);

	if (!(rights & (RIGHT_CALL | RIGHT_SIGNAL)))
		return;
	connection->clients++;
	if (connection->open)
		return;
	connection->open = true;
	object_hold(object);
}

/* No client can call any more; what is in progress is ended in steps, then CLOSED is posted. */
static void connection_handle_removed(struct object *object, uint32_t rights)
{
	struct connection *connection = CONTAINER_OF(object, struct connection, object);

	if (!(rights & (RIGHT_CALL | RIGHT_SIGNAL)) || --connection->clients)
		return;
	connection->closing = true;
	connection->sweep = 1;
	object_enqueue(object);
}

static bool calls_end_step(struct connection *connection)
{
	size_t end = connection->sweep + THREADS_PER_STEP;

	if (end > thread_slot_count())
		end = thread_slot_count();
	for (; connection->sweep < end; connection->sweep++) {
		struct thread *thread = thread_by_slot(connection->sweep);

		if (!thread || thread->connection != connection || !thread_waits(thread))
			continue;
		call_cancel(thread, E_PEER_GONE); /* and its loan goes home: enough for one step */
		connection->sweep++;
		break;
	}
	return connection->sweep == thread_slot_count();
}

static void closed_post(struct connection *connection)
{
	if (connection->closing && !connection->object.dead && connection->free_count == connection->slot_count)
		notice_post(&connection->notice, KIND_SIGNAL, SIGNAL_CLOSED);
}

static void slot_empty(struct send_slot *slot)
{
	for (unsigned i = 0; i < slot->handle_count; i++)
		handle_detach(&slot->handles[i]);
	slot->handle_count = 0;
}

void connection_slot_free(struct send_slot *slot)
{
	struct connection *connection = slot->connection;

	slot_empty(slot);
	list_remove(&slot->link);
	list_append(&connection->free_slots, &slot->link);
	connection->free_count++;
	closed_post(connection);
}

static bool queued_drop_step(struct connection *connection)
{
	struct list *node = list_first(&connection->queued_slots);
	struct send_slot *slot;

	if (!node)
		return true;
	slot = LIST_ENTRY(node, struct send_slot, link);
	if (slot->item.queued && connection->notice.server)
		mailbox_unqueue(&connection->notice.server->mailbox, &slot->item);
	connection_slot_free(slot);
	return false;
}

void connection_detach(struct connection *connection)
{
	list_remove(&connection->server_link);
	notice_unbind(&connection->notice);
	connection->to = &mailbox_nowhere;
	if (connection->closing) /* nobody will receive CLOSED */
		object_destroy(&connection->object);
}

static bool connection_step(struct object *object)
{
	struct connection *connection = CONTAINER_OF(object, struct connection, object);

	if (!calls_end_step(connection))
		return false;
	if (!object->dead && connection_server(connection)) {
		closed_post(connection);
		return true;
	}
	object->dead = true; /* closing, and nobody is left to hear of it */
	if (!queued_drop_step(connection))
		return false;
	if (!slots_free_step(connection))
		return false;
	window_connection_gone(connection);
	connection_detach(connection);
	if (connection->open)
		object_release(object);
	connection->open = false;
	return true;
}

void connection_closed_received(struct connection *connection)
{
	object_destroy(&connection->object);
}

void connection_check(const struct object *object)
{
	struct connection *connection = CONTAINER_OF(object, struct connection, object);

	assert(list_count(&connection->free_slots) == connection->free_count);
	assert(list_count(&connection->queued_slots) + connection->free_count == connection->slot_count); /* I2 */
	assert(list_count(&connection->loans_list) == connection->loans_out);                             /* I3 */
	assert(connection->loans_out <= connection->loans || object->dead);
}

const struct object_type connection_type = {
	.mark = connection_mark,
	.step = connection_step,
	.handle_added = connection_handle_added,
	.handle_removed = connection_handle_removed,
};
