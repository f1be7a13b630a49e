/* pipe.c - pipes.
 *
 * Who waits keeps no bytes here: a reader is answered from the page, a writer is told that there is room now and
 * writes again. So what a client makes the server remember is its token, or a handle to signal, in tables of fixed size. */
#include "pipe.h"
#include <string.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "files.h"
#include "idl/console_server.h"
#include "idl/pipe_server.h"
#include "nacre/area.h"
#include "store.h"

enum { PIPES_MAX = 16, MAKERS_MAX = 32, MAKER_CONNECTIONS_MAX = 4, WAITS_MAX = 48, PIPE_WAITS_MAX = 8 };

/* Badges. The epoch tells the ends of an earlier life of this server from today's. */
enum {
	BADGE_END = 0x10000000, BADGE_MAKER = 0x20000000,
	BADGE_WRITES = 1, BADGE_PIPE_SHIFT = 1, BADGE_EPOCH_SHIFT = 8, BADGE_EPOCH_MASK = 0xffff,
	BADGE_PROCESS_MASK = 0x0fffffff,
};

/* Processes that make pipes, with their connections: those are this server's memory. */
static struct maker {
	uint32_t process, connections;
} makers[MAKERS_MAX];

static struct pipe {
	struct nacre_area area;    /* base NULL: the entry is free */
	uint32_t process;          /* who made it */
	uint32_t written, read;    /* bytes so far */
	bool has_reader, has_writer;
} pipes[PIPES_MAX];

/* Who waits for a pipe: a call that is parked, or a connection to be signalled. */
static struct wait {
	struct pipe *pipe;         /* NULL: the entry is free */
	uintptr_t badge;
	nacre_token_t token;       /* 0: it is a watch */
	nacre_handle_t watcher;
	uintptr_t bits;
	uint32_t events;
	struct nacre_room room;    /* of a reader */
	size_t size;               /* of what a writer has */
} waits[WAITS_MAX];

/* --- what a badge stands for --------------------------------------------------------------------------- */

static uintptr_t badge_of(const struct pipe *pipe, bool writes)
{
	uintptr_t epoch = store->epoch & BADGE_EPOCH_MASK;

	return BADGE_END | epoch << BADGE_EPOCH_SHIFT | (uintptr_t)(pipe - pipes) << BADGE_PIPE_SHIFT | (writes ? BADGE_WRITES : 0);
}

/* NULL: of an earlier life. */
static struct pipe *pipe_at(uintptr_t badge)
{
	struct pipe *pipe = &pipes[(badge >> BADGE_PIPE_SHIFT) % PIPES_MAX];

	return pipe->area.base && badge_of(pipe, badge & BADGE_WRITES) == badge ? pipe : NULL;
}

static uint32_t filled(const struct pipe *pipe)
{
	return pipe->written - pipe->read;
}

/* What could be done at that end now. */
static uint32_t events_at(uintptr_t badge)
{
	const struct pipe *pipe = pipe_at(badge);

	if (!pipe)
		return CONSOLE_READY_READABLE | CONSOLE_READY_WRITABLE | CONSOLE_READY_HUNG_UP;
	if (badge & BADGE_WRITES)
		return !pipe->has_reader ? CONSOLE_READY_WRITABLE | CONSOLE_READY_HUNG_UP
		       : PIPE_BYTES - filled(pipe) >= CONSOLE_WRITE_BYTES ? CONSOLE_READY_WRITABLE : 0;
	return !pipe->has_writer ? CONSOLE_READY_READABLE | CONSOLE_READY_HUNG_UP : filled(pipe) ? CONSOLE_READY_READABLE : 0;
}

/* --- waiting ------------------------------------------------------------------------------------------- */

static bool same_object(nacre_handle_t one, nacre_handle_t other)
{
	uintptr_t a[4], b[4];

	return one && other && !nacre_handle_id(one, &a[0], &a[1], &a[2], &a[3]) &&
	       !nacre_handle_id(other, &b[0], &b[1], &b[2], &b[3]) && !memcmp(a, b, sizeof(a));
}

static void wait_end(struct wait *wait)
{
	if (wait->watcher)
		nacre_handle_close(wait->watcher);
	*wait = (struct wait){ 0 };
}

/* Watches that this one takes the place of, and those whose watcher is gone. */
static void watches_clean(const struct wait *fresh)
{
	uintptr_t type, rights;

	for (size_t i = 0; i < WAITS_MAX; i++) {
		if (!waits[i].watcher)
			continue;
		if (nacre_handle_info(waits[i].watcher, &type, &rights) ||
		    (waits[i].badge == fresh->badge && same_object(waits[i].watcher, fresh->watcher)))
			wait_end(&waits[i]);
	}
}

static nacre_status_t wait_add(struct wait wait)
{
	struct wait *free = NULL;
	unsigned same = 0;

	watches_clean(&wait);
	for (size_t i = 0; i < WAITS_MAX; i++) {
		same += waits[i].pipe == wait.pipe;
		if (!waits[i].pipe)
			free = &waits[i];
	}
	if (!free || same >= PIPE_WAITS_MAX)
		return STATUS_FULL;
	*free = wait;
	return STATUS_OK;
}

/* Fills a reader's answer. The bytes stay in the page until the next message is received. A part that wraps is the next read's. */
static nacre_status_t take(struct pipe *pipe, size_t room, struct console_read_out *out)
{
	uint32_t from = pipe->read % PIPE_BYTES;
	size_t size = min_size(min_size(filled(pipe), PIPE_BYTES - from), room);

	if (!size)
		return STATUS_END;
	out->bytes = (uint8_t *)pipe->area.base + from;
	out->bytes_size = size;
	pipe->read += (uint32_t)size;
	return STATUS_OK;
}

/* False: it must go on waiting. */
static bool writer_serve(const struct wait *wait)
{
	static const struct console_write_out none_taken; /* the bytes were not kept: it writes again */
	const struct pipe *pipe = wait->pipe;

	if (!pipe->has_reader)
		console_write_answer(wait->token, NACRE_E_PEER_GONE, NULL);
	else if (PIPE_BYTES - filled(pipe) >= wait->size)
		console_write_answer(wait->token, STATUS_OK, &none_taken);
	else
		return false;
	return true;
}

static bool reader_serve(const struct wait *wait)
{
	struct console_read_out out = { 0 };
	nacre_status_t status;

	if (wait->pipe->has_writer && !filled(wait->pipe))
		return false;
	if (nacre_server_token_check(wait->token))
		return true; /* who has gone takes no bytes with it */
	status = take(wait->pipe, wait->room.run, &out);
	console_read_answer(wait->token, wait->room, status, &out);
	return true;
}

static bool watch_serve(const struct wait *wait)
{
	uint32_t events = events_at(wait->badge);

	if (!(events & (wait->events | CONSOLE_READY_HUNG_UP)))
		return false;
	nacre_connection_signal(wait->watcher, wait->bits);
	return true;
}

static bool wait_serve(const struct wait *wait)
{
	if (!wait->token)
		return watch_serve(wait);
	return wait->badge & BADGE_WRITES ? writer_serve(wait) : reader_serve(wait);
}

/* After anything about the pipe has changed. A reader who is served may make room for a writer, and one pass more. */
static void serve(const struct pipe *pipe)
{
	bool again = true;

	while (again) {
		again = false;
		for (size_t i = 0; i < WAITS_MAX; i++) {
			if (waits[i].pipe != pipe || !wait_serve(&waits[i]))
				continue;
			wait_end(&waits[i]);
			again = true;
		}
	}
}

/* --- the ends ------------------------------------------------------------------------------------------ */

static nacre_status_t end_read(struct nacre_request *request, const struct console_read_in *in, struct console_read_out *out)
{
	struct pipe *pipe = pipe_at(request->badge);
	nacre_status_t status;

	if (request->badge & BADGE_WRITES)
		return STATUS_DENIED;
	if (!pipe)
		return STATUS_END;
	if (!filled(pipe) && pipe->has_writer) {
		if (in->patience == CONSOLE_PATIENCE_NOW)
			return STATUS_NOT_READY;
		status = wait_add((struct wait){ .pipe = pipe, .badge = request->badge, .token = request->token, .room = in->room });
		return status ? status : NACRE_LATER;
	}
	status = take(pipe, in->room.run, out);
	/* Writers are told, and write with later messages: the page holds still until this is answered. */
	serve(pipe);
	return status;
}

static void put(struct pipe *pipe, const uint8_t *bytes, size_t size)
{
	size_t at = pipe->written % PIPE_BYTES, first = min_size(size, PIPE_BYTES - at);

	memcpy((uint8_t *)pipe->area.base + at, bytes, first);
	memcpy(pipe->area.base, bytes + first, size - first);
	pipe->written += (uint32_t)size;
}

static nacre_status_t end_write(struct nacre_request *request, const struct console_write_in *in, struct console_write_out *out)
{
	struct pipe *pipe = pipe_at(request->badge);
	nacre_status_t status;

	if (!(request->badge & BADGE_WRITES))
		return STATUS_DENIED;
	if (!pipe || !pipe->has_reader)
		return NACRE_E_PEER_GONE;
	if (PIPE_BYTES - filled(pipe) >= in->bytes_size) {
		put(pipe, in->bytes, in->bytes_size);
		out->taken = (uint32_t)in->bytes_size;
		serve(pipe);
		return STATUS_OK;
	}
	if (in->patience == CONSOLE_PATIENCE_NOW)
		return STATUS_NOT_READY;
	status = wait_add((struct wait){ .pipe = pipe, .badge = request->badge, .token = request->token, .size = in->bytes_size });
	return status ? status : NACRE_LATER;
}

static nacre_status_t end_watch(struct nacre_request *request, const struct console_watch_in *in, struct console_watch_out *out)
{
	uint32_t now = events_at(request->badge);
	nacre_status_t status;

	out->now = now & (in->wanted | CONSOLE_READY_HUNG_UP);
	if (out->now || !in->to)
		return STATUS_OK;
	if (!in->bits || in->bits & (NACRE_SIGNAL_CANCELLED | NACRE_SIGNAL_CLOSED))
		return STATUS_MALFORMED;
	status = wait_add((struct wait){ .pipe = pipe_at(request->badge), .badge = request->badge, .bits = in->bits,
					 .watcher = in->to, .events = in->wanted });
	if (status == STATUS_OK)
		nacre_request_keep(request, in->to);
	return status;
}

static nacre_status_t end_drain(struct nacre_request *request)
{
	(void)request;
	return STATUS_OK; /* what was written has left its writer */
}

/* --- making and ending --------------------------------------------------------------------------------- */

static void pipe_settle(struct pipe *pipe)
{
	if (pipe->has_reader || pipe->has_writer)
		return;
	for (size_t i = 0; i < WAITS_MAX; i++)
		if (waits[i].pipe == pipe)
			wait_end(&waits[i]);
	nacre_area_destroy(&pipe->area);
	*pipe = (struct pipe){ 0 };
}

static struct pipe *pipe_add(uint32_t process)
{
	struct pipe *free = NULL;
	unsigned same = 0;

	for (size_t i = 0; i < PIPES_MAX; i++) {
		same += pipes[i].area.base && pipes[i].process == process;
		if (!pipes[i].area.base)
			free = &pipes[i];
	}
	if (!free || same >= PIPE_PROCESS_MAX || nacre_area_create(&free->area, 1, NACRE_MEMORY_PRIVATE))
		return NULL;
	free->process = process;
	return free;
}

/* Where only one end could be made it is closed again, and its CLOSED ends the pipe. */
static nacre_status_t pipe_make(struct nacre_request *request, struct pipe_make_out *out)
{
	struct pipe *pipe = pipe_add((uint32_t)request->badge & BADGE_PROCESS_MASK);
	nacre_status_t status;

	if (!pipe)
		return STATUS_FULL;
	status = connection_make(badge_of(pipe, false), 0, &out->reading);
	pipe->has_reader = status == STATUS_OK;
	if (!status)
		status = connection_make(badge_of(pipe, true), 0, &out->writing);
	pipe->has_writer = status == STATUS_OK;
	if (status && pipe->has_reader)
		nacre_handle_close(out->reading);
	pipe_settle(pipe);
	return status ? (nacre_status_t)STATUS_FULL : STATUS_OK;
}

nacre_status_t pipe_connect(uint32_t process, nacre_handle_t *connection)
{
	struct maker *maker = NULL;
	nacre_status_t status;

	for (size_t i = 0; i < MAKERS_MAX; i++)
		if (makers[i].process == process || (!maker && !makers[i].process))
			maker = &makers[i];
	if (!process || process > BADGE_PROCESS_MASK || !maker || maker->connections == MAKER_CONNECTIONS_MAX)
		return STATUS_FULL;
	status = connection_make(BADGE_MAKER | process, 0, connection);
	if (status)
		return status;
	maker->process = process;
	maker->connections++;
	return STATUS_OK;
}

static void maker_closed(uint32_t process)
{
	for (size_t i = 0; i < MAKERS_MAX; i++)
		if (makers[i].process == process && --makers[i].connections == 0)
			makers[i] = (struct maker){ 0 };
}

void pipe_closed(uintptr_t badge)
{
	struct pipe *pipe = badge & BADGE_END ? pipe_at(badge) : NULL;

	if (badge & BADGE_MAKER)
		maker_closed((uint32_t)badge & BADGE_PROCESS_MASK);
	if (!pipe)
		return;
	if (badge & BADGE_WRITES)
		pipe->has_writer = false;
	else
		pipe->has_reader = false;
	serve(pipe);
	pipe_settle(pipe);
}

void pipe_cancelled(uintptr_t badge)
{
	for (size_t i = 0; i < WAITS_MAX; i++)
		if (waits[i].pipe && waits[i].token && waits[i].badge == badge && nacre_server_token_check(waits[i].token))
			wait_end(&waits[i]);
}

/* --- the tables ---------------------------------------------------------------------------------------- */

static const struct pipe_handlers maker_handlers = { .make = pipe_make };
static const struct console_handlers end_handlers = { .write = end_write, .read = end_read, .drain = end_drain,
						      .watch = end_watch };

const struct nacre_protocol *pipe_protocol_of(uintptr_t badge)
{
	static const struct nacre_protocol maker = PIPE_SERVED_BY(&maker_handlers);
	static const struct nacre_protocol end = CONSOLE_SERVED_BY(&end_handlers);

	return badge & BADGE_MAKER ? &maker : badge & BADGE_END ? &end : NULL;
}
