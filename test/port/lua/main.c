/* main.c - runs Lua scripts that are part of the program: `test-lua NAME argument...` runs NAME.lua. They find the library
 * `nacre`, as in the program lua, and each other by require. */
#include <stdio.h>
#include <string.h>
#include <lauxlib.h>
#include <lualib.h>
#include "test/port/embed.h"

/* package.searchers: a module is an embedded script. */
static int find(lua_State *lua)
{
	const char *name = lua_pushfstring(lua, "%s.lua", luaL_checkstring(lua, 1));
	const struct embed_file *file = embed_find(name);

	if (!file)
		lua_pushfstring(lua, "no embedded script '%s'", name);
	else if (luaL_loadbuffer(lua, file->data, file->size, lua_pushfstring(lua, "@%s", name)))
		return lua_error(lua);
	return 1;
}

static void searcher_add(lua_State *lua)
{
	lua_getglobal(lua, "package");
	lua_getfield(lua, -1, "searchers");
	lua_pushcfunction(lua, find);
	lua_rawseti(lua, -2, 2);
	lua_pop(lua, 2);
}

static int traceback(lua_State *lua)
{
	luaL_traceback(lua, lua, lua_tostring(lua, 1), 1);
	return 1;
}

static int arguments_push(lua_State *lua, int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		lua_pushstring(lua, argv[i]);
	return argc > 2 ? argc - 2 : 0;
}

int main(int argc, char **argv)
{
	lua_State *lua = luaL_newstate();
	char name[64];
	const struct embed_file *file;

	setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* as the program lua does */
	if (!lua || argc < 2 || snprintf(name, sizeof(name), "%s.lua", argv[1]) >= (int)sizeof(name))
		return 2;
	luaL_openlibs(lua);
	searcher_add(lua);
	lua_pushcfunction(lua, traceback);
	file = embed_find(name);
	if (!file || luaL_loadbuffer(lua, file->data, file->size, lua_pushfstring(lua, "@%s", name))) {
		printf("test-lua: %s: %s\n", name, file ? lua_tostring(lua, -1) : "there is no such script");
		return 2;
	}
	if (lua_pcall(lua, arguments_push(lua, argc, argv), 0, 1)) {
		printf("test-lua: %s\n", lua_tostring(lua, -1));
		return 1;
	}
	lua_close(lua);
	return 0;
}
