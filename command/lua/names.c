/* names.c - this program's name space: connecting, listing, publishing. */
#include "abi/nacre_calls.h"
#include "base/string.h"
#include "binding.h"
#include "idl/names_client.h"
#include "nacre/names.h"
#include "nacre/startup.h"

/* nacre.connect(path [, "now"]): waits for the name to be published, or not. */
static int connect_name(lua_State *lua)
{
	static const char *const patience[] = { "wait", "now", NULL };
	const char *path = luaL_checkstring(lua, 1);
	int now = luaL_checkoption(lua, 2, "wait", patience);
	struct binding_handle *object = binding_handle_push(lua);
	nacre_status_t status = now ? nacre_connect_now(path, &object->handle) : nacre_connect(path, &object->handle);

	return binding_made(lua, status);
}

/* nacre.names(): a table, path to "published", "shared" or "not published". */
static int list_names(lua_State *lua)
{
	nacre_handle_t names = nacre_startup_handle("names");
	char path[NAMES_PATH_BYTES + 1];

	lua_newtable(lua);
	for (uint32_t n = 0;; n++) {
		uint32_t state = 0;
		nacre_status_t status = names_list(names, n, &state, NULL, path, sizeof(path), NULL);

		if (status)
			return binding_made(lua, status == STATUS_END ? STATUS_OK : status);
		lua_pushstring(lua, path);
		lua_pushstring(lua, state & NAMES_STATE_SHARED ? "shared"
				    : state & NAMES_STATE_PUBLISHED ? "published" : "not published");
		lua_rawset(lua, -3);
	}
}

/* nacre.publish(path, connection [, "shared" or "forwarded"]): where the manifest lets this program. */
static int publish_name(lua_State *lua)
{
	static const char *const kinds[] = { "forwarded", "shared", NULL };
	const char *path = luaL_checkstring(lua, 1);
	nacre_handle_t service = binding_handle(lua, 2);
	enum names_kind kind = (enum names_kind)luaL_checkoption(lua, 3, "shared", kinds);
	nacre_handle_t through = nacre_startup_handle(lua_pushfstring(lua, "publish/%s", path));

	_Static_assert(NAMES_KIND_FORWARDED == 0 && NAMES_KIND_SHARED == 1, "the order of kinds[]");
	lua_pushinteger(lua, through ? names_publish(through, kind, service) : STATUS_DENIED);
	return 1;
}

void binding_open_names(lua_State *lua)
{
	static const luaL_Reg functions[] = {
		{ "connect", connect_name }, { "names", list_names }, { "publish", publish_name }, { NULL, NULL },
	};

	luaL_setfuncs(lua, functions, 0);
}
