/* main.c - a server that counts, hangs, works and dies as it is told (test/idl/tally.nid). What it counts lies with the keeper
 * or, without one, in a page that init keeps. */
#include <stdlib.h>
#include "abi/nacre_calls.h"
#include "base/string.h"
#include "idl/keeper_client.h"
#include "idl/tally_server.h"
#include "nacre/area.h"
#include "nacre/clock.h"
#include "nacre/startup.h"

#ifndef TALLY_BUILD
#define TALLY_BUILD 1
#endif

static struct kept {
	uint32_t value, lives, falls;
} *kept;
static nacre_handle_t keeper;

/* Where the keeper has what is counted, it hears of each change. */
static void changed(void)
{
	if (keeper && keeper_save(keeper, "tally", kept, sizeof(*kept)))
		nacre_process_exit(4);
}

static uint32_t told_bits, told_times;

enum { BADGE_STORM = 0x600d };
static nacre_handle_t storm;

static nacre_status_t tally_read(struct nacre_request *request, struct tally_read_out *out)
{
	(void)request;
	*out = (struct tally_read_out){ kept->value, kept->lives };
	return STATUS_OK;
}

static nacre_status_t tally_add(struct nacre_request *request, const struct tally_add_in *in, struct tally_add_out *out)
{
	(void)request;
	out->value = kept->value += in->by;
	changed();
	return STATUS_OK;
}

static nacre_status_t tally_hang(struct nacre_request *request)
{
	(void)request;
	for (;;)
		__asm__ volatile("");
	return STATUS_OK;
}

static nacre_status_t tally_work(struct nacre_request *request, const struct tally_work_in *in)
{
	uint64_t end_ns = nacre_clock_ns() + in->ms * NACRE_MS;

	(void)request;
	while (nacre_clock_ns() < end_ns)
		;
	return STATUS_OK;
}

static nacre_status_t tally_storm(struct nacre_request *request)
{
	nacre_err_t error = nacre_connection_mint(request->server->handle, nacre_self_budget(), BADGE_STORM, 0, 0, 0, &storm);

	return error ? error : nacre_connection_signal(storm, 1);
}

static nacre_status_t tally_told(struct nacre_request *request, struct tally_told_out *out)
{
	(void)request;
	*out = (struct tally_told_out){ told_bits, told_times };
	return STATUS_OK;
}

static uint32_t fall(uint32_t times)
{
	if (kept->falls < times) {
		kept->falls++;
		changed();
		nacre_process_exit(3);
	}
	return kept->lives;
}

static nacre_status_t tally_fall(struct nacre_request *request, const struct tally_fall_in *in, struct tally_fall_out *out)
{
	(void)request;
	out->lives = fall(in->times);
	return STATUS_OK;
}

static nacre_status_t tally_fall_once(struct nacre_request *request, const struct tally_fall_once_in *in,
				      struct tally_fall_once_out *out)
{
	(void)request;
	out->lives = fall(in->times);
	return STATUS_OK;
}

/* --- silence ------------------------------------------------------------------------------------------------ */

/* A reply that goes astray. */
static nacre_status_t tally_lose(struct nacre_request *request, const struct tally_lose_in *in, struct tally_lose_out *out)
{
	(void)request;
	out->lives = kept->lives;
	if (kept->falls >= in->times)
		return STATUS_OK;
	kept->falls++;
	return NACRE_LATER;
}

static nacre_status_t tally_outside(struct nacre_request *request)
{
	nacre_request_patient(request);
	return NACRE_LATER;
}

static void cancelled(uintptr_t badge)
{
	(void)badge;
}

/* --- the keeper -------------------------------------------------------------------------------------------- */

static nacre_status_t tally_save(struct nacre_request *request, const struct tally_save_in *in)
{
	(void)request;
	return keeper_save(keeper, in->name, in->blob, in->blob_size);
}

static nacre_status_t tally_load(struct nacre_request *request, const struct tally_load_in *in, struct tally_load_out *out)
{
	static uint8_t blob[KEEPER_BLOB_BYTES];

	(void)request;
	out->blob = blob;
	return keeper_load(keeper, in->name, blob, sizeof(blob), &out->blob_size);
}

static nacre_status_t tally_forget(struct nacre_request *request, const struct tally_forget_in *in)
{
	(void)request;
	return keeper_forget(keeper, in->name);
}

static nacre_status_t tally_list(struct nacre_request *request, const struct tally_list_in *in, struct tally_list_out *out)
{
	static char name[KEEPER_NAME_BYTES + 1];

	(void)request;
	out->name = name;
	return keeper_list(keeper, in->n, &out->bytes, name, sizeof(name), &out->name_size);
}

static nacre_status_t tally_room(struct nacre_request *request, struct tally_room_out *out)
{
	(void)request;
	return keeper_room(keeper, &out->used, &out->room);
}

static nacre_status_t tally_nonsense(struct nacre_request *request, const struct tally_nonsense_in *in)
{
	static char text[1024];
	struct nacre_words words = { in->method, { in->word, in->word, in->word, in->word, in->word } };
	struct nacre_message message = { .in_count = 1, .in = { { (uintptr_t)text, in->bytes } },
					 .handle_count = (uint8_t)in->handles, .send = { nacre_self_budget(), nacre_self_budget() } };

	(void)request;
	memset(text, 'x', sizeof(text));
	if (in->bytes > sizeof(text))
		return STATUS_MALFORMED;
	return nacre_ask_message(keeper, &words, &message, NULL);
}

static nacre_status_t tally_build(struct nacre_request *request, struct tally_build_out *out)
{
	(void)request;
	out->number = TALLY_BUILD;
	return STATUS_OK;
}

static void signalled(uintptr_t badge, uintptr_t bits)
{
	if (badge == BADGE_STORM)
		nacre_connection_signal(storm, 1);
	if (badge != INTERFACE_BADGE_CONTROL)
		return;
	told_bits |= (uint32_t)bits;
	told_times++;
}

static bool open_kept(void)
{
	static struct kept loaded;
	struct nacre_area area;
	nacre_status_t status;

	keeper = nacre_startup_handle("keeper");
	if (keeper) {
		kept = &loaded;
		status = keeper_load(keeper, "tally", kept, sizeof(*kept), NULL);
		return status == STATUS_OK || status == STATUS_NOT_FOUND;
	}
	if (nacre_area_map(&area, nacre_startup_handle("kept"), 0, 1, NACRE_PROT_READ | NACRE_PROT_WRITE))
		return false;
	kept = area.base;
	return true;
}

int main(void)
{
	static const struct tally_handlers handlers = { .read = tally_read, .add = tally_add, .hang = tally_hang, .work = tally_work, .storm = tally_storm,
							.told = tally_told, .fall = tally_fall, .fall_once = tally_fall_once, .lose = tally_lose, .outside = tally_outside, .save = tally_save,
							.load = tally_load, .forget = tally_forget, .list = tally_list,
							.room = tally_room, .nonsense = tally_nonsense,
							.build = tally_build };
	static const struct nacre_protocol protocol = TALLY_SERVED_BY(&handlers);
	static uint64_t buffer[TALLY_BUFFER_BYTES / 8 + 1];
	struct nacre_server server = { .handle = nacre_startup_handle("server"), .protocol = &protocol, .buffer = buffer,
				       .buffer_size = sizeof(buffer), .signalled = signalled, .cancelled = cancelled };

	if (!open_kept())
		return EXIT_FAILURE;
	kept->lives++;
	changed();
	return nacre_server_run(&server);
}
