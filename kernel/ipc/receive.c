/* receive.c - what is in the mailbox becomes results in a thread's registers. */
#include "ipc/receive.h"
#include "ipc/call.h"
#include "thread/deadline.h"
#include "thread/inherit.h"
#include "trace/trace.h"

err_t receive_prepare(struct thread *self, user_ptr_t message, unsigned accept)
{
	err_t error;

	if (accept > LIMIT_HANDLES)
		return E_ARGUMENT;
	if (accept) {
		error = copy_check(&self->process->space, message_received_ptr(message), 4 * sizeof(uint32_t), true);
		if (error)
			return error;
		error = handle_reserve(self->process, accept);
		if (error)
			return error;
	}
	self->message = message;
	self->accept = (uint8_t)accept;
	return E_OK;
}

/* Leaves the state of one who receives; `used` of the handles it set aside were filled. */
static void receive_done(struct thread *thread, unsigned used)
{
	if (thread->state == STATE_RECEIVING)
		mailbox_unwait(thread);
	deadline_clear(thread);
	handle_unreserve(thread->process, thread->accept - used);
	thread->accept = 0;
	thread->message.address = 0;
	thread->partner = NULL;
}

void receive_abandon(struct thread *thread)
{
	receive_done(thread, 0);
	thread->reply_flags = 0;
}

struct received {
	token_t token;
	uintptr_t badge;
	unsigned kind, flags, handles;
	size_t length;
	uintptr_t loan; /* address plus pages */
};

static void received_set(struct thread *receiver, const struct received *in)
{
	uintptr_t *x = receiver->registers.x;

	x[X_A0] = E_OK;
	x[X_A7] = 0;
	x[X_T0] = in->token;
	x[X_T1] = in->badge;
	x[X_T2] = in->kind | in->flags | receiver->reply_flags | in->handles << INFO_HANDLES_SHIFT;
	x[X_T3] = in->length;
	x[X_T4] = in->loan;
	x[X_T5] = x[X_T6] = 0;
	receiver->reply_flags = 0;
	trace(TRACE_MESSAGE, x[X_A1], in->badge, in->kind);
}

static void words_set(struct thread *receiver, uintptr_t opcode, uintptr_t word0, uintptr_t word1, uintptr_t word2)
{
	uintptr_t *words = thread_a(receiver, 1);

	words[0] = opcode;
	words[1] = word0;
	words[2] = word1;
	words[3] = word2;
	words[4] = words[5] = 0;
}

void receive_notice(struct thread *receiver, struct notice *notice)
{
	uintptr_t bits = notice->bits;
	unsigned kind = notice->item.kind;

	notice->bits = 0;
	receive_done(receiver, 0);
	if (kind == KIND_EXIT) {
		const struct process *process = CONTAINER_OF(notice, struct process, watcher);

		words_set(receiver, 0, process->exit.cause, (uintptr_t)process->exit.code, 0);
	} else {
		words_set(receiver, 0, bits, 0, 0);
	}
	received_set(receiver, &(struct received){ .badge = notice->badge, .kind = kind });
	if (kind == KIND_SIGNAL && bits & SIGNAL_CLOSED)
		connection_closed_received(CONTAINER_OF(notice, struct connection, notice));
}

/* Best effort for a send: its sender is long gone, so what does not fit is dropped and the counts tell. */
static size_t send_bytes(struct thread *receiver, const struct send_slot *slot)
{
	size_t length = slot->length < receiver->buffer_size ? slot->length : receiver->buffer_size;

	if (length && copy_out(&receiver->process->space, receiver->buffer, slot->bytes, length))
		return 0;
	return length;
}

static unsigned send_handles(struct thread *receiver, struct send_slot *slot)
{
	uint32_t received[LIMIT_HANDLES] = { 0 };
	unsigned count = slot->handle_count < receiver->accept ? slot->handle_count : receiver->accept;

	for (unsigned i = 0; i < count; i++)
		if (slot->handles[i].object && !slot->handles[i].object->dead)
			received[i] = handle_add(receiver->process, slot->handles[i].object, slot->handles[i].rights);
		else
			handle_unreserve(receiver->process, 1); /* destroyed on the way: arrives as 0 */
	if (count && copy_out(&receiver->process->space, message_received_ptr(receiver->message), received, sizeof received))
		for (unsigned i = 0; i < count; i++) /* the header went away meanwhile: nobody would know these numbers */
			if (received[i])
				handle_close(receiver->process, handle_entry(receiver->process, received[i]));
	return count;
}

void receive_send(struct thread *receiver, struct send_slot *slot)
{
	struct received in = { .badge = slot->connection->notice.badge, .kind = KIND_SEND };

	in.length = send_bytes(receiver, slot);
	in.handles = send_handles(receiver, slot);
	receive_done(receiver, in.handles);
	for (unsigned i = 0; i < 6; i++)
		*thread_a(receiver, 1 + i) = slot->words[i];
	received_set(receiver, &in);
	connection_slot_free(slot);
}

static uintptr_t loan_word(const struct thread *caller)
{
	return caller->loan.pages ? caller->loan.borrower_base | caller->loan.pages : 0;
}

void receive_call(struct thread *receiver, struct thread *caller, size_t length, unsigned handles)
{
	struct received in = { .token = caller->token, .kind = caller->kind, .length = length, .handles = handles };

	receive_done(receiver, handles);
	if (caller->kind == KIND_FAULT) {
		in.badge = caller->process->fault_server.badge;
		words_set(receiver, caller->fault_cause, caller->fault_address, caller->registers.pc, caller->number);
	} else {
		in.badge = caller->connection->notice.badge;
		in.flags = (caller->forwarded ? INFO_FORWARDED : 0) | (caller->loan.writable ? INFO_LOAN_WRITABLE : 0);
		in.loan = loan_word(caller);
		thread_words_copy(receiver, caller);
		if (caller->forwarded)
			for (unsigned i = 0; i < 6; i++)
				*thread_a(receiver, 1 + i) = caller->forward_words[i];
	}
	received_set(receiver, &in);
}

static err_t take_queued(struct thread *self, struct queue_item *item, bool *got)
{
	struct thread *caller;
	err_t error;

	*got = true;
	switch (item->kind) {
	case KIND_CALL:
	case KIND_FAULT:
		caller = CONTAINER_OF(item, struct thread, item);
		error = call_take(self, caller);
		if (error == E_OK || error == E_RESTART)
			return error;
		call_cancel(caller, error);
		*got = false;
		return E_OK;
	case KIND_SEND:
		mailbox_unqueue(self->attends, item);
		receive_send(self, CONTAINER_OF(item, struct send_slot, item));
		return E_OK;
	default:
		mailbox_unqueue(self->attends, item);
		receive_notice(self, CONTAINER_OF(item, struct notice, item));
		return E_OK;
	}
}

/* Calls that cannot be taken are answered and passed over; how many there are is up to clients, so each is followed by a
 * look at pending interrupts. */
err_t receive_next(struct thread *self, struct server *server, uint64_t deadline_ns)
{
	struct queue_item *item;
	bool got = false;
	err_t error;

	if (!self->accept)
		self->message.address = 0; /* a message without handles writes nothing there */
	mailbox_attend(&server->mailbox, self);
	while ((item = mailbox_top(&server->mailbox))) {
		error = take_queued(self, item, &got);
		if (error || got)
			return error;
		if (arch_interrupt_pending())
			return E_RESTART;
	}
	if (deadline_ns <= arch_clock_ns()) {
		receive_abandon(self);
		return E_TIMEOUT;
	}
	deadline_set(self, deadline_ns);
	thread_block(self, STATE_RECEIVING);
	mailbox_wait(&server->mailbox, self);
	return E_BLOCKED;
}
