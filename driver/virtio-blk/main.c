/* main.c - a disk behind a virtio slot (idl/block.nid). */
#include <stdlib.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "idl/block_server.h"
#include "nacre/clock.h"
#include "nacre/log.h"
#include "nacre/startup.h"
#include "transfer.h"

enum { CLIENTS_MAX = 16, PROCESS_CLIENTS_MAX = 4, LOANS = 4, SIGNAL_PRIORITY = 20 };

/* How long the device may say nothing while it was asked something. The manifest's `answer_ms` takes its place. */
#define PATIENCE_NS (10 * NACRE_S)

static struct nacre_server server;

/* --- clients --------------------------------------------------------------------------------------------- */

/* A client's badge is its process's number, so that connections outlive this process. Counted are those that were made in
 * this life; after a crash clients may so have more of them, as far as the budget goes. */
static struct client {
	uint32_t process;            /* 0: free */
	unsigned connections;
} clients[CLIENTS_MAX];

static struct client *client_find(uint32_t process)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (clients[i].process == process)
			return &clients[i];
	return NULL;
}

static nacre_status_t block_connect(struct nacre_request *request, uint32_t process, nacre_handle_t *connection)
{
	struct client *client = client_find(process);
	nacre_err_t error;

	(void)request;
	if (!client)
		client = client_find(0);
	if (!process || !client || (client->process && client->connections == PROCESS_CLIENTS_MAX))
		return STATUS_FULL;
	error = nacre_connection_mint(server.handle, nacre_self_budget(), process, 0, LOANS, SIGNAL_PRIORITY, connection);
	if (!error)
		error = nacre_client_rights(connection);
	if (error)
		return error;
	client->process = process;
	client->connections++;
	return STATUS_OK;
}

static void closed(uintptr_t badge)
{
	struct client *client = badge ? client_find((uint32_t)badge) : NULL;

	transfer_closed(badge);
	if (client && !--client->connections)
		client->process = 0;
}

/* --- the protocol ---------------------------------------------------------------------------------------- */

/* The disk's time is up, and it is given a quarter more: the machine may have stood still, and the interrupt be on its way. */
static bool doubted;

/* While the device has something it must answer in time. */
static void watch(void)
{
	doubted = false;
	server.deadline_ns = disk.asked ? nacre_deadline_in(nacre_server_patience_ns(PATIENCE_NS)) : NACRE_DEADLINE_NEVER;
}

static nacre_status_t range_check(uint64_t sector, size_t bytes)
{
	uint32_t block = disk.geometry.block_bytes;

	if (bytes % block || sector % (block / BLOCK_SECTOR_BYTES))
		return BLOCK_UNALIGNED;
	if (sector > disk.geometry.sectors || bytes / BLOCK_SECTOR_BYTES > disk.geometry.sectors - sector)
		return BLOCK_RANGE;
	return STATUS_OK;
}

static nacre_status_t add(struct nacre_request *request, enum disk_operation operation, uint64_t sector, void *data, size_t bytes)
{
	nacre_status_t status = transfer_add(request, operation, sector, data, (uint32_t)bytes);

	if (server.deadline_ns == NACRE_DEADLINE_NEVER) /* else whoever keeps asking keeps a dead disk from being noticed */
		watch();
	return status;
}

static nacre_status_t block_geometry(struct nacre_request *request, const struct block_geometry_in *in, struct block_geometry_out *out)
{
	(void)request, (void)in;
	out->geometry = disk.geometry;
	return STATUS_OK;
}

static nacre_status_t block_read(struct nacre_request *request, const struct block_read_in *in)
{
	nacre_status_t status = range_check(in->sector, in->to_size);

	return status ? status : add(request, DISK_READ, in->sector, in->to, in->to_size);
}

static nacre_status_t block_write(struct nacre_request *request, const struct block_write_in *in)
{
	nacre_status_t status = range_check(in->sector, in->from_size);

	if (disk.geometry.properties & BLOCK_PROPERTY_READ_ONLY)
		return STATUS_DENIED;
	/* The pages are only read. */
	return status ? status : add(request, DISK_WRITE, in->sector, (void *)(uintptr_t)in->from, in->from_size);
}

static nacre_status_t block_flush(struct nacre_request *request)
{
	if (!(disk.geometry.properties & BLOCK_PROPERTY_CACHED))
		return STATUS_OK;
	return add(request, DISK_FLUSH, 0, NULL, 0);
}

static nacre_status_t block_statistics(struct nacre_request *request, const struct block_statistics_in *in,
				       struct block_statistics_out *out)
{
	struct nacre_budget_state state = { 0 };

	(void)request, (void)in;
	nacre_budget_info(nacre_self_budget(), &state);
	out->statistics = disk.statistics;
	out->statistics.cpu_ns = state.cpu_ns;
	return STATUS_OK;
}

static const struct nacre_protocol *protocol_of(uintptr_t badge)
{
	static const struct block_handlers for_publication = { .connect = block_connect };
	static const struct block_handlers for_clients = { .geometry = block_geometry, .read = block_read, .write = block_write,
							   .flush = block_flush, .statistics = block_statistics };
	static const struct nacre_protocol publication = BLOCK_SERVED_BY(&for_publication), client = BLOCK_SERVED_BY(&for_clients);

	return badge & INTERFACE_BADGE_PUBLISHED ? &publication : &client;
}

/* --- the device ------------------------------------------------------------------------------------------ */

static void interrupted(uintptr_t badge)
{
	(void)badge;
	disk_interrupted();
	transfer_pump();
	watch();
	disk_interrupt_end();
}

static void cancelled(uintptr_t badge)
{
	transfer_cancelled(badge);
	watch();
}

static void alarm(struct nacre_server *self)
{
	if (!disk.asked) {
		watch();
		return;
	}
	/* Without a look at the queue: what lies there without an interrupt says that interrupts are lost. */
	if (doubted)
		virtio_driver_give_up(&disk.driver, "the disk has not answered in time; it is reset");
	doubted = true;
	self->deadline_ns = nacre_deadline_in(nacre_server_patience_ns(PATIENCE_NS) / 4);
}

int main(void)
{
	static uint64_t buffer[BLOCK_BUFFER_BYTES / 8];
	const char *why;

	server = (struct nacre_server){ .handle = nacre_startup_handle("server"), .protocol_of = protocol_of, .buffer = buffer,
					.buffer_size = sizeof(buffer), .closed = closed, .cancelled = cancelled,
					.interrupted = interrupted, .alarm = alarm, .deadline_ns = NACRE_DEADLINE_NEVER };
	why = disk_open(server.handle);
	if (why) {
		nacre_log(LOG_ERROR, "cannot start: %s", why);
		return EXIT_FAILURE;
	}
	return nacre_server_run(&server);
}
