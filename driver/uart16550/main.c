/* main.c - the console on a 16550 serial port (idl/console.h). */
#include <stdlib.h>
#include "abi/nacre_calls.h"
#include "console.h"
#include "nacre/area.h"
#include "nacre/clock.h"
#include "nacre/log.h"
#include "nacre/startup.h"

enum { SIGNAL_PRIORITY = 20, CONTROLLERS_MAX = 64, INTERRUPT_BADGE = 1 };

/* A badge says all there is to know of a client, so that connections outlive this process: what it may do, and for
 * a controller its process number. */
enum {
	BADGE_CONTROLLER = 0x20000000,
	BADGE_PROGRAM = 0x10000000, /* | CONSOLE_MAY_READ, CONSOLE_MAY_WRITE */
};

struct console console;
static nacre_handle_t server_handle, interrupt;
/* Of controllers, that this life of the console has made and that are still open. Those of programs are bounded by the
 * budget: a controller may destroy them, of which nobody tells. */
static unsigned controllers;

void console_pump(void)
{
	input_fill();
	input_serve();
	input_fill(); /* what the readers made room for */
	output_drain();
	output_serve();
	watch_serve();
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

static bool may(const struct nacre_request *request, uint32_t right)
{
	return is_controller(request) || ((request->badge & BADGE_PROGRAM) && (request->badge & right));
}

static nacre_err_t hand_out(uintptr_t badge, nacre_handle_t *connection)
{
	return nacre_connection_mint(server_handle, nacre_self_budget(), badge, 0, 0, SIGNAL_PRIORITY, connection);
}

static void closed(uintptr_t badge)
{
	input_clean(badge);
	output_clean(badge);
	watch_clean(badge);
	if (controllers && badge & BADGE_CONTROLLER && !(badge & INTERFACE_BADGE_PUBLISHED))
		controllers--;
}

static void cancelled(uintptr_t badge)
{
	input_clean(badge);
	output_clean(badge);
}

/* --- methods --------------------------------------------------------------------------------------------- */

static nacre_status_t console_connect(struct nacre_request *request, uint32_t process, nacre_handle_t *connection)
{
	nacre_err_t error;

	if ((request->badge & INTERFACE_BADGE_CONTROL) != INTERFACE_BADGE_PUBLISHED)
		return STATUS_DENIED;
	if (controllers == CONTROLLERS_MAX)
		return STATUS_FULL;
	error = hand_out(BADGE_CONTROLLER | (process & (BADGE_PROGRAM - 1)), connection);
	if (!error)
		controllers++;
	return error;
}

static nacre_status_t console_write(struct nacre_request *request, const struct console_write_in *in, struct console_write_out *out)
{
	nacre_status_t status = STATUS_OK;

	if (!may(request, CONSOLE_MAY_WRITE))
		return STATUS_DENIED;
	out->taken = (uint32_t)output_put(in->bytes, in->bytes_size, in->output == CONSOLE_OUTPUT_RAW);
	if (!out->taken && in->patience == CONSOLE_PATIENCE_NOW)
		return STATUS_NOT_READY;
	if (!out->taken && output_wait(request->token, request->badge, false) == STATUS_OK) {
		nacre_request_patient(request);
		status = NACRE_LATER;
	}
	console_pump();
	return status;
}

static nacre_status_t console_read(struct nacre_request *request, const struct console_read_in *in, struct console_read_out *out)
{
	nacre_status_t status;

	(void)out;
	if (!may(request, CONSOLE_MAY_READ))
		return STATUS_DENIED;
	status = input_wait(request, in->input, in->room);
	if (!status)
		nacre_request_patient(request); /* for who types */
	console_pump();
	if (in->patience == CONSOLE_PATIENCE_NOW && status == STATUS_OK && input_withdraw(request->token))
		return STATUS_NOT_READY;
	return status ? status : NACRE_LATER;
}

static nacre_status_t console_open(struct nacre_request *request, const struct console_open_in *in, struct console_open_out *out)
{
	return is_controller(request) ? hand_out(BADGE_PROGRAM | in->may, &out->stream) : (nacre_status_t)STATUS_DENIED;
}

/* May it be told of these? Of what it may not do it would learn nothing. */
static nacre_status_t console_watch(struct nacre_request *request, const struct console_watch_in *in, struct console_watch_out *out)
{
	nacre_status_t status;

	if (((in->wanted & CONSOLE_READY_READABLE) && !may(request, CONSOLE_MAY_READ)) ||
	    ((in->wanted & CONSOLE_READY_WRITABLE) && !may(request, CONSOLE_MAY_WRITE)))
		return STATUS_DENIED;
	console_pump();
	out->now = watch_now() & in->wanted;
	if (out->now || !in->to)
		return STATUS_OK;
	if (!in->bits || in->bits & (NACRE_SIGNAL_CANCELLED | NACRE_SIGNAL_CLOSED))
		return STATUS_MALFORMED;
	status = watch_add(request->badge, in->wanted, in->bits, in->to);
	if (status == STATUS_OK)
		nacre_request_keep(request, in->to);
	return status;
}

static void attendant_set(nacre_handle_t connection, uint32_t bits)
{
	if (console.attendant)
		nacre_handle_close(console.attendant);
	console.attendant = connection;
	console.attendant_bits = bits;
}

static nacre_status_t console_attend(struct nacre_request *request, const struct console_attend_in *in)
{
	if (!is_controller(request))
		return STATUS_DENIED;
	if (!in->bits || in->bits & (NACRE_SIGNAL_CANCELLED | NACRE_SIGNAL_CLOSED))
		return STATUS_MALFORMED;
	attendant_set(nacre_request_keep(request, in->to), in->bits);
	input_attend();
	return STATUS_OK;
}

static nacre_status_t console_ignore(struct nacre_request *request)
{
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

static nacre_status_t console_drain(struct nacre_request *request)
{
	nacre_status_t status = output_wait(request->token, request->badge, true);

	if (!status)
		nacre_request_patient(request);
	look_again(request->server);
	return status ? status : NACRE_LATER;
}

static void interrupted(uintptr_t badge)
{
	(void)badge;
	console_pump();
	nacre_interrupt_ack(interrupt);
}

/* --- the server ------------------------------------------------------------------------------------------ */

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
	return nacre_device_interrupt(device, nacre_self_budget(), 0, server_handle, INTERRUPT_BADGE, nacre_startup()->priority,
				      &interrupt);
}

int main(void)
{
	static const struct console_handlers handlers = {
		.connect = console_connect, .write = console_write, .read = console_read, .open = console_open,
		.attend = console_attend, .ignore = console_ignore, .drain = console_drain, .watch = console_watch,
	};
	static const struct nacre_protocol protocol = CONSOLE_SERVED_BY(&handlers);
	static uint64_t buffer[CONSOLE_BUFFER_BYTES / 8];
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
