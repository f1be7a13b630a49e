/* skeleton.c - what the skeletons that tool/idl makes are built from. */
#include "nacre/skeleton.h"
#include <stdlib.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "base/utf8.h"
#include "nacre/area.h"
#include "nacre/startup.h"

enum { UNIT = 8, PREFIX_BYTES = 8 };

/* --- copied data ------------------------------------------------------------------------------------------- */

static uint8_t *data_of(const struct nacre_intake *in)
{
	return (uint8_t *)in->request->server->buffer + in->at;
}

bool nacre_in_is_zero(const void *bytes, size_t size)
{
	const uint8_t *each = bytes;

	while (size--)
		if (*each++)
			return false;
	return true;
}

/* Bytes of the struct as its sender knew it; 0 where that cannot be. */
static uint32_t struct_size(const struct nacre_intake *in, uint32_t least)
{
	uint32_t size, left = nacre_in_rest(in);

	if (left < sizeof(size))
		return 0;
	memcpy(&size, data_of(in), sizeof(size));
	return size < least || size > left || size % UNIT ? 0 : size;
}

void nacre_in_struct(struct nacre_intake *in, void *structure, uint32_t known, uint32_t least)
{
	const uint8_t *from = data_of(in);
	uint32_t size = struct_size(in, least), taken = (uint32_t)min_size(size, known);

	memset(structure, 0, known);
	nacre_in_demand(in, size, STATUS_MALFORMED);
	nacre_in_demand(in, nacre_in_is_zero(from + taken, size - taken), STATUS_NEWER);
	memcpy(structure, from, taken);
	in->at += size;
}

uint32_t nacre_in_first(struct nacre_intake *in)
{
	uint32_t prefix[2] = { 0, 0 };

	if (nacre_in_rest(in) < PREFIX_BYTES) {
		nacre_in_demand(in, false, STATUS_MALFORMED);
		return 0;
	}
	memcpy(prefix, data_of(in), PREFIX_BYTES);
	nacre_in_demand(in, !prefix[1], STATUS_MALFORMED);
	in->at += PREFIX_BYTES;
	return prefix[0];
}

static bool strings_fit(const char *text, uint32_t size)
{
	for (uint32_t length; size; text += length + 1, size -= length + 1) {
		length = (uint32_t)string_length_within(text, size);
		if (length == size || !utf8_is_text(text, length))
			return false;
	}
	return true;
}

static bool run_fits(enum nacre_run kind, const char *run, uint32_t size)
{
	switch (kind) {
	case NACRE_RUN_STRING:
		return utf8_is_text(run, size);
	case NACRE_RUN_STRINGS:
		return strings_fit(run, size);
	default:
		return true;
	}
}

/* Puts a NUL behind the string; what follows moves on by one. */
static void string_end(struct nacre_intake *in)
{
	struct nacre_request *request = in->request;
	uint8_t *end = data_of(in);

	if (request->size >= request->server->buffer_size) {
		nacre_in_demand(in, false, NACRE_E_TOO_LONG);
		return;
	}
	memmove(end + 1, end, request->size - in->at);
	*end = '\0';
	request->size++;
	in->at++;
}

const void *nacre_in_run(struct nacre_intake *in, enum nacre_run kind, uint32_t size, uint32_t least, uint32_t most)
{
	const char *run = (const char *)data_of(in);

	nacre_in_demand(in, size >= least && size <= most && size <= nacre_in_rest(in) && run_fits(kind, run, size),
			STATUS_MALFORMED);
	if (in->status != STATUS_OK)
		return NULL;
	in->at += size;
	if (kind == NACRE_RUN_STRING)
		string_end(in);
	return run;
}

bool nacre_in_text_fits(const char *text, uint32_t size)
{
	uint32_t length = (uint32_t)string_length_within(text, size);

	return length < size && utf8_is_text(text, length) && nacre_in_is_zero(text + length, size - length);
}

/* --- pages and handles ------------------------------------------------------------------------------------- */

void *nacre_in_loan(struct nacre_intake *in, uint32_t size, uint32_t least, uint32_t most, bool writable)
{
	const struct nacre_request *request = in->request;

	nacre_in_demand(in, size >= least && size <= most && size <= request->loan_size && !size == !request->loan &&
			(!writable || !request->loan || request->loan_writable), STATUS_MALFORMED);
	return in->status == STATUS_OK ? request->loan : NULL;
}

nacre_handle_t nacre_in_handle(struct nacre_intake *in, uint32_t index, uint32_t type, uint32_t rights)
{
	uintptr_t found_type = 0, found_rights = 0;
	nacre_handle_t handle;

	if (in->status != STATUS_OK || index >= in->request->handle_count)
		return NACRE_HANDLE_NONE;
	handle = in->request->handle[index];
	nacre_in_demand(in, nacre_handle_info(handle, &found_type, &found_rights) == NACRE_E_OK && (!type || found_type == type) &&
			(found_rights & rights) == rights, STATUS_MALFORMED);
	return handle;
}

/* --- answers ----------------------------------------------------------------------------------------------- */

void *nacre_out_space(struct nacre_request *request, size_t size)
{
	uintptr_t base = (uintptr_t)request->server->buffer, end = align_down(base + request->server->buffer_size, UNIT);

	if (size > end - base || end - size < base + request->size)
		return NULL;
	return memset((void *)(end - size), 0, size);
}

void nacre_out_struct(struct nacre_reply *reply, void *structure, size_t size, size_t room)
{
	uint32_t sent = (uint32_t)align_down(min_size(size, room), UNIT);

	memcpy(structure, &sent, sizeof(sent));
	reply->structure = structure;
	reply->structure_size = sent;
}

nacre_status_t nacre_out_run(struct nacre_reply *reply, const void *run, size_t size, size_t room)
{
	if (size > room)
		return NACRE_E_TOO_LONG;
	reply->data = run;
	reply->size = size;
	return STATUS_OK;
}

nacre_status_t nacre_out_answer(nacre_token_t token, nacre_status_t status, struct nacre_reply *reply)
{
	nacre_status_t told = nacre_server_answer(token, status, reply);

	for (uint32_t i = 0; reply->close_handles && i < reply->handle_count; i++)
		nacre_handle_close(reply->handle[i]);
	return told;
}

/* --- what all protocols share ------------------------------------------------------------------------------ */

nacre_err_t nacre_client_rights(nacre_handle_t *connection)
{
	const uint32_t wanted = NACRE_RIGHT_CALL | NACRE_RIGHT_SIGNAL | NACRE_RIGHT_DUPLICATE | NACRE_RIGHT_TRANSFER;
	nacre_handle_t whole = *connection;
	uintptr_t type, rights;
	nacre_err_t error = nacre_handle_info(whole, &type, &rights);

	if (!error)
		error = nacre_handle_duplicate(whole, (uint32_t)rights & wanted, connection);
	if (error)
		*connection = NACRE_HANDLE_NONE;
	nacre_handle_close(whole);
	return error;
}

nacre_status_t nacre_serve_connect(struct nacre_request *request, struct nacre_reply *reply, nacre_connect_handler *connect)
{
	struct nacre_intake in = nacre_in(request);
	uint32_t process = nacre_in_u32(&in, 0);
	nacre_status_t status;

	if (!connect || !request->forwarded || !request->token)
		return STATUS_METHOD;
	nacre_in_shape(&in, 0, 0, false);
	nacre_in_end(&in);
	if (in.status)
		return in.status;
	/* What stands there is of an earlier answer, and a handler that refuses leaves it as it is. */
	reply->handle[0] = NACRE_HANDLE_NONE;
	status = connect(request, process, &reply->handle[0]);
	if (reply->handle[0] != NACRE_HANDLE_NONE && !status)
		status = nacre_client_rights(&reply->handle[0]);
	reply->handle_count = reply->handle[0] != NACRE_HANDLE_NONE;
	reply->close_handles = true;
	return status;
}

int nacre_serve_startup(const struct nacre_protocol *protocol, void *buffer, size_t buffer_size)
{
	struct nacre_server server = { .handle = nacre_startup_handle("server"), .protocol = protocol,
				       .buffer = buffer, .buffer_size = buffer_size };

	return nacre_server_run(&server) ? EXIT_FAILURE : EXIT_SUCCESS;
}
