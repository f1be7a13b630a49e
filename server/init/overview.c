/* overview.c - the whole system, to see and to steer (idl/system.h). */
#include "abi/nacre_calls.h"
#include "base/fdt.h"
#include "base/string.h"
#include "crash.h"
#include "end.h"
#include "idl/system.h"
#include "launch.h"
#include "server.h"
#include "service.h"

/* Answers with a structure that lies in the receive buffer, and so outlives the handler. */
static void *answer_make(struct nacre_request *request, struct nacre_reply *reply, size_t size)
{
	uint32_t *structure = request->server->buffer;

	memset(structure, 0, size);
	structure[0] = (uint32_t)size;
	reply->data = structure;
	reply->size = size;
	return structure;
}

static void text_set(char *to, size_t size, const char *from, size_t from_size)
{
	memcpy(to, from, min_size(from_size, size - 1));
}

/* --- processes ----------------------------------------------------------------------------------------- */

static nacre_status_t describe_init(struct nacre_request *request, struct nacre_reply *reply)
{
	struct system_process *answer = answer_make(request, reply, sizeof(*answer));
	nacre_status_t status;

	answer->number = PROCESS_OF_INIT;
	text_set(answer->label, sizeof(answer->label), "init", 4);
	status = reply_handle(reply, machine.boot->process, NACRE_RIGHT_INSPECT);
	return status ? status : reply_handle(reply, machine.boot->budget, NACRE_RIGHT_INSPECT);
}

static nacre_status_t describe(struct nacre_request *request, struct nacre_reply *reply, const struct process *process)
{
	struct system_process *answer = answer_make(request, reply, sizeof(*answer));
	nacre_status_t status;

	answer->number = process->number;
	answer->parent = process->parent;
	answer->kind = process->service ? SYSTEM_SERVICE : SYSTEM_PROGRAM;
	answer->restarts = process->service ? process->service->restarts : 0;
	answer->cause = process->cause;
	answer->code = process->code;
	answer->priority = process->priority;
	memcpy(answer->label, process->label, sizeof(answer->label));
	if (process->ended)
		return STATUS_OK;
	status = reply_handle(reply, process->process, NACRE_RIGHT_INSPECT);
	return status ? status : reply_handle(reply, process->budget, NACRE_RIGHT_INSPECT);
}

static nacre_status_t system_process(struct nacre_request *request, struct nacre_reply *reply)
{
	if (request->words.word[0] <= PROCESS_OF_INIT)
		return describe_init(request, reply);
	LIST_FOR_EACH(node, &processes) {
		const struct process *process = LIST_ENTRY(node, struct process, link);

		if (process->number >= request->words.word[0])
			return describe(request, reply, process);
	}
	return STATUS_END;
}

static nacre_status_t system_kill(struct nacre_request *request, struct nacre_reply *reply)
{
	struct process *process = process_find(request->words.word[0]);

	(void)reply;
	if (request->words.word[0] == PROCESS_OF_INIT)
		return STATUS_DENIED;
	if (!process)
		return STATUS_NOT_FOUND;
	return process->ended ? STATUS_OK : nacre_process_kill(process->process, request->words.word[1]);
}

static nacre_status_t system_report(struct nacre_request *request, struct nacre_reply *reply)
{
	const struct crash *crash = crash_at(request->words.word[0]);
	struct nacre_server *server = request->server;

	if (!crash)
		return STATUS_END;
	reply->data = server->buffer;
	reply->size = crash_text(crash, request->words.word[1], server->buffer, server->buffer_size);
	return reply->size ? STATUS_OK : STATUS_END;
}

/* --- budgets ------------------------------------------------------------------------------------------- */

static nacre_status_t describe_budget(struct nacre_request *request, struct nacre_reply *reply, nacre_handle_t budget,
				      uint32_t depth, const char *label, size_t size)
{
	struct system_budget *answer = answer_make(request, reply, sizeof(*answer));

	answer->depth = depth;
	text_set(answer->label, sizeof(answer->label), label, size);
	return reply_handle(reply, budget, NACRE_RIGHT_INSPECT);
}

/* In order: the machine's, those of the services, that of all programs, those of the programs. */
static nacre_status_t system_budget(struct nacre_request *request, struct nacre_reply *reply)
{
	uintptr_t n = request->words.word[0];

	if (!n--)
		return describe_budget(request, reply, machine.boot->budget, 0, "machine", 7);
	if (n < service_count)
		return describe_budget(request, reply, services[n].budget, 1, services[n].program->name,
				       services[n].program->name_size);
	n -= service_count;
	if (!n--)
		return describe_budget(request, reply, programs_budget, 1, "programs", 8);
	LIST_FOR_EACH(node, &processes) {
		const struct process *process = LIST_ENTRY(node, struct process, link);

		if (!process->service && !process->ended && !n--)
			return describe_budget(request, reply, process->budget, 2, process->label,
					       string_length(process->label));
	}
	return STATUS_END;
}

/* --- the machine --------------------------------------------------------------------------------------- */

static nacre_status_t system_interrupt(struct nacre_request *request, struct nacre_reply *reply)
{
	struct system_interrupt *answer;
	struct irq_line irq;
	const char *name;

	if (!irq_find(request->words.word[0], &irq))
		return STATUS_END;
	answer = answer_make(request, reply, sizeof(*answer));
	name = fdt_name(device_node(irq.device));
	answer->number = irq.number;
	answer->process = handles_device_owner(irq.device);
	text_set(answer->device, sizeof(answer->device), name, string_length(name));
	return STATUS_OK;
}

static nacre_status_t system_end(struct nacre_request *request, struct nacre_reply *reply)
{
	uint32_t status;

	if (request->words.word[0] > SYSTEM_REBOOT)
		return STATUS_MALFORMED;
	status = end_machine((uint32_t)request->words.word[0], (uint32_t)request->words.word[1]);
	/* Who asked for the end need not hear of it. */
	reply->later = status == STATUS_OK;
	return status;
}

static nacre_status_t system_facts(struct nacre_request *request, struct nacre_reply *reply)
{
	const struct nacre_boot_info *boot = machine.boot;
	struct system_facts *answer = answer_make(request, reply, sizeof(*answer));
	uintptr_t contract = 0;

	nacre_system_version(&contract);
	answer->width = 8 * sizeof(uintptr_t);
	answer->ram_kib = (uint32_t)boot->ram_pages * 4;
	answer->kernel_kib = (uint32_t)boot->kernel_pages * 4;
	answer->entropy = boot->entropy;
	answer->machine_clock = boot->machine_clock;
	answer->timebase_hz = boot->timebase_hz;
	answer->contract = (uint32_t)contract;
	answer->boot_instructions = boot->boot_instructions;
	answer->hash_instructions = boot->hash_instructions;
	answer->hash_ns = machine.hash_ns;
	text_set(answer->version, sizeof(answer->version), description.version, description.version_size);
	text_set(answer->system, sizeof(answer->system), description.name, description.name_size);
	return STATUS_OK;
}

static nacre_status_t system_program(struct nacre_request *request, struct nacre_reply *reply)
{
	struct file file;

	for (uintptr_t n = request->words.word[0], place = 0; file_program(place, &file); place++) {
		const char *name = file.name + 4; /* behind "bin/" */
		const struct program *program = program_find(name, file.name_size - 4);

		if ((program && program->is_service) || n--)
			continue;
		reply->data = name;
		reply->size = file.name_size - 4;
		return STATUS_OK;
	}
	return STATUS_END;
}

static const struct nacre_method methods[] = {
	[SYSTEM_PROCESS] = { .handle = system_process, .answers_bytes = true },
	[SYSTEM_BUDGET] = { .handle = system_budget, .answers_bytes = true },
	[SYSTEM_INTERRUPT] = { .handle = system_interrupt, .answers_bytes = true },
	[SYSTEM_KILL] = { .handle = system_kill },
	[SYSTEM_REPORT] = { .handle = system_report, .answers_bytes = true },
	[SYSTEM_END] = { .handle = system_end },
	[SYSTEM_FACTS] = { .handle = system_facts, .answers_bytes = true },
	[SYSTEM_PROGRAM_NAME] = { .handle = system_program, .answers_bytes = true },
};
const struct nacre_protocol system_protocol = NACRE_PROTOCOL(SYSTEM_PROTOCOL, SYSTEM_VERSION, methods);
