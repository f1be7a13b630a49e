/* patch.c - private copies of pages that must not be written. */
#include "object/patch.h"

bool patch_needed(const struct mapping *mapping)
{
	const struct backing *backing = mapping->backing;

	if (!backing) /* an orphan: what is not writable there may be sealed text that others share */
		return !(mapping->protection & PROT_WRITE);
	return backing->kind == BACKING_IMAGE || backing->sealed;
}

static struct patch *patch_at(const struct process *process, vaddr_t page)
{
	LIST_FOR_EACH(node, &process->patches) {
		struct patch *patch = LIST_ENTRY(node, struct patch, process_link);

		if (patch->address == page)
			return patch;
	}
	return NULL;
}

bool patch_exists(const struct process *process, vaddr_t page)
{
	return patch_at(process, page) != NULL;
}

static void entry_set(const struct patch *patch, paddr_t page)
{
	paddr_t root = patch->process->space.root;
	pte_t *entry = table_leaf(root, patch->address);

	*entry = pte_moved(*entry, page);
	arch_tlb_flush_page(root, patch->address);
	arch_fence_instructions();
}

err_t patch_make(struct budget *payer, struct process *process, vaddr_t page)
{
	struct patch *patch;

	if (patch_at(process, page))
		return E_OK;
	patch = object_alloc(payer, OBJECT_MEMORY, sizeof *patch);
	if (!patch)
		return E_BUDGET;
	if (backing_init(&patch->memory.backing, &payer->account, 1, BACKING_ANONYMOUS, false)) {
		object_cancel(&patch->memory.object);
		return E_BUDGET;
	}

	/* --- Point of no return. */
	while (!backing_fill(&patch->memory.backing))
		continue; /* one page */
	patch->memory.patch = true;
	patch->process = process;
	patch->address = page;
	patch->original = pte_page(*table_leaf(process->space.root, page));
	__builtin_memcpy(pa_to_kva(backing_page(&patch->memory.backing, 0)), pa_to_kva(patch->original), PAGE_SIZE);
	object_hold(&patch->memory.object);
	list_append(&process->patches, &patch->process_link);
	entry_set(patch, backing_page(&patch->memory.backing, 0));
	return E_OK;
}

void patch_undo(struct memory *memory)
{
	struct patch *patch = CONTAINER_OF(memory, struct patch, memory);

	if (!patch->process)
		return;
	entry_set(patch, patch->original);
	list_remove(&patch->process_link);
	patch->process = NULL;
	object_release(&memory->object);
}

bool patches_step(struct process *process, vaddr_t base, size_t pages)
{
	LIST_FOR_EACH(node, &process->patches) {
		struct patch *patch = LIST_ENTRY(node, struct patch, process_link);

		if (patch->address - base >= pages * PAGE_SIZE)
			continue;
		patch_undo(&patch->memory);
		return false;
	}
	return true;
}
