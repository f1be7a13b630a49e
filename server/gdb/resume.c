/* resume.c - processes that are being debugged: going on, steps, and who is held meanwhile. */
#include "base/bits.h"
#include "base/string.h"
#include "debuggee.h"
#include "machine.h"
#include "step.h"

enum { ECALL = 0x73 };

static bool code_read(void *context, uintptr_t address, void *to, size_t size)
{
	return debuggee_read(context, address, to, size) == size;
}

static struct fault *fault_of(struct debuggee *debuggee, uint32_t thread)
{
	for (unsigned i = 0; i < debuggee->fault_count; i++)
		if (debuggee->faults[i].thread == thread)
			return &debuggee->faults[i];
	return NULL;
}

static void fault_answer(struct debuggee *debuggee, struct fault *fault, bool go_on)
{
	machine_fault_answer(fault->token, go_on);
	*fault = debuggee->faults[--debuggee->fault_count];
}

/* Did it come from a trap that is not there any more? */
static bool is_stale(struct debuggee *debuggee, const struct fault *fault)
{
	uint16_t code = 0;

	return fault->cause == NACRE_CAUSE_BREAKPOINT && !trap_is_set(debuggee, fault->pc, TRAP_GDB) &&
	       debuggee_read(debuggee, fault->pc, &code, 2) == 2 && code != 0x9002 && code != ECALL;
}

struct fault *debuggee_pending(struct debuggee *debuggee, action_of *action)
{
	for (unsigned i = 0; i < debuggee->fault_count; i++) {
		struct fault *fault = &debuggee->faults[i];

		if (!fault->told && action(debuggee, fault->thread) != ACTION_HOLD && !is_stale(debuggee, fault))
			return fault;
	}
	return NULL;
}

/* --- planning -------------------------------------------------------------------------------------------- */

static bool waits(const struct nacre_thread_state *state)
{
	return state->state >= NACRE_STATE_RECEIVING && state->state <= NACRE_STATE_FUTEX;
}

/* One that waits in a system call has stepped when that is done. */
static bool step_plan(struct debuggee *debuggee, const struct nacre_thread_state *state)
{
	const struct step_code code = { .width = machine_width(), .read = code_read, .context = debuggee };
	uintptr_t places[STEP_PLACES_MAX];
	struct nacre_registers registers;
	unsigned count = 1;

	if (debuggee->step_thread || !machine_registers_get(debuggee, state->number, &registers))
		return false;
	places[0] = registers.pc;
	if (!waits(state))
		count = step_places(&code, &registers, places);
	for (unsigned i = 0; i < count; i++)
		if (!trap_set(debuggee, places[i], TRAP_STEP))
			return false;
	debuggee->step_thread = state->number;
	debuggee->sent_to = places[0];
	return count;
}

/* A trap where it would go on: behind the system call that it waits in, or at that call if it is to be made again. */
static bool hold_at(struct debuggee *debuggee, uintptr_t pc)
{
	uint32_t before = 0;

	if (debuggee_read(debuggee, pc - 4, &before, 4) == 4 && before == ECALL && !trap_set(debuggee, pc - 4, TRAP_STEP))
		return false;
	return trap_set(debuggee, pc, TRAP_STEP);
}

static bool hold_plan(struct debuggee *debuggee, const struct nacre_thread_state *state, uintptr_t step_pc)
{
	struct nacre_registers registers;

	if (fault_of(debuggee, state->number))
		return true;
	if (!machine_registers_get(debuggee, state->number, &registers))
		return false;
	if (!debuggee->step_thread || registers.pc != step_pc)
		return hold_at(debuggee, registers.pc);
	if (waits(state) || debuggee->sent_count == THREADS_MAX)
		return true; /* debuggee.h says what may happen */
	debuggee->sent[debuggee->sent_count].thread = state->number;
	debuggee->sent[debuggee->sent_count].pc = registers.pc;
	registers.pc = debuggee->sent_to;
	debuggee->sent_count += machine_registers_set(debuggee, state->number, &registers);
	return true;
}

struct plan {
	struct nacre_thread_state threads[THREADS_MAX];
	enum action actions[THREADS_MAX];
	unsigned count, go, hold;
};

static bool plan_read(struct debuggee *debuggee, action_of *action, struct plan *plan)
{
	plan->count = plan->go = plan->hold = 0;
	while (plan->count < THREADS_MAX && machine_thread(debuggee, plan->count, &plan->threads[plan->count])) {
		enum action one = action(debuggee, plan->threads[plan->count].number);

		plan->hold += one == ACTION_HOLD;
		plan->go += one != ACTION_HOLD;
		plan->actions[plan->count++] = one;
	}
	/* Whom we do not see we cannot hold. */
	return plan->count < THREADS_MAX || !plan->hold;
}

static bool plan_traps(struct debuggee *debuggee, const struct plan *plan)
{
	struct nacre_registers stepping = { 0 };

	for (unsigned i = 0; i < plan->count; i++)
		if (plan->actions[i] == ACTION_STEP) {
			if (!step_plan(debuggee, &plan->threads[i]))
				return false;
			machine_registers_get(debuggee, plan->threads[i].number, &stepping);
		}
	for (unsigned i = 0; i < plan->count; i++)
		if (plan->actions[i] == ACTION_HOLD && !hold_plan(debuggee, &plan->threads[i], stepping.pc))
			return false;
	return true;
}

/* --- stopping and going on --------------------------------------------------------------------------------- */

static void sent_back(struct debuggee *debuggee)
{
	struct nacre_registers registers;

	for (unsigned i = 0; i < debuggee->sent_count; i++)
		if (machine_registers_get(debuggee, debuggee->sent[i].thread, &registers) && registers.pc == debuggee->sent_to) {
			struct fault *fault = fault_of(debuggee, debuggee->sent[i].thread);

			registers.pc = debuggee->sent[i].pc;
			machine_registers_set(debuggee, debuggee->sent[i].thread, &registers);
			if (fault)
				fault->pc = registers.pc;
		}
	debuggee->sent_count = 0;
}

static void steps_end(struct debuggee *debuggee)
{
	sent_back(debuggee);
	for (unsigned i = debuggee->trap_count; i--;)
		trap_clear(debuggee, debuggee->traps[i].address, TRAP_STEP);
	debuggee->step_thread = 0;
}

/* Who stopped last goes on last: it would come to its breakpoint again, and stop all, before any other thread of its priority has run. */
static void faults_answer(struct debuggee *debuggee, const struct plan *plan, bool told)
{
	for (unsigned i = 0; i < plan->count; i++) {
		struct fault *fault = fault_of(debuggee, plan->threads[i].number);

		if (fault && fault->told == told && plan->actions[i] != ACTION_HOLD)
			fault_answer(debuggee, fault, plan->actions[i] != ACTION_FAIL);
	}
}

bool debuggee_resume(struct debuggee *debuggee, action_of *action)
{
	static struct plan plan;

	if (!plan_read(debuggee, action, &plan))
		return false;
	if (!plan.go)
		return true;
	if (!plan_traps(debuggee, &plan)) {
		steps_end(debuggee);
		return false;
	}
	debuggee->running = true;
	faults_answer(debuggee, &plan, false);
	machine_resume(debuggee);
	faults_answer(debuggee, &plan, true);
	return true;
}

void debuggee_stop(struct debuggee *debuggee)
{
	if (!debuggee->running)
		return;
	machine_stop(debuggee);
	debuggee->running = false;
	steps_end(debuggee);
}

enum verdict debuggee_fault(struct debuggee *debuggee, const struct fault *fault, action_of *action)
{
	bool ours = fault->cause == NACRE_CAUSE_BREAKPOINT && trap_is_set(debuggee, fault->pc, TRAP_STEP);

	if (debuggee->fault_count == FAULTS_MAX) { /* more threads at once than are kept: let go on, they would come again for ever */
		machine_fault_answer(fault->token, false);
		return VERDICT_SILENT;
	}
	debuggee->faults[debuggee->fault_count++] = *fault;
	if (!debuggee->running || action(debuggee, fault->thread) == ACTION_HOLD)
		return VERDICT_SILENT;
	if (ours && fault->thread == debuggee->step_thread)
		return VERDICT_STEPPED;
	return ours && !trap_is_set(debuggee, fault->pc, TRAP_GDB) ? VERDICT_SILENT : VERDICT_STOP;
}
