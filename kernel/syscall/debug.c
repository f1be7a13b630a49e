/* debug.c - system calls of a debugger: stop, memory, registers. */
#include "syscall/handlers.h"

err_t sys_process_stop(struct thread *self, struct process *process)
{
	if (process == self->process)
		return E_BUSY;
	if (process->phase != PROCESS_RUNNING || process->stopped)
		return E_STATE;
	process->quick_space = 0;
	process->stopped = true; /* its threads leave the ready lists when the scheduler meets them */
	return E_OK;
}

/* Threads that were met while it was stopped left their ready list; those that were not are in it still. */
err_t sys_process_resume(struct thread *self, struct process *process)
{
	(void)self;
	if (!process->stopped || process->phase != PROCESS_RUNNING)
		return E_STATE;
	process->stopped = false;
	process->quick_space = arch_space_word(process->space.root);
	LIST_FOR_EACH(node, &process->threads) {
		struct thread *thread = LIST_ENTRY(node, struct thread, process_link);

		if (thread->state == STATE_READY && list_is_empty(&thread->wait_link))
			thread_ready(thread);
	}
	return E_OK;
}

err_t sys_process_read(struct thread *self, struct process *process, vaddr_t address, user_ptr_t buffer, size_t size)
{
	if (size > COPY_STEP)
		return E_ARGUMENT;
	if (process->phase >= PROCESS_ENDING)
		return E_ADDRESS;
	return copy_across(&self->process->space, buffer, &process->space, (user_ptr_t){ address }, size);
}

static err_t page_judge(const struct process *process, vaddr_t address)
{
	const struct mapping *mapping = space_find(&process->space, address);
	const pte_t *entry = table_leaf(process->space.root, address);

	if (!mapping || mapping->state != MAPPING_WHOLE || !entry || !pte_page(*entry))
		return E_ADDRESS;
	if (*entry & PTE_LENT)
		return E_LENT;
	return mapping->backing && mapping->backing->kind == BACKING_DEVICE ? E_ADDRESS : E_OK;
}

static err_t page_unshare(struct process *process, struct budget *payer, vaddr_t page)
{
	return patch_needed(space_find(&process->space, page)) ? patch_make(payer, process, page) : E_OK;
}

/* At most two pages. A private copy of the first that was only made for this write goes again if the second cannot be had. */
static err_t range_unshare(struct process *process, struct budget *payer, vaddr_t address, size_t size)
{
	vaddr_t first = align_down(address, PAGE_SIZE), last = align_down(address + size - 1, PAGE_SIZE);
	bool had = patch_exists(process, first);
	err_t error = page_unshare(process, payer, first);

	if (error || first == last)
		return error;
	error = page_unshare(process, payer, last);
	if (error && !had)
		patches_step(process, first, 1);
	return error;
}

/* The debugger writes where the program may not: through the kernel's own view of the page. */
static err_t page_write(struct thread *self, struct process *process, vaddr_t address, user_ptr_t from, size_t size)
{
	char *page = pa_to_kva(pte_page(*table_leaf(process->space.root, address)));

	return copy_in(&self->process->space, page + address % PAGE_SIZE, from, size);
}

static size_t to_page_end(vaddr_t address, size_t size)
{
	return min_size(size, PAGE_SIZE - address % PAGE_SIZE);
}

err_t sys_process_write(struct thread *self, struct process *process, struct budget *payer, vaddr_t address,
                        user_ptr_t buffer, size_t size)
{
	size_t first = to_page_end(address, size);
	err_t error;

	if (size > COPY_STEP)
		return E_ARGUMENT;
	if (!size)
		return E_OK;
	if (process->phase >= PROCESS_ENDING)
		return E_ADDRESS;
	error = copy_check(&self->process->space, buffer, size, false);
	if (!error)
		error = page_judge(process, address);
	if (!error && first < size)
		error = page_judge(process, address + first);
	if (!error)
		error = range_unshare(process, payer, address, size);
	if (error)
		return error;

	/* --- Point of no return. */
	error = page_write(self, process, address, buffer, first);
	if (!error && first < size)
		error = page_write(self, process, address + first, (user_ptr_t){ buffer.address + first }, size - first);
	arch_fence_instructions();
	return error; /* none: copy_check looked */
}

static struct thread *thread_numbered(const struct process *process, uint32_t number)
{
	LIST_FOR_EACH(node, &process->threads) {
		struct thread *thread = LIST_ENTRY(node, struct thread, process_link);

		if (thread->number == number)
			return thread;
	}
	return NULL;
}

static bool is_still(const struct thread *thread)
{
	return thread->process->stopped || thread_waits(thread);
}

err_t sys_process_registers_get(struct thread *self, struct process *process, uint32_t number, user_ptr_t registers)
{
	struct thread *thread = thread_numbered(process, number);

	if (!thread)
		return E_ARGUMENT;
	if (!is_still(thread))
		return E_STATE;
	thread_dress(thread);
	return user_write(self, registers, &thread->registers, sizeof thread->registers);
}

/* A thread that waits in a call gets its results written over these; one that faulted goes on with them. */
err_t sys_process_registers_set(struct thread *self, struct process *process, uint32_t number, user_ptr_t from)
{
	struct thread *thread = thread_numbered(process, number);
	struct registers registers;
	err_t error;

	if (!thread)
		return E_ARGUMENT;
	if (!thread_has_faulted(thread) && (!process->stopped || thread_waits(thread)))
		return E_STATE;
	error = copy_in(&self->process->space, &registers, from, sizeof registers);
	if (error)
		return error;
	thread->registers = registers;
	thread->bare = 0;
	return E_OK;
}
