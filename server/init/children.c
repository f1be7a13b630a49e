/* children.c - programs that were started, as those who started them see them (idl/process.nid). */
#include "children.h"
#include "abi/nacre_calls.h"
#include "base/string.h"
#include "crash.h"
#include "given.h"
#include "handles.h"
#include "server.h"
#include "tell.h"

static struct process *child_of(const struct nacre_request *request, uint32_t number)
{
	struct process *client = client_of(request), *child = process_find(number);

	return client && child && !child->service && child->parent == client->number ? child : NULL;
}

nacre_status_t children_wait(struct nacre_request *request, const struct process_wait_in *in, struct process_wait_out *out)
{
	struct process *child = child_of(request, in->number);

	if (!child)
		return STATUS_NOT_FOUND;
	if (!child->ended) {
		if (child->waiter)
			return STATUS_FULL;
		child->waiter = request->token;
		return NACRE_LATER;
	}
	*out = (struct process_wait_out){ child->cause, child->code };
	process_forget(child);
	return STATUS_OK;
}

nacre_status_t children_ended(struct nacre_request *request, struct process_ended_out *out)
{
	LIST_FOR_EACH(node, &processes) {
		struct process *process = LIST_ENTRY(node, struct process, link);

		if (!process->ended || child_of(request, process->number) != process)
			continue;
		*out = (struct process_ended_out){ process->number, process->cause, process->code };
		process_forget(process);
		return STATUS_OK;
	}
	return STATUS_END;
}

nacre_status_t children_kill(struct nacre_request *request, const struct process_kill_in *in)
{
	struct process *child = child_of(request, in->number);

	if (!child)
		return STATUS_NOT_FOUND;
	return child->ended ? STATUS_OK : nacre_process_kill(child->process, in->code);
}

nacre_status_t children_handle(struct nacre_request *request, const struct process_handle_in *in, struct process_handle_out *out)
{
	const struct process *child = child_of(request, in->number);

	return child && !child->ended ? handle_give(child->process, NACRE_RIGHT_INSPECT, &out->program) : STATUS_NOT_FOUND;
}

void program_ended(struct process *process, uint32_t cause, uint32_t code)
{
	const struct process_wait_out out = { cause, code };

	process->ended = true;
	process->cause = cause;
	process->code = code;
	handles_device_release(process->number);
	tell_names_gone(process);
	if (process->notice)
		nacre_connection_signal(process->notice, PROCESS_SIGNAL_ENDED);
	given_forget(process);
	process_close(process);
	process_orphan_children(process->number);
	/* Told, or nobody there to tell. */
	if ((process->waiter && process_wait_answer(process->waiter, STATUS_OK, &out) == NACRE_E_OK) ||
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

nacre_status_t children_report(struct nacre_request *request, const struct process_report_in *in, struct process_report_out *out)
{
	const struct process *client = client_of(request);
	const struct crash *crash;
	size_t length, from;

	if (!client)
		return STATUS_NOT_FOUND;
	if (in->number) {
		crash = crash_of(in->number, client->number);
		return crash ? crash_give(crash, request, in->from, in->room.run, &out->text, &out->text_size) : STATUS_NOT_FOUND;
	}
	length = client->failure ? string_length(client->failure) : 0;
	from = min_size(in->from, length);
	out->text = client->failure + from;
	out->text_size = min_size(length - from, in->room.run);
	return out->text_size ? STATUS_OK : STATUS_END;
}
