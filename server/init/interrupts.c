/* interrupts.c - interrupt lines as names that a program opens (idl/irq.h). */
#include "abi/nacre_calls.h"
#include "idl/irq.h"
#include "machine.h"
#include "server.h"

/* Checked here, so that the kernel's answer is about the line. */
static bool is_a(nacre_handle_t handle, enum nacre_object_type wanted, uint32_t right)
{
	uintptr_t type, rights;

	return nacre_handle_info(handle, &type, &rights) == NACRE_E_OK && type == wanted && rights & right;
}

static nacre_status_t irq_bind(struct nacre_request *request, struct nacre_reply *reply)
{
	uintptr_t badge = request->words.word[0], priority = request->words.word[1];
	nacre_handle_t server = request->handle[0], payer = request->handle[1], interrupt;
	nacre_status_t status;
	struct irq_line irq;

	if (!irq_find(request->badge & BADGE_NUMBER, &irq))
		return STATUS_NOT_FOUND;
	if (!is_a(server, NACRE_OBJECT_SERVER, NACRE_RIGHT_MINT) ||
	    !is_a(payer, NACRE_OBJECT_BUDGET, NACRE_RIGHT_SPEND) || priority >= NACRE_LIMIT_PRIORITIES)
		return STATUS_MALFORMED;
	status = nacre_device_interrupt(device_handle(irq.device), payer, irq.line, server, badge, (uint32_t)priority,
					&interrupt);
	if (status)
		return status;
	status = reply_handle(reply, interrupt, NACRE_RIGHT_MANAGE | NACRE_RIGHT_DUPLICATE);
	nacre_handle_close(interrupt);
	return status;
}

static const struct nacre_method methods[] = {
	[IRQ_BIND] = { .handle = irq_bind, .handles_min = 2, .handles_max = 2 },
};
const struct nacre_protocol irq_protocol = NACRE_PROTOCOL(IRQ_PROTOCOL, IRQ_VERSION, methods);
