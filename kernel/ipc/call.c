/* call.c - the life of one call, from both sides. */
#include "ipc/call.h"
#include "ipc/fault.h"
#include "ipc/receive.h"
#include "thread/deadline.h"
#include "thread/futex.h"
#include "thread/inherit.h"
#include "thread/reaper.h"
#include "thread/work.h"

/* --- Taking. */

/* What a call carries, read and checked, before anything has happened. */
struct taking {
	struct abi_message message;
	size_t length;
	unsigned handles;
};

/* Bytes done so far of a copy that was interrupted, if these two are still each other's. */
static size_t *copy_progress(struct thread *receiver, struct thread *caller, size_t total)
{
	bool goes_on = receiver->partner == caller && caller->partner == receiver && caller->copied <= total;

	if (!goes_on)
		caller->copied = 0;
	receiver->partner = caller;
	caller->partner = receiver;
	return &caller->copied;
}

static err_t bytes_take(struct thread *receiver, struct thread *caller, struct taking *taking)
{
	struct abi_segment whole = { .base = receiver->buffer.address, .size = receiver->buffer_size };
	struct copy_side to = { &receiver->process->space, &whole, 1 };
	struct copy_side from = { &caller->process->space, taking->message.in, taking->message.in_count };
	err_t error;

	taking->length = message_in_bytes(&taking->message);
	if (taking->length > receiver->buffer_size)
		return E_TOO_LONG;
	if (!taking->length)
		return E_OK;
	error = message_copy(&to, &from, taking->length, copy_progress(receiver, caller, taking->length));
	if (error != E_RESTART)
		caller->partner = receiver->partner = NULL;
	return error;
}

static bool lends(const struct abi_message *message)
{
	return message->pages == PAGES_LEND || message->pages == PAGES_LEND_MUT;
}

static err_t pages_judge(const struct thread *receiver, const struct thread *caller, const struct abi_message *message)
{
	if (caller->loan.pages)
		return loan_recheck(caller->connection, receiver->process);
	if (!lends(message))
		return E_OK;
	return loan_check(caller, message->page_base, message->page_count, message->pages == PAGES_LEND_MUT,
	                  caller->connection, receiver->process);
}

static err_t handles_judge(const struct thread *receiver, const struct thread *caller, const struct abi_message *message)
{
	err_t error = message_handles_check(caller->process, message, receiver->accept);

	if (error || !message_handle_total(message))
		return error;
	error = copy_check(&receiver->process->space, message_received_ptr(receiver->message), 4 * sizeof(uint32_t), true);
	return error ? E_PEER_FAULT : E_OK;
}

static err_t take_decode(struct thread *receiver, struct thread *caller, struct taking *taking)
{
	user_ptr_t header = caller->forwarded ? (user_ptr_t){ 0 } : caller->message;
	err_t error = message_read(caller->process, header, MESSAGE_CALL, &taking->message);

	if (!error)
		error = bytes_take(receiver, caller, taking);
	if (!error)
		error = pages_judge(receiver, caller, &taking->message);
	return error ? error : handles_judge(receiver, caller, &taking->message);
}

static void handles_take(struct thread *receiver, struct thread *caller, struct taking *taking)
{
	uint32_t received[LIMIT_HANDLES] = { 0 };
	err_t error;

	if (!message_handle_total(&taking->message))
		return;
	taking->handles = message_handles_pass(caller->process, receiver->process, &taking->message, received);
	error = copy_out(&receiver->process->space, message_received_ptr(receiver->message), received, sizeof received);
	assert(!error); /* handles_judge looked */
}

static void pages_take(struct thread *receiver, struct thread *caller, const struct abi_message *message)
{
	if (caller->loan.pages)
		loan_arrive(caller, caller->connection, receiver->process);
	else if (lends(message))
		loan_make(caller, message->page_base, message->page_count, message->pages == PAGES_LEND_MUT,
		          caller->connection, receiver->process);
}

static void serve(struct thread *receiver, struct thread *caller)
{
	if (caller->state == STATE_CALLING)
		mailbox_unqueue(caller->mailbox, &caller->item);
	caller->mailbox = NULL;
	thread_block(caller, STATE_SERVED);
	caller->server_thread = receiver;
	receiver->serving = caller;
	receiver->depth = (uint8_t)(caller->depth + 1);
	mailbox_call_taken(receiver);
	inherit_update(receiver);
}

/* What the reply will need of the header. More than one segment, or handles: then it is read once more. */
static void header_keep(struct thread *caller, const struct abi_message *message)
{
	if (!caller->message.address || message->out_count > 1 || caller->accept)
		return;
	caller->message.address = 0;
	caller->has_room = message->out_count;
	if (caller->has_room)
		caller->room = message->out[0];
}

err_t call_take(struct thread *receiver, struct thread *caller)
{
	struct taking taking;
	err_t error;

	taking.length = taking.handles = 0;
	if (caller->kind == KIND_FAULT) {
		message_none(&taking.message);
		taking.length = fault_registers_give(receiver, caller);
	} else {
		error = take_decode(receiver, caller, &taking);
		if (error == E_RESTART && receiver->state == STATE_RECEIVING)
			mailbox_calm(receiver->attends); /* its buffer is half full: who comes next must say so */
		if (error)
			return error;
	}

	/* --- Point of no return. */
	handles_take(receiver, caller, &taking); /* first: within one process the header may lie in what is lent */
	pages_take(receiver, caller, &taking.message);
	if (!caller->forwarded)
		header_keep(caller, &taking.message);
	serve(receiver, caller);
	receive_call(receiver, caller, taking.length, taking.handles);
	return E_OK;
}

err_t call_enqueue(struct thread *caller, struct server *server)
{
	err_t error = inherit_probe(caller, &server->mailbox);

	if (error)
		return error;
	thread_block(caller, STATE_CALLING);
	caller->mailbox = &server->mailbox;
	caller->item.kind = caller->kind;
	mailbox_queue(&server->mailbox, &caller->item, caller->priority);
	return E_OK;
}

/* --- Ending. */

static void donor_forget(const struct thread *server_thread)
{
	if (server_thread->attends)
		server_thread->attends->donor = server_thread->attends->lender = NULL;
}

static void served_unlink(struct thread *caller)
{
	struct thread *server_thread = caller->server_thread;

	list_remove(&caller->parked_link);
	caller->taker = NULL;
	caller->server_thread = NULL;
	if (!server_thread)
		return;
	donor_forget(server_thread);
	server_thread->serving = NULL;
	server_thread->depth = 0;
	inherit_update(server_thread);
}

static void caller_reset(struct thread *caller)
{
	deadline_clear(caller);
	handle_unreserve(caller->process, caller->accept);
	caller->accept = 0;
	caller->connection = NULL;
	caller->partner = NULL;
	caller->forwarded = false;
	caller->message.address = 0;
	caller->has_room = false;
	thread_token_next(caller);
}

void call_finish(struct thread *caller)
{
	loan_return(caller);
	served_unlink(caller);
	caller_reset(caller);
}

void call_park(struct thread *server_thread)
{
	struct thread *caller = server_thread->serving;

	if (!caller)
		return;
	donor_forget(server_thread);
	caller->taker = server_thread->process;
	list_append(&caller->taker->parked, &caller->parked_link);
	caller->server_thread = NULL;
	server_thread->serving = NULL;
	server_thread->depth = 0;
	inherit_update(server_thread);
}

/* Of a connection that was destroyed nothing more arrives. */
static void cancel_tell(struct thread *caller)
{
	if (!caller->server_thread && caller->connection && !caller->connection->object.dead)
		notice_post(&caller->connection->notice, KIND_SIGNAL, SIGNAL_CANCELLED);
}

static void call_leave(struct thread *caller)
{
	if (caller->state == STATE_CALLING) {
		mailbox_unqueue(caller->mailbox, &caller->item);
		caller->mailbox = NULL;
		loan_return(caller); /* one in transit: borrowed by nobody */
	} else {
		cancel_tell(caller);
		loan_revoke(caller);
		served_unlink(caller);
	}
	caller_reset(caller);
}

void call_cancel(struct thread *caller, err_t error)
{
	call_leave(caller);
	if (caller->kind == KIND_FAULT)
		fault_end(caller);
	else
		thread_result(caller, error, NULL, 0);
	thread_ready(caller);
}

/* --- From outside. */

void thread_unwait_all(struct thread *thread)
{
	call_park(thread);
	switch (thread->state) {
	case STATE_CALLING:
	case STATE_SERVED:
		call_leave(thread);
		break;
	case STATE_RECEIVING:
		receive_abandon(thread);
		break;
	case STATE_FUTEX:
		futex_leave(thread);
		break;
	case STATE_REAPING:
		reaper_unwait(thread);
		break;
	default:
		break;
	}
	thread->state = STATE_READY;
	work_abandon(thread);
}

void call_timeout(struct thread *thread)
{
	switch (thread->state) {
	case STATE_CALLING:
	case STATE_SERVED:
		call_cancel(thread, E_TIMEOUT);
		return;
	case STATE_RECEIVING:
		receive_abandon(thread);
		break;
	case STATE_FUTEX:
		futex_leave(thread);
		break;
	default:
		return;
	}
	thread_result(thread, E_TIMEOUT, NULL, 0);
	thread_ready(thread);
}

bool process_threads_step(struct process *process)
{
	struct thread *thread = LIST_FIRST(&process->threads, struct thread, process_link);
	struct thread *caller = LIST_FIRST(&process->parked, struct thread, parked_link);

	if (thread)
		thread_end(thread);
	else if (caller)
		call_cancel(caller, E_PEER_GONE);
	else
		return true;
	return false;
}
