/* interrupts.c - interrupt lines as names that a program opens (idl/irq.nid). */
#include "abi/nacre_calls.h"
#include "idl/irq_server.h"
#include "machine.h"
#include "server.h"

static nacre_status_t irq_bind(struct nacre_request *request, const struct irq_bind_in *in, struct irq_bind_out *out)
{
	nacre_handle_t interrupt;
	nacre_status_t status;
	struct irq_line irq;

	if (!irq_find(request->badge & BADGE_NUMBER, &irq))
		return STATUS_NOT_FOUND;
	if (in->priority >= NACRE_LIMIT_PRIORITIES)
		return STATUS_MALFORMED;
	status = nacre_device_interrupt(device_handle(irq.device), in->budget, irq.line, in->server, in->badge, in->priority,
					&interrupt);
	if (status)
		return status;
	status = handle_give(interrupt, NACRE_RIGHT_MANAGE | NACRE_RIGHT_DUPLICATE, &out->interrupt);
	nacre_handle_close(interrupt);
	return status;
}

static const struct irq_handlers handlers = { .bind = irq_bind };
static const struct irq_handlers publication = { .connect = init_connect };
const struct nacre_protocol irq_protocol = IRQ_SERVED_BY(&handlers);
const struct nacre_protocol irq_publication = IRQ_SERVED_BY(&publication);
