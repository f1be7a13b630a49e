/* memory.c - system calls on memory. */
#include "syscall/handlers.h"
#include "trace/trace.h"

#define MEMORY_OPTIONS (MEMORY_SHARED | MEMORY_CONTIGUOUS)

static err_t create_begin(struct thread *self, struct budget *payer, size_t pages, uint32_t options)
{
	struct memory *memory;
	err_t error;

	if (!pages || options & ~MEMORY_OPTIONS)
		return E_ARGUMENT;
	error = result_reserve(self);
	if (error)
		return error;
	error = memory_new(payer, pages, options, &memory);
	if (error) {
		result_cancel(self);
		return error;
	}

	/* --- Point of no return: everything is charged; what follows is zeroing. */
	object_hold(&memory->object);
	memory->filler = &self->work.memory;
	self->work.memory = memory;
	self->work.reserved = true;
	self->under_way = true;
	self->work.call = CALL_MEMORY_CREATE;
	return E_OK;
}

static handle_t create_end(struct thread *self)
{
	struct memory *memory = self->work.memory;
	handle_t handle = handle_add(self->process, &memory->object, RIGHT_ALL_MEMORY);

	self->work.reserved = false;
	self->under_way = false;
	memory_filled(memory);
	return handle;
}

err_t sys_memory_create(struct thread *self, struct budget *payer, size_t pages, uint32_t options, handle_t *out)
{
	struct memory *memory = self->work.memory;
	err_t error;

	if (self->under_way && !memory) { /* its payer was destroyed meanwhile */
		work_abandon(self);
		return E_PEER_GONE;
	}
	if (!memory) {
		error = create_begin(self, payer, pages, options);
		if (error)
			return error;
		if (arch_interrupt_pending())
			return E_RESTART;
		memory = self->work.memory;
	}
	while (!backing_fill(&memory->backing))
		if (arch_interrupt_pending())
			return E_RESTART;
	*out = create_end(self);
	return E_OK;
}

err_t sys_memory_info(struct thread *self, struct memory *memory, uintptr_t *pages, uintptr_t *options)
{
	const struct backing *backing = &memory->backing;

	(void)self;
	*pages = backing->pages;
	*options = (backing->shared ? MEMORY_SHARED : MEMORY_PRIVATE) | (backing->sealed ? MEMORY_SEALED : 0) |
	           (backing->kind == BACKING_CONTIGUOUS ? MEMORY_CONTIGUOUS : 0) |
	           (backing->kind == BACKING_DEVICE ? MEMORY_DEVICE : 0) | (backing->kind == BACKING_IMAGE ? MEMORY_IMAGE : 0);
	return E_OK;
}

err_t sys_memory_seal(struct thread *self, struct memory *memory)
{
	struct backing *backing = &memory->backing;

	(void)self;
	if (backing->kind == BACKING_DEVICE)
		return E_ARGUMENT;
	if (backing->kind == BACKING_IMAGE || backing->sealed)
		return E_SEALED;
	if (backing->writable_mappings || backing->lent_pages || backing->pinned_pages)
		return E_BUSY;
	backing->sealed = true;
	arch_fence_instructions();
	return E_OK;
}

err_t sys_memory_claim(struct thread *self, struct memory *memory, struct budget *payer)
{
	(void)self;
	return memory->moved ? memory_claim(memory, payer) : E_STATE;
}

err_t sys_trace_mask_set(struct thread *self, struct memory *trace, uint32_t mask)
{
	(void)self;
	if (!trace->trace || mask & ~TRACE_ALL)
		return E_ARGUMENT;
	trace_mask_change(mask);
	return E_OK;
}
