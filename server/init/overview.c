/* overview.c - the whole system, to see and to steer (idl/system.nid). */
#include "abi/nacre_calls.h"
#include "base/fdt.h"
#include "base/string.h"
#include "crash.h"
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
	const struct crash *crash = crash_at(in->n);

	return crash ? crash_give(crash, request, in->from, in->room.run, &out->text, &out->text_size) : STATUS_END;
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
	if (n < service_count)
		return describe_budget(out, services[n].budget, 1, services[n].program->name, services[n].program->name_size);
	n -= (uint32_t)service_count;
	if (!n--)
		return describe_budget(out, programs_budget, 1, "programs", 8);
	LIST_FOR_EACH(node, &processes) {
		const struct process *process = LIST_ENTRY(node, struct process, link);

		if (!process->service && !process->ended && !n--)
			return describe_budget(out, process->budget, 2, process->label, string_length(process->label));
	}
	return STATUS_END;
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
	.report = system_report, .end = system_end, .facts = system_facts, .program = system_program,
};
static const struct system_handlers publication = { .connect = init_connect };
const struct nacre_protocol system_protocol = SYSTEM_SERVED_BY(&handlers);
const struct nacre_protocol system_publication = SYSTEM_SERVED_BY(&publication);
NACRE_STATIC_ASSERT(SYSTEM_BUFFER_BYTES <= INIT_BUFFER_BYTES, "init's receive buffer holds an answer");
