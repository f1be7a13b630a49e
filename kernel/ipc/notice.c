/* notice.c - notices: bits on their way to a server. */
#include "ipc/notice.h"
#include "ipc/receive.h"

void notice_bind(struct notice *notice, struct server *server, uintptr_t badge, unsigned priority)
{
	notice_unbind(notice);
	notice->server = server;
	notice->badge = badge;
	notice->priority = (uint8_t)priority;
	list_append(&server->notices, &notice->server_link);
}

void notice_unbind(struct notice *notice)
{
	if (!notice->server)
		return;
	if (notice->item.queued)
		mailbox_unqueue(&notice->server->mailbox, &notice->item);
	list_remove(&notice->server_link);
	notice->server = NULL;
	notice->bits = 0;
}

void notice_post(struct notice *notice, unsigned kind, uintptr_t bits)
{
	struct thread *receiver;

	if (!notice->server || notice->server->object.dead)
		return;
	notice->bits |= bits;
	if (notice->item.queued)
		return;
	notice->item.kind = (uint8_t)kind;
	receiver = mailbox_waiting(&notice->server->mailbox);
	if (!receiver) {
		mailbox_queue(&notice->server->mailbox, &notice->item, notice->priority);
		return;
	}
	receive_notice(receiver, notice);
	thread_ready(receiver);
}
