/* steer.c - services are started, stopped and replaced while the system runs.
 *
 * A replacement takes the place of a process, not of a service: mailbox, budget, rights and kept state are the service's.
 *
 *     old runs --replace: ended on purpose--> new on trial --lives for a second--> new runs
 *                                                +--dies, or cannot be started--> old is started again */
#include "abi/nacre_calls.h"
#include "base/string.h"
#include "idl/system_server.h"
#include "launch.h"
#include "nacre/clock.h"
#include "say.h"
#include "server.h"
#include "service.h"

#define TRIAL_NS NACRE_S

nacre_status_t service_begin(struct service *service)
{
	nacre_err_t error = NACRE_E_OK;

	if (service->state == SERVICE_RUNNING)
		return SYSTEM_RUNS;
	if (!service->budget) /* its device is not there */
		return STATUS_NOT_READY;
	/* One that was given up has lost its mailbox, so that its clients learned of it. */
	if (service->program->server && !service->server)
		error = nacre_server_create(service->budget, &service->server);
	if (error)
		return error;
	service->failures = service->death_count = 0;
	service->state = SERVICE_WAITING;
	service->due_ns = nacre_clock_ns();
	service->restarts++;
	return STATUS_OK;
}

nacre_status_t service_stop(struct service *service)
{
	if (service->program->critical)
		return STATUS_DENIED;
	if (service->state == SERVICE_WAITING)
		service->state = SERVICE_STOPPED;
	if (service->state != SERVICE_RUNNING)
		return STATUS_OK;
	service->stopping = true;
	service_renew(service);
	return STATUS_OK;
}

/* --- replacing ------------------------------------------------------------------------------------------- */

static void answer(struct service *service, nacre_status_t status)
{
	if (service->replacing)
		system_replace_answer(service->replacing, status);
	service->replacing = 0;
}

nacre_status_t service_replace(struct service *service, const char *path, size_t size, nacre_token_t token)
{
	struct file file;

	if (service->trial_ns)
		return STATUS_FULL;
	if (service->state != SERVICE_RUNNING)
		return STATUS_NOT_READY;
	if (size >= sizeof(service->file) || !file_find(path, size, &file))
		return STATUS_NOT_FOUND;
	if (!file_is_sound(&file) || !launch_pages(&file, service->program->stack_bytes))
		return STATUS_NOT_PROGRAM;
	memcpy(service->file_before, service->file, sizeof(service->file));
	service->file_before_size = service->file_size;
	memcpy(service->file, path, size);
	service->file_size = (uint8_t)size;
	service->replacing = token;
	service->trial_ns = NACRE_DEADLINE_NEVER; /* until it is started */
	service_renew(service);
	return NACRE_LATER;
}

bool service_roll_back(struct service *service, uint64_t now_ns)
{
	/* The end of the old one, which was asked for, is no failure of the new one's. */
	if (!service->trial_ns || service->asked || now_ns >= service->trial_ns)
		return false;
	say_loudly("%.*s: %.*s died in its first second, and the version before is started again", service->program->name_size,
		   service->program->name, service->file_size, service->file);
	memcpy(service->file, service->file_before, sizeof(service->file));
	service->file_size = service->file_before_size;
	service->trial_ns = 0;
	answer(service, SYSTEM_ROLLED_BACK);
	return true;
}

void service_trial_tend(struct service *service, uint64_t now_ns)
{
	if (service->trial_ns == NACRE_DEADLINE_NEVER && service->state == SERVICE_RUNNING && !service->asked)
		service->trial_ns = service->started_ns + TRIAL_NS;
	if (!service->trial_ns || now_ns < service->trial_ns)
		return;
	service->trial_ns = 0;
	say(LOG_INFO, "%.*s is replaced by %.*s", service->program->name_size, service->program->name, service->file_size, service->file);
	answer(service, STATUS_OK);
}
