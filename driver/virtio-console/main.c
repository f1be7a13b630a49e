/* main.c - serial ports behind a virtio slot (idl/serial.nid). */
#include <stdlib.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "idl/serial_server.h"
#include "nacre/area.h"
#include "nacre/log.h"
#include "nacre/startup.h"
#include "ports.h"

enum { WAITERS_MAX = 4 };

/* A badge says which port and whose, so that connections outlive this process. */
enum { BADGE_PORT_SHIFT = 24, BADGE_PROCESS = (1 << BADGE_PORT_SHIFT) - 1 };

static nacre_handle_t server_handle;

/* The clients' badges, which outlive this one's life in the page that init keeps; 0: the port has none. */
static volatile uint32_t *clients;

struct waiter {
	nacre_token_t token;
	struct nacre_room room;
};

/* The first `count`, oldest first. */
struct waiters {
	struct waiter all[WAITERS_MAX];
	unsigned count;
};

static struct line {
	struct waiters readers, writers;
	nacre_handle_t watcher;      /* NONE: nobody watches */
	uint32_t wanted, bits;
} lines[PORTS];

static unsigned port_of(uintptr_t badge)
{
	return (unsigned)(badge >> BADGE_PORT_SHIFT) - 1;
}

/* --- who waits ------------------------------------------------------------------------------------------- */

static nacre_status_t wait(struct waiters *waiters, const struct nacre_request *request, struct nacre_room room)
{
	if (waiters->count == WAITERS_MAX)
		return STATUS_FULL;
	waiters->all[waiters->count++] = (struct waiter){ request->token, room };
	return NACRE_LATER;
}

static struct waiter remove(struct waiters *waiters, unsigned index)
{
	struct waiter waiter = waiters->all[index];

	waiters->count--;
	memmove(&waiters->all[index], &waiters->all[index + 1], (waiters->count - index) * sizeof(waiter));
	return waiter;
}

static void clean(struct waiters *waiters)
{
	for (unsigned i = waiters->count; i--;)
		if (nacre_server_token_check(waiters->all[i].token))
			remove(waiters, i);
}

/* Bytes that do not reach the reader are the next reader's. */
static void serve_reader(unsigned port, const struct waiter *reader)
{
	struct serial_read_out out = { 0 };
	size_t size;

	out.bytes = port_bytes(port, &size);
	if (!out.bytes) {
		serial_read_answer(reader->token, reader->room, SERIAL_HUNG_UP, &out);
		return;
	}
	out.bytes_size = min_size(size, reader->room.run);
	if (serial_read_answer(reader->token, reader->room, STATUS_OK, &out) == NACRE_E_OK)
		port_bytes_done(port, out.bytes_size);
}

static bool can_read(unsigned port)
{
	size_t size;

	return port_bytes(port, &size) || port_is_hung_up(port);
}

static bool can_write(unsigned port)
{
	return port_can_send(port) || port_is_hung_up(port);
}

static uint32_t ready_now(unsigned port)
{
	return (can_read(port) ? SERIAL_READY_READ : 0) | (can_write(port) ? SERIAL_READY_WRITE : 0);
}

/* --- serving them ---------------------------------------------------------------------------------------- */

static void watch_end(struct line *line)
{
	if (line->watcher)
		nacre_handle_close(line->watcher);
	line->watcher = NACRE_HANDLE_NONE;
}

static void serve_watch(struct line *line, uint32_t ready)
{
	if (!line->watcher || !(line->wanted & ready))
		return;
	nacre_connection_signal(line->watcher, line->bits); /* whoever it was may be gone: so be it */
	watch_end(line);
}

/* A writer is told that nothing was taken, and comes again: his bytes were not kept. */
static void serve(unsigned port, bool has_changed)
{
	struct line *line = &lines[port];
	const struct serial_write_out nothing = { 0 };
	struct waiter waiter;

	while (line->readers.count && can_read(port)) {
		waiter = remove(&line->readers, 0);
		serve_reader(port, &waiter);
	}
	while (line->writers.count && can_write(port)) {
		waiter = remove(&line->writers, 0);
		serial_write_answer(waiter.token, port_is_hung_up(port) ? (nacre_status_t)SERIAL_HUNG_UP : STATUS_OK, &nothing);
	}
	serve_watch(line, ready_now(port) | (has_changed ? SERIAL_READY_STATE : 0));
}

/* --- the protocol ---------------------------------------------------------------------------------------- */

static nacre_status_t serial_connect(struct nacre_request *request, uint32_t process, nacre_handle_t *connection)
{
	unsigned port = (unsigned)(request->badge & ~(uintptr_t)INTERFACE_BADGE_PUBLISHED);
	uint32_t badge = (port + 1) << BADGE_PORT_SHIFT | process;
	nacre_err_t error;

	if (port >= PORTS || !port_is_there(port))
		return STATUS_NOT_FOUND;
	if (clients[port] || !process || process > BADGE_PROCESS)
		return STATUS_FULL;
	error = nacre_connection_mint(server_handle, nacre_self_budget(), badge, 0, 0, nacre_startup()->priority, connection);
	if (!error)
		error = nacre_client_rights(connection);
	if (error)
		return error;
	clients[port] = badge;
	port_attend(port, true);
	return STATUS_OK;
}

static nacre_status_t serial_port(struct nacre_request *request, const struct serial_port_in *in, struct serial_port_out *out)
{
	(void)in;
	port_describe(port_of(request->badge), &out->port);
	return STATUS_OK;
}

static nacre_status_t serial_write(struct nacre_request *request, const struct serial_write_in *in, struct serial_write_out *out)
{
	unsigned port = port_of(request->badge);

	if (port_is_hung_up(port))
		return SERIAL_HUNG_UP;
	if (!lines[port].writers.count && port_send(port, in->bytes, in->bytes_size)) {
		out->taken = (uint32_t)in->bytes_size;
		return STATUS_OK;
	}
	if (in->patience == SERIAL_PATIENCE_NOW)
		return STATUS_NOT_READY;
	return wait(&lines[port].writers, request, (struct nacre_room){ 0 });
}

static nacre_status_t serial_read(struct nacre_request *request, const struct serial_read_in *in, struct serial_read_out *out)
{
	unsigned port = port_of(request->badge);
	nacre_status_t status;

	(void)out;
	if (in->patience == SERIAL_PATIENCE_NOW && (lines[port].readers.count || !can_read(port)))
		return STATUS_NOT_READY;
	status = wait(&lines[port].readers, request, in->room);
	serve(port, false);
	return status;
}

static nacre_status_t serial_watch(struct nacre_request *request, const struct serial_watch_in *in, struct serial_watch_out *out)
{
	unsigned port = port_of(request->badge);
	struct line *line = &lines[port];

	out->now = ready_now(port) & in->wanted;
	if (out->now || !in->to)
		return STATUS_OK;
	if (!in->bits || in->bits & (NACRE_SIGNAL_CANCELLED | NACRE_SIGNAL_CLOSED))
		return STATUS_MALFORMED;
	watch_end(line);
	line->watcher = nacre_request_keep(request, in->to);
	line->wanted = in->wanted;
	line->bits = in->bits;
	return STATUS_OK;
}

static bool is_client(uintptr_t badge)
{
	unsigned port = port_of(badge);

	return port < PORTS && badge && clients[port] == badge;
}

static const struct nacre_protocol *protocol_of(uintptr_t badge)
{
	static const struct serial_handlers for_publication = { .connect = serial_connect };
	static const struct serial_handlers for_client = { .port = serial_port, .write = serial_write, .read = serial_read,
							   .watch = serial_watch };
	static const struct nacre_protocol publication = SERIAL_SERVED_BY(&for_publication), client = SERIAL_SERVED_BY(&for_client);

	if (badge & INTERFACE_BADGE_PUBLISHED)
		return &publication;
	return is_client(badge) ? &client : NULL;
}

/* --- what else arrives ----------------------------------------------------------------------------------- */

static void closed(uintptr_t badge)
{
	struct line *line;

	if (!is_client(badge))
		return;
	line = &lines[port_of(badge)];
	line->readers.count = line->writers.count = 0;
	watch_end(line);
	clients[port_of(badge)] = 0;
	port_attend(port_of(badge), false);
}

static void cancelled(uintptr_t badge)
{
	if (!is_client(badge))
		return;
	clean(&lines[port_of(badge)].readers);
	clean(&lines[port_of(badge)].writers);
}

static void interrupted(uintptr_t badge)
{
	uint32_t changed = ports_interrupted();

	(void)badge;
	for (unsigned port = 0; port < PORTS; port++)
		serve(port, changed & 1u << port);
	ports_interrupt_end();
}

/* The page may hold anything when it comes. */
static const char *kept_open(void)
{
	static struct nacre_area area;
	nacre_err_t error = nacre_area_map(&area, nacre_startup_handle("kept"), 0, 1, NACRE_PROT_READ | NACRE_PROT_WRITE);

	if (error)
		return nacre_error_sentence(error);
	clients = area.base;
	for (unsigned port = 0; port < PORTS; port++)
		if (port_of(clients[port]) != port || !(clients[port] & BADGE_PROCESS))
			clients[port] = 0;
	return NULL;
}

int main(void)
{
	static uint64_t buffer[SERIAL_BUFFER_BYTES / 8];
	struct nacre_server server = { .handle = nacre_startup_handle("server"), .protocol_of = protocol_of, .buffer = buffer,
				       .buffer_size = sizeof(buffer), .closed = closed, .cancelled = cancelled,
				       .interrupted = interrupted };
	const char *why = kept_open();

	server_handle = server.handle;
	if (!why)
		why = ports_open(server.handle);
	if (why) {
		nacre_log(LOG_ERROR, "cannot start: %s", why);
		return EXIT_FAILURE;
	}
	for (unsigned port = 0; port < PORTS; port++)
		port_attend(port, clients[port] != 0);
	return nacre_server_run(&server);
}
