/* memory.c - how much memory a script may have: what this program's budget had left when it started, but for a reserve.
 *
 * The C library under Lua allocates, too: for printing a number, for a stream. Where it gets nothing it gives up the
 * program; Lua raises an error that a script can catch. So Lua is refused first. */
#include <stdlib.h>
#include "abi/nacre_calls.h"
#include "binding.h"
#include "nacre/area.h"
#include "nacre/startup.h"

/* RESERVE: streams' buffers, the digits of a number, and what the allocator loses to gaps. HEAD: its own word a block. */
enum { RESERVE_BYTES = 32 << 10, HEAD_BYTES = 8 };

struct quota {
	size_t used, limit;
};

static size_t cost(size_t size)
{
	return size ? size + HEAD_BYTES : 0;
}

static void *allocate(void *context, void *block, size_t old_size, size_t size)
{
	struct quota *quota = context;
	size_t before = block ? cost(old_size) : 0, after = cost(size);

	if (after > before && after - before > quota->limit - quota->used)
		return NULL;
	if (size) {
		block = realloc(block, size);
		if (!block)
			return NULL;
	} else {
		free(block);
		block = NULL;
	}
	quota->used += after - before;
	return block;
}

void binding_memory(lua_State *lua)
{
	static struct quota quota;
	struct nacre_budget_state state = { 0 };
	size_t left;

	nacre_budget_info(nacre_self_budget(), &state);
	left = (state.limit_pages - state.charged_pages - state.given_pages) * NACRE_PAGE_BYTES;
	quota.used = (size_t)lua_gc(lua, LUA_GCCOUNT) << 10;
	quota.limit = quota.used + (left > RESERVE_BYTES ? left - RESERVE_BYTES : 0);
	lua_setallocf(lua, allocate, &quota);
}
