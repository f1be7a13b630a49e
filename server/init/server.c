/* server.c - init's own server: requests by who asks, notices of ends, faults. */
#include "server.h"
#include "abi/nacre_calls.h"
#include "children.h"
#include "crash.h"
#include "debug.h"
#include "dump.h"
#include "end.h"
#include "given.h"
#include "heartbeat.h"
#include "nacre/clock.h"
#include "service.h"
#include "tell.h"
#include "watch.h"

struct process *client_of(const struct nacre_request *request)
{
	struct process *client = process_find(request->badge & BADGE_NUMBER);

	return client && !client->ended ? client : NULL;
}

nacre_err_t handle_give(nacre_handle_t handle, uint32_t rights, nacre_handle_t *given)
{
	return nacre_handle_duplicate(handle, rights | NACRE_RIGHT_TRANSFER, given);
}

/* --- connecting ---------------------------------------------------------------------------------------- */

static void tend(struct nacre_server *server);

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
nacre_status_t init_connect(struct nacre_request *request, uint32_t process, nacre_handle_t *connection)
{
	uintptr_t publication = request->badge & BADGE_NUMBER;
	struct process *client = process_find(process);
	nacre_err_t error;

	if (!client || client->ended)
		return STATUS_DENIED;
	if (publication == NAME_PROCESS && client->connections == UINT8_MAX)
		return STATUS_FULL;
	error = nacre_connection_mint(init_server.handle, client->budget, client_badge(publication, client->number), 0, 0, 0,
				      connection);
	if (!error)
		client->connections += publication == NAME_PROCESS;
	return error;
}

/* What is spoken through a published name: nothing but connecting. */
static const struct nacre_protocol *publication_of(uintptr_t publication)
{
	switch (publication) {
	case NAME_PROCESS:
		return &process_publication;
	case NAME_SYSTEM:
		return &system_publication;
	}
	return &irq_publication;
}

static const struct nacre_protocol *protocol_of(uintptr_t badge)
{
	if (is_publication(badge))
		return publication_of(badge & BADGE_NUMBER);
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

	if (badge & INTERFACE_BADGE_CONTROL || (badge & BADGE_KIND) != BADGE_PROCESS || !client || !client->connections)
		return;
	if (--client->connections)
		return;
	given_forget(client);
	process_orphan_children(client->number);
}

static void signalled(uintptr_t badge, uintptr_t bits)
{
	(void)bits;
	if ((badge & INTERFACE_BADGE_CONTROL) == BADGE_HEARTBEAT)
		heartbeat_answered(badge);
	tend(&init_server);
}

static void cancelled(uintptr_t badge)
{
	(void)badge;
	children_wait_clean();
}

/* --- faults and ends ----------------------------------------------------------------------------------- */

static void tend(struct nacre_server *server)
{
	uint64_t now_ns = nacre_clock_ns(), services_ns = services_tend(now_ns), end_ns = end_tend(now_ns), dump_ns = dump_tend(now_ns);

	server->deadline_ns = min_u64(min_u64(services_ns, end_ns), dump_ns);
	watch_turn(server->deadline_ns);
}

/* Nobody goes on after a fault here, so there is nobody to answer. */
static nacre_status_t faulted(struct nacre_request *fault, struct nacre_reply *reply)
{
	struct process *process = process_find(fault->badge);

	(void)reply;
	if (!process || process->ended || process->dump_ns)
		return NACRE_LATER;
	process->crashed = true;
	process->cause = (uint32_t)fault->words.opcode;
	dump_and_end(process, crash_record(process, fault));
	tend(&init_server);
	return NACRE_LATER;
}

static void exited(uintptr_t badge, uint32_t cause, int32_t code)
{
	struct process *process = process_find(badge);

	if (!process || process->ended)
		return;
	debug_ended(process, cause, (uint32_t)code);
	if (process->crashed)
		cause = process->cause;
	else if (process->service && !process->service->asked)
		crash_record_end(process, cause, (uint32_t)code);
	if (process->service)
		service_ended(process->service, cause, (uint32_t)code);
	else
		program_ended(process, cause, (uint32_t)code);
	tend(&init_server);
}

/* Holds any request, the registers of a fault, or an answer. The other protocols want less. */
static uint64_t buffer[INIT_BUFFER_BYTES / sizeof(uint64_t)];

struct nacre_server init_server = {
	.protocol_of = protocol_of, .buffer = buffer, .buffer_size = sizeof(buffer),
	.closed = closed, .cancelled = cancelled, .signalled = signalled, .exited = exited, .faulted = faulted, .alarm = tend,
};
