/* main.c - the console on a 16550 serial port (idl/console.h). */
#include <stdlib.h>
#include "abi/nacre_calls.h"
#include "console.h"
#include "nacre/area.h"
#include "nacre/clock.h"
#include "nacre/log.h"
#include "nacre/startup.h"

enum { SIGNAL_PRIORITY = 20, INTERRUPT_PRIORITY = 26, CONNECTIONS_MAX = 64, INTERRUPT_BADGE = 1 };

/* A badge says all there is to know of a client, so that connections outlive this process: what it may do, and for
 * a controller its process number. */
enum {
	BADGE_CONTROLLER = 0x20000000,
	BADGE_PROGRAM = 0x10000000, /* | CONSOLE_MAY_READ, CONSOLE_MAY_WRITE */
};

struct console console;
static nacre_handle_t server_handle, interrupt;
static unsigned connections; /* that this life of the console has made and that are still open */

void console_pump(void)
{
	input_fill();
	input_serve();
	input_fill(); /* what the readers made room for */
	output_drain();
	output_serve();
	uart_interrupts_set(&console.uart, (ring_free(&console.kept->in) ? UART_ON_INPUT : 0) |
						   (ring_used(&console.kept->out) ? UART_ON_ROOM : 0));
}

bool console_is_idle(void)
{
	return !ring_used(&console.kept->out) && uart_is_idle(&console.uart);
}

/* --- clients --------------------------------------------------------------------------------------------- */

static bool is_controller(const struct nacre_request *request)
{
	return request->badge & BADGE_CONTROLLER;
}

static bool may(const struct nacre_request *request, uintptr_t right)
{
	return is_controller(request) || ((request->badge & BADGE_PROGRAM) && (request->badge & right));
}

static nacre_status_t hand_out(uintptr_t badge, struct nacre_reply *reply)
{
	nacre_err_t error;

	if (connections == CONNECTIONS_MAX)
		return STATUS_FULL;
	error = nacre_connection_mint(server_handle, nacre_self_budget(), badge, 0, 0, SIGNAL_PRIORITY, &reply->handle[0]);
	if (error)
		return error;
	connections++;
	reply->handle_count = 1;
	reply->close_handles = true;
	return STATUS_OK;
}

static void closed(uintptr_t badge)
{
	input_clean(badge);
	output_clean(badge);
	if (connections && !(badge & INTERFACE_BADGE_PUBLISHED))
		connections--;
}

static void cancelled(uintptr_t badge)
{
	input_clean(badge);
	output_clean(badge);
}

/* --- methods --------------------------------------------------------------------------------------------- */

static nacre_status_t console_connect(struct nacre_request *request, struct nacre_reply *reply)
{
	if ((request->badge & INTERFACE_BADGE_CONTROL) != INTERFACE_BADGE_PUBLISHED)
		return STATUS_DENIED;
	return hand_out(BADGE_CONTROLLER | (request->words.word[0] & (BADGE_PROGRAM - 1)), reply);
}

static nacre_status_t console_write(struct nacre_request *request, struct nacre_reply *reply)
{
	if (!may(request, CONSOLE_MAY_WRITE))
		return STATUS_DENIED;
	if (request->words.word[0] > CONSOLE_RAW)
		return STATUS_MALFORMED;
	reply->word[0] = output_put(request->data, request->size, request->words.word[0] == CONSOLE_RAW);
	if (!reply->word[0])
		reply->later = output_wait(request->token, request->badge, false) == STATUS_OK;
	console_pump();
	return STATUS_OK;
}

static nacre_status_t console_read(struct nacre_request *request, struct nacre_reply *reply)
{
	uintptr_t mode = request->words.word[0], room = request->words.word[4];
	uint32_t status;

	if (!may(request, CONSOLE_MAY_READ))
		return STATUS_DENIED;
	if (mode > CONSOLE_RAW || !room)
		return STATUS_MALFORMED;
	status = input_wait(request->token, request->badge, mode, room);
	reply->later = status == STATUS_OK;
	console_pump();
	return status;
}

static nacre_status_t console_open(struct nacre_request *request, struct nacre_reply *reply)
{
	uintptr_t rights = request->words.word[0];

	if (!is_controller(request))
		return STATUS_DENIED;
	if (rights & ~(uintptr_t)(CONSOLE_MAY_READ | CONSOLE_MAY_WRITE))
		return STATUS_MALFORMED;
	return hand_out(BADGE_PROGRAM | rights, reply);
}

static void attendant_set(nacre_handle_t connection, uintptr_t bits)
{
	if (console.attendant)
		nacre_handle_close(console.attendant);
	console.attendant = connection;
	console.attendant_bits = bits;
}

static nacre_status_t console_attend(struct nacre_request *request, struct nacre_reply *reply)
{
	uintptr_t type, rights, bits = request->words.word[0];

	(void)reply;
	if (!is_controller(request))
		return STATUS_DENIED;
	if (!bits || bits & (NACRE_SIGNAL_CANCELLED | NACRE_SIGNAL_CLOSED) ||
	    nacre_handle_info(request->handle[0], &type, &rights) || type != NACRE_OBJECT_CONNECTION)
		return STATUS_MALFORMED;
	attendant_set(nacre_request_take(request, 0), bits);
	input_attend();
	return STATUS_OK;
}

static nacre_status_t console_ignore(struct nacre_request *request, struct nacre_reply *reply)
{
	(void)reply;
	if (!is_controller(request))
		return STATUS_DENIED;
	attendant_set(NACRE_HANDLE_NONE, 0);
	return STATUS_OK;
}

/* The port has no interrupt for "the last bit has left", so that is looked for. */
static void look_again(struct nacre_server *server)
{
	console_pump();
	server->deadline_ns = output_is_awaited() ? nacre_deadline_in(NACRE_MS) : NACRE_DEADLINE_NEVER;
}

static nacre_status_t console_drain(struct nacre_request *request, struct nacre_reply *reply)
{
	uint32_t status = output_wait(request->token, request->badge, true);

	reply->later = status == STATUS_OK;
	look_again(request->server);
	return status;
}

static void interrupted(uintptr_t badge)
{
	(void)badge;
	console_pump();
	nacre_interrupt_ack(interrupt);
}

/* --- the server ------------------------------------------------------------------------------------------ */

static const struct nacre_method methods[] = {
	[INTERFACE_CONNECT] = { .handle = console_connect },
	[CONSOLE_WRITE] = { .handle = console_write, .size_min = 1, .size_max = CONSOLE_WRITE_BYTES },
	[CONSOLE_READ] = { .handle = console_read, .answers_bytes = true },
	[CONSOLE_OPEN] = { .handle = console_open },
	[CONSOLE_ATTEND] = { .handle = console_attend, .handles_min = 1, .handles_max = 1 },
	[CONSOLE_IGNORE] = { .handle = console_ignore },
	[CONSOLE_DRAIN] = { .handle = console_drain },
};

/* Maps the registers and binds the interrupt. */
static nacre_err_t port_open(struct uart *uart)
{
	static struct nacre_area area;
	nacre_handle_t device = nacre_startup_handle("device"), memory;
	const char *shift = getenv("reg-shift");
	nacre_err_t error = nacre_device_memory(device, nacre_self_budget(), 0, &memory);

	if (error)
		return error;
	error = nacre_area_map(&area, memory, 0, 1, NACRE_PROT_READ | NACRE_PROT_WRITE);
	if (error)
		return error;
	uart->base = area.base;
	uart->shift = shift ? (unsigned)atoi(shift) & 3 : 0;
	return nacre_device_interrupt(device, nacre_self_budget(), 0, server_handle, INTERRUPT_BADGE, INTERRUPT_PRIORITY,
				      &interrupt);
}

int main(void)
{
	static const struct nacre_protocol protocol = NACRE_PROTOCOL(CONSOLE_PROTOCOL, CONSOLE_VERSION, methods);
	static uint32_t buffer[CONSOLE_WRITE_BYTES / sizeof(uint32_t)];
	struct nacre_server server = { .protocol = &protocol, .buffer = buffer, .buffer_size = sizeof(buffer),
				       .closed = closed, .cancelled = cancelled, .interrupted = interrupted,
				       .alarm = look_again };
	nacre_err_t error;

	server.handle = server_handle = nacre_startup_handle("server");
	error = kept_open(&console.kept);
	if (!error)
		error = port_open(&console.uart);
	if (error) {
		nacre_log(LOG_ERROR, "cannot start: %s", nacre_error_sentence(error));
		return EXIT_FAILURE;
	}
	if (!uart_answers(&console.uart)) {
		nacre_log(LOG_ERROR, "cannot start: there is no serial port at the registers of this device");
		return EXIT_FAILURE;
	}
	console_pump();
	return nacre_server_run(&server);
}
