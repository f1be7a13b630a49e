/* server.c - a server of the probe protocol. */
#include "server.h"
#include <pthread.h>
#include "nacre/area.h"

enum { BADGE = 7, SLOTS = 4, LOANS = 2 };

volatile uint32_t probe_calls;
volatile int64_t probe_noted;
volatile bool probe_forgets;

static nacre_handle_t mailbox;

static struct {
	nacre_token_t token;
	struct nacre_room room;
	struct probe_parcel parcel;
	char text[41];
} parked;

/* --- words ------------------------------------------------------------------------------------------------------ */

static nacre_status_t small(struct nacre_request *request, const struct probe_small_in *in, struct probe_small_out *out)
{
	(void)request, probe_calls++;
	*out = (struct probe_small_out){ in->d, in->c, in->b, in->a, in->on };
	return STATUS_OK;
}

static nacre_status_t middle(struct nacre_request *request, const struct probe_middle_in *in, struct probe_middle_out *out)
{
	(void)request, probe_calls++;
	*out = (struct probe_middle_out){ in->sparse, in->mode, in->colour, in->b, in->a };
	return STATUS_OK;
}

static nacre_status_t large(struct nacre_request *request, const struct probe_large_in *in, struct probe_large_out *out)
{
	(void)request, probe_calls++;
	*out = (struct probe_large_out){ in->c, in->b, in->a };
	return STATUS_OK;
}

static nacre_status_t wide(struct nacre_request *request, const struct probe_wide_in *in, struct probe_wide_out *out)
{
	(void)request, probe_calls++;
	*out = (struct probe_wide_out){ in->far, in->wide };
	return STATUS_OK;
}

static nacre_status_t identity(struct nacre_request *request, const struct probe_identity_in *in, struct probe_identity_out *out)
{
	(void)request, probe_calls++;
	memcpy(out->id_back, in->id, sizeof(out->id_back));
	out->tail_back = in->tail;
	return STATUS_OK;
}

static nacre_status_t nothing(struct nacre_request *request)
{
	(void)request, probe_calls++;
	return STATUS_OK;
}

/* --- copied data ------------------------------------------------------------------------------------------------ */

static nacre_status_t pass(struct nacre_request *request, const struct probe_pass_in *in, struct probe_pass_out *out)
{
	(void)request, probe_calls++;
	out->parcel_back = in->parcel;
	return STATUS_OK;
}

static nacre_status_t join(struct nacre_request *request, const struct probe_join_in *in, struct probe_join_out *out)
{
	static char text[33];

	(void)request, probe_calls++;
	if (in->first[in->first_size] || in->second[in->second_size])
		return STATUS_DEVICE; /* the skeleton ends strings by a NUL */
	memcpy(text, in->first, in->first_size);
	memcpy(text + in->first_size, in->second, in->second_size);
	out->text = text;
	out->text_size = in->first_size + in->second_size;
	return STATUS_OK;
}

static nacre_status_t list(struct nacre_request *request, const struct probe_list_in *in, struct probe_list_out *out)
{
	(void)request, probe_calls++;
	out->list_back = in->list;
	out->list_back_size = in->list_size;
	for (size_t i = 0; i < in->list_size; i++)
		out->count += !in->list[i];
	out->count += in->n;
	return STATUS_OK;
}

static nacre_status_t blob(struct nacre_request *request, const struct probe_blob_in *in, struct probe_blob_out *out)
{
	static uint8_t bytes[72];

	(void)request, probe_calls++;
	memcpy(bytes, in->second, in->second_size);
	memcpy(bytes + in->second_size, in->first, in->first_size);
	out->bytes = bytes;
	out->bytes_size = in->first_size + in->second_size;
	return STATUS_OK;
}

static nacre_status_t all(struct nacre_request *request, const struct probe_all_in *in, struct probe_all_out *out)
{
	static char text[112];

	(void)request, probe_calls++;
	memcpy(text, in->name, in->name_size);
	memcpy(text + in->name_size, in->rest, in->rest_size);
	out->tag_back = in->tag;
	out->parcel_back = in->parcel;
	out->text = text;
	out->text_size = in->name_size + in->rest_size;
	return STATUS_OK;
}

static nacre_status_t later(struct nacre_request *request, const struct probe_later_in *in, struct probe_later_out *out)
{
	(void)out, probe_calls++;
	parked.room = in->room;
	parked.parcel = in->parcel;
	memcpy(parked.text, in->text, in->text_size + 1);
	__atomic_store_n(&parked.token, request->token, __ATOMIC_RELEASE);
	return NACRE_LATER;
}

nacre_status_t probe_answer_later(nacre_status_t status)
{
	struct probe_later_out out;

	while (!__atomic_load_n(&parked.token, __ATOMIC_ACQUIRE))
		nacre_thread_yield();
	out = (struct probe_later_out){ parked.parcel, parked.text, strlen(parked.text) };
	status = probe_later_answer(parked.token, parked.room, status, &out);
	parked.token = 0;
	return status;
}

/* --- pages and handles ------------------------------------------------------------------------------------------ */

static nacre_status_t sum(struct nacre_request *request, const struct probe_sum_in *in, struct probe_sum_out *out)
{
	const uint8_t *pages = in->pages;

	(void)request, probe_calls++;
	out->sum = in->start;
	for (size_t i = 0; i < in->pages_size; i++)
		out->sum += pages[i];
	return STATUS_OK;
}

static nacre_status_t fill(struct nacre_request *request, const struct probe_fill_in *in, struct probe_fill_out *out)
{
	(void)request, probe_calls++;
	out->was = *(uint8_t *)in->pages;
	memset(in->pages, in->with, in->pages_size);
	return STATUS_OK;
}

static nacre_status_t give(struct nacre_request *request, const struct probe_give_in *in, struct probe_give_out *out)
{
	uintptr_t pages = 0, options = 0;

	(void)request, probe_calls++;
	out->had = in->also != NACRE_HANDLE_NONE;
	if (nacre_memory_claim(in->memory, nacre_self_budget()) || nacre_memory_info(in->memory, &pages, &options))
		return STATUS_DENIED;
	out->pages = (uint32_t)pages;
	return STATUS_OK;
}

/* They come back: taken, so that they are closed once they are sent, and not before. */
static nacre_status_t swap(struct nacre_request *request, const struct probe_swap_in *in, struct probe_swap_out *out)
{
	probe_calls++;
	out->to_back = nacre_request_keep(request, in->to);
	out->budget_back = probe_forgets ? NACRE_HANDLE_NONE : nacre_request_keep(request, in->budget);
	out->memory_back = in->memory ? nacre_request_keep(request, in->memory) : NACRE_HANDLE_NONE;
	out->process_back = in->process ? nacre_request_keep(request, in->process) : NACRE_HANDLE_NONE;
	return STATUS_OK;
}

static nacre_status_t note(struct nacre_request *request, const struct probe_note_in *in)
{
	(void)request, probe_calls++;
	probe_noted = in->value + (int64_t)in->text_size;
	return STATUS_OK;
}

/* With a handle that must not stay behind. */
static nacre_status_t refuse(struct nacre_request *request, const struct probe_refuse_in *in, struct probe_refuse_out *out)
{
	(void)request, probe_calls++;
	if (nacre_memory_create(nacre_self_budget(), 1, NACRE_MEMORY_SHARED, &out->memory))
		return STATUS_FULL;
	return in->status;
}

/* --- the server ------------------------------------------------------------------------------------------------- */

static void *serve(void *unused)
{
	static const struct probe_handlers handlers = {
		.small = small, .middle = middle, .large = large, .wide = wide, .identity = identity, .nothing = nothing,
		.pass = pass, .join = join, .list = list, .blob = blob, .all = all, .later = later,
		.sum = sum, .fill = fill, .give = give, .swap = swap, .note = note, .refuse = refuse,
	};
	static const struct nacre_protocol protocol = PROBE_SERVED_BY(&handlers);
	static uint64_t buffer[PROBE_BUFFER_BYTES / 8];
	struct nacre_server server = { .handle = mailbox, .protocol = &protocol, .buffer = buffer, .buffer_size = sizeof(buffer) };

	(void)unused;
	return (void *)(uintptr_t)nacre_server_run(&server);
}

nacre_handle_t probe_connection(void)
{
	static nacre_handle_t connection;
	pthread_t thread;

	if (connection)
		return connection;
	EXPECT_OK(nacre_server_create(nacre_self_budget(), &mailbox));
	EXPECT_OK(nacre_process_window_create(nacre_self_process()));
	EXPECT_EQ(pthread_create(&thread, NULL, serve, NULL), 0);
	EXPECT_OK(nacre_connection_mint(mailbox, nacre_self_budget(), BADGE, SLOTS, LOANS, 0, &connection));
	return connection;
}

void probe_settle(void)
{
	EXPECT_EQ(probe_nothing(probe_connection()), STATUS_OK);
}

uint32_t handles_in_use(void)
{
	struct nacre_process_state state = { 0 };

	EXPECT_OK(nacre_process_info(nacre_self_process(), &state));
	return state.handles;
}
