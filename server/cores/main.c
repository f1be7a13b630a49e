/* main.c - keeps cores of programs that died (idl/cores.nid). */
#include <stdlib.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "core/store.h"
#include "idl/cores_server.h"
#include "nacre/area.h"
#include "nacre/log.h"
#include "nacre/startup.h"
#include "take.h"

static nacre_status_t cores_core(struct nacre_request *request, const struct cores_core_in *in, struct cores_core_out *out)
{
	const struct cores_core *core = store_at(in->n);

	(void)request;
	if (!core)
		return STATUS_END;
	out->core = *core;
	return STATUS_OK;
}

static nacre_status_t cores_read(struct nacre_request *request, const struct cores_read_in *in, struct cores_read_out *out)
{
	size_t size;
	const uint8_t *core = store_find(in->serial, &size);

	(void)request;
	if (!core)
		return STATUS_NOT_FOUND;
	if (in->from >= size)
		return STATUS_END;
	out->bytes = core + in->from;
	out->bytes_size = min_size(size - in->from, in->room.run);
	return STATUS_OK;
}

/* Whatever became of the core, the process ends: init waits for that, and so may its clients. */
static nacre_status_t cores_take(struct nacre_request *request, const struct cores_take_in *in)
{
	(void)request;
	take_core(&in->death, in->process);
	nacre_process_kill(in->process, (int32_t)in->death.cause);
	return STATUS_OK;
}

static const struct cores_handlers reader_handlers = { .core = cores_core, .read = cores_read };
static const struct cores_handlers control_handlers = { .take = cores_take };
static const struct nacre_protocol reader = CORES_SERVED_BY(&reader_handlers), control = CORES_SERVED_BY(&control_handlers);

static const struct nacre_protocol *protocol_of(uintptr_t badge)
{
	return badge == INTERFACE_BADGE_CONTROL ? &control : &reader;
}

/* All of the memory that init keeps for this service. */
static nacre_err_t kept_open(struct nacre_area *area)
{
	nacre_handle_t memory = nacre_startup_handle("kept");
	uintptr_t pages, options;
	nacre_err_t error = nacre_memory_info(memory, &pages, &options);

	return error ? error : nacre_area_map(area, memory, 0, pages, NACRE_PROT_READ | NACRE_PROT_WRITE);
}

int main(void)
{
	static uint64_t buffer[CORES_BUFFER_BYTES / sizeof(uint64_t)];
	struct nacre_server server = { .handle = nacre_startup_handle("server"), .protocol = &control, .protocol_of = protocol_of,
				       .buffer = buffer, .buffer_size = sizeof(buffer) };
	struct nacre_area area;
	nacre_err_t error = kept_open(&area);

	if (error) {
		nacre_log(LOG_ERROR, "no core can be kept, as the memory for them is not there: %s", nacre_error_sentence(error));
		return EXIT_FAILURE;
	}
	store_open(area.base, area.pages * NACRE_PAGE_BYTES);
	return nacre_server_run(&server);
}
