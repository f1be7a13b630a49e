/* end.c - the end of the machine. */
#include "end.h"
#include "abi/nacre_calls.h"
#include "idl/power.h"
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

uint32_t end_machine(uint32_t how, uint32_t status)
{
	struct nacre_words words = { .opcode = how == SYSTEM_REBOOT ? POWER_RESET : POWER_OFF, .word = { status } };
	const struct service *power = service_find("power");
	nacre_handle_t connection;
	nacre_err_t error;

	if (!power || !power->server)
		return STATUS_NOT_READY;
	error = nacre_connection_mint(power->server, machine.boot->budget, INTERFACE_BADGE_CONTROL, 1, 0, 0, &connection);
	if (error)
		return error;
	due_ns = nacre_deadline_in(PATIENCE_NS);
	kill_programs();
	error = nacre_connection_send(connection, &words, NULL);
	nacre_handle_close(connection);
	return error;
}

uint64_t end_tend(uint64_t now_ns)
{
	if (now_ns >= due_ns)
		nacre_process_exit(1);
	return due_ns;
}
