/* open.c - which libraries a script finds: Lua's own, and `nacre`. Takes the place of upstream's linit.c. */
#include <lualib.h>
#include "binding.h"

int luaopen_nacre(lua_State *lua)
{
	lua_newtable(lua);
	binding_open_handle(lua);
	binding_open_names(lua);
	binding_open_clock(lua);
	binding_open_program(lua);
	binding_open_serve(lua);
	binding_open_status(lua);
	return 1;
}

void luaL_openlibs(lua_State *lua)
{
	static const luaL_Reg libraries[] = {
		{ LUA_GNAME, luaopen_base }, { LUA_LOADLIBNAME, luaopen_package }, { LUA_COLIBNAME, luaopen_coroutine },
		{ LUA_TABLIBNAME, luaopen_table }, { LUA_IOLIBNAME, luaopen_io }, { LUA_OSLIBNAME, luaopen_os },
		{ LUA_STRLIBNAME, luaopen_string }, { LUA_MATHLIBNAME, luaopen_math }, { LUA_UTF8LIBNAME, luaopen_utf8 },
		{ LUA_DBLIBNAME, luaopen_debug }, { "nacre", luaopen_nacre },
	};

	binding_memory(lua);
	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
		luaL_requiref(lua, libraries[i].name, libraries[i].func, 1);
		lua_pop(lua, 1);
	}
}
