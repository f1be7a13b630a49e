/* device.c - system calls on devices and interrupts. */
#include "syscall/handlers.h"

err_t sys_device_info(struct thread *self, struct device *device, user_ptr_t to)
{
	struct abi_device_state state = {
		.node = device->node,
		.regions = device->region_count,
		.interrupts = device->line_count,
	};

	return user_write(self, to, &state, sizeof state);
}

err_t sys_device_memory(struct thread *self, struct device *device, struct budget *payer, uint32_t region, handle_t *out)
{
	struct memory *memory;
	paddr_t first;
	size_t bytes;
	err_t error;

	if (region >= device->region_count)
		return E_ARGUMENT;
	error = result_reserve(self);
	if (error)
		return error;
	first = align_down(device->regions[region].base, PAGE_SIZE);
	bytes = device->regions[region].base + device->regions[region].bytes - first;
	error = memory_new_fixed(payer, first, align_up(bytes, PAGE_SIZE) / PAGE_SIZE, BACKING_DEVICE, &memory);
	if (error) {
		result_cancel(self);
		return error;
	}
	*out = handle_add(self->process, &memory->object, RIGHT_ALL_MEMORY & ~(RIGHT_EXECUTE | RIGHT_DESTROY | RIGHT_DEBUG));
	return E_OK;
}

err_t sys_device_interrupt(struct thread *self, struct device *device, struct budget *payer, uint32_t line,
                           struct server *server, uintptr_t badge, uint32_t priority, handle_t *out)
{
	struct interrupt *interrupt;
	err_t error;

	if (line >= device->line_count || priority >= LIMIT_PRIORITIES)
		return E_ARGUMENT;
	if (priority > payer->ceiling) /* who attends a server inherits what waits there */
		return E_PRIORITY;
	if (!interrupt_line_free(device->lines[line]))
		return E_BUSY;
	error = result_reserve(self);
	if (error)
		return error;
	error = interrupt_new(payer, device->lines[line], server, badge, priority, &interrupt);
	if (error) {
		result_cancel(self);
		return error;
	}
	*out = handle_add(self->process, &interrupt->object, RIGHT_ALL_INTERRUPT);
	return E_OK;
}

err_t sys_device_pin(struct thread *self, struct device *device, vaddr_t address, uint32_t pages, user_ptr_t to)
{
	uint64_t addresses[PIN_PAGES];
	struct pin *pin;
	err_t error;

	if (!pages || pages > PIN_PAGES || address % PAGE_SIZE)
		return E_ARGUMENT;
	error = copy_check(&self->process->space, to, pages * sizeof addresses[0], true);
	if (error)
		return error;
	error = pin_make(device, self->process, address, pages, &pin);
	if (error)
		return error;
	for (unsigned i = 0; i < pages; i++)
		addresses[i] = pin->frames[i];
	return user_write(self, to, addresses, pages * sizeof addresses[0]);
}

err_t sys_device_unpin(struct thread *self, struct device *device, vaddr_t address)
{
	struct pin *pin = pin_find(device, self->process, address);

	if (!pin)
		return E_ADDRESS;
	pin_drop(pin);
	return E_OK;
}

err_t sys_device_reset(struct thread *self, struct device *device)
{
	(void)self;
	while (!pins_step_device(device))
		if (arch_interrupt_pending())
			return E_RESTART;
	return E_OK;
}

err_t sys_interrupt_ack(struct thread *self, struct interrupt *interrupt)
{
	(void)self;
	irq_complete(interrupt->line);
	return E_OK;
}
