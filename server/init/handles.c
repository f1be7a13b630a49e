/* handles.c - what a program is given when it starts. */
#include "handles.h"
#include "abi/nacre_calls.h"
#include "base/format.h"
#include "base/string.h"
#include "heartbeat.h"
#include "machine.h"
#include "service.h"
#include "tell.h"

enum { DEVICES_MAX = 64, LOG_SLOTS = 4 };

/* Rights that programs get. */
#define CLIENT_RIGHTS (NACRE_RIGHT_CALL | NACRE_RIGHT_DUPLICATE)
#define SERVER_RIGHTS (NACRE_RIGHT_RECEIVE | NACRE_RIGHT_MINT | NACRE_RIGHT_DUPLICATE)
#define DEVICE_RIGHTS (NACRE_RIGHT_MANAGE | NACRE_RIGHT_INSPECT | NACRE_RIGHT_DUPLICATE)
#define MEMORY_RIGHTS (NACRE_RIGHT_READ | NACRE_RIGHT_WRITE | NACRE_RIGHT_INSPECT)

static uint32_t device_owners[DEVICES_MAX]; /* process numbers; 0: free */
static const struct service *device_services[DEVICES_MAX]; /* to whom it was given for good; NULL */

/* --- the list ------------------------------------------------------------------------------------------ */

bool handles_add(struct handle_list *list, const char *name, size_t size, nacre_handle_t handle, uint32_t rights,
		 bool temporary)
{
	size_t at = list->count;

	if (at == HANDLES_MAX || size >= sizeof(list->names[0])) {
		if (temporary)
			nacre_handle_close(handle);
		return false;
	}
	memcpy(list->names[at], name, size);
	list->names[at][size] = 0;
	list->entries[at] = (struct nacre_spawn_handle){ list->names[at], handle, rights };
	list->temporary[at] = temporary;
	list->count++;
	return true;
}

void handles_close(struct handle_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->temporary[i])
			nacre_handle_close(list->entries[i].handle);
	list->count = 0;
}

static nacre_err_t add(struct handle_list *list, const char *name, nacre_handle_t handle, uint32_t rights, bool temporary)
{
	return handles_add(list, name, string_length(name), handle, rights, temporary) ? NACRE_E_OK : NACRE_E_HANDLE_ROOM;
}

/* --- by manifest --------------------------------------------------------------------------------------- */

static nacre_err_t add_names(struct handle_list *list, const struct process *process)
{
	nacre_handle_t names;
	nacre_err_t error = tell_process_names(process, &names);

	return error ? error : add(list, "names", names, CLIENT_RIGHTS | NACRE_RIGHT_TRANSFER, true);
}

/* The process pays for its connection to the log, and so for the lines that wait in it. */
static nacre_err_t add_log(struct handle_list *list, const struct process *process)
{
	const struct service *log = service_find("log");
	nacre_handle_t connection;
	nacre_err_t error;

	/* Who calls himself waits for ever. */
	if (!log || process->service == log)
		return NACRE_E_OK;
	error = nacre_connection_mint(log->server, process->budget, process->number, LOG_SLOTS, 0, 0, &connection);
	return error ? error : add(list, "log", connection, CLIENT_RIGHTS, true);
}

static nacre_err_t add_publish(struct handle_list *list, const struct process *process)
{
	struct fact fact = { 0 };
	nacre_err_t error = NACRE_E_OK;

	while (!error && fact_next(process->program, "publish", &fact)) {
		size_t how = 0;
		nacre_handle_t connection;
		char name[24];

		while (how < fact.size && fact.value[how++] != ' ')
			;
		format_text(name, sizeof(name), "publish/%.*s", (int)(fact.size - how), fact.value + how);
		error = tell_process_publish(process, fact.value + how, fact.size - how, &connection);
		if (!error)
			error = add(list, name, connection, CLIENT_RIGHTS, true);
	}
	return error;
}

static nacre_err_t add_devices(struct handle_list *list, const struct process *process)
{
	struct fact fact = { 0 };
	nacre_err_t error = NACRE_E_OK;

	for (unsigned n = 1; !error && fact_next(process->program, "device", &fact); n++) {
		size_t device = 0;
		char name[12] = "device";

		while (device_find(fact.value, fact.size, &device) &&
		       (handles_device_owner(device) || handles_device_service(device) != process->service))
			device++;
		if (!device_handle(device) || device >= DEVICES_MAX)
			return NACRE_E_BUSY; /* somebody else has it */
		if (n > 1)
			format_text(name, sizeof(name), "device%u", n);
		device_owners[device] = process->number;
		error = add(list, name, device_handle(device), DEVICE_RIGHTS, false);
	}
	return error;
}

/* "4 ring": the name behind the number. */
static nacre_err_t add_memories(struct handle_list *list, const struct service *service)
{
	struct fact fact = { 0 };
	nacre_err_t error = NACRE_E_OK;

	for (size_t n = 0; !error && n < SERVICE_MEMORIES_MAX && fact_next(service->program, "memory", &fact); n++) {
		size_t at = 0;

		while (at < fact.size && fact.value[at++] != ' ')
			;
		if (!handles_add(list, fact.value + at, fact.size - at, service->memory[n], MEMORY_RIGHTS, false))
			error = NACRE_E_HANDLE_ROOM;
	}
	return error;
}

/* Not to be handed on: the state is this program's. */
static nacre_err_t add_keeper(struct handle_list *list, const struct service *service)
{
	nacre_handle_t connection;
	nacre_err_t error = tell_keeper_connection(service, &connection);

	return error ? error : add(list, "keeper", connection, NACRE_RIGHT_CALL, true);
}

static nacre_err_t add_service(struct handle_list *list, const struct service *service)
{
	nacre_err_t error = NACRE_E_OK;

	if (service->server)
		error = add(list, "server", service->server, SERVER_RIGHTS, false);
	if (!error && service->dma)
		error = add(list, "dma", service->dma, MEMORY_RIGHTS, false);
	if (!error)
		error = heartbeat_add(list, service);
	if (!error && service->keep)
		error = add_keeper(list, service);
	return error ? error : add_memories(list, service);
}

nacre_err_t handles_by_manifest(struct handle_list *list, const struct process *process)
{
	nacre_err_t error = NACRE_E_OK;

	if (process->service != service_find("names"))
		error = add_names(list, process);
	if (!error)
		error = add_log(list, process);
	if (!error)
		error = add_devices(list, process);
	if (error)
		return error;
	return process->service ? add_service(list, process->service) : add_publish(list, process);
}

/* --- devices ------------------------------------------------------------------------------------------- */

static void unclaim(const struct service *service)
{
	for (size_t i = 0; i < DEVICES_MAX; i++)
		if (device_services[i] == service)
			device_services[i] = NULL;
}

bool handles_devices_claim(const struct service *service)
{
	struct fact fact = { 0 };

	while (fact_next(service->program, "device", &fact)) {
		size_t device = 0;

		while (device_find(fact.value, fact.size, &device) && handles_device_service(device))
			device++;
		if (!device_handle(device) || device >= DEVICES_MAX) {
			unclaim(service);
			return false;
		}
		device_services[device] = service;
	}
	return true;
}

void handles_device_release(uint32_t process_number)
{
	for (size_t i = 0; i < DEVICES_MAX; i++)
		if (device_owners[i] == process_number)
			device_owners[i] = 0;
}

const struct service *handles_device_service(size_t device)
{
	return device < DEVICES_MAX ? device_services[device] : NULL;
}

uint32_t handles_device_owner(size_t device)
{
	return device < DEVICES_MAX ? device_owners[device] : 0;
}

/* --- environment --------------------------------------------------------------------------------------- */

bool environment_add(struct environment *environment, const char *text, size_t size)
{
	if (size >= sizeof(environment->text) - environment->used || environment->count + 1 == ARRAY_SIZE(environment->list))
		return false;
	memcpy(environment->text + environment->used, text, size);
	environment->text[environment->used + size] = 0;
	environment->list[environment->count++] = environment->text + environment->used;
	environment->list[environment->count] = NULL;
	environment->used += size + 1;
	return true;
}

/* A one-cell property of the process's first device, as NAME=value. */
static bool property_add(struct environment *environment, const struct process *process, const struct fact *fact)
{
	struct fdt_property property;
	char name[32], text[64];

	format_text(name, sizeof(name), "%.*s", (int)fact->size, fact->value);
	for (size_t i = 0; device_handle(i); i++) {
		if (handles_device_owner(i) != process->number)
			continue;
		if (!fdt_property(&machine.tree, device_node(i), name, &property))
			return true;
		return environment_add(environment, text,
				       format_text(text, sizeof(text), "%s=%lu", name,
						   (unsigned long)fdt_u32(&machine.tree, device_node(i), name, 0)));
	}
	return true;
}

bool environment_by_manifest(struct environment *environment, const struct process *process)
{
	struct fact fact = { 0 };
	bool fits = true;

	while (fits && fact_next(process->program, "environment", &fact))
		fits = environment_add(environment, fact.value, fact.size);
	fact = (struct fact){ 0 };
	while (fits && fact_next(process->program, "property", &fact))
		fits = property_add(environment, process, &fact);
	return fits;
}
