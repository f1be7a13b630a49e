/* server.c - init's own server: requests by who asks, notices of ends, faults. */
#include "server.h"
#include "abi/nacre_calls.h"
#include "children.h"
#include "crash.h"
#include "end.h"
#include "nacre/clock.h"
#include "service.h"
#include "tell.h"

struct process *client_of(const struct nacre_request *request)
{
	struct process *client = process_find(request->badge & BADGE_NUMBER);

	return client && !client->ended ? client : NULL;
}

nacre_status_t reply_handle(struct nacre_reply *reply, nacre_handle_t handle, uint32_t rights)
{
	nacre_err_t error = nacre_handle_duplicate(handle, rights | NACRE_RIGHT_TRANSFER, &reply->handle[reply->handle_count]);

	reply->close_handles = true;
	if (!error)
		reply->handle_count++;
	return error;
}

/* --- connecting ---------------------------------------------------------------------------------------- */

static bool is_publication(uintptr_t badge)
{
	return (badge & INTERFACE_BADGE_CONTROL) == INTERFACE_BADGE_PUBLISHED;
}

/* The badge for a client of the name that names forwarded it through. */
static uintptr_t client_badge(uintptr_t publication, uintptr_t number)
{
	switch (publication) {
	case NAME_PROCESS:
		return BADGE_PROCESS | (number & BADGE_NUMBER);
	case NAME_SYSTEM:
		return BADGE_SYSTEM | (number & BADGE_NUMBER);
	}
	return BADGE_IRQ | (publication - NAME_IRQ);
}

/* The client pays for its connection, so that it can only exhaust itself. */
static nacre_status_t init_connect(struct nacre_request *request, struct nacre_reply *reply)
{
	uintptr_t publication = request->badge & BADGE_NUMBER;
	struct process *client = process_find(request->words.word[0]);
	nacre_err_t error;

	if (!client || client->ended)
		return STATUS_DENIED;
	if (publication == NAME_PROCESS && client->connections == UINT8_MAX)
		return STATUS_FULL;
	error = nacre_connection_mint(init_server.handle, client->budget, client_badge(publication, client->number), 0, 0, 0,
				      &reply->handle[0]);
	if (error)
		return error;
	client->connections += publication == NAME_PROCESS;
	reply->handle_count = 1;
	reply->close_handles = true;
	return STATUS_OK;
}

static const struct nacre_method connect_methods[] = { [INTERFACE_CONNECT] = { .handle = init_connect } };
static const struct nacre_protocol connect_protocol = NACRE_PROTOCOL(0, 0, connect_methods);

static const struct nacre_protocol *protocol_of(uintptr_t badge)
{
	if (is_publication(badge))
		return &connect_protocol;
	switch (badge & BADGE_KIND) {
	case BADGE_PROCESS:
		return &process_protocol;
	case BADGE_SYSTEM:
		return &system_protocol;
	case BADGE_IRQ:
		return &irq_protocol;
	}
	return NULL;
}

static void closed(uintptr_t badge)
{
	struct process *client = process_find(badge & BADGE_NUMBER);

	if (is_publication(badge) || (badge & BADGE_KIND) != BADGE_PROCESS || !client || !client->connections)
		return;
	if (!--client->connections)
		process_orphan_children(client->number);
}

static void cancelled(uintptr_t badge)
{
	(void)badge;
	children_wait_clean();
}

/* --- faults and ends ----------------------------------------------------------------------------------- */

static void tend(struct nacre_server *server)
{
	uint64_t now_ns = nacre_clock_ns(), services_ns = services_tend(now_ns), end_ns = end_tend(now_ns);

	server->deadline_ns = services_ns < end_ns ? services_ns : end_ns;
}

static nacre_status_t faulted(struct nacre_request *fault, struct nacre_reply *reply)
{
	struct process *process = process_find(fault->badge);

	/* Nobody goes on after a fault here, so there is nobody to answer. */
	reply->later = true;
	if (!process || process->ended)
		return STATUS_OK;
	process->crashed = true;
	process->cause = (uint32_t)fault->words.opcode;
	crash_record(process, fault);
	return nacre_process_kill(process->process, process->cause);
}

static void exited(uintptr_t badge, uint32_t cause, int32_t code)
{
	struct process *process = process_find(badge);

	if (!process || process->ended)
		return;
	if (process->crashed)
		cause = process->cause;
	if (process->service)
		service_ended(process->service, cause, (uint32_t)code);
	else
		program_ended(process, cause, (uint32_t)code);
	tend(&init_server);
}

/* Holds a start request and its strings, the registers of a fault, or an answer. */
static uint64_t buffer[PROCESS_START_BYTES / sizeof(uint64_t)];

struct nacre_server init_server = {
	.protocol_of = protocol_of, .buffer = buffer, .buffer_size = sizeof(buffer),
	.closed = closed, .cancelled = cancelled, .exited = exited, .faulted = faulted, .alarm = tend,
};
