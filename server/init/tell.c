/* tell.c - what init tells the servers that need to know what only init knows. */
#include "tell.h"
#include "abi/nacre_calls.h"
#include "base/sha256.h"
#include "base/string.h"
#include "idl/keeper_client.h"
#include "idl/rng_client.h"
#include "machine.h"
#include "nacre/error.h"
#include "say.h"
#include "server.h"

/* --- rng ----------------------------------------------------------------------------------------------- */

/* The kernel's seed is used once: each rng process gets a hash of it, and the seed moves on, so that a restarted
 * generator never repeats its predecessor and nobody can go back. */
static void tell_rng(const struct service *service)
{
	static uint8_t seed[SHA256_BYTES];
	static bool taken;
	uint8_t input[SHA256_BYTES + 1], output[SHA256_BYTES];
	nacre_handle_t rng;

	if (nacre_connection_mint(service->server, machine.boot->budget, INTERFACE_BADGE_CONTROL, 0, 0, 0, &rng))
		return;
	if (!taken)
		memcpy(seed, machine.boot->seed, sizeof(seed));
	taken = true;
	memcpy(input, seed, sizeof(seed));
	input[sizeof(seed)] = 0;
	sha256_of(input, sizeof(input), output);
	input[sizeof(seed)] = 1;
	sha256_of(input, sizeof(input), seed);
	if (rng_seed_until(rng, patience(), machine.boot->entropy, output, sizeof(output)))
		say(LOG_ERROR, "the random number server could not be seeded");
	nacre_handle_close(rng);
	memset(input, 0, sizeof(input));
	memset(output, 0, sizeof(output));
}

/* --- keeper -------------------------------------------------------------------------------------------- */

/* An owner is known by its place among the services: to the keeper from its badge, and from nothing it says. */
static uint32_t owner_number(const struct service *service)
{
	return (uint32_t)(service - services) + 1;
}

nacre_err_t tell_keeper_connection(const struct service *service, nacre_handle_t *connection)
{
	const struct service *keeper = service_find("keeper");

	if (!keeper || !keeper->server)
		return NACRE_E_STATE;
	return nacre_connection_mint(keeper->server, service->budget, owner_number(service), 0, 0, 0, connection);
}

static void attach(nacre_handle_t keeper, const struct service *owner)
{
	nacre_handle_t memory;
	nacre_status_t status = handle_give(owner->keep, NACRE_RIGHT_READ | NACRE_RIGHT_WRITE | NACRE_RIGHT_INSPECT, &memory);

	if (!status) {
		status = keeper_attach_send(keeper, owner_number(owner), memory);
		nacre_handle_close(memory);
	}
	if (status)
		say(LOG_ERROR, "the keeper does not take the pages of %.*s: %s", owner->program->name_size, owner->program->name,
		    nacre_error_sentence(status));
}

/* Left in its mailbox before it starts: init is above every owner, so these come before what they ask. */
static void tell_keeper(const struct service *service)
{
	nacre_handle_t keeper;

	if (nacre_connection_mint(service->server, machine.boot->budget, INTERFACE_BADGE_CONTROL, KEEPER_OWNERS_MAX, 0, 0, &keeper))
		return;
	for (size_t i = 0; i < service_count; i++)
		if (services[i].keep)
			attach(keeper, &services[i]);
	nacre_handle_close(keeper);
}

/* --- log ----------------------------------------------------------------------------------------------- */

static void tell_log(void)
{
	LIST_FOR_EACH(node, &processes) {
		const struct process *process = LIST_ENTRY(node, struct process, link);

		if (!say_label_now(process->number, process->label))
			return; /* it does not answer: its successor is told */
	}
}

static bool is(const struct service *service, const char *name)
{
	return string_equal_counted(service->program->name, service->program->name_size, name);
}

void tell_service(const struct service *service)
{
	const struct service *names = service_find("names");

	/* A successor of names is told all at once, this service's names among them. */
	if (service == names)
		tell_names_all();
	else if (names && names->state == SERVICE_RUNNING)
		tell_names_of(service);
	if (is(service, "rng"))
		tell_rng(service);
	else if (is(service, "log"))
		tell_log();
}

void tell_beforehand(const struct service *service)
{
	if (is(service, "keeper") && service->server)
		tell_keeper(service);
}
