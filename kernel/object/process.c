/* process.c - processes: how they begin and how they end. */
#include "object/process.h"
#include "object/patch.h"
#include "object/pin.h"

struct process_hooks process_hooks;

err_t process_new(struct budget *payer, struct budget *own, struct process **out)
{
	struct process *process = object_alloc(payer, OBJECT_PROCESS, sizeof *process);
	err_t error;

	if (!process)
		return E_BUDGET;
	list_init(&process->own_link);
	list_init(&process->threads);
	list_init(&process->parked);
	list_init(&process->pins);
	list_init(&process->patches);
	error = space_init(&process->space, &own->account);
	if (error)
		goto no_space;
	error = handle_table_init(process);
	if (error)
		goto no_table;
	process->own = own;
	process->next_thread = 1;
	object_hold(&own->object);
	list_append(&own->processes, &process->own_link);
	*out = process;
	return E_OK;

no_table:
	while (!space_empty(&process->space))
		continue; /* an empty space: the root table only */
no_space:
	object_cancel(&process->object);
	return error;
}

void process_started(struct process *process)
{
	if (process->phase != PROCESS_NEW)
		return;
	process->phase = PROCESS_RUNNING;
	process->quick_space = arch_space_word(process->space.root);
	object_hold(&process->object);
}

bool process_runs(const struct process *process)
{
	return process->phase <= PROCESS_RUNNING && !process->stopped && !process->own->object.dead;
}

void process_end(struct process *process, unsigned cause, int32_t code)
{
	if (process->phase >= PROCESS_ENDING)
		return;
	if (process->phase == PROCESS_NEW)
		object_hold(&process->object); /* I4, as if it had run */
	process->phase = PROCESS_ENDING;
	process->quick_space = 0;
	if (!process->exit.cause) {
		process->exit.cause = cause;
		process->exit.code = code;
	}
	object_enqueue(&process->object);
}

static void process_mark(struct object *object)
{
	process_end(CONTAINER_OF(object, struct process, object), CAUSE_KILLED, 0);
}

/* Last: the own budget is let go before the watcher hears of it, so that a supervisor who destroys or reuses the budget then
 * finds nothing of the process in it. */
static void process_finish(struct process *process)
{
	process->phase = PROCESS_ENDED;
	list_remove(&process->own_link);
	object_release(&process->own->object);
	process->own = NULL;
	process_hooks.ended(process);
	object_release(&process->object); /* I4 */
}

bool process_step(struct object *object)
{
	struct process *process = CONTAINER_OF(object, struct process, object);

	if (process->phase < PROCESS_ENDED) {
		if (!process_hooks.threads_step(process) || !pins_step(process) || !patches_step(process, 0, SIZE_MAX / PAGE_SIZE) ||
		    !handle_table_empty(process))
			return false;
		if (!process_hooks.window_step(process) || !space_empty(&process->space))
			return false;
		process_finish(process);
	}
	if (object->dead)
		process_hooks.notices_drop(process);
	return true;
}

void process_check(const struct object *object)
{
	struct process *process = CONTAINER_OF(object, struct process, object);

	if (process->phase == PROCESS_ENDED) {
		assert(list_is_empty(&process->threads) && list_is_empty(&process->parked) && !process->handles.pages);
		return;
	}
	assert(list_count(&process->threads) == process->thread_count);
	if (process->phase == PROCESS_ENDING)
		return; /* being taken apart: its tables are not whole */
	handle_check(process);
	space_check(&process->space);
}

const struct object_type process_type = { .mark = process_mark, .step = process_step };
