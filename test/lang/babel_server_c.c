/* babel_server_c.c - the server of test/lang/babel.nid in C. It does the same as babel_server_rs.rs, and the same
 * clients and the same malformed messages are tried on both. */
#include <stdlib.h>
#include <string.h>
#include "abi/nacre_calls.h"
#include "idl/babel_server.h"
#include "nacre/area.h"
#include "nacre/startup.h"

enum { RECORDS = 4, PEERS = 8, CONNECT_SLOTS = 4 };

static struct {
	char name[BABEL_NAME_BYTES + 1];
	struct babel_record record;
} records[RECORDS];
static uint32_t record_count;

/* What belongs to one client, by the badge of its connection; 0: free. */
struct peer {
	uintptr_t badge;
	uint64_t count, goal;
	uint8_t note[BABEL_NOTE_BYTES];
	size_t note_size;
	nacre_handle_t listener;
	nacre_token_t waiting;
	struct nacre_room room;
};

static struct peer peers[PEERS];

static struct peer *peer_of(uintptr_t badge)
{
	struct peer *free_peer = NULL;

	for (unsigned i = 0; i < PEERS; i++) {
		if (peers[i].badge == badge)
			return &peers[i];
		if (!peers[i].badge && !free_peer)
			free_peer = &peers[i];
	}
	if (free_peer)
		*free_peer = (struct peer){ .badge = badge };
	return free_peer;
}

static const struct babel_record *record_of(const char *name)
{
	for (uint32_t i = 0; i < record_count; i++)
		if (!strcmp(records[i].name, name))
			return &records[i].record;
	return NULL;
}

static nacre_status_t do_connect(struct nacre_request *request, uint32_t process, nacre_handle_t *connection)
{
	return nacre_connection_mint(request->server->handle, nacre_self_budget(), process, CONNECT_SLOTS, 1, 0, connection);
}

static nacre_status_t do_small(struct nacre_request *request, const struct babel_small_in *in, struct babel_small_out *out)
{
	(void)request;
	out->a1 = (uint8_t)(in->a + 1);
	out->b1 = (int8_t)(in->b + 1);
	out->c1 = (uint16_t)(in->c + 1);
	out->d1 = (int16_t)(in->d + 1);
	out->e1 = !in->e;
	return STATUS_OK;
}

static nacre_status_t do_wide(struct nacre_request *request, const struct babel_wide_in *in, struct babel_wide_out *out)
{
	(void)request;
	out->sum = in->a + (uint64_t)in->b;
	out->difference = (int64_t)(in->a - (uint64_t)in->b);
	return STATUS_OK;
}

static nacre_status_t do_mixed(struct nacre_request *request, const struct babel_mixed_in *in, struct babel_mixed_out *out)
{
	(void)request;
	for (unsigned i = 0; i < 4; i++)
		out->turned[i] = in->who[3 - i];
	out->twice = (int32_t)((uint32_t)in->n * 2);
	return STATUS_OK;
}

static nacre_status_t do_choose(struct nacre_request *request, const struct babel_choose_in *in, struct babel_choose_out *out)
{
	(void)request;
	out->next = in->colour == BABEL_COLOUR_RED ? BABEL_COLOUR_GREEN :
		    in->colour == BABEL_COLOUR_GREEN ? BABEL_COLOUR_BLUE : BABEL_COLOUR_RED;
	out->others = (BABEL_MODE_QUICK | BABEL_MODE_QUIET | BABEL_MODE_LOUD) & ~in->mode;
	return STATUS_OK;
}

static nacre_status_t do_store(struct nacre_request *request, const struct babel_store_in *in, struct babel_store_out *out)
{
	uint32_t place = 0;

	(void)request;
	while (place < record_count && strcmp(records[place].name, in->name) != 0)
		place++;
	if (place == RECORDS)
		return STATUS_FULL;
	memcpy(records[place].name, in->name, in->name_size + 1);
	records[place].record = in->record;
	record_count += place == record_count;
	out->count = record_count;
	return STATUS_OK;
}

static nacre_status_t do_load(struct nacre_request *request, const struct babel_load_in *in, struct babel_load_out *out)
{
	const struct babel_record *record = record_of(in->name);

	(void)request;
	if (!record)
		return STATUS_NOT_FOUND;
	out->record = *record;
	return STATUS_OK;
}

static nacre_status_t do_describe(struct nacre_request *request, const struct babel_describe_in *in,
				  struct babel_describe_out *out)
{
	static char text[BABEL_TEXT_BYTES];
	const struct babel_record *record = record_of(in->name);

	(void)request;
	if (!record)
		return STATUS_NOT_FOUND;
	out->record = *record;
	text[0] = '[';
	memcpy(text + 1, in->name, in->name_size);
	text[in->name_size + 1] = ']';
	out->text = text;
	out->text_size = in->name_size + 2;
	return STATUS_OK;
}

static nacre_status_t do_join(struct nacre_request *request, const struct babel_join_in *in, struct babel_join_out *out)
{
	static uint8_t joined[BABEL_NAME_BYTES + BABEL_DATA_BYTES];

	(void)request;
	memcpy(joined, in->first, in->first_size);
	memcpy(joined + in->first_size, in->second, in->second_size);
	out->joined = joined;
	out->joined_size = in->first_size + in->second_size;
	return STATUS_OK;
}

static nacre_status_t do_list(struct nacre_request *request, const struct babel_list_in *in, struct babel_list_out *out)
{
	static char reversed[BABEL_TEXT_BYTES];
	size_t left = in->words_size;

	(void)request;
	for (const char *word = in->words; word < in->words + in->words_size; word += strlen(word) + 1) {
		left -= strlen(word) + 1;
		memcpy(reversed + left, word, strlen(word) + 1);
		out->count++;
	}
	out->reversed = reversed;
	out->reversed_size = in->words_size;
	return STATUS_OK;
}

static nacre_status_t do_sum(struct nacre_request *request, const struct babel_sum_in *in, struct babel_sum_out *out)
{
	const volatile uint8_t *bytes = in->data;

	(void)request;
	out->total = in->start;
	for (size_t i = 0; i < in->data_size; i++)
		out->total += bytes[i];
	return STATUS_OK;
}

static nacre_status_t do_fill(struct nacre_request *request, const struct babel_fill_in *in)
{
	(void)request;
	memset(in->data, in->with, in->data_size);
	return STATUS_OK;
}

static nacre_status_t do_take(struct nacre_request *request, const struct babel_take_in *in, struct babel_take_out *out)
{
	struct nacre_area area;
	uintptr_t pages = 0, options = 0;
	nacre_status_t status = nacre_memory_claim(in->memory, nacre_self_budget());

	(void)request;
	if (!status)
		status = nacre_memory_info(in->memory, &pages, &options);
	if (status)
		return status;
	if (in->offset > pages * NACRE_PAGE_BYTES - sizeof(out->value))
		return NACRE_E_TOO_LONG;
	status = nacre_area_map(&area, in->memory, 0, pages, NACRE_PROT_READ);
	if (status)
		return status;
	memcpy(&out->value, (const char *)area.base + in->offset, sizeof(out->value));
	return nacre_area_unmap(&area);
}

static uint32_t type_of(nacre_handle_t handle)
{
	uintptr_t type = 0, rights = 0;

	return handle && nacre_handle_info(handle, &type, &rights) == NACRE_E_OK ? (uint32_t)type : 0;
}

static nacre_status_t do_show(struct nacre_request *request, const struct babel_show_in *in, struct babel_show_out *out)
{
	(void)request;
	out->kind = type_of(in->to);
	out->other = type_of(in->budget);
	return STATUS_OK;
}

/* Shared memory that begins with a number. */
static nacre_status_t made(uint32_t value, nacre_handle_t *memory)
{
	struct nacre_area area;
	nacre_status_t status = nacre_area_create(&area, 1, NACRE_MEMORY_SHARED);

	if (status)
		return status;
	memcpy(area.base, &value, sizeof(value));
	*memory = area.memory;
	return nacre_area_unmap(&area);
}

static nacre_status_t do_make(struct nacre_request *request, const struct babel_make_in *in, struct babel_make_out *out)
{
	nacre_status_t status = made(in->value, &out->memory);

	(void)request;
	if (!status && in->two)
		status = made(in->value + 1, &out->second);
	return status;
}

static void counted(struct peer *peer)
{
	struct babel_reach_out reached = { .reached = peer->count, .text = "reached", .text_size = 7 };

	if (peer->listener) {
		nacre_connection_signal(peer->listener, BABEL_SIGNAL_TICKED);
		babel_ticked_send(peer->listener, peer->count, BABEL_COLOUR_GREEN, peer->note, peer->note_size);
	}
	if (!peer->waiting || peer->count < peer->goal)
		return;
	babel_reach_answer(peer->waiting, peer->room, STATUS_OK, &reached);
	peer->waiting = 0;
}

static nacre_status_t do_tick(struct nacre_request *request, const struct babel_tick_in *in)
{
	struct peer *peer = peer_of(request->badge);

	if (!peer)
		return STATUS_FULL;
	peer->count += in->by;
	memcpy(peer->note, in->note, in->note_size);
	peer->note_size = in->note_size;
	counted(peer);
	return STATUS_OK;
}

static nacre_status_t do_ticks(struct nacre_request *request, const struct babel_ticks_in *in, struct babel_ticks_out *out)
{
	const struct peer *peer = peer_of(request->badge);

	(void)in;
	if (!peer)
		return STATUS_FULL;
	out->count = peer->count;
	out->last = peer->note;
	out->last_size = peer->note_size;
	return STATUS_OK;
}

static nacre_status_t do_reach(struct nacre_request *request, const struct babel_reach_in *in, struct babel_reach_out *out)
{
	struct peer *peer = peer_of(request->badge);

	if (!peer)
		return STATUS_FULL;
	if (peer->count >= in->goal) {
		*out = (struct babel_reach_out){ .reached = peer->count, .text = "there", .text_size = 5 };
		return STATUS_OK;
	}
	if (peer->waiting && nacre_server_token_check(peer->waiting) == NACRE_E_OK)
		return NACRE_E_BUSY;
	peer->waiting = request->token;
	peer->goal = in->goal;
	peer->room = in->room;
	return NACRE_LATER;
}

static nacre_status_t do_fail(struct nacre_request *request, const struct babel_fail_in *in)
{
	(void)request;
	return in->status;
}

static nacre_status_t do_listen(struct nacre_request *request, const struct babel_listen_in *in)
{
	struct peer *peer = peer_of(request->badge);

	if (!peer)
		return STATUS_FULL;
	if (peer->listener)
		nacre_handle_close(peer->listener);
	peer->listener = nacre_request_keep(request, in->to);
	return STATUS_OK;
}

static nacre_status_t do_newest(struct nacre_request *request, struct babel_newest_out *out)
{
	(void)request;
	out->number = BABEL_VERSION;
	return STATUS_OK;
}

static void on_closed(uintptr_t badge)
{
	struct peer *peer = peer_of(badge);

	if (!peer)
		return;
	if (peer->listener)
		nacre_handle_close(peer->listener);
	*peer = (struct peer){ 0 };
}

int main(void)
{
	static const struct babel_handlers handlers = {
		.connect = do_connect, .small = do_small, .wide = do_wide, .mixed = do_mixed, .choose = do_choose,
		.store = do_store, .load = do_load, .describe = do_describe, .join = do_join, .list = do_list, .sum = do_sum,
		.fill = do_fill, .take = do_take, .show = do_show, .make = do_make, .tick = do_tick, .ticks = do_ticks,
		.reach = do_reach, .fail = do_fail, .listen = do_listen, .newest = do_newest,
	};
	static const struct nacre_protocol protocol = BABEL_SERVED_BY(&handlers);
	static uint64_t buffer[BABEL_BUFFER_BYTES / 8];
	struct nacre_server server = {
		.handle = nacre_startup_handle("server"), .protocol = &protocol, .buffer = buffer, .buffer_size = sizeof(buffer),
		.closed = on_closed,
	};

	return nacre_server_run(&server) ? EXIT_FAILURE : EXIT_SUCCESS;
}
