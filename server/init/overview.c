/* overview.c - the whole system, to see and to steer (idl/system.nid). */
#include "abi/nacre_calls.h"
#include "base/fdt.h"
#include "base/format.h"
#include "base/string.h"
#include "crash.h"
#include "debug.h"
#include "end.h"
#include "idl/system_server.h"
#include "launch.h"
#include "server.h"
#include "service.h"

static void text_set(char *to, size_t size, const char *from, size_t from_size)
{
	memcpy(to, from, min_size(from_size, size - 1));
}

/* --- processes ----------------------------------------------------------------------------------------- */

static nacre_status_t give_both(struct system_process_out *out, nacre_handle_t process, nacre_handle_t budget)
{
	nacre_status_t status = handle_give(process, NACRE_RIGHT_INSPECT, &out->process);

	return status ? status : handle_give(budget, NACRE_RIGHT_INSPECT, &out->budget);
}

static nacre_status_t describe_init(struct system_process_out *out)
{
	out->state.number = PROCESS_OF_INIT;
	text_set(out->state.label, sizeof(out->state.label), "init", 4);
	return give_both(out, machine.boot->process, machine.boot->budget);
}

static nacre_status_t describe(struct system_process_out *out, const struct process *process)
{
	out->state = (struct system_process){
		.number = process->number, .parent = process->parent,
		.kind = process->service ? SYSTEM_KIND_SERVICE : SYSTEM_KIND_PROGRAM,
		.restarts = process->service ? process->service->restarts : 0,
		.cause = process->cause, .code = process->code, .priority = process->priority,
	};
	memcpy(out->state.label, process->label, sizeof(out->state.label));
	return process->ended ? STATUS_OK : give_both(out, process->process, process->budget);
}

static nacre_status_t system_process(struct nacre_request *request, const struct system_process_in *in,
				     struct system_process_out *out)
{
	(void)request;
	if (in->number <= PROCESS_OF_INIT)
		return describe_init(out);
	LIST_FOR_EACH(node, &processes) {
		const struct process *process = LIST_ENTRY(node, struct process, link);

		if (process->number >= in->number)
			return describe(out, process);
	}
	return STATUS_END;
}

static nacre_status_t system_kill(struct nacre_request *request, const struct system_kill_in *in)
{
	struct process *process = process_find(in->number);

	(void)request;
	if (in->number == PROCESS_OF_INIT)
		return STATUS_DENIED;
	if (!process)
		return STATUS_NOT_FOUND;
	return process->ended ? STATUS_OK : nacre_process_kill(process->process, in->code);
}

static nacre_status_t system_report(struct nacre_request *request, const struct system_report_in *in,
				    struct system_report_out *out)
{
	const struct crash *crash = crash_fault_at(in->n);

	return crash ? crash_give(crash, request, in->from, in->room.run, &out->text, &out->text_size) : STATUS_END;
}

static nacre_status_t system_death(struct nacre_request *request, const struct system_death_in *in, struct system_death_out *out)
{
	static const enum system_dying dyings[] = { [CRASH_FAULT] = SYSTEM_DYING_CRASH, [CRASH_HANG] = SYSTEM_DYING_HANG,
						    [CRASH_END] = SYSTEM_DYING_END };
	const struct crash *crash = crash_at(in->n);

	(void)request;
	if (!crash)
		return STATUS_END;
	out->death = (struct system_death){
		.serial = crash->serial, .process = crash->number, .dying = dyings[crash->kind], .cause = crash->cause,
		.code = crash->code, .time_ns = crash->time_ns,
	};
	memcpy(out->death.label, crash->label, sizeof(out->death.label));
	return STATUS_OK;
}

static nacre_status_t system_death_report(struct nacre_request *request, const struct system_death_report_in *in,
					  struct system_death_report_out *out)
{
	const struct crash *crash;

	for (uintptr_t n = 0; (crash = crash_at(n)); n++)
		if (crash->serial == in->serial)
			return crash_give(crash, request, in->from, in->room.run, &out->text, &out->text_size);
	return STATUS_NOT_FOUND;
}

/* --- services ------------------------------------------------------------------------------------------ */

static nacre_status_t system_start(struct nacre_request *request, const struct system_start_in *in)
{
	struct service *service = service_find(in->name);
	nacre_status_t status = service && !end_has_begun() ? service_begin(service) : STATUS_NOT_FOUND;

	request->server->alarm(request->server);
	return status == STATUS_OK && service->state != SERVICE_RUNNING ? STATUS_NOT_READY : status;
}

static nacre_status_t system_stop(struct nacre_request *request, const struct system_stop_in *in)
{
	struct service *service = service_find(in->name);

	(void)request;
	return service ? service_stop(service) : STATUS_NOT_FOUND;
}

static nacre_status_t system_restart(struct nacre_request *request, const struct system_restart_in *in)
{
	struct service *service = service_find(in->name);
	nacre_status_t status;

	if (!service || end_has_begun())
		return STATUS_NOT_FOUND;
	if (service->state == SERVICE_RUNNING) {
		service_renew(service);
		return STATUS_OK;
	}
	status = service_begin(service);
	request->server->alarm(request->server);
	return status;
}

static nacre_status_t system_replace(struct nacre_request *request, const struct system_replace_in *in)
{
	struct service *service = service_find(in->name);
	char path[SERVICE_FILE_BYTES];
	size_t size = format_text(path, sizeof(path), "bin/%s", in->program);

	if (!service || end_has_begun() || size >= sizeof(path))
		return STATUS_NOT_FOUND;
	/* Who is asked for how it went must not be who goes. */
	if (string_equal_counted(service->program->name, service->program->name_size, "names"))
		return STATUS_DENIED;
	return service_replace(service, path, size, request->token);
}

/* Threads that end meanwhile move the others up, and new ones are the last: what a pass has missed the next one finds. Who makes
 * threads faster than that has them at the priority that he gives them, up to his budget's ceiling, as any later one. */
static nacre_err_t threads_set(nacre_handle_t process, uint32_t priority)
{
	struct nacre_thread_state state;
	nacre_err_t error = NACRE_E_OK;
	bool found = true;

	for (unsigned pass = 0; found && !error && pass < 3; pass++) {
		found = false;
		for (uint32_t i = 0; !error && nacre_process_thread(process, i, &state) == NACRE_E_OK; i++)
			if (state.priority != priority) {
				found = true;
				error = nacre_process_priority_set(process, i, priority);
				if (error == NACRE_E_ARGUMENT) /* it was the last, and has ended */
					error = NACRE_E_OK;
			}
	}
	return error;
}

static nacre_status_t system_set_priority(struct nacre_request *request, const struct system_set_priority_in *in)
{
	struct process *process = process_find(in->number);
	nacre_err_t error;

	(void)request;
	if (in->number == PROCESS_OF_INIT)
		return STATUS_DENIED;
	if (!process || process->ended)
		return STATUS_NOT_FOUND;
	if (!in->priority || in->priority > process->program->priority)
		return NACRE_E_PRIORITY;
	error = threads_set(process->process, in->priority);
	if (!error)
		process->priority = (uint8_t)in->priority;
	return error == NACRE_E_PEER_GONE ? STATUS_NOT_FOUND : (nacre_status_t)error;
}

/* --- budgets ------------------------------------------------------------------------------------------- */

static nacre_status_t describe_budget(struct system_budget_out *out, nacre_handle_t budget, uint32_t depth, const char *label,
				      size_t size)
{
	out->state.depth = depth;
	text_set(out->state.label, sizeof(out->state.label), label, size);
	return handle_give(budget, NACRE_RIGHT_INSPECT, &out->budget);
}

/* In order: the machine's, those of the services, that of all programs, those of the programs. */
static nacre_status_t system_budget(struct nacre_request *request, const struct system_budget_in *in, struct system_budget_out *out)
{
	uint32_t n = in->n;

	(void)request;
	if (!n--)
		return describe_budget(out, machine.boot->budget, 0, "machine", 7);
	for (size_t i = 0; i < service_count; i++)
		if (services[i].budget && !n--)
			return describe_budget(out, services[i].budget, 1, services[i].program->name, services[i].program->name_size);
	if (!n--)
		return describe_budget(out, programs_budget, 1, "programs", 8);
	LIST_FOR_EACH(node, &processes) {
		const struct process *process = LIST_ENTRY(node, struct process, link);

		if (!process->service && !process->ended && !n--)
			return describe_budget(out, process->budget, 2, process->label, string_length(process->label));
	}
	return STATUS_END;
}

static nacre_handle_t budget_named(const char *name)
{
	struct service *service = service_find(name);

	if (service)
		return service->budget;
	if (string_equal(name, "programs"))
		return programs_budget;
	return string_equal(name, "machine") ? machine.boot->budget : NACRE_HANDLE_NONE;
}

/* The machine's has no parent: it has what the others have not. */
static nacre_err_t budget_grow(nacre_handle_t budget, intptr_t pages)
{
	struct nacre_budget_state state;
	nacre_err_t error = nacre_budget_info(budget, &state);

	if (error || budget == machine.boot->budget)
		return error;
	if (pages < 0 && state.limit_pages < (uintptr_t)-pages)
		return NACRE_E_BUDGET;
	return nacre_budget_resize(budget, state.limit_pages + (uintptr_t)pages);
}

static nacre_status_t system_move_pages(struct nacre_request *request, const struct system_move_pages_in *in)
{
	nacre_handle_t from = budget_named(in->from), to = budget_named(in->to);
	nacre_err_t error;

	(void)request;
	if (!from || !to)
		return STATUS_NOT_FOUND;
	if (in->pages > INT32_MAX)
		return NACRE_E_BUDGET;
	error = budget_grow(from, -(intptr_t)in->pages);
	if (error)
		return error;
	error = budget_grow(to, (intptr_t)in->pages);
	if (error)
		budget_grow(from, (intptr_t)in->pages);
	return error;
}

/* --- the machine --------------------------------------------------------------------------------------- */

static nacre_status_t system_interrupt(struct nacre_request *request, const struct system_interrupt_in *in,
				       struct system_interrupt_out *out)
{
	struct irq_line irq;
	const char *name;

	(void)request;
	if (!irq_find(in->n, &irq))
		return STATUS_END;
	name = fdt_name(device_node(irq.device));
	out->state.number = irq.number;
	out->state.process = handles_device_owner(irq.device);
	text_set(out->state.device, sizeof(out->state.device), name, string_length(name));
	return STATUS_OK;
}

/* What a slot for virtio devices holds, or what the node says it is. */
static void device_kind(struct system_device *state, size_t device)
{
	uint32_t type = device_virtio_type(device);
	struct fact name = { "?", 1 };
	const char *text;

	if (device_is_virtio(device)) {
		state->flags |= type ? 0 : SYSTEM_DEVICE_FLAG_EMPTY;
		if (type && !description_virtio(type, &name))
			format_text(state->kind, sizeof(state->kind), "virtio type %lu", (unsigned long)type);
		else if (type)
			format_text(state->kind, sizeof(state->kind), "virtio %.*s", (int)name.size, name.value);
		return;
	}
	text = fdt_string(&machine.tree, device_node(device), "compatible", 0);
	if (text)
		text_set(state->kind, sizeof(state->kind), text, string_length(text));
}

static void device_driver(struct system_device *state, size_t device)
{
	const struct service *service = handles_device_service(device);
	const struct process *process = process_find(handles_device_owner(device));
	const struct program *program = service ? service->program : process ? process->program : NULL;

	if (!program)
		return;
	state->process = handles_device_owner(device);
	state->flags |= program->trusted_dma ? SYSTEM_DEVICE_FLAG_TRUSTED_DMA : 0;
	text_set(state->driver, sizeof(state->driver), program->name, program->name_size);
}

static nacre_status_t system_device(struct nacre_request *request, const struct system_device_in *in, struct system_device_out *out)
{
	const struct fdt_node *node = device_node(in->n);
	const char *name;

	(void)request;
	if (!node)
		return STATUS_END;
	name = fdt_name(node);
	text_set(out->state.node, sizeof(out->state.node), name, string_length(name));
	device_kind(&out->state, in->n);
	device_driver(&out->state, in->n);
	return STATUS_OK;
}

/* Who asked for the end need not hear of it. */
static nacre_status_t system_end(struct nacre_request *request, const struct system_end_in *in)
{
	nacre_status_t status = end_machine(in->how, in->status);

	(void)request;
	return status ? status : NACRE_LATER;
}

static nacre_status_t system_facts(struct nacre_request *request, const struct system_facts_in *in, struct system_facts_out *out)
{
	const struct nacre_boot_info *boot = machine.boot;
	uintptr_t contract = 0;

	(void)request, (void)in;
	nacre_system_version(&contract);
	out->facts = (struct system_facts){
		.width = 8 * sizeof(uintptr_t), .ram_kib = (uint32_t)boot->ram_pages * 4,
		.kernel_kib = (uint32_t)boot->kernel_pages * 4, .entropy = boot->entropy, .machine_clock = boot->machine_clock,
		.timebase_hz = boot->timebase_hz, .contract = (uint32_t)contract,
		.boot_instructions = boot->boot_instructions, .hash_instructions = boot->hash_instructions,
		.hash_ns = machine.hash_ns,
	};
	text_set(out->facts.version, sizeof(out->facts.version), description.version, description.version_size);
	text_set(out->facts.system, sizeof(out->facts.system), description.name, description.name_size);
	return STATUS_OK;
}

static nacre_status_t system_program(struct nacre_request *request, const struct system_program_in *in,
				     struct system_program_out *out)
{
	uint32_t n = in->n;
	struct file file;

	(void)request;
	for (uint32_t place = 0; file_program(place, &file); place++) {
		const char *name = file.name + 4; /* behind "bin/" */
		const struct program *program = program_find(name, file.name_size - 4);

		if ((program && program->is_service) || n--)
			continue;
		out->name = name;
		out->name_size = file.name_size - 4;
		return STATUS_OK;
	}
	return STATUS_END;
}

static const struct system_handlers handlers = {
	.process = system_process, .budget = system_budget, .interrupt = system_interrupt, .kill = system_kill,
	.report = system_report, .end = system_end, .facts = system_facts, .program = system_program, .device = system_device,
	.death = system_death, .death_report = system_death_report, .start = system_start, .stop = system_stop,
	.restart = system_restart, .replace = system_replace, .move_pages = system_move_pages, .set_priority = system_set_priority,
	.debug = debug_open, .hold = debug_hold, .attach = debug_attach, .detach = debug_detach,
};
static const struct system_handlers publication = { .connect = init_connect };
const struct nacre_protocol system_protocol = SYSTEM_SERVED_BY(&handlers);
const struct nacre_protocol system_publication = SYSTEM_SERVED_BY(&publication);
NACRE_STATIC_ASSERT(SYSTEM_BUFFER_BYTES <= INIT_BUFFER_BYTES, "init's receive buffer holds an answer");
