/* connect.c - how a client comes by its connection. */
#include "connect.h"
#include "abi/nacre_calls.h"
#include "wait.h"

/* Hands the client's call to the service, which answers it. A service that is gone is published no more. */
static uint32_t forward(struct name *name, nacre_token_t token, uintptr_t badge)
{
	struct nacre_words words = { .opcode = INTERFACE_CONNECT, .word = { badge & NAMES_BADGE_PROCESS_MASK } };
	nacre_err_t error = nacre_server_forward(name->connection, &words, token);

	if (error == NACRE_E_PEER_GONE) {
		name_unpublish(name);
		return STATUS_NOT_READY;
	}
	return error;
}

static void share(const struct name *name, struct nacre_reply *reply)
{
	reply->handle[0] = name->connection;
	reply->handle_count = 1;
}

static uint32_t connect_now(struct name *name, struct nacre_request *request, struct nacre_reply *reply)
{
	uint32_t status;

	if (!name->connection)
		return STATUS_NOT_READY;
	if (name->shared) {
		share(name, reply);
		return STATUS_OK;
	}
	status = forward(name, request->token, request->badge);
	reply->later = status == STATUS_OK;
	return status;
}

uint32_t connect_request(struct name *name, uintptr_t patience, struct nacre_request *request, struct nacre_reply *reply)
{
	uint32_t status = connect_now(name, request, reply);

	if (status != STATUS_NOT_READY || patience == NAMES_NOW)
		return status;
	status = wait_for(name, request->token, request->badge);
	reply->later = status == STATUS_OK;
	return status;
}

void connect_waiting(struct name *name)
{
	nacre_token_t token;
	uintptr_t badge;

	while (name->connection && (token = wait_next(name, &badge))) {
		struct nacre_reply reply = { 0 };
		uint32_t status = STATUS_OK;

		if (name->shared)
			share(name, &reply);
		else
			status = forward(name, token, badge);
		if (name->shared || status)
			nacre_server_answer(token, status, &reply);
	}
}
