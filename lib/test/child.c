/* child.c - small processes for tests of the kernel. */
#include "test/child.h"
#include "nacre/area.h"

extern char __start_child_text[], __stop_child_text[];

static nacre_handle_t code;
static size_t code_pages;

/* Executable memory is sealed memory, and is written before that. */
static void code_make(void)
{
	size_t bytes = (size_t)(__stop_child_text - __start_child_text);
	struct nacre_area area;

	code_pages = NACRE_PAGES(bytes);
	EXPECT_OK(nacre_area_create(&area, code_pages, NACRE_MEMORY_SHARED));
	memcpy(area.base, __start_child_text, bytes);
	EXPECT_OK(nacre_area_unmap(&area));
	EXPECT_OK(nacre_memory_seal(area.memory));
	code = area.memory;
}

nacre_handle_t child_code(void)
{
	if (!code)
		code_make();
	return code;
}

uintptr_t child_offset(void (*run)(uintptr_t))
{
	return (uintptr_t)((char *)run - __start_child_text);
}

static uintptr_t code_map(nacre_handle_t process)
{
	uintptr_t base = 0;

	nacre_map_add(process, 0, child_code(), 0, code_pages, NACRE_PROT_READ | NACRE_PROT_EXECUTE, &base);
	return base;
}

nacre_err_t child_try(struct child *child, size_t pages)
{
	nacre_err_t error = nacre_budget_create(self_budget(), pages, self_ceiling(), &child->budget);

	if (error)
		return error;
	error = nacre_process_create(self_budget(), child->budget, &child->process);
	if (error)
		goto no_process;
	error = nacre_server_create(self_budget(), &child->server);
	if (error)
		goto no_server;
	error = nacre_process_watch(child->process, child->server, 1, self_ceiling());
	if (!error)
		return NACRE_E_OK;
	nacre_handle_close(child->server);
no_server:
	nacre_handle_close(child->process);
no_process:
	nacre_budget_destroy(child->budget);
	nacre_handle_close(child->budget);
	return error;
}

void child_make(struct child *child, size_t pages)
{
	EXPECT_OK(child_try(child, pages));
}

nacre_handle_t child_give(struct child *child, nacre_handle_t handle, uint32_t rights)
{
	nacre_handle_t placed = 0;

	EXPECT_OK(nacre_process_place(child->process, handle, rights, &placed));
	return placed;
}

static nacre_err_t thread_start(struct child *child, uintptr_t entry, uintptr_t argument, unsigned priority)
{
	nacre_handle_t stack, thread;
	uintptr_t base = 0;
	nacre_err_t error = nacre_memory_create(child->budget, 1, NACRE_MEMORY_PRIVATE, &stack);

	if (error)
		return error;
	error = nacre_map_add(child->process, 0, stack, 0, 1, NACRE_PROT_WRITE, &base);
	nacre_handle_close(stack); /* the mapping keeps it */
	if (!error)
		error = nacre_thread_create(child->process, entry, base + NACRE_PAGE_BYTES, argument, 0, priority, &thread);
	if (!error)
		nacre_handle_close(thread);
	return error;
}

static uintptr_t code_base; /* in the child started last: its further threads enter there too */

nacre_err_t child_thread(struct child *child, void (*run)(uintptr_t), uintptr_t argument, unsigned priority)
{
	return thread_start(child, code_base + child_offset(run), argument, priority);
}

void child_start(struct child *child, void (*run)(uintptr_t), uintptr_t argument, unsigned priority)
{
	code_base = code_map(child->process);
	EXPECT(code_base);
	EXPECT_OK(child_thread(child, run, argument, priority));
}

void child_wait(struct child *child, struct nacre_exit_record *record)
{
	struct nacre_received in = { 0 };

	EXPECT_OK(nacre_server_receive(child->server, NACRE_DEADLINE_NEVER, NULL, &in));
	EXPECT_EQ(info_kind(&in), NACRE_KIND_EXIT);
	if (record)
		EXPECT_OK(nacre_process_status(child->process, record));
}

void child_destroy(struct child *child)
{
	EXPECT_OK(nacre_budget_destroy(child->budget));
	EXPECT_OK(nacre_handle_close(child->budget));
	EXPECT_OK(nacre_handle_close(child->process));
	EXPECT_OK(nacre_handle_close(child->server));
}

uint32_t child_end(struct child *child)
{
	struct nacre_exit_record record = { 0 };

	child_wait(child, &record);
	child_destroy(child);
	return (uint32_t)record.code;
}
