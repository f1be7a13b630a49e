/* main.c - the state keeper (idl/keeper.nid). A client's badge is its owner's number, which init minted; the owner's pages
 * are mapped while it is served, and no others are, so that a slip here cannot mix two owners up. */
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "idl/keeper_server.h"
#include "nacre/area.h"
#include "nacre/startup.h"
#include "store.h"

static struct owner {
	uintptr_t badge;               /* 0: free */
	nacre_handle_t memory;
	size_t pages;
} owners[KEEPER_OWNERS_MAX];

static struct owner *owner_of(uintptr_t badge)
{
	for (size_t i = 0; i < ARRAY_SIZE(owners); i++)
		if (owners[i].badge == badge)
			return &owners[i];
	return NULL;
}

/* The owner of the request, mapped. */
struct visit {
	struct nacre_area area;
	struct store store;
};

static nacre_status_t visit_begin(struct visit *visit, const struct nacre_request *request)
{
	const struct owner *owner = owner_of(request->badge);
	nacre_err_t error;

	if (!owner)
		return STATUS_NOT_READY;
	error = nacre_area_map(&visit->area, owner->memory, 0, owner->pages, NACRE_PROT_READ | NACRE_PROT_WRITE);
	if (error)
		return error;
	store_open(&visit->store, visit->area.base, owner->pages * NACRE_PAGE_BYTES);
	return STATUS_OK;
}

static nacre_status_t visit_end(struct visit *visit, nacre_status_t status)
{
	nacre_area_unmap(&visit->area);
	return status;
}

/* --- for owners -------------------------------------------------------------------------------------------- */

static nacre_status_t keeper_save(struct nacre_request *request, const struct keeper_save_in *in)
{
	const struct blob blob = { in->name, in->blob, (uint32_t)in->name_size, (uint32_t)in->blob_size };
	struct visit visit;
	nacre_status_t status = visit_begin(&visit, request);

	return status ? status : visit_end(&visit, store_save(&visit.store, &blob));
}

/* What goes out must outlast the mapping. */
static const void *keep_copy(const struct nacre_request *request, const void *bytes, size_t size)
{
	return memcpy(request->server->buffer, bytes, size);
}

static nacre_status_t keeper_load(struct nacre_request *request, const struct keeper_load_in *in, struct keeper_load_out *out)
{
	struct visit visit;
	struct blob blob;
	nacre_status_t status = visit_begin(&visit, request);

	if (status)
		return status;
	if (!store_find(&visit.store, in->name, (uint32_t)in->name_size, &blob))
		return visit_end(&visit, STATUS_NOT_FOUND);
	out->blob = keep_copy(request, blob.bytes, blob.size);
	out->blob_size = blob.size;
	return visit_end(&visit, STATUS_OK);
}

static nacre_status_t keeper_forget(struct nacre_request *request, const struct keeper_forget_in *in)
{
	struct visit visit;
	nacre_status_t status = visit_begin(&visit, request);

	if (status)
		return status;
	store_forget(&visit.store, in->name, (uint32_t)in->name_size);
	return visit_end(&visit, STATUS_OK);
}

static nacre_status_t keeper_list(struct nacre_request *request, const struct keeper_list_in *in, struct keeper_list_out *out)
{
	struct visit visit;
	struct blob blob;
	nacre_status_t status = visit_begin(&visit, request);

	if (status)
		return status;
	if (!store_at(&visit.store, in->n, &blob))
		return visit_end(&visit, STATUS_END);
	out->bytes = blob.size;
	out->name = keep_copy(request, blob.name, blob.name_size);
	out->name_size = blob.name_size;
	return visit_end(&visit, STATUS_OK);
}

static nacre_status_t keeper_room(struct nacre_request *request, struct keeper_room_out *out)
{
	struct visit visit;
	nacre_status_t status = visit_begin(&visit, request);

	if (status)
		return status;
	*out = (struct keeper_room_out){ store_used(&visit.store), store_room(&visit.store) };
	return visit_end(&visit, STATUS_OK);
}

/* --- for init ---------------------------------------------------------------------------------------------- */

static nacre_status_t keeper_attach(struct nacre_request *request, const struct keeper_attach_in *in)
{
	struct owner *owner = owner_of(in->owner);
	uintptr_t pages, options;

	if (!in->owner || nacre_memory_info(in->memory, &pages, &options) || pages < 2 || pages % 2 || pages > KEEPER_PAGES_MAX)
		return STATUS_MALFORMED;
	if (!owner)
		owner = owner_of(0);
	if (!owner)
		return STATUS_FULL;
	if (owner->badge)
		nacre_handle_close(owner->memory);
	*owner = (struct owner){ in->owner, nacre_request_keep(request, in->memory), pages };
	return STATUS_OK;
}

static const struct keeper_handlers owner_handlers = { .save = keeper_save, .load = keeper_load, .forget = keeper_forget,
						       .list = keeper_list, .room = keeper_room };
static const struct keeper_handlers control_handlers = { .attach = keeper_attach };
static const struct nacre_protocol owned = KEEPER_SERVED_BY(&owner_handlers), control = KEEPER_SERVED_BY(&control_handlers);

static const struct nacre_protocol *protocol_of(uintptr_t badge)
{
	return badge == INTERFACE_BADGE_CONTROL ? &control : &owned;
}

int main(void)
{
	static uint64_t buffer[KEEPER_BUFFER_BYTES / 8 + 1];
	struct nacre_server server = { .handle = nacre_startup_handle("server"), .protocol = &owned, .protocol_of = protocol_of,
				       .buffer = buffer, .buffer_size = sizeof(buffer) };

	return nacre_server_run(&server);
}
