/* message.c - system calls on connections and servers. */
#include "syscall/handlers.h"

/* --- Servers and connections as objects. */

err_t sys_server_create(struct thread *self, struct budget *payer, handle_t *out)
{
	struct server *server;
	err_t error = result_reserve(self);

	if (error)
		return error;
	error = server_new(payer, &server);
	if (error) {
		result_cancel(self);
		return error;
	}
	*out = handle_add(self->process, &server->object, RIGHT_ALL_SERVER);
	return E_OK;
}

err_t sys_connection_mint(struct thread *self, struct server *server, struct budget *payer, uintptr_t badge, uint32_t slots,
                          uint32_t loans, uint32_t priority, handle_t *out)
{
	struct connection *connection;
	err_t error;

	if (slots > LIMIT_SLOTS || loans > LIMIT_LOANS || priority >= LIMIT_PRIORITIES)
		return E_ARGUMENT;
	if (priority > payer->ceiling)
		return E_PRIORITY;
	error = result_reserve(self);
	if (error)
		return error;
	error = connection_new(server, payer, badge, slots, loans, priority, &connection);
	if (error) {
		result_cancel(self);
		return error;
	}
	*out = handle_add(self->process, &connection->object, RIGHT_ALL_CONNECTION);
	return E_OK;
}

err_t sys_connection_destroy(struct thread *self, struct connection *connection)
{
	object_destroy(&connection->object);
	return wait_reaped(self, &connection->object);
}

/* --- Calling. */

static err_t connection_argument(const struct thread *self, uint32_t right, struct connection **connection)
{
	struct object *object;
	err_t error = argument_object(self, 0, OBJECT_CONNECTION, right, &object);

	if (error)
		return error;
	*connection = CONTAINER_OF(object, struct connection, object);
	return connection_server(*connection) ? E_OK : E_PEER_GONE;
}

/* Handles that the reply may bring get their slots now. A program that cannot pay for a larger table has no room. */
static err_t accept_prepare(struct thread *self, user_ptr_t header)
{
	struct { uint8_t in, out, handles, accept; } counts = { 0 };
	err_t error = header.address ? copy_in(&self->process->space, &counts, header, sizeof counts) : E_OK;

	if (error)
		return error;
	error = receive_prepare(self, header, counts.accept);
	return error == E_BUDGET ? E_HANDLE_ROOM : error;
}

/* A thread that runs has no header: the short way relies on it. */
static void header_forget(struct thread *self)
{
	handle_unreserve(self->process, self->accept);
	self->accept = 0;
	self->message.address = 0;
}

static void call_undo(struct thread *self)
{
	header_forget(self);
	self->connection = NULL;
}

static err_t call_start(struct thread *self, struct server *server, uint64_t deadline_ns)
{
	struct thread *receiver = mailbox_waiting(&server->mailbox);
	err_t error;

	if (self->depth >= LIMIT_CALL_DEPTH)
		return E_CALL_DEPTH;
	if (!receiver) {
		if (deadline_ns <= arch_clock_ns())
			return E_TIMEOUT;
		error = call_enqueue(self, server);
	} else {
		error = call_take(receiver, self);
	}
	if (error)
		return error;
	deadline_set(self, deadline_ns);
	if (receiver)
		thread_hand_over(receiver);
	return E_BLOCKED;
}

static err_t call(struct thread *self, uint64_t deadline_ns, user_ptr_t header)
{
	struct connection *connection;
	err_t error = connection_argument(self, RIGHT_CALL, &connection);

	if (!error)
		error = accept_prepare(self, header);
	if (error)
		return error;
	self->kind = KIND_CALL;
	self->connection = connection;
	error = call_start(self, connection_server(connection), deadline_ns);
	if (error != E_BLOCKED)
		call_undo(self);
	return error;
}

err_t sys_connection_call(struct thread *self)
{
	return call(self, NEVER_NS, (user_ptr_t){ 0 });
}

err_t sys_connection_call_message(struct thread *self)
{
	return call(self, argument_deadline(self), argument_message(self));
}

err_t sys_connection_signal(struct thread *self, struct connection *connection, uintptr_t bits)
{
	(void)self;
	return connection_signal(connection, bits);
}

/* --- Sending. */

static err_t send_bytes_read(const struct thread *self, const struct abi_message *message, uint8_t *bytes, size_t *length)
{
	err_t error = E_OK;

	*length = 0;
	for (unsigned i = 0; !error && i < message->in_count; i++) {
		error = copy_in(&self->process->space, bytes + *length, (user_ptr_t){ message->in[i].base }, message->in[i].size);
		*length += message->in[i].size;
	}
	return error;
}

static struct send_slot *slot_fill(struct thread *self, struct connection *connection, const struct abi_message *message,
                                   const uint8_t *bytes, size_t length)
{
	struct send_slot *slot = LIST_FIRST(&connection->free_slots, struct send_slot, link);

	list_remove(&slot->link);
	list_append(&connection->queued_slots, &slot->link);
	connection->free_count--;
	for (unsigned i = 0; i < 6; i++)
		slot->words[i] = argument(self, 1 + i);
	slot->length = (uint8_t)length;
	__builtin_memcpy(slot->bytes, bytes, length);
	slot->handle_count = (uint8_t)message_handle_total(message);
	message_handles_hold(self->process, message, slot->handles);
	slot->item.kind = KIND_SEND;
	return slot;
}

err_t sys_connection_send(struct thread *self)
{
	uint8_t bytes[LIMIT_SEND_BYTES];
	struct connection *connection;
	struct abi_message message;
	struct send_slot *slot;
	struct thread *receiver;
	struct server *server;
	size_t length;
	err_t error = connection_argument(self, RIGHT_CALL, &connection);

	if (!error)
		error = message_read(self->process, argument_message(self), MESSAGE_SEND, &message);
	if (!error)
		error = send_bytes_read(self, &message, bytes, &length);
	if (!error)
		error = message_handles_check(self->process, &message, LIMIT_HANDLES);
	if (error)
		return error;
	if (!connection->free_count)
		return E_QUEUE_FULL;

	/* --- Point of no return. */
	slot = slot_fill(self, connection, &message, bytes, length);
	server = connection_server(connection);
	receiver = mailbox_waiting(&server->mailbox);
	if (receiver) {
		receive_send(receiver, slot);
		thread_ready(receiver);
	} else {
		mailbox_queue(&server->mailbox, &slot->item, self->priority);
	}
	return E_OK;
}

/* --- Receiving and replying. */

static err_t server_argument(const struct thread *self, struct server **server)
{
	struct object *object;
	err_t error = argument_object(self, 0, OBJECT_SERVER, RIGHT_RECEIVE, &object);

	if (!error)
		*server = CONTAINER_OF(object, struct server, object);
	return error;
}

static err_t accept_read(const struct thread *self, user_ptr_t header, unsigned *accept)
{
	uint8_t counts[4] = { 0 };
	err_t error = header.address ? copy_in(&self->process->space, counts, header, sizeof counts) : E_OK;

	*accept = counts[offsetof(struct abi_message, accept)];
	return error;
}

/* Interrupted or refused: nothing is set aside. Otherwise the registers hold a message, or the thread waits for one. */
static err_t receive(struct thread *self, struct server *server, uint64_t deadline_ns)
{
	err_t error = receive_next(self, server, deadline_ns);

	if (error == E_RESTART) {
		header_forget(self);
	}
	return error == E_OK ? E_BLOCKED : error;
}

err_t sys_server_receive(struct thread *self)
{
	struct server *server;
	unsigned accept;
	err_t error = server_argument(self, &server);

	if (!error)
		error = accept_read(self, argument_message(self), &accept);
	if (!error)
		error = receive_prepare(self, argument_message(self), accept);
	if (error)
		return error;
	call_park(self);
	return receive(self, server, argument_deadline(self));
}

/* The reply half, once: a call that is executed again after it finds the token gone from t0. */
static err_t reply_half(struct thread *self, user_ptr_t header, struct thread **caller)
{
	token_t token = argument_token(self);
	err_t error;

	if (!token)
		return E_OK;
	error = reply_give(self, token, header, caller);
	if (error == E_STALE_TOKEN) {
		*caller = NULL;
		self->reply_flags = INFO_REPLY_STALE;
		error = E_OK;
	}
	if (!error)
		self->registers.x[X_T0] = 0;
	return error;
}

static err_t reply_and_receive(struct thread *self, uint64_t deadline_ns, user_ptr_t header)
{
	struct thread *caller = NULL;
	struct server *server;
	unsigned accept;
	err_t error = server_argument(self, &server);

	if (!error)
		error = accept_read(self, header, &accept);
	if (!error)
		error = receive_prepare(self, header, accept);
	if (error)
		return error;
	error = reply_half(self, header, &caller);
	if (error) {
		header_forget(self);
		return error;
	}
	call_park(self);
	error = receive(self, server, deadline_ns);
	if (caller && arch_here()->current)
		thread_ready(caller);
	else if (caller)
		thread_hand_over(caller);
	return error;
}

err_t sys_server_reply_and_receive(struct thread *self)
{
	return reply_and_receive(self, NEVER_NS, (user_ptr_t){ 0 });
}

err_t sys_server_reply_and_receive_message(struct thread *self)
{
	return reply_and_receive(self, argument_deadline(self), argument_message(self));
}

err_t sys_server_reply(struct thread *self)
{
	struct thread *caller;
	err_t error = reply_give(self, argument_token(self), argument_message(self), &caller);

	if (!error)
		thread_ready(caller);
	return error;
}

err_t sys_server_forward(struct thread *self)
{
	struct connection *connection;
	err_t error = connection_argument(self, RIGHT_CALL, &connection);

	return error ? error : reply_forward(self, argument_token(self), connection);
}

err_t sys_server_token_check(struct thread *self)
{
	return reply_caller(self, argument_token(self)) ? E_OK : E_STALE_TOKEN;
}
