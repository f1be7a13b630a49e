/* end.c - the end of the machine. */
#include "end.h"
#include "abi/nacre_calls.h"
#include "idl/power_client.h"
#include "machine.h"
#include "nacre/clock.h"
#include "process.h"
#include "say.h"
#include "service.h"

#define PATIENCE_NS (2 * NACRE_S)

static uint64_t due_ns = NACRE_DEADLINE_NEVER;

bool end_has_begun(void)
{
	return due_ns != NACRE_DEADLINE_NEVER;
}

static void kill_programs(void)
{
	LIST_FOR_EACH(node, &processes) {
		const struct process *process = LIST_ENTRY(node, struct process, link);

		if (!process->service && !process->ended)
			nacre_process_kill(process->process, 0);
	}
}

nacre_status_t end_machine(enum system_ending how, uint32_t status)
{
	const struct service *power = service_find("power");
	nacre_handle_t connection;
	nacre_status_t answer;
	nacre_err_t error;

	if (!power || !power->server)
		return STATUS_NOT_READY;
	error = nacre_connection_mint(power->server, machine.boot->budget, INTERFACE_BADGE_CONTROL, 1, 0, 0, &connection);
	if (error)
		return error;
	due_ns = nacre_deadline_in(PATIENCE_NS);
	kill_programs();
	answer = how == SYSTEM_ENDING_REBOOT ? power_reset_send(connection) : power_off_send(connection, status);
	nacre_handle_close(connection);
	return answer;
}

uint64_t end_tend(uint64_t now_ns)
{
	if (now_ns >= due_ns)
		nacre_process_exit(1);
	return due_ns;
}
