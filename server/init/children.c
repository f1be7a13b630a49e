/* children.c - programs that were started, as those who started them see them (idl/process.h). */
#include "children.h"
#include "abi/nacre_calls.h"
#include "base/string.h"
#include "crash.h"
#include "handles.h"
#include "server.h"

static struct process *child_of(const struct nacre_request *request, uintptr_t number)
{
	struct process *client = client_of(request), *child = process_find(number);

	return client && child && !child->service && child->parent == client->number ? child : NULL;
}

nacre_status_t children_wait(struct nacre_request *request, struct nacre_reply *reply)
{
	struct process *child = child_of(request, request->words.word[0]);

	if (!child)
		return STATUS_NOT_FOUND;
	if (!child->ended) {
		if (child->waiter)
			return STATUS_FULL;
		child->waiter = request->token;
		reply->later = true;
		return STATUS_OK;
	}
	reply->word[0] = child->cause;
	reply->word[1] = child->code;
	process_forget(child);
	return STATUS_OK;
}

nacre_status_t children_ended(struct nacre_request *request, struct nacre_reply *reply)
{
	LIST_FOR_EACH(node, &processes) {
		struct process *process = LIST_ENTRY(node, struct process, link);

		if (!process->ended || child_of(request, process->number) != process)
			continue;
		reply->word[0] = process->number;
		reply->word[1] = process->cause;
		reply->word[2] = process->code;
		process_forget(process);
		return STATUS_OK;
	}
	return STATUS_END;
}

nacre_status_t children_kill(struct nacre_request *request, struct nacre_reply *reply)
{
	struct process *child = child_of(request, request->words.word[0]);

	(void)reply;
	if (!child)
		return STATUS_NOT_FOUND;
	return child->ended ? STATUS_OK : nacre_process_kill(child->process, request->words.word[1]);
}

nacre_status_t children_handle(struct nacre_request *request, struct nacre_reply *reply)
{
	const struct process *child = child_of(request, request->words.word[0]);

	return child && !child->ended ? reply_handle(reply, child->process, NACRE_RIGHT_INSPECT) : STATUS_NOT_FOUND;
}

void program_ended(struct process *process, uint32_t cause, uint32_t code)
{
	struct nacre_reply reply = { .word = { cause, code } };

	process->ended = true;
	process->cause = cause;
	process->code = code;
	handles_device_release(process->number);
	if (process->notice)
		nacre_connection_signal(process->notice, PROCESS_NOTICE);
	process_close(process);
	process_orphan_children(process->number);
	/* Told, or nobody there to tell. */
	if ((process->waiter && nacre_server_answer(process->waiter, STATUS_OK, &reply) == NACRE_E_OK) ||
	    process->parent == PROCESS_OF_INIT)
		process_forget(process);
}

void children_wait_clean(void)
{
	LIST_FOR_EACH(node, &processes) {
		struct process *process = LIST_ENTRY(node, struct process, link);

		if (process->waiter && nacre_server_token_check(process->waiter))
			process->waiter = 0;
	}
}

nacre_status_t children_report(struct nacre_request *request, struct nacre_reply *reply)
{
	uintptr_t number = request->words.word[0], from = request->words.word[1];
	const struct process *client = client_of(request);
	const struct crash *crash;

	if (!client)
		return STATUS_NOT_FOUND;
	if (!number) {
		size_t length = client->failure ? string_length(client->failure) : 0;

		reply->data = client->failure + min_size(from, length);
		reply->size = length - min_size(from, length);
		return reply->size ? STATUS_OK : STATUS_END;
	}
	crash = crash_of(number, client->number);
	if (!crash)
		return STATUS_NOT_FOUND;
	reply->data = request->server->buffer;
	reply->size = crash_text(crash, from, request->server->buffer, request->server->buffer_size);
	return reply->size ? STATUS_OK : STATUS_END;
}
