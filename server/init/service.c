/* service.c - the programs that the system description starts, and keeps running. */
#include "service.h"
#include "abi/nacre_calls.h"
#include "base/parse.h"
#include "base/string.h"
#include "crash.h"
#include "end.h"
#include "launch.h"
#include "nacre/clock.h"
#include "nacre/error.h"
#include "say.h"
#include "tell.h"

enum { SERVICES_MAX = 32, FAILURES_MAX = 8 };

#define FIRST_DELAY_NS (10 * NACRE_MS)
/* Who ran this long had a good start: what went wrong before is forgotten. */
#define GOOD_RUN_NS (10 * NACRE_S)

struct service services[SERVICES_MAX];
size_t service_count;

struct service *service_find(const char *name)
{
	for (size_t i = 0; i < service_count; i++)
		if (string_equal_counted(services[i].program->name, services[i].program->name_size, name))
			return &services[i];
	return NULL;
}

/* --- what outlives processes --------------------------------------------------------------------------- */

/* "4 ring": so many pages. */
static nacre_err_t memories_make(struct service *service)
{
	struct fact fact = { 0 };
	nacre_err_t error = NACRE_E_OK;

	for (size_t n = 0; !error && n < SERVICE_MEMORIES_MAX && fact_next(service->program, "memory", &fact); n++) {
		size_t digits = 0;
		uint64_t pages = 0;

		while (digits < fact.size && fact.value[digits] != ' ')
			digits++;
		if (!parse_number(fact.value, digits, &pages))
			return NACRE_E_ARGUMENT;
		error = nacre_memory_create(service->budget, (size_t)pages, NACRE_MEMORY_PRIVATE, &service->memory[n]);
	}
	return error;
}

static nacre_err_t prepare(struct service *service)
{
	const struct program *program = service->program;
	nacre_err_t error = nacre_budget_create(machine.boot->budget, program->pages, program->priority, &service->budget);

	if (!error && program->server)
		error = nacre_server_create(service->budget, &service->server);
	return error ? error : memories_make(service);
}

const char *services_prepare(void)
{
	for (size_t i = 0; i < description.count; i++) {
		nacre_err_t error;

		if (!description.programs[i].is_service)
			continue;
		if (service_count == SERVICES_MAX)
			return "the system description has more than 32 services";
		services[service_count] = (struct service){ .program = &description.programs[i] };
		error = prepare(&services[service_count]);
		if (error)
			return error == NACRE_E_BUDGET ? "the machine has less RAM than the services' budgets add up to"
						       : nacre_error_sentence(error);
		service_count++;
	}
	return NULL;
}

/* Clients of a service that will not run must not wait for ever. */
static void server_close(struct service *service)
{
	if (service->server)
		nacre_handle_close(service->server);
	service->server = NACRE_HANDLE_NONE;
	service->state = SERVICE_FAILED;
}

/* --- starting ------------------------------------------------------------------------------------------ */

/* argv: the program's name and what its manifest says, behind one another in `text`. */
static bool arguments_make(const struct process *process, struct environment *arguments)
{
	struct fact fact = { 0 };
	bool fits = environment_add(arguments, process->label, string_length(process->label));

	while (fits && fact_next(process->program, "argument", &fact))
		fits = environment_add(arguments, fact.value, fact.size);
	return fits;
}

static nacre_err_t start_process(struct process *process, const char **why)
{
	static struct environment arguments, environment;
	static struct handle_list handles;
	struct launch spec = { .process = process, .argv = arguments.list, .envp = environment.list, .handles = &handles };
	nacre_err_t error;

	arguments.count = arguments.used = environment.count = environment.used = 0;
	arguments.list[0] = environment.list[0] = NULL;
	if (!launch_file(process, &spec.file)) {
		*why = "the image does not have its file";
		return NACRE_E_ARGUMENT;
	}
	error = handles_by_manifest(&handles, process);
	if (!error && (!arguments_make(process, &arguments) || !environment_by_manifest(&environment, process)))
		error = NACRE_E_TOO_LONG;
	if (error) {
		handles_close(&handles);
		*why = nacre_error_sentence(error);
		return error;
	}
	return launch(&spec, why);
}

/* A process that never ran, or runs no more. */
static void process_done(struct service *service)
{
	handles_device_release(service->process->number);
	process_close(service->process);
	process_orphan_children(service->process->number);
	process_forget(service->process);
	service->process = NULL;
}

static void service_start(struct service *service)
{
	const struct program *program = service->program;
	const char *why = "there is no memory for its record";
	struct process *process = process_add(program, PROCESS_OF_INIT, program->name, program->name_size);

	service->started_ns = nacre_clock_ns();
	service->process = process;
	if (process) {
		process->service = service;
		process->budget = service->budget;
		process->priority = program->priority;
		if (start_process(process, &why) == NACRE_E_OK) {
			service->state = SERVICE_RUNNING;
			say_label(process->number, process->label);
			tell_service(service);
			return;
		}
		process_done(service);
	}
	say_loudly("%.*s cannot be started: %s", program->name_size, program->name, why);
	service_ended(service, NACRE_CAUSE_NONE, 1);
}

void services_start(void)
{
	for (size_t i = 0; i < service_count; i++) {
		const struct program *program = services[i].program;

		if (handles_devices_exist(program)) {
			service_start(&services[i]);
			continue;
		}
		/* Another board: nothing is wrong, and who asks for its names is told that they are not there. */
		say(LOG_INFO, "%.*s is not started: the machine has no such device", program->name_size, program->name);
		server_close(&services[i]);
	}
}

/* --- what happens when one ends ------------------------------------------------------------------------ */

static bool shall_restart(const struct service *service, uint32_t cause, uint32_t code)
{
	switch (service->program->restart) {
	case RESTART_NEVER:
		return false;
	case RESTART_FAULT:
		return cause != NACRE_CAUSE_EXIT || code;
	}
	return true;
}

static void give_up(struct service *service)
{
	const struct program *program = service->program;

	service->state = SERVICE_FAILED;
	say_loudly("%.*s failed %u times in a row; it is not started again", program->name_size, program->name,
		   (unsigned)service->failures);
	server_close(service);
	if (program->critical) {
		say_loudly("the system cannot go on without %.*s and is started anew", program->name_size, program->name);
		end_machine(SYSTEM_ENDING_REBOOT, 0);
	}
}

/* A person should see a fault, unless it hit what he would see it through: that must be restarted first. */
static void tell_of_end(const struct program *program, uint32_t cause)
{
	if (cause >= NACRE_CAUSE_READ && !program->critical)
		say_loudly("%.*s crashed (%s) and is restarted; log has the report", program->name_size, program->name,
			   cause_text(cause));
	else
		say(LOG_WARNING, "%.*s ended (%s) and is restarted", program->name_size, program->name, cause_text(cause));
}

void service_ended(struct service *service, uint32_t cause, uint32_t code)
{
	const struct program *program = service->program;
	uint64_t now_ns = nacre_clock_ns();

	if (service->process)
		process_done(service);
	service->state = SERVICE_STOPPED;
	if (end_has_begun() || !shall_restart(service, cause, code))
		return;
	service->failures = now_ns - service->started_ns > GOOD_RUN_NS ? 1 : service->failures + 1;
	if (service->failures > FAILURES_MAX) {
		give_up(service);
		return;
	}
	service->restarts++;
	service->state = SERVICE_WAITING;
	/* The first time at once: most faults do not come twice. */
	service->due_ns = now_ns + (service->failures > 1 ? FIRST_DELAY_NS << (service->failures - 1) : 0);
	tell_of_end(program, cause);
}

uint64_t services_tend(uint64_t now_ns)
{
	uint64_t next_ns = NACRE_DEADLINE_NEVER;

	for (size_t i = 0; i < service_count; i++) {
		struct service *service = &services[i];

		if (service->state == SERVICE_WAITING && service->due_ns <= now_ns)
			service_start(service);
		if (service->state == SERVICE_WAITING && service->due_ns < next_ns)
			next_ns = service->due_ns;
	}
	return next_ns;
}
