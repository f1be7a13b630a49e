/* main.c - a network card behind a virtio slot (idl/net.nid). */
#include <stdlib.h>
#include "abi/nacre_calls.h"
#include "base/string.h"
#include "card.h"
#include "idl/net_server.h"
#include "nacre/area.h"
#include "nacre/log.h"
#include "nacre/startup.h"

/* A client that is gone makes place before the next one asks. */
enum { READERS_MAX = 4 };

static struct nacre_server server;

/* The client's process, which outlives this one's life in the page that init keeps; 0: there is none. */
static volatile uint32_t *client;

static struct reader {
	nacre_token_t token;
	struct nacre_room room;
} readers[READERS_MAX];       /* the first reader_count, oldest first */
static unsigned reader_count;

static struct {
	nacre_handle_t to;    /* NONE: nobody watches */
	uint32_t wanted, bits;
} watch;

/* --- receiving ------------------------------------------------------------------------------------------- */

static void reader_remove(unsigned index)
{
	reader_count--;
	memmove(&readers[index], &readers[index + 1], (reader_count - index) * sizeof(readers[0]));
}

/* A frame that does not fit into the reader's room, or whose reader is gone, is the next reader's. */
static void serve_readers(void)
{
	struct net_receive_out out;

	while (reader_count && (out.frame = card_frame(&out.frame_size))) {
		struct reader reader = readers[0];
		bool fits = out.frame_size <= reader.room.run;

		reader_remove(0);
		if (net_receive_answer(reader.token, reader.room, fits ? STATUS_OK : NACRE_E_TOO_LONG, &out) == NACRE_E_OK && fits)
			card_frame_done();
	}
}

/* Without a client frames are dropped. */
static void drop_frames(void)
{
	size_t size;

	for (unsigned i = 0; i < BUFFERS_IN && card_frame(&size); i++)
		card_frame_done();
}

static uint32_t ready_now(void)
{
	size_t size;

	return (card_frame(&size) ? NET_READY_RECEIVE : 0) | (card_can_send() ? NET_READY_SEND : 0);
}

static void watch_end(void)
{
	if (watch.to)
		nacre_handle_close(watch.to);
	watch.to = NACRE_HANDLE_NONE;
}

static void serve_watch(uint32_t ready)
{
	if (!watch.to || !(watch.wanted & ready))
		return;
	nacre_connection_signal(watch.to, watch.bits); /* whoever it was may be gone: so be it */
	watch_end();
}

static void serve(bool link_changed)
{
	if (*client)
		serve_readers();
	else
		drop_frames();
	serve_watch(ready_now() | (link_changed ? NET_READY_LINK : 0));
}

/* --- the protocol ---------------------------------------------------------------------------------------- */

static nacre_status_t net_connect(struct nacre_request *request, uint32_t process, nacre_handle_t *connection)
{
	nacre_err_t error;

	(void)request;
	if (*client || !process)
		return STATUS_FULL;
	error = nacre_connection_mint(server.handle, nacre_self_budget(), process, 0, 0, nacre_startup()->priority, connection);
	if (!error)
		error = nacre_client_rights(connection);
	if (error)
		return error;
	drop_frames();
	*client = process;
	return STATUS_OK;
}

static nacre_status_t net_link(struct nacre_request *request, const struct net_link_in *in, struct net_link_out *out)
{
	(void)request, (void)in;
	out->link = card.link;
	return STATUS_OK;
}

static nacre_status_t net_send(struct nacre_request *request, const struct net_send_in *in)
{
	(void)request;
	if (!card_send(in->frame, in->frame_size))
		return STATUS_NOT_READY;
	server.deadline_ns = card_deadline_ns();
	return STATUS_OK;
}

static nacre_status_t net_receive(struct nacre_request *request, const struct net_receive_in *in, struct net_receive_out *out)
{
	size_t size;

	(void)out;
	if (in->patience == NET_PATIENCE_NOW && (reader_count || !card_frame(&size)))
		return STATUS_NOT_READY;
	if (reader_count == READERS_MAX)
		return STATUS_FULL;
	nacre_request_patient(request); /* the network may be silent */
	readers[reader_count++] = (struct reader){ request->token, in->room };
	serve_readers();
	return NACRE_LATER;
}

static nacre_status_t net_watch(struct nacre_request *request, const struct net_watch_in *in, struct net_watch_out *out)
{
	out->now = ready_now() & in->wanted;
	if (out->now || !in->to)
		return STATUS_OK;
	if (!in->bits || in->bits & (NACRE_SIGNAL_CANCELLED | NACRE_SIGNAL_CLOSED))
		return STATUS_MALFORMED;
	watch_end();
	watch.to = nacre_request_keep(request, in->to);
	watch.wanted = in->wanted;
	watch.bits = in->bits;
	return STATUS_OK;
}

static nacre_status_t net_statistics(struct nacre_request *request, const struct net_statistics_in *in,
				     struct net_statistics_out *out)
{
	struct nacre_budget_state state = { 0 };

	(void)request, (void)in;
	nacre_budget_info(nacre_self_budget(), &state);
	out->statistics = card.statistics;
	out->statistics.cpu_ns = state.cpu_ns;
	return STATUS_OK;
}

static const struct nacre_protocol *protocol_of(uintptr_t badge)
{
	static const struct net_handlers for_publication = { .connect = net_connect };
	static const struct net_handlers for_client = { .link = net_link, .send = net_send, .receive = net_receive,
							.watch = net_watch, .statistics = net_statistics };
	static const struct nacre_protocol publication = NET_SERVED_BY(&for_publication), of_client = NET_SERVED_BY(&for_client);

	if (badge & INTERFACE_BADGE_PUBLISHED)
		return &publication;
	return badge == *client ? &of_client : NULL;
}

/* --- what else arrives ----------------------------------------------------------------------------------- */

static void closed(uintptr_t badge)
{
	if (badge != *client)
		return;
	*client = 0;
	reader_count = 0;
	watch_end();
	serve(false);
}

static void cancelled(uintptr_t badge)
{
	(void)badge;
	for (unsigned i = reader_count; i--;)
		if (nacre_server_token_check(readers[i].token))
			reader_remove(i);
}

static void interrupted(uintptr_t badge)
{
	(void)badge;
	serve(card_interrupted());
	card_interrupt_end();
	server.deadline_ns = card_deadline_ns();
}

static void alarm(struct nacre_server *self)
{
	card_watch();
	serve(false);
	self->deadline_ns = card_deadline_ns();
}

static const char *kept_open(void)
{
	static struct nacre_area area;
	nacre_err_t error = nacre_area_map(&area, nacre_startup_handle("kept"), 0, 1, NACRE_PROT_READ | NACRE_PROT_WRITE);

	client = area.base;
	return error ? nacre_error_sentence(error) : NULL;
}

int main(void)
{
	static uint64_t buffer[NET_BUFFER_BYTES / 8];
	const char *why = kept_open();

	server = (struct nacre_server){ .handle = nacre_startup_handle("server"), .protocol_of = protocol_of, .buffer = buffer,
					.buffer_size = sizeof(buffer), .closed = closed, .cancelled = cancelled,
					.interrupted = interrupted, .alarm = alarm };
	if (!why)
		why = card_open(server.handle);
	if (why) {
		nacre_log(LOG_ERROR, "cannot start: %s", why);
		return EXIT_FAILURE;
	}
	return nacre_server_run(&server);
}
