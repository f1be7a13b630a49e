/* tell_names.c - what init tells names: which names there are, who publishes them, and who sees which.
 *
 * Names are numbered in one order: init's own, those of the description's programs, one a device interrupt. */
#include "abi/nacre_calls.h"
#include "base/format.h"
#include "base/string.h"
#include "idl/names.h"
#include "machine.h"
#include "nacre/error.h"
#include "say.h"
#include "server.h"
#include "tell.h"

enum { INIT_PROFILE = NAMES_PROFILES_MAX - 1 };

/* What a published name refers to. */
struct publication {
	const char *path;
	size_t size;
	bool shared;
	const struct program *program; /* NULL: init publishes it */
	uintptr_t badge;               /* of the connection through which names reaches the service */
};

/* --- which names there are ----------------------------------------------------------------------------- */

/* "forwarded svc/log" of a manifest, as a publication. */
static void publication_read(struct publication *found, const struct program *program, const struct fact *fact, size_t n)
{
	size_t how = 0;

	while (how < fact->size && fact->value[how] != ' ')
		how++;
	*found = (struct publication){
		.path = fact->value + how + 1, .size = fact->size > how ? fact->size - how - 1 : 0, .program = program,
		.shared = string_equal_counted(fact->value, how, "shared"), .badge = INTERFACE_BADGE_PUBLISHED | n,
	};
}

/* The n-th name of a program's manifest. */
static bool program_name(const struct program *program, size_t n, struct publication *found)
{
	struct fact fact = { 0 };

	for (size_t number = 0; fact_next(program, "publish", &fact); number++) {
		if (number != n)
			continue;
		publication_read(found, program, &fact, n);
		return true;
	}
	return false;
}

static bool init_name(size_t n, struct publication *found)
{
	static const char *const paths[] = { [NAME_PROCESS] = "svc/process", [NAME_SYSTEM] = "svc/system" };
	static char irq_path[16];
	struct irq_line irq;

	*found = (struct publication){ .path = irq_path, .badge = INTERFACE_BADGE_PUBLISHED | n };
	if (n < NAME_IRQ)
		found->path = paths[n];
	else if (irq_find(n - NAME_IRQ, &irq))
		format_text(irq_path, sizeof(irq_path), "irq/%lu", (unsigned long)irq.number);
	else
		return false;
	found->size = string_length(found->path);
	return true;
}

/* Name `number`; false past the last. */
static bool name_find(size_t number, struct publication *found)
{
	if (number < NAME_IRQ)
		return init_name(number, found);
	number -= NAME_IRQ;
	for (size_t i = 0; i < description.count; i++)
		for (size_t n = 0; program_name(&description.programs[i], n, found); n++)
			if (!number--)
				return true;
	return init_name(NAME_IRQ + number, found);
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
	struct publication name;

	for (size_t number = 0; name_find(number, &name); number++)
		if (name.size == size && !memcmp(name.path, path, size))
			return names_mint(process->budget, badge_of(NAMES_BADGE_PUBLISH, number, process->number), connection);
	return NACRE_E_ARGUMENT;
}

/* --- publishing ---------------------------------------------------------------------------------------- */

/* The connection through which names reaches the service, with the rights that a client may get. */
static nacre_err_t publication_mint(const struct publication *name, const struct service *service, nacre_handle_t *connection)
{
	nacre_handle_t server = service ? service->server : init_server.handle, whole;
	nacre_handle_t payer = service ? service->budget : machine.boot->budget;
	nacre_err_t error = nacre_connection_mint(server, payer, name->badge, 0, 0, 0, &whole);

	if (error)
		return error;
	error = nacre_handle_duplicate(whole, NACRE_RIGHT_CALL | NACRE_RIGHT_DUPLICATE | NACRE_RIGHT_TRANSFER, connection);
	nacre_handle_close(whole);
	return error;
}

/* `service` is NULL for init's own names. */
static void publish(nacre_handle_t names, size_t number, const struct publication *name, const struct service *service)
{
	struct nacre_words words = { .opcode = NAMES_PUBLISH_FOR,
				     .word = { number, name->shared ? NAMES_SHARED : NAMES_FORWARDED,
					       service && service->process ? service->process->number : PROCESS_OF_INIT } };
	nacre_handle_t connection;
	uint32_t status = publication_mint(name, service, &connection);

	if (!status) {
		status = ask_patiently(names, &words, NULL, 0, connection, NULL);
		nacre_handle_close(connection);
	}
	if (status)
		say(LOG_ERROR, "cannot publish %.*s: %s", (int)name->size, name->path, nacre_error_sentence(status));
}

static void declare_all(nacre_handle_t names)
{
	struct publication name;

	for (size_t number = 0; number < NAMES_MAX && name_find(number, &name); number++) {
		struct nacre_words words = { .opcode = NAMES_DECLARE, .word = { number } };
		uint32_t status = ask_patiently(names, &words, name.path, name.size, NACRE_HANDLE_NONE, NULL);

		if (status)
			say(LOG_ERROR, "names refuses %.*s: %s", (int)name.size, name.path, nacre_error_sentence(status));
		else if (!name.program)
			publish(names, number, &name, NULL);
	}
}

static void allow(nacre_handle_t names, uint32_t profile, uint32_t flags, const char *pattern, size_t size)
{
	struct nacre_words words = { .opcode = NAMES_ALLOW, .word = { profile, flags } };
	uint32_t status = ask_patiently(names, &words, pattern, size, NACRE_HANDLE_NONE, NULL);

	if (status)
		say(LOG_ERROR, "names refuses to allow %.*s: %s", (int)size, pattern, nacre_error_sentence(status));
}

static void allow_each(nacre_handle_t names, const struct program *program, const char *key, uint32_t flags)
{
	struct fact fact = { 0 };

	while (fact_next(program, key, &fact))
		allow(names, program->profile, flags, fact.value, fact.size);
}

static void allow_all(nacre_handle_t names)
{
	for (size_t i = 0; i < description.count; i++) {
		const struct program *program = &description.programs[i];

		allow_each(names, program, "lookup", program->resolve ? NAMES_MAY_RESOLVE : 0);
		allow_each(names, program, "see", NAMES_ONLY_LIST);
	}
	allow(names, INIT_PROFILE, 0, "dev/*", 5);
}

static void publish_service(nacre_handle_t names, const struct service *service)
{
	struct publication name;

	for (size_t number = 0; name_find(number, &name); number++)
		if (name.program == service->program && service->server)
			publish(names, number, &name, service);
}

void tell_names_all(nacre_handle_t names)
{
	declare_all(names);
	allow_all(names);
	for (size_t i = 0; i < service_count; i++)
		if (services[i].state == SERVICE_RUNNING || services[i].state == SERVICE_WAITING)
			publish_service(names, &services[i]);
}

void tell_names_of(const struct service *service)
{
	nacre_handle_t control;

	if (names_mint(machine.boot->budget, INTERFACE_BADGE_CONTROL, &control))
		return;
	publish_service(control, service);
	nacre_handle_close(control);
}
