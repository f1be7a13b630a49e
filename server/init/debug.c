/* debug.c - debuggers. */
#include "debug.h"
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "launch.h"
#include "server.h"
#include "service.h"

/* The one name that somebody waits for. */
static struct {
	uint32_t debugger;             /* 0: nobody does */
	nacre_handle_t notice;
	char name[PROCESS_LABEL_BYTES];
} wanted;

/* --- who may ------------------------------------------------------------------------------------------- */

/* A star in a manifest stands, when system.py is done with it, for programs that the description does not name. */
static bool may_debug(const struct process *client, const char *name)
{
	struct fact fact = { 0 };
	bool is_named = program_find(name, string_length(name));

	while (client && fact_next(client->program, "debug", &fact))
		if (string_equal_counted(fact.value, fact.size, name) || (!is_named && string_equal_counted(fact.value, fact.size, "*")))
			return true;
	return false;
}

nacre_status_t debug_open(struct nacre_request *request, const struct system_debug_in *in, struct system_debug_out *out)
{
	const struct service *service = service_find(in->name);

	if (!may_debug(client_of(request), in->name))
		return STATUS_DENIED;
	if (!service)
		return STATUS_NOT_FOUND;
	if (service->state != SERVICE_RUNNING)
		return STATUS_NOT_READY;
	return handle_give(service->process->process, NACRE_RIGHT_INSPECT | NACRE_RIGHT_DEBUG, &out->process);
}

/* --- holding -------------------------------------------------------------------------------------------- */

static void wanted_forget(void)
{
	if (wanted.notice)
		nacre_handle_close(wanted.notice);
	memset(&wanted, 0, sizeof(wanted));
}

nacre_status_t debug_hold(struct nacre_request *request, const struct system_hold_in *in)
{
	const struct process *client = client_of(request);

	if (!may_debug(client, in->name))
		return STATUS_DENIED;
	wanted_forget();
	wanted.debugger = client->number;
	wanted.notice = nacre_request_keep(request, in->notice);
	string_copy(wanted.name, sizeof(wanted.name), in->name);
	return STATUS_OK;
}

bool debug_wants(const struct process *process)
{
	return wanted.debugger && string_equal(wanted.name, process->label);
}

nacre_err_t debug_held(struct process *process, uint32_t priority)
{
	nacre_err_t error = nacre_process_stop(process->process);

	if (!error)
		error = nacre_process_priority_set(process->process, 0, priority);
	if (error)
		return error;
	process->debugger = wanted.debugger;
	nacre_connection_signal(wanted.notice, SYSTEM_SIGNAL_HELD);
	wanted_forget();
	return NACRE_E_OK;
}

/* --- attaching ------------------------------------------------------------------------------------------ */

static void file_name(struct system_debuggee *debuggee, const struct process *process)
{
	struct file file;

	if (launch_file(process, &file)) /* what the record has of it lost its name */
		memcpy(debuggee->file, file.name, min_size(file.name_size, sizeof(debuggee->file) - 1));
}

nacre_status_t debug_attach(struct nacre_request *request, const struct system_attach_in *in, struct system_attach_out *out)
{
	const struct process *client = client_of(request);
	struct process *process = process_find(in->number);
	nacre_err_t error;

	if (!process || process->ended || process->crashed)
		return STATUS_NOT_FOUND;
	if (process == client || !may_debug(client, process->label))
		return STATUS_DENIED;
	if (process->debug_notice || (process->debugger && process->debugger != client->number))
		return STATUS_FULL;
	error = nacre_process_fault_set(process->process, in->server, in->badge);
	if (!error)
		error = handle_give(process->process, NACRE_RIGHT_INSPECT | NACRE_RIGHT_DEBUG, &out->process);
	if (error)
		return error;
	process->debugger = client->number;
	process->debug_notice = nacre_request_keep(request, in->notice);
	out->debuggee.number = process->number;
	out->debuggee.load_base = process->load_base;
	file_name(&out->debuggee, process);
	return STATUS_OK;
}

static void forget(struct process *process)
{
	if (process->debug_notice)
		nacre_handle_close(process->debug_notice);
	process->debug_notice = NACRE_HANDLE_NONE;
	process->debugger = 0;
}

nacre_status_t debug_detach(struct nacre_request *request, const struct system_detach_in *in)
{
	const struct process *client = client_of(request);
	struct process *process = process_find(in->number);

	if (!client || !process || process->ended || process->debugger != client->number)
		return STATUS_NOT_FOUND;
	nacre_process_fault_set(process->process, init_server.handle, process->number);
	forget(process);
	nacre_process_resume(process->process); /* one that runs needs none */
	return STATUS_OK;
}

/* --- ends ------------------------------------------------------------------------------------------------- */

static void let_go(struct process *process)
{
	bool was_held = !process->debug_notice;

	forget(process);
	if (was_held)
		nacre_process_resume(process->process);
	else
		nacre_process_kill(process->process, 0);
}

void debug_ended(struct process *process, uint32_t cause, uint32_t code)
{
	if (process->debug_notice)
		nacre_connection_signal(process->debug_notice,
					SYSTEM_SIGNAL_GONE | (cause & 15) << SYSTEM_GONE_CAUSE | (code & 255) << SYSTEM_GONE_CODE);
	forget(process);
	if (wanted.debugger == process->number)
		wanted_forget();
	LIST_FOR_EACH(node, &processes) {
		struct process *other = LIST_ENTRY(node, struct process, link);

		if (other->debugger == process->number && !other->ended)
			let_go(other);
	}
}
