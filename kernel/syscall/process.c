/* process.c - system calls on processes: making, ending, watching. */
#include "syscall/handlers.h"
#include "trace/trace.h"

err_t sys_process_create(struct thread *self, struct budget *payer, struct budget *own, handle_t *out)
{
	struct process *process;
	err_t error = result_reserve(self);

	if (error)
		return error;
	error = process_new(payer, own, &process);
	if (error) {
		result_cancel(self);
		return error;
	}
	*out = handle_add(self->process, &process->object, RIGHT_ALL_PROCESS);
	return E_OK;
}

err_t sys_process_place(struct thread *self, struct process *process, handle_t handle, uint32_t rights, handle_t *placed)
{
	struct handle_entry *entry;
	err_t error = handle_find(self->process, handle, 0, 0, &entry);

	if (error)
		return error;
	if (!(entry->rights & (RIGHT_TRANSFER | RIGHT_RECEIVE)))
		return E_RIGHTS;
	if (rights & ~RIGHT_ALL)
		return E_ARGUMENT;
	if (process->phase != PROCESS_NEW)
		return E_STATE;
	error = handle_reserve(process, 1);
	if (error)
		return error;
	*placed = handle_add(process, entry->object, entry->rights & rights);
	return E_OK;
}

err_t sys_process_exit(struct thread *self, uintptr_t code)
{
	trace(TRACE_END, self->process->object.serial, CAUSE_EXIT, code);
	self->process->exit.thread = self->number;
	process_end(self->process, CAUSE_EXIT, (int32_t)code);
	thread_unready(self);
	return E_BLOCKED;
}

err_t sys_process_kill(struct thread *self, struct process *process, uintptr_t code)
{
	trace(TRACE_END, process->object.serial, CAUSE_KILLED, code);
	process_end(process, CAUSE_KILLED, (int32_t)code);
	return wait_reaped(self, &process->object);
}

static unsigned process_state_now(const struct process *process)
{
	if (process->phase == PROCESS_NEW)
		return STATE_NEW;
	if (process->phase >= PROCESS_ENDING)
		return STATE_DEAD;
	return process->stopped ? STATE_STOPPED : STATE_READY;
}

err_t sys_process_info(struct thread *self, struct process *process, user_ptr_t to)
{
	struct abi_process_state state = {
		.state = process_state_now(process),
		.threads = process->thread_count,
		.handles = process->handles.used,
		.cause = process->exit.cause,
		.code = process->exit.code,
		.mapped_pages = process->space.mapped_pages,
	};

	if (process->own)
		state.cpu_ns = budget_cpu_now_ns(process->own);
	return user_write(self, to, &state, sizeof state);
}

err_t sys_process_status(struct thread *self, struct process *process, user_ptr_t record)
{
	if (process->phase != PROCESS_ENDED)
		return E_STATE;
	return user_write(self, record, &process->exit, sizeof process->exit);
}

err_t sys_process_watch(struct thread *self, struct process *process, struct server *server, uintptr_t badge, uint32_t priority)
{
	if (priority >= LIMIT_PRIORITIES)
		return E_ARGUMENT;
	if (self->process->own && priority > self->process->own->ceiling)
		return E_PRIORITY;
	if (process->watcher.server)
		return E_BUSY;
	notice_bind(&process->watcher, server, badge, priority);
	if (process->phase == PROCESS_ENDED)
		notice_post(&process->watcher, KIND_EXIT, 1);
	return E_OK;
}

err_t sys_process_fault_set(struct thread *self, struct process *process, struct server *server, uintptr_t badge)
{
	(void)self;
	notice_bind(&process->fault_server, server, badge, 0);
	return E_OK;
}

err_t sys_process_window_create(struct thread *self, struct process *process)
{
	(void)self;
	return window_create(process);
}

/* The index is the caller's, and so is the length of the walk: it is bounded by the threads of the one process. */
static struct thread *thread_at(const struct process *process, uint32_t index)
{
	LIST_FOR_EACH(node, &process->threads)
		if (!index--)
			return LIST_ENTRY(node, struct thread, process_link);
	return NULL;
}

err_t sys_process_thread(struct thread *self, struct process *process, uint32_t index, user_ptr_t to)
{
	struct thread *thread = thread_at(process, index);
	struct abi_thread_state state;

	if (!thread)
		return E_ARGUMENT;
	thread_state_read(thread, &state);
	return user_write(self, to, &state, sizeof state);
}

err_t sys_process_priority_set(struct thread *self, struct process *process, uint32_t index, uint32_t priority)
{
	struct thread *thread = thread_at(process, index);

	return thread ? sys_thread_priority_set(self, thread, priority) : E_ARGUMENT;
}

static uintptr_t detail_of(const struct object *object)
{
	switch (object->type) {
	case OBJECT_CONNECTION:
		return CONTAINER_OF(object, struct connection, object)->notice.badge;
	case OBJECT_MEMORY:
		return CONTAINER_OF(object, struct memory, object)->backing.pages;
	case OBJECT_BUDGET:
		return CONTAINER_OF(object, struct budget, object)->account.limit;
	default:
		return 0;
	}
}

static void handle_state_read(const struct handle_entry *entry, struct abi_handle_state *state)
{
	*state = (struct abi_handle_state){ .handle = entry->key, .rights = entry->rights };
	if (!entry->object)
		return;
	state->type = entry->object->type;
	state->live = !entry->object->dead;
	state->detail = detail_of(entry->object);
	object_id(entry->object, state->id);
}

err_t sys_process_handle(struct thread *self, struct process *process, uint32_t slot, user_ptr_t to, uintptr_t *next)
{
	struct abi_handle_state state;
	struct handle_entry *entry;

	while ((entry = handle_entry_at(process, slot)) && !entry->key) {
		if (++slot % HANDLES_PER_PAGE)
			continue;
		if (arch_interrupt_pending()) { /* go on from here */
			*thread_a(self, 1) = slot;
			return E_RESTART;
		}
	}
	if (!entry)
		return E_ARGUMENT;
	handle_state_read(entry, &state);
	*next = slot + 1;
	return user_write(self, to, &state, sizeof state);
}
