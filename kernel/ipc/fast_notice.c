/* fast_notice.c - a signal or an interrupt that wakes a thread more urgent than the one that runs. */
#include "ipc/fast.h"
#include "ipc/interrupt.h"
#include "ipc/notice.h"

static __attribute__((noinline, cold)) quick_t post_slowly(struct notice *notice, uintptr_t bits, unsigned kind)
{
	notice_post(notice, kind, bits);
	return quick(0, notice->server->object.dead ? E_PEER_GONE : E_OK);
}

/* Who waits there and is more urgent than whoever runs and all who are ready runs at once; what ran stays in front of its priority,
 * and its slice with it. Nothing is queued where somebody waits (mailbox.h, I1), so the bits are all that the receiver gets. */
static __attribute__((noinline)) quick_t post(struct notice *notice, uintptr_t bits, unsigned kind)
{
	struct arch_cpu *here = arch_here();
	struct mailbox *mailbox = &notice->server->mailbox;
	struct thread *receiver = mailbox->eager;
	struct process *process;

	if (!receiver || !here->current || here->current->priority >= receiver->priority || here->ready_bits >> receiver->priority)
		return post_slowly(notice, bits, kind);
	process = receiver->process;
	if (!process->quick_space || receiver->has_deadline || process->own->unruled_at != cpu.unruled)
		return post_slowly(notice, bits, kind);

	/* --- Point of no return. */
	mailbox->eager = NULL;
	receiver->state = STATE_READY;
	schedule_preempted(here, here->current);
	here->current = receiver;
	arch_space_switch(here, process->quick_space);
	schedule_charge(process->own);
	return arch_quick_leave(&receiver->registers, bits, notice->badge, kind);
}

static __attribute__((noinline, cold)) quick_t signal_slowly(handle_t handle, uintptr_t bits)
{
	struct handle_entry *entry;
	err_t error = handle_find(arch_here()->current->process, handle, OBJECT_CONNECTION, RIGHT_SIGNAL, &entry);

	if (!error)
		error = connection_signal(CONTAINER_OF(entry->object, struct connection, object), bits);
	return quick(0, error);
}

quick_t quick_signal(handle_t handle, uintptr_t bits)
{
	struct object *object = handle_quick(arch_here()->current->process, handle, OBJECT_CONNECTION, RIGHT_SIGNAL);
	struct connection *connection = object ? CONTAINER_OF(object, struct connection, object) : NULL;

	if (!connection || !connection->notice.server || bits - 1 >= SIGNAL_CANCELLED - 1)
		return signal_slowly(handle, bits);
	return post(&connection->notice, bits, KIND_SIGNAL);
}

quick_t fast_interrupt(unsigned line)
{
	struct interrupt *interrupt = line < interrupt_lines.count ? interrupt_lines.table[line] : NULL;

	return interrupt && interrupt->notice.server ? post(&interrupt->notice, 1, KIND_INTERRUPT) : 0;
}
