/* service.c - the programs that the system description starts, and keeps running. */
#include "service.h"
#include "abi/nacre_calls.h"
#include "base/parse.h"
#include "base/string.h"
#include "crash.h"
#include "end.h"
#include "given.h"
#include "heartbeat.h"
#include "launch.h"
#include "nacre/clock.h"
#include "nacre/error.h"
#include "say.h"
#include "tell.h"
#include "watch.h"

enum { SERVICES_MAX = 32 };

/* Who ran this long had a good start, and the back-off begins anew; none is longer than the other. */
#define GOOD_RUN_NS (10 * NACRE_S)
#define LONGEST_DELAY_NS (60 * NACRE_S)

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
	nacre_err_t error = launch_budget(machine.boot->budget, program, program->pages, program->priority, &service->budget);

	if (!error && program->server)
		error = nacre_server_create(service->budget, &service->server);
	if (!error && program->dma_pages)
		error = nacre_memory_create(service->budget, program->dma_pages, NACRE_MEMORY_PRIVATE | NACRE_MEMORY_CONTIGUOUS,
					    &service->dma);
	if (!error && program->keep_pages)
		error = nacre_memory_create(service->budget, program->keep_pages, NACRE_MEMORY_PRIVATE, &service->keep);
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
		services[service_count] = (struct service){ .program = &description.programs[i], .state = SERVICE_FAILED };
		if (!handles_devices_claim(&services[service_count++]))
			continue;
		error = prepare(&services[service_count - 1]);
		if (error)
			return error == NACRE_E_BUDGET ? "the machine has less RAM than the services' budgets add up to"
						       : nacre_error_sentence(error);
		services[service_count - 1].state = SERVICE_STOPPED;
	}
	return NULL;
}

/* Clients of a service that will not run must not wait for ever. */
static void server_close(struct service *service)
{
	if (service->control)
		nacre_handle_close(service->control);
	if (service->server)
		nacre_handle_close(service->server);
	service->server = service->control = NACRE_HANDLE_NONE;
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
	tell_names_gone(service->process);
	given_forget(service->process);
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
		tell_beforehand(service);
		if (start_process(process, &why) == NACRE_E_OK) {
			service->state = SERVICE_RUNNING;
			say_label(process->number, process->label);
			tell_service(service);
			heartbeat_begin(service);
			if (service->restarts)
				service_tell_dependants(service);
			return;
		}
		process_done(service);
	}
	say_loudly("%.*s cannot be started: %s", program->name_size, program->name, why);
	service_ended(service, NACRE_CAUSE_NONE, 1);
}

/* A slot that may be empty is no lack that somebody should read of at every start. */
static bool is_for_slots(const struct program *program)
{
	struct fact fact = { 0 };

	return fact_next(program, "device", &fact) && device_is_type(fact.value, fact.size);
}

void services_start(void)
{
	for (size_t i = 0; i < service_count; i++) {
		const struct program *program = services[i].program;

		if (services[i].budget)
			service_start(&services[i]);
		else if (!is_for_slots(program)) /* Another board: nothing is wrong, and who asks for its names is told that they are not there. */
			say(LOG_INFO, "%.*s is not started: the machine has no such device", program->name_size, program->name);
	}
}

/* --- what happens when one ends ------------------------------------------------------------------------ */

static bool shall_restart(const struct service *service, uint32_t cause, uint32_t code)
{
	switch (service->program->restart) {
	case RESTART_NEVER:
		return false;
	case RESTART_ON_FAILURE:
		return cause != NACRE_CAUSE_EXIT || code;
	}
	return true;
}

static void give_up(struct service *service)
{
	const struct program *program = service->program;

	say_loudly("%.*s died %u times in %lu s; it is not started again", program->name_size, program->name, program->deaths,
		   (unsigned long)program->seconds);
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

/* Notes a death. Were there as many as its policy allows, in the time that it says? */
static bool died_too_often(struct service *service, uint64_t now_ns)
{
	const struct program *program = service->program;
	unsigned most = program->deaths;

	if (!most)
		return false;
	if (most > SERVICE_DEATHS_MAX)
		most = SERVICE_DEATHS_MAX;
	service->deaths_ns[service->death_count++ % SERVICE_DEATHS_MAX] = now_ns;
	return service->death_count >= most &&
	       now_ns - service->deaths_ns[(service->death_count - most) % SERVICE_DEATHS_MAX] <= program->seconds * NACRE_S;
}

/* The first time at once: most faults do not come twice. */
static uint64_t delay_ns(const struct service *service)
{
	uint64_t delay = service->program->backoff_ms * NACRE_MS;

	if (service->failures < 2)
		return 0;
	for (unsigned i = 2; i < service->failures && delay < LONGEST_DELAY_NS; i++)
		delay *= 2;
	return delay < LONGEST_DELAY_NS ? delay : LONGEST_DELAY_NS;
}

void service_ended(struct service *service, uint32_t cause, uint32_t code)
{
	uint64_t now_ns = nacre_clock_ns();
	bool asked = service->asked || service_roll_back(service, now_ns), stopping = service->stopping;

	if (service->process)
		process_done(service);
	service->state = SERVICE_STOPPED;
	service->asked = service->stopping = false;
	if (stopping || end_has_begun() || (!asked && !shall_restart(service, cause, code)))
		return;
	if (asked) {
		service->due_ns = now_ns;
	} else if (died_too_often(service, now_ns)) {
		give_up(service);
		return;
	} else {
		service->failures = now_ns - service->started_ns > GOOD_RUN_NS ? 1 : service->failures + 1;
		service->due_ns = now_ns + delay_ns(service);
		tell_of_end(service->program, cause);
	}
	service->restarts++;
	service->state = SERVICE_WAITING;
}

void service_renew(struct service *service)
{
	if (service->state != SERVICE_RUNNING)
		return;
	service->asked = true;
	nacre_process_kill(service->process->process, 0);
}

void service_signal(struct service *service, uint32_t bits)
{
	uint32_t priority = service->program->priority < INIT_PRIORITY ? service->program->priority : INIT_PRIORITY - 1;

	/* No client of its is above it, so it hears this however much it has to do. Higher, and what waits here would raise a
	 * server that hangs; and never so high that init has no turn. */
	if (!service->control && service->server &&
	    nacre_connection_mint(service->server, machine.boot->budget, INTERFACE_BADGE_CONTROL, 0, 0, priority, &service->control))
		service->control = NACRE_HANDLE_NONE;
	if (service->control)
		nacre_connection_signal(service->control, bits);
}

uint64_t services_tend(uint64_t now_ns)
{
	uint64_t next_ns = NACRE_DEADLINE_NEVER;

	for (size_t i = 0; i < service_count; i++) {
		struct service *service = &services[i];

		if (service->state == SERVICE_WAITING && service->due_ns <= now_ns)
			service_start(service);
		heartbeat_tend(service, now_ns);
		service_trial_tend(service, now_ns);
		if (service->state == SERVICE_WAITING && service->due_ns < next_ns)
			next_ns = service->due_ns;
		if (service->trial_ns && service->trial_ns < next_ns)
			next_ns = service->trial_ns;
		if (service->state == SERVICE_RUNNING && service->beat_ns && service->beat_ns < next_ns)
			next_ns = service->beat_ns;
	}
	return next_ns;
}
