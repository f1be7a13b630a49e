/* clock.c - time: the kernel's clock in nanoseconds, waiting, alarms of the time server. */
#include "abi/nacre_calls.h"
#include "binding.h"
#include "idl/time_client.h"
#include "nacre/clock.h"
#include "nacre/names.h"

/* nacre.clock(): ns since reset. */
static int clock_now(lua_State *lua)
{
	lua_pushinteger(lua, (lua_Integer)nacre_clock_ns());
	return 1;
}

/* nacre.sleep_until(ns), nacre.sleep(ns from now) */
static int clock_sleep_until(lua_State *lua)
{
	lua_Integer ns = luaL_checkinteger(lua, 1);

	if (ns > 0)
		nacre_sleep_until((uint64_t)ns);
	return 0;
}

static int clock_sleep(lua_State *lua)
{
	lua_Integer ns = luaL_checkinteger(lua, 1);

	if (ns > 0)
		nacre_sleep_until(nacre_deadline_in((uint64_t)ns));
	return 0;
}

static nacre_status_t time_server(const char *path, nacre_handle_t *kept)
{
	return *kept ? STATUS_OK : nacre_connect(path, kept);
}

/* nacre.wall(): ns since 1970, UTC, and whether anybody has set the clock. */
static int clock_wall(lua_State *lua)
{
	static nacre_handle_t server;
	uint64_t offset_ns = 0;
	bool known = false;
	nacre_status_t status = time_server("svc/time", &server);

	if (!status)
		status = time_wall(server, &offset_ns, NULL, &known);
	if (status)
		return binding_made(lua, status);
	lua_pushinteger(lua, (lua_Integer)(nacre_clock_ns() + offset_ns));
	lua_pushboolean(lua, known);
	return 2;
}

/* nacre.alarm(ns, connection, bits): these bits are signalled on the connection at that time. Answers a number for
 * nacre.alarm_cancel. */
static nacre_handle_t alarm_server;

static int clock_alarm(lua_State *lua)
{
	uint64_t ns = (uint64_t)luaL_checkinteger(lua, 1);
	uint32_t bits = (uint32_t)binding_word(lua, 3), number = 0;
	nacre_handle_t to = binding_handle(lua, 2);
	nacre_status_t status = time_server("svc/alarm", &alarm_server);

	if (!status)
		status = time_alarm(alarm_server, ns, bits, to, &number);
	lua_pushinteger(lua, (lua_Integer)number);
	return binding_made(lua, status);
}

static int clock_alarm_cancel(lua_State *lua)
{
	uint32_t number = (uint32_t)binding_word(lua, 1);
	nacre_status_t status = time_server("svc/alarm", &alarm_server);

	if (!status)
		status = time_alarm_cancel(alarm_server, number);
	lua_pushinteger(lua, status);
	return 1;
}

void binding_open_clock(lua_State *lua)
{
	static const luaL_Reg functions[] = {
		{ "clock", clock_now }, { "sleep_until", clock_sleep_until }, { "sleep", clock_sleep }, { "wall", clock_wall },
		{ "alarm", clock_alarm }, { "alarm_cancel", clock_alarm_cancel }, { NULL, NULL },
	};

	luaL_setfuncs(lua, functions, 0);
}
