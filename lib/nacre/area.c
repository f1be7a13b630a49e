/* area.c - commit and map in one step. */
#include "nacre/area.h"
#include "abi/nacre_calls.h"
#include "nacre/startup.h"

static void *pages_behind(uintptr_t base, size_t pages)
{
	return (void *)(base + pages * NACRE_PAGE_BYTES);
}

nacre_err_t nacre_area_map(struct nacre_area *area, nacre_handle_t memory, size_t offset, size_t pages,
			   uint32_t protection)
{
	uintptr_t base = 0;
	nacre_err_t error = nacre_map_add(nacre_self_process(), 0, memory, offset, pages, protection, &base);

	*area = (struct nacre_area){ .pages = pages, .memory = memory };
	if (!error)
		area->base = (void *)base;
	return error;
}

nacre_err_t nacre_area_create_from(struct nacre_area *area, nacre_handle_t payer, size_t pages, uint32_t options)
{
	nacre_handle_t memory = NACRE_HANDLE_NONE;
	nacre_err_t error = nacre_memory_create(payer, pages, options, &memory);

	*area = (struct nacre_area){ 0 };
	if (error)
		return error;
	error = nacre_area_map(area, memory, 0, pages, NACRE_PROT_READ | NACRE_PROT_WRITE);
	if (error) {
		area->memory = NACRE_HANDLE_NONE;
		nacre_handle_close(memory);
	}
	return error;
}

nacre_err_t nacre_area_create(struct nacre_area *area, size_t pages, uint32_t options)
{
	return nacre_area_create_from(area, nacre_self_budget(), pages, options);
}

nacre_err_t nacre_area_create_guarded(struct nacre_area *area, size_t pages)
{
	nacre_handle_t self = nacre_self_process(), memory = NACRE_HANDLE_NONE;
	uintptr_t reserved = 0, base = 0;
	nacre_err_t error;

	*area = (struct nacre_area){ .pages = pages, .guards = 1 };
	error = nacre_map_reserve(self, pages + 2, &reserved);
	if (error)
		return error;
	error = nacre_memory_create(nacre_self_budget(), pages, NACRE_MEMORY_PRIVATE, &memory);
	if (error)
		goto no_memory;
	error = nacre_map_add(self, (uintptr_t)pages_behind(reserved, 1), memory, 0, pages,
			      NACRE_PROT_READ | NACRE_PROT_WRITE, &base);
	if (error)
		goto no_mapping;
	area->base = (void *)base;
	area->memory = memory;
	return NACRE_E_OK;

no_mapping:
	nacre_handle_close(memory);
no_memory:
	nacre_map_remove(self, reserved, pages + 2);
	return error;
}

/* A mapping goes first, then the reservation around it: neither can be taken out of the other. */
nacre_err_t nacre_area_unmap(struct nacre_area *area)
{
	nacre_handle_t self = nacre_self_process();
	uintptr_t base = (uintptr_t)area->base;
	nacre_err_t error = nacre_map_remove(self, base, area->pages);

	if (error)
		return error;
	if (area->guards)
		nacre_map_remove(self, base - area->guards * NACRE_PAGE_BYTES, area->pages + 2 * area->guards);
	area->base = NULL;
	return NACRE_E_OK;
}

nacre_err_t nacre_area_destroy(struct nacre_area *area)
{
	nacre_err_t error = nacre_area_unmap(area);

	if (!error)
		nacre_handle_close(area->memory);
	return error;
}
