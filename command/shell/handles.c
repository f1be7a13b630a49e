/* handles.c - handles: what a process holds. */
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "terminal.h"
#include "idl/system.h"
#include "table.h"

static const char *type_text(uint32_t type)
{
	static const char *const texts[] = { "?", "process", "thread", "server", "connection", "memory", "device",
					     "interrupt", "budget" };

	return type < ARRAY_SIZE(texts) ? texts[type] : "?";
}

/* A letter a right, in the order of the bits; bits without a meaning have a blank. */
static const char *rights_text(char to[17], uint32_t rights)
{
	static const char letters[] = "DTXIMG  RNCSrwx$";
	size_t used = 0;

	for (size_t i = 0; i < sizeof(letters) - 1; i++)
		if (rights >> i & 1)
			to[used++] = letters[i];
	to[used] = 0;
	return to;
}

static void out_handle(const struct nacre_handle_state *state)
{
	char rights[17], pages[20];

	out("%08lx  %-10s  %-16s  %08lx%08lx%08lx%08lx  ", (unsigned long)state->handle, type_text(state->type),
	    rights_text(rights, state->rights), (unsigned long)state->id[3], (unsigned long)state->id[2],
	    (unsigned long)state->id[1], (unsigned long)state->id[0]);
	if (!state->live)
		out("destroyed");
	else if (state->type == NACRE_OBJECT_CONNECTION)
		out("badge %lx", (unsigned long)state->detail);
	else if (state->type == NACRE_OBJECT_MEMORY || state->type == NACRE_OBJECT_BUDGET)
		out("%s", pages_text(pages, state->detail));
	out("\n");
}

int run_handles(int argc, char **argv)
{
	struct nacre_handle_state state;
	struct system_process process;
	nacre_handle_t handle;
	uintptr_t slot = 0;

	(void)argc;
	if (!process_named(argv[0], argv[1], &process, &handle))
		return STATUS_FAILED;
	out("%-8s  %-10s  %-16s  %-32s  %s\n", "HANDLE", "TYPE", "RIGHTS", "ID", "DETAIL");
	while (nacre_process_handle(handle, (uint32_t)slot, &state, &slot) == NACRE_E_OK)
		out_handle(&state);
	nacre_handle_close(handle);
	return STATUS_DONE;
}
