/* fast.c - a register call and its answer in one straight path.
 *
 * Counted by instruction, so that what can be known beforehand is: mailbox->eager and ->donor, connection->to,
 * process->quick_space and thread->may_not_call are worked out where they change. A budget that is being destroyed stops
 * processes before their quick_space says so; while anything is on the reap queue, nobody comes here. */
#include "ipc/fast.h"
#include "ipc/quick.h"

struct registers *fast_call(handle_t handle)
{
	struct arch_cpu *here = arch_here();
	struct thread *self = here->current, *receiver;
	struct object *object;
	struct connection *connection;
	struct mailbox *mailbox;
	uintptr_t space;
	unsigned depth;

	if (!object_quick(self, handle, RIGHT_CALL, &object))
		return NULL;
	connection = CONTAINER_OF(object, struct connection, object);
	mailbox = connection->to;
	receiver = mailbox->eager;
	if (!receiver)
		return fast_call_keen(connection);
	space = receiver->process->quick_space;
	depth = self->may_not_call;
	if (!space || depth >= LIMIT_CALL_DEPTH)
		return NULL;

	/* --- Point of no return. */
	mailbox->eager = NULL;
	mailbox->donor = self;
	caller_served(self, connection, receiver, SITUATION(STATE_SERVED, KIND_CALL, false, false));
	receiver_serves(receiver, self, depth);
	return arch_fast_leave(run(here, receiver, space), self->token, connection->notice.badge, KIND_CALL, 0, 0);
}

struct registers *fast_reply(handle_t handle)
{
	struct arch_cpu *here = arch_here();
	struct thread *self = here->current, *caller;
	struct object *object;
	struct mailbox *mailbox;
	uintptr_t space;
	token_t token;

	if (!object_quick(self, handle, RIGHT_RECEIVE, &object))
		return NULL;
	mailbox = &CONTAINER_OF(object, struct server, object)->mailbox;
	caller = mailbox->donor;
	token = here->scratch[0];
	if (!caller) {
		here->scratch[1] = STATE_RECEIVING;
		here->scratch[2] = 0;
		return fast_reply_lender(mailbox);
	}
	if (caller->server_thread != self || caller->token != token)
		return NULL;
	space = caller->process->quick_space;
	if (!space || here->ready_bits >> caller->priority)
		return NULL;

	/* --- Point of no return. */
	mailbox->eager = self;
	mailbox->donor = NULL;
	caller_answered(caller, token);
	server_waits(self, STATE_RECEIVING);
	return arch_fast_leave(run(here, caller, space), 0, 0, 0, 0, 0);
}
