/* patch.h - private copies: a debugger writes to image or sealed text of a process without touching what others see.
 *
 * A patch is one page of memory, paid by the debugger, that stands in the process's table in place of the original page, with
 * the same protection. It is undone when the range is unmapped, when the process ends, or when its payer goes.
 *   I1  the entry at `address` names the patch's page while the patch is in process->patches */
#pragma once
#include "object/memory.h"
#include "object/process.h"

struct patch {
	struct memory memory;      /* first: it ends like memory does */
	struct list process_link;  /* in process->patches */
	struct process *process;
	vaddr_t address;
	paddr_t original;
};

bool patch_needed(const struct mapping *mapping);   /* image or sealed: writes go to a private copy */
bool patch_exists(const struct process *process, vaddr_t page);
err_t patch_make(struct budget *payer, struct process *process, vaddr_t page) must_use; /* E_BUDGET; harmless if patched */
void patch_undo(struct memory *memory);             /* memory->patch */
bool patches_step(struct process *process, vaddr_t base, size_t pages); /* undoes one in the range; true: none left */
