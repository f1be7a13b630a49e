/* launch.c - makes a process out of a record and a file of the image. */
#include "launch.h"
#include "abi/nacre_calls.h"
#include "base/elf.h"
#include "base/bits.h"
#include "base/format.h"
#include "base/string.h"
#include "debug.h"
#include "nacre/area.h"
#include "nacre/spawn.h"
#include "server.h"
#include "service.h"
#include "watch.h"

/* What a program may do with its own budget. */
#define BUDGET_RIGHTS (NACRE_RIGHT_SPEND | NACRE_RIGHT_INSPECT | NACRE_RIGHT_DUPLICATE | NACRE_RIGHT_TRANSFER)

/* Notices of ends and faults come before the requests of those who wait for them. */
enum { NOTICE_PRIORITY = 20 };

bool launch_file(const struct process *process, struct file *file)
{
	static char path[64]; /* file->name points here until the next call */

	if (process->service && process->service->file_size)
		return file_find(process->service->file, process->service->file_size, file);
	if (!string_equal_counted(process->program->name, process->program->name_size, "*"))
		return file_find(process->program->file, process->program->file_size, file);
	return file_find(path, format_text(path, sizeof(path), "bin/%s", process->label), file);
}

nacre_err_t launch_budget(nacre_handle_t parent, const struct program *program, uint32_t pages, uint32_t priority, nacre_handle_t *budget)
{
	nacre_err_t error = nacre_budget_create(parent, pages, priority, budget);

	if (error || !program->cpu_share_ns)
		return error;
	error = nacre_budget_cpu_set(*budget, program->cpu_share_ns, program->cpu_period_ns);
	if (!error)
		return NACRE_E_OK;
	nacre_budget_destroy(*budget);
	nacre_handle_close(*budget);
	*budget = NACRE_HANDLE_NONE;
	return error;
}

static nacre_err_t watch(const struct process *process)
{
	nacre_err_t error = nacre_process_watch(process->process, init_server.handle, process->number, NOTICE_PRIORITY);

	return error ? error : nacre_process_fault_set(process->process, init_server.handle, process->number);
}

static nacre_err_t load(const struct launch *launch, struct nacre_child *child, const char **why)
{
	const struct program *program = launch->process->program;
	struct nacre_spawn spec = {
		.image = machine.boot->image, .offset = launch->file.offset, .size = launch->file.size,
		.file = launch->file.content,
		.argv = launch->argv, .envp = launch->envp,
		.handles = launch->handles->entries, .handle_count = launch->handles->count,
		.payer = launch->process->budget, .budget = launch->process->budget, .budget_rights = BUDGET_RIGHTS,
		.stack_bytes = program->stack_bytes, .priority = launch->process->priority, .window = program->window,
	};

	if (!file_is_sound(&launch->file)) {
		*why = "its SHA-256 is not the one that the image lists: it is damaged or was changed";
		return NACRE_E_ARGUMENT;
	}
	return nacre_spawn_load(&spec, child, why);
}

static nacre_err_t start(const struct launch *launch, struct nacre_child *child, const char **why)
{
	bool hold = debug_wants(launch->process);
	uint32_t priority = child->priority;
	nacre_err_t error;

	if (hold)
		child->priority = (uint32_t)min_size(priority, INIT_PRIORITY - 1);
	error = nacre_spawn_start(child, why);
	if (error || !hold)
		return error;
	error = debug_held(launch->process, priority);
	if (error) {
		*why = nacre_error_sentence(error);
		nacre_spawn_abandon(child);
	}
	return error;
}

nacre_err_t launch(const struct launch *launch, const char **why)
{
	struct nacre_child child;
	nacre_err_t error = load(launch, &child, why);

	handles_close(launch->handles);
	if (error)
		return error;
	launch->process->process = child.process;
	launch->process->file = launch->file;
	launch->process->load_base = child.load_base;
	error = watch(launch->process);
	if (error) {
		*why = nacre_error_sentence(error);
		nacre_spawn_abandon(&child);
	} else {
		error = start(launch, &child, why);
	}
	if (error)
		launch->process->process = NACRE_HANDLE_NONE;
	return error;
}

uint32_t launch_pages(const struct file *file, uint32_t stack_bytes)
{
	/* Page tables, the process, its handle table, threads, connections: generously, for either width. */
	enum { OVERHEAD_PAGES = 14 };
	size_t pages = OVERHEAD_PAGES + NACRE_PAGES(stack_bytes) + 1;
	struct elf_segment segment;
	struct elf elf;

	if (elf_open(&elf, file->content, file->size, ELF_NATIVE))
		return 0;
	for (unsigned i = 0; elf_load(&elf, i, &segment); i++)
		if (segment.flags & ELF_W)
			pages += NACRE_PAGES(segment.memory_size) + 1;
	return (uint32_t)pages;
}
