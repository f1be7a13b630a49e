/* pin.c - pages held for DMA. */
#include "object/pin.h"

/* A page that a driver may pin: RAM it can write, of its own or borrowed, that is not lent away. Borrowed pages have no
 * mapping; they are told by lying in the window. */
static err_t page_judge(const struct process *process, vaddr_t page)
{
	const pte_t *entry = table_leaf(process->space.root, page);

	if (!entry)
		return E_ADDRESS;
	if (*entry & PTE_LENT)
		return E_LENT;
	if (!(*entry & PTE_V) || !(pte_protection(*entry) & PROT_WRITE) || !frame_is_ram(pte_page(*entry)))
		return E_ADDRESS;
	return E_OK;
}

static struct mapping *mapping_pinned(const struct pin *pin)
{
	return space_find(&pin->process->space, pin->base);
}

static bool is_one_mapping(const struct process *process, vaddr_t base, size_t pages)
{
	const struct mapping *mapping = space_find(&process->space, base);

	return !mapping || (base - mapping->base) / PAGE_SIZE + pages <= mapping->pages;
}

static void count(const struct pin *pin, int pages)
{
	struct mapping *mapping = mapping_pinned(pin);

	if (!mapping)
		return; /* borrowed, or gone meanwhile */
	mapping->pinned_pages += (uint32_t)pages;
	if (mapping->backing)
		mapping->backing->pinned_pages += (uint32_t)pages;
}

err_t pin_make(struct device *device, struct process *process, vaddr_t base, unsigned pages, struct pin **out)
{
	struct account *account = process->space.account;
	struct pin *pin;
	err_t error;

	if (!is_one_mapping(process, base, pages) || pin_overlaps(process, base, pages))
		return E_ADDRESS;
	for (unsigned i = 0; i < pages; i++) {
		error = page_judge(process, base + i * PAGE_SIZE);
		if (error)
			return error;
	}
	pin = slab_alloc(account, sizeof *pin);
	if (!pin)
		return E_BUDGET;
	if (account_charge(account, pages)) {
		slab_free(pin);
		return E_BUDGET;
	}

	/* --- Point of no return. */
	pin->device = device;
	pin->process = process;
	pin->base = base;
	pin->pages = (uint8_t)pages;
	for (unsigned i = 0; i < pages; i++) {
		pin->frames[i] = pte_page(*table_leaf(process->space.root, base + i * PAGE_SIZE));
		frame_take(pin->frames[i]);
	}
	list_append(&device->pins, &pin->device_link);
	list_append(&process->pins, &pin->process_link);
	count(pin, (int)pages);
	*out = pin;
	return E_OK;
}

struct pin *pin_find(const struct device *device, const struct process *process, vaddr_t base)
{
	LIST_FOR_EACH(node, &process->pins) {
		struct pin *pin = LIST_ENTRY(node, struct pin, process_link);

		if (pin->device == device && pin->base == base)
			return pin;
	}
	return NULL;
}

bool pin_overlaps(const struct process *process, vaddr_t base, size_t pages)
{
	LIST_FOR_EACH(node, &process->pins) {
		const struct pin *pin = LIST_ENTRY(node, struct pin, process_link);

		if (base < pin->base + pin->pages * PAGE_SIZE && pin->base < base + pages * PAGE_SIZE)
			return true;
	}
	return false;
}

/* A page whose spare was given to the client stays charged to the driver until here: it is the driver's page now. */
void pin_drop(struct pin *pin)
{
	struct account *account = slab_account(pin);

	count(pin, -(int)pin->pages);
	for (unsigned i = 0; i < pin->pages; i++)
		frame_drop(pin->frames[i]);
	account_release(account, pin->pages);
	list_remove(&pin->device_link);
	list_remove(&pin->process_link);
	slab_free(pin);
}

bool pins_step(struct process *process)
{
	struct pin *pin = LIST_FIRST(&process->pins, struct pin, process_link);

	if (pin)
		pin_drop(pin);
	return list_is_empty(&process->pins);
}

bool pins_step_device(struct device *device)
{
	struct pin *pin = LIST_FIRST(&device->pins, struct pin, device_link);

	if (pin)
		pin_drop(pin);
	return list_is_empty(&device->pins);
}

static struct pin *pin_holding(const struct process *process, vaddr_t page)
{
	LIST_FOR_EACH(node, &process->pins) {
		struct pin *pin = LIST_ENTRY(node, struct pin, process_link);

		if (page - pin->base < pin->pages * PAGE_SIZE)
			return pin;
	}
	return NULL;
}

/* The frame count of the machine stays right: the pin's charge pays for the old frame from now on, the lender's for the
 * fresh one. */
paddr_t pin_replace(struct process *borrower, vaddr_t page, paddr_t frame)
{
	struct pin *pin = pin_holding(borrower, page);
	paddr_t fresh;

	if (!pin || pin->frames[(page - pin->base) / PAGE_SIZE] != frame)
		return 0;
	fresh = frame_alloc(FRAME_DATA);
	__builtin_memcpy(pa_to_kva(fresh), pa_to_kva(frame), PAGE_SIZE);
	return fresh;
}
