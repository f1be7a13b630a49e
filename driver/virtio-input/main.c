/* main.c - a keyboard, a mouse or a tablet behind a virtio slot (idl/input.nid). */
#include <stdlib.h>
#include "abi/nacre_calls.h"
#include "clients.h"
#include "device.h"
#include "idl/input_server.h"
#include "nacre/area.h"
#include "nacre/clock.h"
#include "nacre/log.h"
#include "nacre/startup.h"
#include "virtio/driver.h"

static struct virtio_driver driver;
static struct input_source source;
static struct clients clients;
static struct nacre_server server;

/* Who grabs the device, in the page that init keeps: a secret must not go to the others because this process died. */
static volatile uint32_t *kept;

/* How each client waits; at the same place as in `clients`. */
static struct wait {
	nacre_token_t token;         /* of a fetch; 0: none */
	size_t room;
	struct nacre_room rooms;
	nacre_handle_t to;           /* to be told; NONE */
	uint32_t bits;
} waits[CLIENTS_MAX];

static struct wait *wait_of(const struct input_client *client)
{
	return &waits[client - clients.all];
}

/* --- handing out ----------------------------------------------------------------------------------------- */

static void fetch_end(struct input_client *client, struct wait *wait)
{
	static uint64_t buffer[INPUT_FETCH_BYTES / 8];
	struct input_fetch_out out = { .events = buffer };

	out.events_size = client_look(client, buffer, wait->room, &out.lost);
	/* Whoever is gone took nothing. */
	if (input_fetch_answer(wait->token, wait->rooms, STATUS_OK, &out) == NACRE_E_OK)
		client_taken(client, out.events_size);
	wait->token = 0;
}

static void watch_end(struct wait *wait)
{
	if (wait->to)
		nacre_handle_close(wait->to);
	wait->to = NACRE_HANDLE_NONE;
}

static void serve(struct input_client *client)
{
	struct wait *wait = wait_of(client);

	if (wait->token && client_is_ready(&clients, client))
		fetch_end(client, wait);
	if (wait->to && client_is_ready(&clients, client)) {
		nacre_connection_signal(wait->to, wait->bits); /* whoever it was may be gone: so be it */
		watch_end(wait);
	}
}

static void serve_all(void)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (clients.all[i].process)
			serve(&clients.all[i]);
}

static void reported(const struct input_event *events, unsigned count)
{
	source.statistics.lost += clients_report(&clients, events, count);
}

static void grab_set(uint32_t process)
{
	clients.grabber = *kept = process;
	serve_all();
}

/* --- clients --------------------------------------------------------------------------------------------- */

static struct input_client *client_add(uint32_t process)
{
	struct input_client *client = client_find(&clients, 0);

	if (!client)
		return NULL;
	*client = (struct input_client){ .process = process };
	*wait_of(client) = (struct wait){ 0 };
	return client;
}

/* A client of this process's predecessor is one again when it asks; whatever happened meanwhile it missed. */
static struct input_client *client_of(const struct nacre_request *request)
{
	struct input_client *client = client_find(&clients, (uint32_t)request->badge);

	if (client)
		return client;
	client = client_add((uint32_t)request->badge);
	if (client)
		client->lost = 1;
	return client;
}

static nacre_status_t input_connect(struct nacre_request *request, uint32_t process, nacre_handle_t *connection)
{
	nacre_err_t error;

	(void)request;
	if (!process || client_find(&clients, process) || !client_find(&clients, 0))
		return STATUS_FULL;
	error = nacre_connection_mint(server.handle, nacre_self_budget(), process, 0, 0, nacre_startup()->priority, connection);
	if (!error)
		error = nacre_client_rights(connection);
	if (!error)
		client_add(process);
	return error;
}

/* --- the protocol ---------------------------------------------------------------------------------------- */

static bool is_denied(const struct nacre_request *request)
{
	return clients.grabber && clients.grabber != request->badge;
}

static nacre_status_t input_device(struct nacre_request *request, const struct input_device_in *in, struct input_device_out *out)
{
	(void)request, (void)in;
	out->device = source.facts;
	return STATUS_OK;
}

static nacre_status_t input_codes(struct nacre_request *request, const struct input_codes_in *in, struct input_codes_out *out)
{
	(void)request;
	out->codes = source.codes[in->group];
	out->codes_size = bitmap_bytes(source.codes[in->group]);
	return out->codes_size ? STATUS_OK : STATUS_NOT_FOUND;
}

static nacre_status_t input_axis(struct nacre_request *request, const struct input_axis_in *in, struct input_axis_out *out)
{
	if (!bitmap_has(source.codes[INPUT_GROUP_ABS], in->code))
		return STATUS_NOT_FOUND;
	if (is_denied(request))
		return STATUS_DENIED;
	out->axis = source.axes[in->code];
	return STATUS_OK;
}

static nacre_status_t input_pressed(struct nacre_request *request, const struct input_pressed_in *in, struct input_pressed_out *out)
{
	(void)in;
	if (is_denied(request))
		return STATUS_DENIED;
	out->keys = source.pressed;
	out->keys_size = bitmap_bytes(source.pressed);
	return STATUS_OK;
}

static nacre_status_t input_fetch(struct nacre_request *request, const struct input_fetch_in *in, struct input_fetch_out *out)
{
	struct input_client *client = client_of(request);
	struct wait *wait;

	(void)out;
	if (!client)
		return STATUS_FULL;
	wait = wait_of(client);
	if (in->room.run < sizeof(struct input_event))
		return NACRE_E_TOO_LONG;
	/* A caller that gave up while its call was taken, and not parked yet, is told of to nobody. */
	if (wait->token && !nacre_server_token_check(wait->token))
		return STATUS_FULL;
	if (in->patience == INPUT_PATIENCE_NOW && !client_is_ready(&clients, client))
		return STATUS_NOT_READY;
	wait->token = request->token;
	wait->room = in->room.run;
	wait->rooms = in->room;
	serve(client);
	return NACRE_LATER;
}

static nacre_status_t input_watch(struct nacre_request *request, const struct input_watch_in *in, struct input_watch_out *out)
{
	struct input_client *client = client_of(request);
	struct wait *wait;

	if (!client)
		return STATUS_FULL;
	wait = wait_of(client);
	out->now = client_is_ready(&clients, client);
	if (out->now || !in->to)
		return STATUS_OK;
	if (!in->bits || in->bits & (NACRE_SIGNAL_CANCELLED | NACRE_SIGNAL_CLOSED))
		return STATUS_MALFORMED;
	watch_end(wait);
	wait->to = nacre_request_keep(request, in->to);
	wait->bits = in->bits;
	return STATUS_OK;
}

static nacre_status_t input_grab(struct nacre_request *request, const struct input_grab_in *in)
{
	if (!client_of(request) || is_denied(request))
		return STATUS_FULL;
	grab_set(in->alone ? (uint32_t)request->badge : 0);
	return STATUS_OK;
}

static nacre_status_t input_statistics(struct nacre_request *request, const struct input_statistics_in *in,
				       struct input_statistics_out *out)
{
	(void)request, (void)in;
	out->statistics = source.statistics;
	return STATUS_OK;
}

static const struct nacre_protocol *protocol_of(uintptr_t badge)
{
	static const struct input_handlers for_publication = { .connect = input_connect };
	static const struct input_handlers for_clients = { .device = input_device, .codes = input_codes, .axis = input_axis,
							   .pressed = input_pressed, .fetch = input_fetch, .watch = input_watch,
							   .grab = input_grab, .statistics = input_statistics };
	static const struct nacre_protocol publication = INPUT_SERVED_BY(&for_publication), of_client = INPUT_SERVED_BY(&for_clients);

	return badge & INTERFACE_BADGE_PUBLISHED ? &publication : &of_client;
}

/* --- what else arrives ----------------------------------------------------------------------------------- */

static void closed(uintptr_t badge)
{
	struct input_client *client = badge ? client_find(&clients, (uint32_t)badge) : NULL;

	if (client) {
		watch_end(wait_of(client));
		*wait_of(client) = (struct wait){ 0 };
		client->process = 0;
	}
	if (badge && clients.grabber == badge)
		grab_set(0);
}

static void cancelled(uintptr_t badge)
{
	(void)badge;
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (waits[i].token && nacre_server_token_check(waits[i].token))
			waits[i].token = 0;
}

static void interrupted(uintptr_t badge)
{
	const char *why;

	(void)badge;
	if (virtio_interrupts(&driver.device) & VIRTIO_INTERRUPT_CONFIG && virtio_is_broken(&driver.device))
		virtio_driver_give_up(&driver, "the input device gave up and must be reset");
	why = source_take(&source, nacre_clock_ns(), reported);
	if (why)
		virtio_driver_give_up(&driver, why);
	serve_all();
	nacre_interrupt_ack(driver.interrupt);
}

/* --- the start ------------------------------------------------------------------------------------------- */

static const char *kept_open(void)
{
	static struct nacre_area area;
	nacre_err_t error = nacre_area_map(&area, nacre_startup_handle("kept"), 0, 1, NACRE_PROT_READ | NACRE_PROT_WRITE);

	if (error)
		return nacre_error_sentence(error);
	kept = area.base;
	clients.grabber = *kept;
	return NULL;
}

static const char *device_open(void)
{
	const char *why = virtio_driver_open(&driver, VIRTIO_INPUT, server.handle);

	if (!why)
		why = virtio_negotiate(&driver.device, 0);
	if (!why)
		why = source_open(&source, &driver.device, &driver.dma);
	if (!why)
		why = virtio_start(&driver.device);
	return why ? why : source_begin(&source);
}

int main(void)
{
	static uint64_t buffer[INPUT_BUFFER_BYTES / 8];
	const char *why = kept_open();

	server = (struct nacre_server){ .handle = nacre_startup_handle("server"), .protocol_of = protocol_of, .buffer = buffer,
					.buffer_size = sizeof(buffer), .closed = closed, .cancelled = cancelled,
					.interrupted = interrupted };
	if (!why)
		why = device_open();
	if (why) {
		nacre_log(LOG_ERROR, "cannot start: %s", why);
		return EXIT_FAILURE;
	}
	return nacre_server_run(&server);
}
