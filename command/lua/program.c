/* program.c - starting other programs, through init's svc/process where the manifest has it.
 *
 *     number = nacre.start("name", { "argument", ... }, { NAME = "value", ... })
 *     cause, code = nacre.wait(number)          "exit" and the code it ended with, "killed", or how it crashed
 *     status = nacre.kill(number [, code])
 * The program gets this one's console. */
#include "abi/nacre_calls.h"
#include "base/string.h"
#include "binding.h"
#include "idl/process_client.h"
#include "nacre/names.h"
#include "nacre/startup.h"

static nacre_handle_t process, notice;

/* The protocol wants somewhere to tell of a program's end; this library asks instead, so nobody reads that mailbox. */
static nacre_status_t process_open(void)
{
	nacre_handle_t server;
	nacre_status_t status = process ? STATUS_OK : nacre_connect("svc/process", &process);

	if (status || notice)
		return status;
	status = nacre_server_create(nacre_self_budget(), &server);
	if (status)
		return status;
	status = nacre_connection_mint(server, nacre_self_budget(), 0, 0, 0, 0, &notice);
	if (status)
		nacre_handle_close(server);
	return status;
}

struct request {
	struct process_start head;
	char text[PROCESS_STRINGS_BYTES];
	size_t used;
};

static void text_add(lua_State *lua, struct request *request, const char *text)
{
	size_t size = string_length(text) + 1;

	if (size > sizeof(request->text) - request->used)
		luaL_error(lua, "the arguments and the environment are longer than %d bytes", (int)PROCESS_STRINGS_BYTES);
	memcpy(request->text + request->used, text, size);
	request->used += size;
}

static void arguments_add(lua_State *lua, struct request *request, int list)
{
	if (lua_isnoneornil(lua, list))
		return;
	luaL_checktype(lua, list, LUA_TTABLE);
	for (lua_Integer i = 1; lua_rawgeti(lua, list, i) != LUA_TNIL; i++) {
		text_add(lua, request, luaL_checkstring(lua, -1));
		request->head.argument_count++;
		lua_pop(lua, 1);
	}
	lua_pop(lua, 1);
}

static void environment_add(lua_State *lua, struct request *request, int table)
{
	if (lua_isnoneornil(lua, table))
		return;
	luaL_checktype(lua, table, LUA_TTABLE);
	for (lua_pushnil(lua); lua_next(lua, table); lua_pop(lua, 1)) {
		text_add(lua, request, lua_pushfstring(lua, "%s=%s", luaL_checkstring(lua, -2), luaL_checkstring(lua, -1)));
		lua_pop(lua, 1);
		request->head.environment_count++;
	}
}

static nacre_status_t request_send(const struct request *request, uint32_t *number)
{
	nacre_status_t status = process_open();

	*number = 0;
	return status ? status : process_start(process, &request->head, request->text, request->used,
					       nacre_startup_handle("stdin"), nacre_startup_handle("stdout"),
					       nacre_startup_handle("stderr"), notice, number);
}

static int program_start(lua_State *lua)
{
	struct request request = { .used = 0 };
	const char *name = luaL_checkstring(lua, 1);
	uint32_t number;
	nacre_status_t status;

	lua_settop(lua, 3);
	text_add(lua, &request, name);
	arguments_add(lua, &request, 2);
	environment_add(lua, &request, 3);
	status = request_send(&request, &number);
	lua_pushinteger(lua, number);
	return binding_made(lua, status);
}

static const char *cause_name(uint32_t cause)
{
	switch (cause) {
	case NACRE_CAUSE_EXIT: return "exit";
	case NACRE_CAUSE_KILLED: return "killed";
	case NACRE_CAUSE_BUDGET: return "budget";
	case NACRE_CAUSE_READ: return "read";
	case NACRE_CAUSE_WRITE: return "write";
	case NACRE_CAUSE_FETCH: return "fetch";
	case NACRE_CAUSE_ILLEGAL: return "illegal";
	case NACRE_CAUSE_BREAKPOINT: return "breakpoint";
	case NACRE_CAUSE_MISALIGNED: return "misaligned";
	case NACRE_CAUSE_LENT: return "lent";
	case NACRE_CAUSE_ACCESS: return "access";
	}
	return "unknown";
}

static int program_wait(lua_State *lua)
{
	uint32_t number = (uint32_t)binding_word(lua, 1), cause = 0, code = 0;
	nacre_status_t status = process_open();

	if (!status)
		status = process_wait(process, number, &cause, &code);
	if (status)
		return binding_made(lua, status);
	lua_pushstring(lua, cause_name(cause));
	lua_pushinteger(lua, (int32_t)code);
	return 2;
}

static int program_kill(lua_State *lua)
{
	uint32_t number = (uint32_t)binding_word(lua, 1), code = (uint32_t)binding_word(lua, 2);
	nacre_status_t status = process_open();

	lua_pushinteger(lua, status ? status : process_kill(process, number, code));
	return 1;
}

void binding_open_program(lua_State *lua)
{
	static const luaL_Reg functions[] = {
		{ "start", program_start }, { "wait", program_wait }, { "kill", program_kill }, { NULL, NULL },
	};

	luaL_setfuncs(lua, functions, 0);
}
