/* dump.c - hands what died to the service that keeps cores. */
#include "dump.h"
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "end.h"
#include "idl/cores_client.h"
#include "nacre/clock.h"
#include "say.h"
#include "server.h"
#include "service.h"

/* A megabyte takes some ten milliseconds. */
#define PATIENCE_NS (2 * NACRE_S)

static struct service *keeper(void)
{
	for (size_t i = 0; i < service_count; i++)
		if (services[i].program->cores)
			return &services[i];
	return NULL;
}

static void describe(struct cores_death *death, const struct process *process, const struct crash *crash)
{
	*death = (struct cores_death){ .serial = crash->serial, .process = process->number, .parent = process->parent, .thread = crash->thread, .cause = crash->cause,
				       .address = crash->address, .time_ns = crash->time_ns, .load_base = process->load_base };
	memcpy(death->label, process->label, min_size(sizeof(death->label), sizeof(process->label)));
}

/* A message into its mailbox: init does not wait for it. */
static nacre_status_t hand_over(const struct service *service, const struct process *process, const struct crash *crash)
{
	struct cores_death death;
	nacre_handle_t connection, handle;
	nacre_status_t status = nacre_connection_mint(service->server, machine.boot->budget, INTERFACE_BADGE_CONTROL, 1, 0, 0, &connection);

	if (status)
		return status;
	describe(&death, process, crash);
	status = handle_give(process->process, NACRE_RIGHT_INSPECT | NACRE_RIGHT_DEBUG | NACRE_RIGHT_DESTROY, &handle);
	if (!status) {
		status = cores_take_send(connection, &death, handle);
		nacre_handle_close(handle);
	}
	nacre_handle_close(connection);
	return status;
}

/* It stands still meanwhile: its other threads would change what the core is to show. */
void dump_and_end(struct process *process, const struct crash *crash)
{
	const struct service *service = keeper();
	nacre_status_t status;

	if (service && service->state == SERVICE_RUNNING && service->process != process && !end_has_begun()) {
		nacre_process_stop(process->process);
		status = hand_over(service, process, crash);
		if (!status) {
			process->dump_ns = nacre_deadline_in(PATIENCE_NS);
			return;
		}
		say(LOG_WARNING, "there is no core of %s: %s", process->label, nacre_error_sentence(status));
	}
	nacre_process_kill(process->process, (int32_t)process->cause);
}

uint64_t dump_tend(uint64_t now_ns)
{
	uint64_t next_ns = NACRE_DEADLINE_NEVER;

	LIST_FOR_EACH(node, &processes) {
		struct process *process = LIST_ENTRY(node, struct process, link);

		if (!process->dump_ns || process->ended)
			continue;
		if (process->dump_ns <= now_ns) {
			process->dump_ns = 0;
			nacre_process_kill(process->process, (int32_t)process->cause);
		} else if (process->dump_ns < next_ns) {
			next_ns = process->dump_ns;
		}
	}
	return next_ns;
}
