/* status.c - errors and statuses: their numbers by name, and what they mean; the log. */
#include "base/string.h"
#include "binding.h"
#include "nacre/log.h"

/* All statuses that any server may answer. */
static const nacre_status_t last_status = 255;

static int name(lua_State *lua)
{
	lua_pushstring(lua, nacre_error_name((nacre_status_t)luaL_checkinteger(lua, 1)));
	return 1;
}

static int sentence(lua_State *lua)
{
	lua_pushstring(lua, nacre_error_sentence((nacre_status_t)luaL_checkinteger(lua, 1)));
	return 1;
}

/* nacre.log(level, text): "error", "warning", "info" or "debug". Each line of the text becomes one of the log. */
static int log_line(lua_State *lua)
{
	static const char *const levels[] = { "error", "warning", "info", "debug", NULL };
	enum log_level level = (enum log_level)luaL_checkoption(lua, 1, NULL, levels);

	nacre_log(level, "%s", luaL_checkstring(lua, 2));
	return 0;
}

/* nacre.status.NOT_FOUND and so on: every number that has a name of its own. */
static void numbers_add(lua_State *lua)
{
	const char *unknown = nacre_error_name(last_status);

	lua_newtable(lua);
	for (nacre_status_t status = 0; status < last_status; status++) {
		const char *known = nacre_error_name(status);

		if (string_equal(known, unknown))
			continue;
		lua_pushinteger(lua, status);
		lua_setfield(lua, -2, known);
	}
	lua_setfield(lua, -2, "status");
}

void binding_open_status(lua_State *lua)
{
	static const luaL_Reg functions[] = { { "name", name }, { "sentence", sentence }, { "log", log_line }, { NULL, NULL } };

	luaL_setfuncs(lua, functions, 0);
	numbers_add(lua);
}

int binding_made(lua_State *lua, nacre_status_t status)
{
	if (!status)
		return 1;
	lua_pushnil(lua);
	lua_pushstring(lua, nacre_error_sentence(status));
	lua_pushinteger(lua, status);
	return 3;
}
