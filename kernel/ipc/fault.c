/* fault.c - faults as calls. */
#include "ipc/fault.h"
#include "thread/inherit.h"
#include "trace/trace.h"

void fault_end(struct thread *faulted)
{
	struct process *process = faulted->process;
	struct abi_exit_record *record = &process->exit;

	if (process->phase < PROCESS_ENDING) {
		record->thread = faulted->number;
		record->address = faulted->fault_address;
		_Static_assert(sizeof record->registers == sizeof faulted->registers, "one layout");
		__builtin_memcpy(&record->registers, &faulted->registers, sizeof record->registers);
	}
	process_end(process, faulted->fault_cause, 0);
}

/* LENT is told from other faults by the entry: the page is the process's own, but away. */
static unsigned cause_refine(const struct thread *thread, unsigned cause, uintptr_t address)
{
	const pte_t *entry;

	if (cause != CAUSE_READ && cause != CAUSE_WRITE)
		return cause;
	entry = table_leaf(thread->process->space.root, address);
	return entry && *entry & PTE_LENT ? CAUSE_LENT : cause;
}

/* A server that only the faulting thread attends would wait for it for ever. */
static bool only_attendant(const struct thread *thread, const struct server *server)
{
	const struct list *attendants = &server->mailbox.attendants;

	return attendants->next == &thread->attend_link && attendants->prev == &thread->attend_link;
}

static err_t fault_call(struct thread *thread, struct server *server)
{
	struct thread *receiver;
	err_t error;

	if (!server || server->object.dead || only_attendant(thread, server))
		return E_PEER_GONE;
	if (thread->depth >= LIMIT_CALL_DEPTH)
		return E_CALL_DEPTH;
	receiver = mailbox_waiting(&server->mailbox);
	if (!receiver)
		return call_enqueue(thread, server);
	error = call_take(receiver, thread);
	if (!error)
		thread_hand_over(receiver);
	return error;
}

void fault_raise(struct thread *thread, unsigned cause, uintptr_t address)
{
	thread->fault_cause = cause_refine(thread, cause, address);
	thread->fault_address = address;
	thread->kind = KIND_FAULT;
	thread->connection = NULL;
	thread->message = (user_ptr_t){ 0 };
	trace(TRACE_FAULT, thread->fault_cause, address, thread->registers.pc);
	if (fault_call(thread, thread->process->fault_server.server))
		fault_end(thread);
}

/* As fault_raise, where a handler waits that wants no registers and can be handed to: nothing is left to choose for the scheduler, and
 * the budget that pays stays (ipc/fast.h). */
bool fault_hand_over(struct thread *thread, unsigned cause, uintptr_t address)
{
	const struct notice *to = &thread->process->fault_server;
	struct thread *receiver = to->server ? to->server->mailbox.eager : NULL;
	struct arch_cpu *here = arch_here();
	uintptr_t *x;

	if (!receiver || here->reap_bits || trace_mask || receiver->buffer_size >= sizeof thread->registers)
		return false;
	if (!receiver->process->quick_space || receiver->has_deadline || thread->may_not_call >= LIMIT_CALL_DEPTH)
		return false;

	/* --- Point of no return. */
	to->server->mailbox.eager = NULL;
	thread->fault_cause = cause_refine(thread, cause, address);
	thread->fault_address = address;
	thread->kind = KIND_FAULT;
	thread->connection = NULL;
	thread->message.address = 0;
	thread->state = STATE_SERVED;
	thread->server_thread = receiver;
	receiver->state = STATE_READY;
	receiver->serving = thread;
	receiver->depth = (uint8_t)(thread->depth + 1);
	if (receiver->priority < thread->priority)
		receiver->priority = thread->priority;
	x = receiver->registers.x;
	x[X_A0] = x[X_A1 + 4] = x[X_A1 + 5] = x[X_A7] = x[X_T3] = x[X_T4] = x[X_T5] = x[X_T6] = 0;
	x[X_A1] = thread->fault_cause;
	x[X_A1 + 1] = address;
	x[X_A1 + 2] = thread->registers.pc;
	x[X_A1 + 3] = thread->number;
	x[X_T0] = thread->token;
	x[X_T1] = to->badge;
	x[X_T2] = KIND_FAULT;
	here->frame = &receiver->registers;
	here->current = receiver;
	arch_space_switch(here, receiver->process->quick_space);
	return true;
}

size_t fault_registers_give(struct thread *receiver, struct thread *faulted)
{
	const struct registers *registers = &faulted->registers;

	if (receiver->buffer_size < sizeof *registers)
		return 0;
	if (copy_out(&receiver->process->space, receiver->buffer, registers, sizeof *registers))
		return 0;
	return sizeof *registers;
}

static err_t registers_read(struct thread *self, const struct abi_message *reply, struct registers *registers)
{
	const struct abi_segment *segment = &reply->in[0];

	if (reply->in_count != 1 || segment->size != sizeof *registers || message_handle_total(reply))
		return E_ARGUMENT;
	return copy_in(&self->process->space, registers, (user_ptr_t){ segment->base }, sizeof *registers);
}

err_t fault_reply(struct thread *self, struct thread *faulted, const struct abi_message *reply)
{
	struct registers registers;
	err_t error = reply->in_count ? registers_read(self, reply, &registers) : E_OK;

	if (error)
		return error;

	/* --- Point of no return. */
	call_finish(faulted);
	if (reply->in_count)
		faulted->registers = registers;
	if (*thread_a(self, 1))
		fault_end(faulted);
	return E_OK;
}
