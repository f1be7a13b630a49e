/* map.c - system calls on address spaces: reserve, map, unmap, protect. */
#include "syscall/handlers.h"
#include "trace/trace.h"

static bool has_ended(const struct process *process)
{
	return process->phase >= PROCESS_ENDING;
}

err_t sys_map_reserve(struct thread *self, struct process *process, size_t pages, vaddr_t *base)
{
	(void)self;
	return has_ended(process) ? E_STATE : space_reserve(&process->space, pages, base);
}

static unsigned protection_of(uint32_t rights)
{
	return (rights & RIGHT_READ ? PROT_READ : 0) | (rights & RIGHT_WRITE ? PROT_WRITE : 0) |
	       (rights & RIGHT_EXECUTE ? PROT_EXECUTE : 0);
}

static void work_at(struct thread *self, unsigned call, vaddr_t base)
{
	self->work.call = call;
	self->under_way = true;
	self->work.base = base;
}

/* The mapping that this thread was building, or NULL if it went meanwhile: with its memory, or with the process. */
static struct mapping *add_resume(const struct thread *self, const struct process *process)
{
	struct mapping *mapping = space_find(&process->space, self->work.base);

	return mapping && mapping->base == self->work.base ? mapping : NULL;
}

static err_t add_begin(struct thread *self, struct process *process, vaddr_t base, struct memory *memory, unsigned allowed,
                       size_t offset, size_t pages, uint32_t protection, struct mapping **mapping)
{
	err_t error;

	if (memory->moved)
		return E_BUSY;
	error = space_map_begin(&process->space, base, &memory->backing, offset, pages, protection, allowed, mapping);
	if (error)
		return error;
	memory_mapped(memory, (*mapping)->charged);
	work_at(self, CALL_MAP_ADD, (*mapping)->base);
	trace(TRACE_PAGE, (*mapping)->base, pages, protection);
	return E_OK;
}

err_t sys_map_add(struct thread *self, struct process *process, vaddr_t base, struct memory *memory, uint32_t memory_rights,
                  size_t offset, size_t pages, uint32_t protection, vaddr_t *out)
{
	struct mapping *mapping = NULL;
	err_t error;

	if (has_ended(process))
		return E_STATE;
	if (self->under_way) {
		mapping = add_resume(self, process);
		if (!mapping) {
			work_abandon(self);
			return E_PEER_GONE;
		}
	} else {
		error = add_begin(self, process, base, memory, protection_of(memory_rights), offset, pages, protection, &mapping);
		if (error)
			return error;
		if (arch_interrupt_pending())
			return E_RESTART;
	}
	while (!space_map_step(mapping))
		if (arch_interrupt_pending())
			return E_RESTART;
	*out = mapping->base;
	work_abandon(self);
	return E_OK;
}

/* The range a program passes may span many mappings; begin has marked them all, so going on needs no memory of its own. */
err_t sys_map_remove(struct thread *self, struct process *process, vaddr_t base, size_t pages)
{
	err_t error;

	if (has_ended(process))
		return E_STATE;
	if (!self->under_way) {
		error = space_unmap_begin(&process->space, base, pages);
		if (error)
			return error;
		work_at(self, CALL_MAP_REMOVE, base);
		trace(TRACE_PAGE, base, pages, 0);
	}
	while (!patches_step(process, base, pages) || !space_unmap_step(&process->space, base, pages))
		if (arch_interrupt_pending())
			return E_RESTART;
	work_abandon(self);
	return E_OK;
}

err_t sys_map_protect(struct thread *self, struct process *process, vaddr_t base, size_t pages, uint32_t protection)
{
	err_t error;

	if (has_ended(process))
		return E_STATE;
	if (!self->under_way) {
		error = space_protect_begin(&process->space, base, pages, protection);
		if (error)
			return error;
		work_at(self, CALL_MAP_PROTECT, base);
	}
	while (!space_protect_step(&process->space, base, pages, protection))
		if (arch_interrupt_pending())
			return E_RESTART;
	work_abandon(self);
	return E_OK;
}

static void reservation_read(const struct reservation *reservation, struct abi_map_state *state)
{
	*state = (struct abi_map_state){ .base = reservation->base, .pages = reservation->pages };
}

err_t sys_map_query(struct thread *self, struct process *process, vaddr_t address, user_ptr_t to)
{
	const struct mapping *mapping = space_next(&process->space, address);
	const struct reservation *reservation = space_next_reservation(&process->space, address);
	struct abi_map_state state;

	if (has_ended(process) || (!mapping && !reservation))
		return E_ADDRESS;
	if (!mapping || (reservation && reservation->base + reservation->pages * PAGE_SIZE <= mapping->base))
		reservation_read(reservation, &state);
	else
		state = (struct abi_map_state){
			.base = mapping->base,
			.pages = mapping->pages,
			.protection = mapping->protection,
			.lent = mapping->lent_pages,
		};
	return user_write(self, to, &state, sizeof state);
}
