/* tell_names.c - what init tells names: which names there are, who publishes them, and who sees which.
 *
 * Names are numbered in one order: init's own, those of the description's programs, one a device interrupt. */
#include "abi/nacre_calls.h"
#include "base/format.h"
#include "base/parse.h"
#include "base/string.h"
#include "idl/names_client.h"
#include "machine.h"
#include "nacre/error.h"
#include "say.h"
#include "server.h"
#include "tell.h"

enum { INIT_PROFILE = NAMES_PROFILES_MAX - 1 };

/* What a published name refers to. Its number is its place in the table. */
struct publication {
	const char *path;              /* counted; NULL: irq/N */
	uint8_t size;
	uint8_t place;                 /* among its publisher's names: part of the badge through which names reaches it */
	bool shared;
	uint32_t irq;
	const struct program *program; /* NULL: init publishes it */
};

static struct publication publications[NAMES_MAX];
static size_t publication_count;

/* --- which names there are ----------------------------------------------------------------------------- */

static void add(const struct publication *publication)
{
	if (publication_count < NAMES_MAX)
		publications[publication_count++] = *publication;
}

static void add_of_init(void)
{
	static const char *const paths[] = { [NAME_PROCESS] = "svc/process", [NAME_SYSTEM] = "svc/system" };

	for (size_t place = 0; place < ARRAY_SIZE(paths); place++)
		add(&(struct publication){ .path = paths[place], .size = (uint8_t)string_length(paths[place]),
					   .place = (uint8_t)place });
}

/* Each line is "forwarded PATH" or "shared PATH". */
static void add_of_program(const struct program *program)
{
	struct fact fact = { 0 };

	for (uint8_t place = 0; fact_next(program, "publish", &fact); place++) {
		size_t how = 0;

		while (how < fact.size && fact.value[how] != ' ')
			how++;
		add(&(struct publication){ .path = fact.value + how + 1, .size = (uint8_t)(fact.size - how - 1), .place = place,
					   .shared = string_equal_counted(fact.value, how, "shared"), .program = program });
	}
}

static void add_of_devices(void)
{
	struct irq_line irq;

	for (uint8_t n = 0; irq_find(n, &irq); n++)
		add(&(struct publication){ .place = (uint8_t)(NAME_IRQ + n), .irq = irq.number });
}

void tell_names_collect(void)
{
	add_of_init();
	for (size_t i = 0; i < description.count; i++)
		add_of_program(&description.programs[i]);
	add_of_devices();
}

/* A path or pattern as text; one of the description is checked to fit. */
struct path {
	char text[NAMES_PATH_BYTES + 1];
};

static void path_set(struct path *path, const char *text, size_t size)
{
	format_text(path->text, sizeof(path->text), "%.*s", (int)size, text);
}

static void path_of(const struct publication *name, struct path *path)
{
	if (name->path)
		path_set(path, name->path, name->size);
	else
		format_text(path->text, sizeof(path->text), "irq/%lu", (unsigned long)name->irq);
}

/* --- connections to names ------------------------------------------------------------------------------ */

static nacre_err_t names_mint(nacre_handle_t payer, uintptr_t badge, nacre_handle_t *connection)
{
	const struct service *names = service_find("names");

	return names ? nacre_connection_mint(names->server, payer, badge, 0, 0, 0, connection) : NACRE_E_STATE;
}

static uint32_t badge_of(uint32_t kind, size_t number, uint32_t process)
{
	return kind << NAMES_BADGE_KIND_SHIFT | (uint32_t)number << NAMES_BADGE_NUMBER_SHIFT |
	       (process & NAMES_BADGE_PROCESS_MASK);
}

nacre_err_t tell_names_connection(nacre_handle_t *connection)
{
	return names_mint(machine.boot->budget, badge_of(NAMES_BADGE_SPACE, INIT_PROFILE, PROCESS_OF_INIT), connection);
}

nacre_err_t tell_process_names(const struct process *process, nacre_handle_t *connection)
{
	return names_mint(process->budget, badge_of(NAMES_BADGE_SPACE, process->program->profile, process->number),
			  connection);
}

nacre_err_t tell_process_publish(const struct process *process, const char *path, size_t size, nacre_handle_t *connection)
{
	for (size_t number = 0; number < publication_count; number++) {
		const struct publication *name = &publications[number];

		if (name->path && name->size == size && !memcmp(name->path, path, size))
			return names_mint(process->budget, badge_of(NAMES_BADGE_PUBLISH, number, process->number), connection);
	}
	return NACRE_E_ARGUMENT;
}

/* Init's control connection, kept: it is used often, and names forgets nothing over it. */
static nacre_handle_t names_control(void)
{
	static nacre_handle_t control;

	if (!control && names_mint(machine.boot->budget, INTERFACE_BADGE_CONTROL, &control))
		control = NACRE_HANDLE_NONE;
	return control;
}

/* --- telling ------------------------------------------------------------------------------------------- */

static void complain(const struct path *path, nacre_status_t status)
{
	say(LOG_ERROR, "names does not take %s: %s", path->text, nacre_error_sentence(status));
}

/* The connection through which names reaches the service, with the rights that a client may get. */
static nacre_err_t publication_mint(const struct publication *name, const struct service *service, nacre_handle_t *connection)
{
	nacre_handle_t server = service ? service->server : init_server.handle, whole;
	nacre_handle_t payer = service ? service->budget : machine.boot->budget;
	nacre_err_t error = nacre_connection_mint(server, payer, INTERFACE_BADGE_PUBLISHED | name->place, 0, 0, 0, &whole);

	if (error)
		return error;
	error = nacre_handle_duplicate(whole, NACRE_RIGHT_CALL | NACRE_RIGHT_DUPLICATE | NACRE_RIGHT_TRANSFER, connection);
	nacre_handle_close(whole);
	return error;
}

/* `service` is NULL for init's own names. */
static void publish(size_t number, const struct service *service)
{
	const struct publication *name = &publications[number];
	uint32_t publisher = service && service->process ? service->process->number : PROCESS_OF_INIT;
	nacre_handle_t connection;
	nacre_status_t status = publication_mint(name, service, &connection);
	struct path path;

	if (!status) {
		status = names_publish_for_until(names_control(), patience(), (uint32_t)number,
						 name->shared ? NAMES_KIND_SHARED : NAMES_KIND_FORWARDED, publisher, connection);
		nacre_handle_close(connection);
	}
	if (!status)
		return;
	path_of(name, &path);
	complain(&path, status);
}

static void declare(size_t number)
{
	struct path path;
	nacre_status_t status;

	path_of(&publications[number], &path);
	status = names_declare_until(names_control(), patience(), (uint32_t)number, path.text);
	if (status)
		complain(&path, status);
	else if (!publications[number].program)
		publish(number, NULL);
}

static void allow(uint32_t profile, uint32_t rule, const char *pattern, size_t size)
{
	struct path path;
	nacre_status_t status;

	path_set(&path, pattern, size);
	status = names_allow_until(names_control(), patience(), profile, rule, path.text);
	if (status)
		complain(&path, status);
}

static void allow_each(const struct program *program, const char *key, uint32_t flags)
{
	struct fact fact = { 0 };

	while (fact_next(program, key, &fact))
		allow(program->profile, flags, fact.value, fact.size);
}

void tell_names_of(const struct service *service)
{
	for (size_t number = 0; number < publication_count; number++)
		if (publications[number].program == service->program && service->server)
			publish(number, service);
}

/* Left in names' mailbox: it is there before the process asks for anything, and if names has just died, its successor finds
 * it. That one is told all the same, which changes nothing. */
nacre_status_t tell_names_narrow(const struct process *process)
{
	static nacre_handle_t connection;

	if (!connection) {
		const struct service *names = service_find("names");

		if (!names || nacre_connection_mint(names->server, machine.boot->budget, INTERFACE_BADGE_CONTROL, NAMES_NARROWED_MAX, 0, 0,
						    &connection))
			return STATUS_NOT_READY;
	}
	return names_narrow_send(connection, process->within_slot, process->number, process->within, process->within_size);
}

/* Places at names that take only so many. */
static bool limits_exist;

void tell_names_gone(const struct process *process)
{
	const struct service *names = service_find("names");

	if (!process->within_size && !limits_exist)
		return;
	if (names && names->state == SERVICE_RUNNING && process->service != names)
		names_gone_until(names_control(), patience(), process->number);
}

/* Each line is "N PATH". */
static void limit_each(const struct program *program)
{
	struct fact fact = { 0 };

	while (fact_next(program, "limit", &fact)) {
		size_t digits = 0;
		uint64_t most = 0;

		while (digits < fact.size && fact.value[digits] != ' ')
			digits++;
		if (digits == fact.size || !parse_number(fact.value, digits, &most))
			continue;
		for (size_t number = 0; number < publication_count; number++)
			if (publications[number].program == program && publications[number].size == fact.size - digits - 1 &&
			    !memcmp(publications[number].path, fact.value + digits + 1, publications[number].size))
				names_limit_until(names_control(), patience(), (uint32_t)number, (uint32_t)most);
		limits_exist = true;
	}
}

/* Before anybody is allowed anything, so that a successor of names never shows more than it should. */
static void narrow_all(void)
{
	LIST_FOR_EACH(node, &processes) {
		const struct process *process = LIST_ENTRY(node, struct process, link);

		if (process->within_size && !process->ended && tell_names_narrow(process))
			nacre_process_kill(process->process, 0);
	}
}

void tell_names_all(void)
{
	narrow_all();
	for (size_t number = 0; number < publication_count; number++)
		declare(number);
	for (size_t i = 0; i < description.count; i++) {
		const struct program *program = &description.programs[i];

		allow_each(program, "lookup", program->resolve ? NAMES_RULE_MAY_RESOLVE : 0);
		allow_each(program, "see", NAMES_RULE_ONLY_LIST);
	}
	allow(INIT_PROFILE, 0, "dev/*", 5);
	for (size_t i = 0; i < description.count; i++)
		limit_each(&description.programs[i]);
	/* Who is known to run is published before the end: then a successor of names never says of a service that it is not there. */
	for (size_t i = 0; i < service_count; i++)
		if (services[i].state == SERVICE_RUNNING || services[i].state == SERVICE_WAITING)
			tell_names_of(&services[i]);
	names_done_until(names_control(), patience());
}
