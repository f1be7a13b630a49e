/* connect.c - how a client comes by its connection. */
#include "connect.h"
#include "abi/nacre_calls.h"
#include "wait.h"

/* Hands the client's call to the service, which answers it. A service that is gone is published no more. */
static nacre_status_t forward(struct name *name, nacre_token_t token, uintptr_t badge)
{
	struct nacre_words words = { .opcode = INTERFACE_CONNECT, .word = { badge & NAMES_BADGE_PROCESS_MASK } };
	nacre_err_t error = nacre_server_forward(name->connection, &words, token);

	if (error == NACRE_E_PEER_GONE) {
		name_unpublish(name);
		return STATUS_NOT_READY;
	}
	return error ? (nacre_status_t)error : NACRE_LATER;
}

static nacre_status_t connect_now(struct name *name, const struct nacre_request *request, nacre_handle_t *service)
{
	if (!name->connection)
		return STATUS_NOT_READY;
	if (!name->shared)
		return forward(name, request->token, request->badge);
	*service = name->connection;
	return STATUS_OK;
}

nacre_status_t connect_request(struct name *name, enum names_patience patience, const struct nacre_request *request,
			       nacre_handle_t *service)
{
	nacre_status_t status = connect_now(name, request, service);

	if (status != STATUS_NOT_READY || patience == NAMES_PATIENCE_NOW)
		return status;
	status = wait_for(name, request->token, request->badge);
	return status ? status : NACRE_LATER;
}

void connect_waiting(struct name *name)
{
	nacre_token_t token;
	uintptr_t badge;

	while (name->connection && (token = wait_next(name, &badge))) {
		struct names_lookup_out out = { .service = name->connection, .keep_handles = true };
		nacre_status_t status = name->shared ? STATUS_OK : forward(name, token, badge);

		if (status != NACRE_LATER)
			names_lookup_answer(token, status, &out);
	}
}
