/* start.c - from the first instruction to main() and out again. */
#include "nacre/startup.h"
#include <stdlib.h>
#include "base/string.h"
#include "nacre/start.h"

typedef void initialiser(void);

/* Made by the linker. Hidden, so that their addresses come from pc and not from the GOT. */
#define MADE_BY_LINKER __attribute__((visibility("hidden")))
extern initialiser *__preinit_array_start[] MADE_BY_LINKER, *__preinit_array_end[] MADE_BY_LINKER;
extern initialiser *__init_array_start[] MADE_BY_LINKER, *__init_array_end[] MADE_BY_LINKER;
extern initialiser *__fini_array_start[] MADE_BY_LINKER, *__fini_array_end[] MADE_BY_LINKER;

extern char **environ;
int main(int argc, char **argv, char **envp);

static struct nacre_startup *startup_block;

struct nacre_startup *nacre_startup(void)
{
	return startup_block;
}

nacre_handle_t nacre_startup_handle(const char *name)
{
	const struct nacre_startup_handle *handles = startup_block->handles;

	for (uint32_t i = 0; i < startup_block->handle_count; i++)
		if (string_equal(handles[i].name, name))
			return handles[i].handle;
	return NACRE_HANDLE_NONE;
}

nacre_handle_t nacre_self_process(void)
{
	static nacre_handle_t process;

	if (!process)
		process = nacre_startup_handle("process");
	return process;
}

nacre_handle_t nacre_self_budget(void)
{
	static nacre_handle_t budget;

	if (!budget)
		budget = nacre_startup_handle("budget");
	return budget;
}

static void call_each(initialiser **first, initialiser **end)
{
	for (; first < end; first++)
		(*first)();
}

static void finalise(void)
{
	for (initialiser **each = __fini_array_end; each > __fini_array_start;)
		(*--each)();
}

void nacre_start(struct nacre_startup *startup)
{
	startup_block = startup;
	environ = startup->envp;
	call_each(__preinit_array_start, __preinit_array_end);
	call_each(__init_array_start, __init_array_end);
	if (&__fini_array_start[0] != &__fini_array_end[0])
		atexit(finalise);
	exit(main((int)startup->argc, startup->argv, startup->envp));
}
