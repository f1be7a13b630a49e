/* process.c - the processes there are. Records come from pages of them, which are kept once made: as many as there
 * were processes at once. */
#include "process.h"
#include "abi/nacre_calls.h"
#include "base/string.h"
#include "nacre/area.h"

struct list processes;
static struct list unused;
static uint32_t last_number = PROCESS_OF_INIT;

void processes_open(void)
{
	list_init(&processes);
	list_init(&unused);
}

static void page_add(void)
{
	struct nacre_area area;
	struct process *records;

	if (nacre_area_create(&area, 1, NACRE_MEMORY_PRIVATE))
		return;
	records = area.base;
	for (size_t i = 0; i < NACRE_PAGE_BYTES / sizeof(*records); i++)
		list_append(&unused, &records[i].link);
}

struct process *process_add(const struct program *program, uint32_t parent, const char *label, size_t label_size)
{
	struct process *process;

	if (list_is_empty(&unused))
		page_add();
	process = LIST_FIRST(&unused, struct process, link);
	if (!process)
		return NULL;
	list_remove(&process->link);
	*process = (struct process){ .number = ++last_number, .parent = parent, .program = program };
	memcpy(process->label, label, min_size(label_size, sizeof(process->label) - 1));
	list_init(&process->link);
	list_append(&processes, &process->link);
	return process;
}

void process_forget(struct process *process)
{
	list_remove(&process->link);
	list_append(&unused, &process->link);
}

struct process *process_find(uintptr_t number)
{
	LIST_FOR_EACH(node, &processes) {
		struct process *process = LIST_ENTRY(node, struct process, link);

		if (process->number == number)
			return process;
	}
	return NULL;
}

static void close_and_clear(nacre_handle_t *handle)
{
	if (*handle)
		nacre_handle_close(*handle);
	*handle = NACRE_HANDLE_NONE;
}

void process_close(struct process *process)
{
	close_and_clear(&process->process);
	close_and_clear(&process->notice);
	/* A service's budget is the service's. A program's goes with all that it still pays for. */
	if (!process->service && process->budget) {
		nacre_budget_destroy(process->budget);
		close_and_clear(&process->budget);
	}
	process->budget = NACRE_HANDLE_NONE;
}

void process_orphan_children(uint32_t parent)
{
	LIST_FOR_EACH_SAFE(node, following, &processes) {
		struct process *process = LIST_ENTRY(node, struct process, link);

		if (process->parent != parent || process->service)
			continue;
		process->parent = PROCESS_OF_INIT;
		close_and_clear(&process->notice);
		if (process->ended)
			process_forget(process);
	}
}

unsigned process_count_unasked(uint32_t parent)
{
	unsigned count = 0;

	LIST_FOR_EACH(node, &processes) {
		const struct process *process = LIST_ENTRY(node, struct process, link);

		count += process->ended && process->parent == parent;
	}
	return count;
}
