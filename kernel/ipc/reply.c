/* reply.c - answering and forwarding. */
#include "ipc/reply.h"
#include "ipc/fault.h"
#include "ipc/receive.h"
#include "object/pin.h"
#include "thread/inherit.h"

struct thread *reply_caller(struct thread *self, token_t token)
{
	struct thread *caller = thread_by_token(token);

	if (caller && thread_taker(caller) == self->process)
		return caller;
	window_let_go(self->process, token);
	return NULL;
}

/* The caller's own header or buffers are no longer there: that is its error, and the server learns that nothing arrived. */
static err_t caller_failed(struct thread *caller)
{
	call_cancel(caller, E_ADDRESS);
	return E_PEER_FAULT;
}

static size_t *copy_progress(struct thread *self, struct thread *caller, size_t total)
{
	bool goes_on = self->partner == caller && caller->partner == self && caller->copied <= total;

	if (!goes_on)
		caller->copied = 0;
	self->partner = caller;
	caller->partner = self;
	return &caller->copied;
}

static err_t bytes_give(struct thread *self, struct thread *caller, const struct abi_message *reply,
                        const struct abi_message *call, size_t *length)
{
	struct copy_side to = { &caller->process->space, call->out, call->out_count };
	struct copy_side from = { &self->process->space, reply->in, reply->in_count };
	err_t error;

	*length = message_in_bytes(reply);
	if (*length > message_out_bytes(call))
		return E_TOO_LONG;
	if (!*length)
		return E_OK;
	error = message_copy(&to, &from, *length, copy_progress(self, caller, *length));
	if (error != E_RESTART)
		self->partner = caller->partner = NULL;
	return error == E_PEER_FAULT ? caller_failed(caller) : error;
}

static err_t handles_judge(struct thread *self, struct thread *caller, const struct abi_message *reply)
{
	err_t error = message_handles_check(self->process, reply, caller->accept);

	if (error || !caller->accept)
		return error;
	error = copy_check(&caller->process->space, message_received_ptr(caller->message), 4 * sizeof(uint32_t), true);
	return error ? caller_failed(caller) : E_OK;
}

static void handles_give(struct thread *self, struct thread *caller, const struct abi_message *reply)
{
	uint32_t received[LIMIT_HANDLES] = { 0 };
	unsigned count;
	err_t error;

	if (!caller->accept)
		return;
	count = message_handles_pass(self->process, caller->process, reply, received);
	caller->accept = (uint8_t)(caller->accept - count);
	error = copy_out(&caller->process->space, message_received_ptr(caller->message), received, sizeof received);
	assert(!error); /* handles_judge looked */
}

err_t reply_give(struct thread *self, token_t token, user_ptr_t message, struct thread **out)
{
	struct thread *caller = reply_caller(self, token);
	struct abi_message reply, call;
	size_t length;
	err_t error;

	if (!caller)
		return E_STALE_TOKEN;
	error = message_read(self->process, message, MESSAGE_REPLY, &reply);
	if (error)
		return error;
	*out = caller;
	if (caller->kind == KIND_FAULT)
		return fault_reply(self, caller, &reply);
	if (message_read(caller->process, caller->message, MESSAGE_CALL, &call))
		return caller_failed(caller);
	if (caller->has_room) {
		call.out_count = 1;
		call.out[0] = caller->room;
	}
	error = bytes_give(self, caller, &reply, &call, &length);
	if (!error)
		error = handles_judge(self, caller, &reply);
	if (error)
		return error;

	/* --- Point of no return. */
	handles_give(self, caller, &reply);
	call_finish(caller);
	thread_result(caller, E_OK, thread_a(self, 1), 6);
	caller->registers.x[X_T3] = length;
	return E_OK;
}

static err_t forward_judge(const struct thread *caller, const struct connection *connection, const struct thread *receiver)
{
	const struct loan *loan = &caller->loan;

	if (!loan->pages)
		return E_OK;
	if (pin_overlaps(loan->borrower, loan->borrower_base, loan->pages))
		return E_BUSY;
	if (!connection->loans)
		return E_WINDOW_FULL;
	return receiver ? loan_recheck(connection, receiver->process) : E_OK;
}

static void forward_mark(struct thread *self, struct thread *caller, struct connection *connection)
{
	loan_depart(caller);
	if (caller->server_thread)
		call_park(caller->server_thread);
	list_remove(&caller->parked_link);
	caller->taker = NULL;
	caller->connection = connection;
	caller->forwarded = true;
	for (unsigned i = 0; i < 6; i++)
		caller->forward_words[i] = *thread_a(self, 1 + i);
	thread_token_next(caller);
}

err_t reply_forward(struct thread *self, token_t token, struct connection *connection)
{
	struct thread *caller = reply_caller(self, token);
	struct server *server = connection_server(connection);
	struct thread *receiver;
	err_t error;

	if (!caller)
		return E_STALE_TOKEN;
	if (caller->kind == KIND_FAULT)
		return E_STALE_TOKEN; /* a fault is answered where it arrived */
	if (!server)
		return E_PEER_GONE;
	if (caller->depth >= LIMIT_CALL_DEPTH)
		return E_CALL_DEPTH;
	receiver = mailbox_waiting(&server->mailbox);
	error = forward_judge(caller, connection, receiver);
	if (!error && !receiver)
		error = inherit_probe(caller, &server->mailbox);
	if (error)
		return error;

	/* --- Point of no return. */
	forward_mark(self, caller, connection);
	if (receiver && !call_take(receiver, caller)) {
		thread_ready(receiver);
		return E_OK;
	}
	caller->state = STATE_CALLING;
	caller->mailbox = &server->mailbox;
	caller->item.kind = KIND_CALL;
	mailbox_queue(&server->mailbox, &caller->item, caller->priority);
	return E_OK;
}
