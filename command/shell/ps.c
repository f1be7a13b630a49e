/* ps.c - ps: the processes, what they do, and whom they wait for. */
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "terminal.h"
#include "idl/system.h"
#include "table.h"

enum { PROCESS_OF_INIT = 1 };

static const char *state_text(uint32_t state)
{
	static const char *const texts[] = { "new", "ready", "receives", "calls", "is served", "futex", "faulted",
					     "stopped", "ended" };

	return state < ARRAY_SIZE(texts) ? texts[state] : "?";
}

static bool waits_on_somebody(const struct nacre_thread_state *thread)
{
	return thread->state == NACRE_STATE_CALLING || thread->state == NACRE_STATE_SERVED ||
	       thread->state == NACRE_STATE_FAULTED;
}

/* --- who is waited for? ---------------------------------------------------------------------------------- */

static bool has_id(nacre_handle_t process, const uint32_t id[4])
{
	uintptr_t words[4] = { 0 };

	return nacre_handle_id(process, &words[0], &words[1], &words[2], &words[3]) == NACRE_E_OK && words[0] == id[0] &&
	       words[1] == id[1] && words[2] == id[2] && words[3] == id[3];
}

/* Does the process receive at the server of this ID? */
static bool receives_at(nacre_handle_t process, const uint32_t id[4])
{
	struct nacre_handle_state state;
	uintptr_t slot = 0;

	while (nacre_process_handle(process, (uint32_t)slot, &state, &slot) == NACRE_E_OK)
		if (state.type == NACRE_OBJECT_SERVER && state.rights & NACRE_RIGHT_RECEIVE &&
		    !memcmp(state.id, id, sizeof(state.id)))
			return true;
	return false;
}

/* A thread waits for a server while its call is queued, for a process once it was taken. Init keeps a copy of every
 * service's server, so it is only meant where nobody else receives there. */
static void find_awaited(const uint32_t id[4], char label[LABEL_BYTES])
{
	struct process_handles handles;
	struct system_process process;
	bool found = false;

	string_copy(label, LABEL_BYTES, "?");
	for (uint32_t number = 0; !found && process_next(number, &process, &handles); number = process.number + 1) {
		if (handles.process && (has_id(handles.process, id) || receives_at(handles.process, id))) {
			string_copy(label, LABEL_BYTES, process.label);
			found = process.number != PROCESS_OF_INIT;
		}
		process_close(&handles);
	}
}

/* --- the table ------------------------------------------------------------------------------------------- */

/* The thread that tells most about the process: one that runs, else the first. */
static bool find_thread(nacre_handle_t process, struct nacre_thread_state *found)
{
	struct nacre_thread_state thread;
	bool any = false;

	for (uint32_t i = 0; nacre_process_thread(process, i, &thread) == NACRE_E_OK; i++) {
		if (!any || (thread.state == NACRE_STATE_READY && found->state != NACRE_STATE_READY))
			*found = thread;
		any = true;
	}
	return any;
}

static void out_process(const struct system_process *process, const struct process_handles *handles)
{
	struct nacre_process_state state = { 0 };
	struct nacre_budget_state budget = { 0 };
	struct nacre_thread_state thread = { 0 };
	char label[LABEL_BYTES] = "-", cpu[24], memory[20];

	if (nacre_process_info(handles->process, &state) || !find_thread(handles->process, &thread) ||
	    nacre_budget_info(handles->budget, &budget))
		return; /* it ended while we looked */
	if (waits_on_somebody(&thread))
		find_awaited(thread.waits_on, label);
	out("%5lu %5lu  %-12s %-9s %4lu %7lu %12s %9s  %s\n", (unsigned long)process->number, (unsigned long)process->parent,
	    process->label, state_text(thread.state), (unsigned long)thread.effective, (unsigned long)state.threads,
	    seconds_text(cpu, budget.cpu_ns), pages_text(memory, budget.charged_pages), label);
}

int run_ps(int argc, char **argv)
{
	struct process_handles handles;
	struct system_process process;

	(void)argc, (void)argv;
	out("%5s %5s  %-12s %-9s %4s %7s %12s %9s  %s\n", "PID", "BY", "NAME", "STATE", "PRIO", "THREADS", "CPU", "MEMORY",
	    "WAITS FOR");
	for (uint32_t number = 0; process_next(number, &process, &handles); number = process.number + 1) {
		if (handles.process)
			out_process(&process, &handles);
		process_close(&handles);
	}
	return STATUS_DONE;
}
