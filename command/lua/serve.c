/* serve.c - a server in Lua, on the skeleton of nacre/table.h: what does not fit a method never reaches the script.
 *
 *     nacre.serve{ server =, protocol =, version =, buffer =, methods = { [2] = f, [3] = { handle = f, bytes = {0, 64},
 *                  handles = {0, 1}, room = true, send = true } }, alarm = f, deadline =, signalled = f, closed = f,
 *                  cancelled = f }
 *
 * A handler is called with the request as a table and answers as conn:call does: status, words, bytes, handles; a
 * status of nil means OK. One that raises an error answers MALFORMED, and the log has the error: the server lives.
 *
 * On Lua's stack while it serves: 1 the table that was passed, 2 what must live until the answer is out, 3 the mailbox. */
#include <stdlib.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "binding.h"
#include "nacre/log.h"
#include "nacre/startup.h"
#include "nacre/table.h"

enum { SPEC = 1, KEPT = 2, MAILBOX = 3, METHODS_MAX = 256, LATER = -1 };

struct service {
	struct nacre_server server;       /* first: callbacks get this */
	struct nacre_protocol protocol;
	struct nacre_table table;
	struct nacre_method method[METHODS_MAX];
	bool stopped;
};

/* The one that serves: nacre.serve is not called from inside its own handlers. */
static struct {
	lua_State *lua;
	struct service *service;
} now;

struct round {
	struct nacre_request *request;
	struct nacre_reply *reply;
	nacre_status_t status;
};

/* --- one request ----------------------------------------------------------------------------------------- */

static void request_handles_push(lua_State *lua, struct nacre_request *request)
{
	lua_createtable(lua, (int)request->handle_count, 0);
	for (uint32_t i = 0; i < request->handle_count; i++) {
		struct binding_handle *object = binding_handle_push(lua);

		lua_rawseti(lua, -2, (lua_Integer)i + 1);
		object->handle = nacre_request_take(request, i);
	}
	lua_setfield(lua, -2, "handles");
}

static void request_push(lua_State *lua, struct nacre_request *request)
{
	lua_createtable(lua, 0, 8);
	lua_pushinteger(lua, (lua_Integer)request->words.opcode);
	lua_setfield(lua, -2, "opcode");
	lua_pushinteger(lua, (lua_Integer)request->badge);
	lua_setfield(lua, -2, "badge");
	lua_pushinteger(lua, (lua_Integer)request->token);
	lua_setfield(lua, -2, "token");
	lua_pushboolean(lua, request->forwarded);
	lua_setfield(lua, -2, "forwarded");
	binding_words_push(lua, &request->words);
	lua_setfield(lua, -2, "words");
	lua_pushlstring(lua, request->data, request->size);
	lua_setfield(lua, -2, "bytes");
	request_handles_push(lua, request);
}

/* What stands at `at` and behind: words, bytes, handles. The strings live as long as the values do. */
static void reply_read(lua_State *lua, int at, struct nacre_reply *reply)
{
	if (!lua_isnoneornil(lua, at)) {
		luaL_checktype(lua, at, LUA_TTABLE);
		for (int i = 0; i < 5; i++) {
			lua_rawgeti(lua, at, i + 1);
			reply->word[i] = binding_word(lua, lua_gettop(lua));
			lua_pop(lua, 1);
		}
	}
	reply->data = luaL_optlstring(lua, at + 1, NULL, &reply->size);
	if (lua_isnoneornil(lua, at + 2))
		return;
	luaL_checktype(lua, at + 2, LUA_TTABLE);
	luaL_argcheck(lua, lua_rawlen(lua, at + 2) <= NACRE_LIMIT_HANDLES, at + 2, "more handles than an answer can carry");
	while (reply->handle_count < lua_rawlen(lua, at + 2)) {
		lua_rawgeti(lua, at + 2, (lua_Integer)reply->handle_count + 1);
		reply->handle[reply->handle_count++] = binding_handle(lua, lua_gettop(lua));
		lua_pop(lua, 1);
	}
}

/* Protected: finds the handler, calls it, and reads what it answers. The four results become a table that is kept. */
static int round_protected(lua_State *lua)
{
	struct round *round = lua_touserdata(lua, 1);
	lua_Integer status;

	lua_getfield(lua, 2, "methods");
	if (lua_rawgeti(lua, -1, (lua_Integer)round->request->words.opcode) == LUA_TTABLE)
		lua_getfield(lua, -1, "handle");
	lua_replace(lua, 3);
	lua_settop(lua, 3);
	request_push(lua, round->request);
	lua_call(lua, 1, 4);
	status = luaL_optinteger(lua, 3, 0);
	round->status = status == LATER ? NACRE_LATER : (nacre_status_t)status;
	if (status == 0)
		reply_read(lua, 4, round->reply);
	lua_createtable(lua, 2, 0);
	lua_insert(lua, 5);
	lua_rawseti(lua, 5, 2);  /* handles */
	lua_rawseti(lua, 5, 1);  /* bytes: one below them */
	return 1;
}

/* The error on top of the stack goes to the log. */
static void failure_tell(lua_State *lua, const char *what)
{
	nacre_log(LOG_ERROR, "lua: %s: %s", what, lua_tostring(lua, -1) ? lua_tostring(lua, -1) : "an error that is no text");
	lua_pop(lua, 1);
}

/* A script that was told to stop: the caller gets the answer now, since there will be no other turn. */
static void stop(struct round *round)
{
	if (round->request->token && round->status != NACRE_LATER)
		nacre_server_answer(round->request->token, round->status, round->status ? NULL : round->reply);
	round->status = NACRE_LATER;
	round->reply->handle_count = 0;
}

static nacre_status_t request_serve(struct nacre_request *request, struct nacre_reply *reply)
{
	struct round round = { .request = request, .reply = reply };
	lua_State *lua = now.lua;

	lua_pushcfunction(lua, round_protected);
	lua_pushlightuserdata(lua, &round);
	lua_pushvalue(lua, SPEC);
	if (lua_pcall(lua, 2, 1, 0)) {
		failure_tell(lua, "a handler failed");
		*reply = (struct nacre_reply){ 0 };
		round.status = STATUS_MALFORMED;
	} else {
		lua_replace(lua, KEPT);
	}
	if (now.service->stopped) {
		stop(&round);
		nacre_handle_close(now.service->server.handle);
	}
	return round.status;
}

/* --- what is no request ---------------------------------------------------------------------------------- */

/* Calls a function of the table with up to two numbers; its answer, or 0. */
static lua_Integer tell(const char *name, lua_Integer one, lua_Integer two)
{
	lua_State *lua = now.lua;
	lua_Integer answer = 0;

	lua_getfield(lua, SPEC, name);
	lua_pushinteger(lua, one);
	lua_pushinteger(lua, two);
	if (lua_pcall(lua, 2, 1, 0)) {
		failure_tell(lua, name);
		return 0;
	}
	answer = lua_tointeger(lua, -1);
	lua_pop(lua, 1);
	if (now.service->stopped)
		nacre_handle_close(now.service->server.handle);
	return answer;
}

/* The next deadline is what the function answers; nothing: no other alarm. */
static void alarm(struct nacre_server *server)
{
	lua_Integer next = tell("alarm", (lua_Integer)server->deadline_ns, 0);

	server->deadline_ns = next > 0 ? (uint64_t)next : NACRE_DEADLINE_NEVER;
}

static void signalled(uintptr_t badge, uintptr_t bits) { tell("signalled", (lua_Integer)badge, (lua_Integer)bits); }
static void closed(uintptr_t badge) { tell("closed", (lua_Integer)badge, 0); }
static void cancelled(uintptr_t badge) { tell("cancelled", (lua_Integer)badge, 0); }

/* --- the table ------------------------------------------------------------------------------------------- */

static lua_Integer number_field(lua_State *lua, int table, const char *name, lua_Integer otherwise)
{
	lua_Integer number;

	lua_getfield(lua, table, name);
	number = luaL_optinteger(lua, -1, otherwise);
	lua_pop(lua, 1);
	return number;
}

/* { least, most } */
static void range_field(lua_State *lua, int table, const char *name, lua_Integer limit, lua_Integer range[2])
{
	range[0] = range[1] = 0;
	if (lua_getfield(lua, table, name) == LUA_TTABLE)
		for (int i = 0; i < 2; i++) {
			lua_rawgeti(lua, -1, i + 1);
			range[i] = luaL_checkinteger(lua, -1);
			lua_pop(lua, 1);
		}
	lua_pop(lua, 1);
	if (range[0] < 0 || range[0] > range[1] || range[1] > limit)
		luaL_error(lua, "a method's %s must be {least, most}, up to %d", name, (int)limit);
}

static bool flag_field(lua_State *lua, int table, const char *name)
{
	bool flag;

	lua_getfield(lua, table, name);
	flag = lua_toboolean(lua, -1);
	lua_pop(lua, 1);
	return flag;
}

/* The method whose description is on top of the stack. */
static void method_read(lua_State *lua, struct nacre_method *method)
{
	int table = lua_gettop(lua);
	lua_Integer bytes[2], handles[2];

	*method = (struct nacre_method){ .handle = request_serve };
	if (lua_isfunction(lua, table))
		return;
	luaL_checktype(lua, table, LUA_TTABLE);
	range_field(lua, table, "bytes", NACRE_LIMIT_COPY_BYTES, bytes);
	range_field(lua, table, "handles", NACRE_LIMIT_HANDLES, handles);
	*method = (struct nacre_method){
		.handle = request_serve, .size_min = (uint32_t)bytes[0], .size_max = (uint32_t)bytes[1],
		.handles_min = (uint8_t)handles[0], .handles_max = (uint8_t)handles[1],
		.by_send = flag_field(lua, table, "send"), .answers_bytes = flag_field(lua, table, "room"),
	};
}

static void methods_read(lua_State *lua, struct service *service)
{
	luaL_argcheck(lua, lua_getfield(lua, SPEC, "methods") == LUA_TTABLE, 1, "it needs a table of methods");
	for (lua_pushnil(lua); lua_next(lua, -2); lua_pop(lua, 1)) {
		lua_Integer number = luaL_checkinteger(lua, -2);

		luaL_argcheck(lua, number >= INTERFACE_CONNECT && number < METHODS_MAX, 1, "methods are numbered from 1 to 255");
		method_read(lua, &service->method[number]);
		service->table.count = (uint32_t)max_size(service->table.count, (size_t)number + 1);
	}
	lua_pop(lua, 1);
}

static bool has_function(lua_State *lua, const char *name)
{
	bool has = lua_getfield(lua, SPEC, name) == LUA_TFUNCTION;

	lua_pop(lua, 1);
	return has;
}

static void callbacks_read(lua_State *lua, struct nacre_server *server)
{
	lua_Integer deadline_ns = number_field(lua, SPEC, "deadline", 0);

	server->alarm = has_function(lua, "alarm") ? alarm : NULL;
	server->deadline_ns = deadline_ns > 0 ? (uint64_t)deadline_ns : NACRE_DEADLINE_NEVER;
	server->signalled = has_function(lua, "signalled") ? signalled : NULL;
	server->closed = has_function(lua, "closed") ? closed : NULL;
	server->cancelled = has_function(lua, "cancelled") ? cancelled : NULL;
}

/* Everything is Lua's memory, so an error on the way leaves nothing behind. */
static struct service *service_make(lua_State *lua)
{
	struct service *service = lua_newuserdatauv(lua, sizeof(*service), 0);
	lua_Integer buffer = number_field(lua, SPEC, "buffer", 1024);

	memset(service, 0, sizeof(*service));
	luaL_argcheck(lua, buffer > 0 && buffer <= (lua_Integer)NACRE_LIMIT_COPY_BYTES, 1, "buffer: 1 to 65536 bytes");
	service->protocol.number = (uint32_t)number_field(lua, SPEC, "protocol", 0);
	service->protocol.version = (uint32_t)number_field(lua, SPEC, "version", 1 << 16);
	service->protocol.serve = nacre_serve_table;
	service->protocol.handlers = &service->table;
	service->protocol.handles = NACRE_LIMIT_HANDLES;
	service->table.methods = service->method;
	methods_read(lua, service);
	callbacks_read(lua, &service->server);
	service->server.handle = binding_handle(lua, MAILBOX);
	service->server.protocol = &service->protocol;
	service->server.buffer = lua_newuserdatauv(lua, (size_t)buffer, 0);
	service->server.buffer_size = (size_t)buffer;
	return service;
}

static int serve(lua_State *lua)
{
	struct service *service;
	int error;

	luaL_checktype(lua, SPEC, LUA_TTABLE);
	lua_settop(lua, KEPT);
	lua_getfield(lua, SPEC, "server");
	if (now.lua)
		return luaL_error(lua, "this program serves already: one mailbox can answer for all of its protocols");
	service = service_make(lua);
	now.lua = lua;
	now.service = service;
	error = nacre_server_run(&service->server);
	now.lua = NULL;
	nacre_thread_buffer_set(NULL, 0);
	if (service->stopped)
		((struct binding_handle *)lua_touserdata(lua, MAILBOX))->handle = NACRE_HANDLE_NONE;
	lua_pushinteger(lua, service->stopped ? 0 : error);
	return 1;
}

/* nacre.stop(): the handler that runs now is the last one. The mailbox is closed. */
static int serve_stop(lua_State *lua)
{
	if (!now.lua)
		return luaL_error(lua, "nothing is being served");
	now.service->stopped = true;
	return 0;
}

/* --- mailboxes ------------------------------------------------------------------------------------------- */

/* nacre.server(): the mailbox init made for this service, or a new one. */
static int server_make(lua_State *lua)
{
	struct binding_handle *object = binding_handle_push(lua);
	nacre_handle_t given = nacre_startup_handle("server");

	if (given) {
		*object = (struct binding_handle){ .handle = given };
		return 1;
	}
	return binding_made(lua, nacre_server_create(nacre_self_budget(), &object->handle));
}

/* nacre.mint(server, badge [, slots [, priority]]): a connection to it. */
static int server_mint(lua_State *lua)
{
	nacre_handle_t server = binding_handle(lua, 1);
	uintptr_t badge = binding_word(lua, 2), slots = binding_word(lua, 3), priority = binding_word(lua, 4);
	struct binding_handle *object = binding_handle_push(lua);

	return binding_made(lua, nacre_connection_mint(server, nacre_self_budget(), badge, (uint32_t)slots, 0, (uint32_t)priority,
						       &object->handle));
}

/* nacre.receive(server [, deadline]): for a mailbox that gets signals only: badge and bits; nil when the time has come. */
static int server_receive(lua_State *lua)
{
	nacre_handle_t server = binding_handle(lua, 1);
	uint64_t deadline_ns = binding_time(lua, 2);
	struct nacre_words refusal = { .opcode = STATUS_METHOD };
	struct nacre_received received = { 0 };
	nacre_err_t error;

	for (;;) {
		error = nacre_server_receive(server, deadline_ns, NULL, &received);
		if (error)
			return binding_made(lua, error);
		if ((received.info & NACRE_INFO_KIND) == NACRE_KIND_SIGNAL)
			break;
		if (received.token)
			nacre_server_reply(&refusal, received.token, NULL);
	}
	lua_pushinteger(lua, (lua_Integer)received.badge);
	lua_pushinteger(lua, (lua_Integer)received.words.word[0]);
	return 2;
}

/* nacre.answer(token, status, words, bytes, handles): for a handler that answered nacre.LATER. */
static int server_answer(lua_State *lua)
{
	nacre_token_t token = (nacre_token_t)luaL_checkinteger(lua, 1);
	nacre_status_t status = (nacre_status_t)luaL_optinteger(lua, 2, 0);
	struct nacre_reply reply = { 0 };

	reply_read(lua, 3, &reply);
	lua_pushinteger(lua, nacre_server_answer(token, status, status ? NULL : &reply));
	return 1;
}

void binding_open_serve(lua_State *lua)
{
	static const luaL_Reg functions[] = {
		{ "serve", serve }, { "stop", serve_stop }, { "server", server_make }, { "mint", server_mint },
		{ "receive", server_receive }, { "answer", server_answer }, { NULL, NULL },
	};

	luaL_setfuncs(lua, functions, 0);
	lua_pushinteger(lua, LATER);
	lua_setfield(lua, -2, "LATER");
}
