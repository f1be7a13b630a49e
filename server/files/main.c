/* main.c - files in memory (idl/files.nid), and pipes (idl/pipe.nid). What a badge stands for: client.h, pipe.h. */
#include <stdlib.h>
#include <string.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "client.h"
#include "files.h"
#include "idl/pipe_server.h"
#include "lock.h"
#include "nacre/area.h"
#include "nacre/log.h"
#include "nacre/startup.h"
#include "pipe.h"

/* In the order of the manifest. */
enum { NAME_FILES, NAME_PIPE };

enum { LOANS = 4, SIGNAL_PRIORITY = 0 };

static nacre_handle_t server_handle;

nacre_status_t connection_make(uintptr_t badge, unsigned loans, nacre_handle_t *connection)
{
	nacre_err_t error = nacre_connection_mint(server_handle, nacre_self_budget(), badge, 0, loans, SIGNAL_PRIORITY, connection);

	return error ? error : nacre_client_rights(connection);
}

static nacre_status_t connect_files(struct nacre_request *request, uint32_t process, nacre_handle_t *connection)
{
	uint8_t client;
	nacre_status_t status = client_add(process, &client);

	(void)request;
	if (status)
		return status;
	status = connection_make(client + 1u, LOANS, connection);
	if (status)
		client_closed(client);
	return status;
}

static nacre_status_t connect_pipe(struct nacre_request *request, uint32_t process, nacre_handle_t *connection)
{
	(void)request;
	return pipe_connect(process, connection);
}

static void closed(uintptr_t badge)
{
	uint8_t client;

	if (client_of(badge, &client))
		client_closed(client);
	else
		pipe_closed(badge);
}

static void cancelled(uintptr_t badge)
{
	uint8_t client;

	if (client_of(badge, &client))
		lock_waiters_check(client);
	else
		pipe_cancelled(badge);
}

static const struct nacre_protocol *protocol_of(uintptr_t badge)
{
	static const struct files_handlers for_files = { .connect = connect_files };
	static const struct pipe_handlers for_pipes = { .connect = connect_pipe };
	static const struct nacre_protocol published[] = { [NAME_FILES] = FILES_SERVED_BY(&for_files),
							   [NAME_PIPE] = PIPE_SERVED_BY(&for_pipes) };
	uint8_t client;

	if (badge & INTERFACE_BADGE_PUBLISHED)
		return badge == (INTERFACE_BADGE_PUBLISHED | NAME_PIPE) ? &published[NAME_PIPE] : &published[NAME_FILES];
	return client_of(badge, &client) ? &files_protocol : pipe_protocol_of(badge);
}

static nacre_err_t open_store(void)
{
	static struct nacre_area area;
	nacre_handle_t memory = nacre_startup_handle("store");
	uintptr_t pages, options;
	nacre_err_t error = nacre_memory_info(memory, &pages, &options);

	if (!error)
		error = nacre_area_map(&area, memory, 0, pages, NACRE_PROT_READ | NACRE_PROT_WRITE);
	return error ? error : store_open(area.base, pages);
}

int main(void)
{
	static uint64_t buffer[FILES_BUFFER_BYTES / sizeof(uint64_t)];
	struct nacre_server server = { .protocol_of = protocol_of, .buffer = buffer, .buffer_size = sizeof(buffer),
				       .closed = closed, .cancelled = cancelled };
	nacre_err_t error = open_store();

	if (error) {
		nacre_log(LOG_ERROR, "cannot start: the memory `store` is missing, or has fewer than 8 pages: %s",
			  nacre_error_sentence(error));
		return EXIT_FAILURE;
	}
	server.handle = server_handle = nacre_startup_handle("server");
	return nacre_server_run(&server);
}
