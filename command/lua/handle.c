/* handle.c - a handle as a Lua object: calls and sends through connections, and what goes for all handles.
 *
 *     status, words, bytes = connection:call(opcode, w0, w1, w2, w3, w4, bytes, room)
 *     status, words, bytes, handles = connection:ask{ opcode =, words =, bytes =, room =, handles =, accept =, deadline = }
 *     status = connection:send(opcode, w0, w1, w2, w3, w4, bytes)
 *     status = connection:signal(bits) */
#include "abi/nacre_calls.h"
#include "binding.h"
#include "nacre/client.h"
#include "nacre/startup.h"

#define TYPE_NAME "nacre.handle"

/* --- the object ------------------------------------------------------------------------------------------ */

struct binding_handle *binding_handle_push(lua_State *lua)
{
	struct binding_handle *object = lua_newuserdatauv(lua, sizeof(*object), 0);

	*object = (struct binding_handle){ .ours = true };
	luaL_setmetatable(lua, TYPE_NAME);
	return object;
}

nacre_handle_t binding_handle(lua_State *lua, int argument)
{
	const struct binding_handle *object = luaL_checkudata(lua, argument, TYPE_NAME);

	luaL_argcheck(lua, object->handle, argument, "this handle was closed");
	return object->handle;
}

static int handle_close(lua_State *lua)
{
	struct binding_handle *object = luaL_checkudata(lua, 1, TYPE_NAME);

	if (object->handle && object->ours)
		nacre_handle_close(object->handle);
	object->handle = NACRE_HANDLE_NONE;
	return 0;
}

static int handle_text(lua_State *lua)
{
	const struct binding_handle *object = luaL_checkudata(lua, 1, TYPE_NAME);

	if (object->handle)
		lua_pushfstring(lua, "handle %p", (void *)(uintptr_t)object->handle);
	else
		lua_pushliteral(lua, "closed handle");
	return 1;
}

/* The public ID of what is behind it, as 32 hexadecimal digits. */
static int handle_id(lua_State *lua)
{
	uintptr_t id[4] = { 0 };
	nacre_err_t error = nacre_handle_id(binding_handle(lua, 1), &id[0], &id[1], &id[2], &id[3]);
	luaL_Buffer text;

	luaL_buffinit(lua, &text);
	for (int part = 3; part >= 0; part--)
		for (int shift = 28; shift >= 0; shift -= 4)
			luaL_addchar(&text, "0123456789abcdef"[id[part] >> shift & 15]);
	luaL_pushresult(&text);
	return binding_made(lua, error);
}

/* nacre.handle(name): one of those this program was started with. Not to be closed by a script. */
static int handle_named(lua_State *lua)
{
	nacre_handle_t handle = nacre_startup_handle(luaL_checkstring(lua, 1));
	struct binding_handle *object = binding_handle_push(lua);

	*object = (struct binding_handle){ .handle = handle, .ours = false };
	return binding_made(lua, handle ? STATUS_OK : STATUS_NOT_FOUND);
}

/* --- numbers --------------------------------------------------------------------------------------------- */

uintptr_t binding_word(lua_State *lua, int argument)
{
	lua_Integer number = luaL_optinteger(lua, argument, 0);

	luaL_argcheck(lua, sizeof(uintptr_t) == 8 || (number >= INT32_MIN && number <= (lua_Integer)UINT32_MAX), argument,
		      "a word of this machine has 32 bits");
	return (uintptr_t)number;
}

void binding_words(lua_State *lua, int argument, struct nacre_words *words)
{
	words->opcode = binding_word(lua, argument);
	for (int i = 0; i < 5; i++)
		words->word[i] = binding_word(lua, argument + 1 + i);
}

void binding_words_push(lua_State *lua, const struct nacre_words *words)
{
	lua_createtable(lua, 5, 0);
	for (int i = 0; i < 5; i++) {
		lua_pushinteger(lua, (lua_Integer)words->word[i]);
		lua_rawseti(lua, -2, i + 1);
	}
}

uint64_t binding_time(lua_State *lua, int argument)
{
	lua_Integer ns = luaL_optinteger(lua, argument, -1);

	return ns < 0 ? NACRE_DEADLINE_NEVER : (uint64_t)ns;
}

/* --- messages -------------------------------------------------------------------------------------------- */

struct exchange {
	nacre_handle_t connection;
	struct nacre_words words;
	struct nacre_message message;
	struct binding_handle *object[NACRE_LIMIT_HANDLES]; /* made before, filled after (I2) */
	uint64_t deadline_ns;
	size_t room;
	luaL_Buffer answer;
};

static void bytes_read(lua_State *lua, int argument, struct nacre_message *message)
{
	size_t size = 0;
	const char *bytes = luaL_optlstring(lua, argument, NULL, &size);

	luaL_argcheck(lua, size <= NACRE_LIMIT_COPY_BYTES, argument, "more bytes than a message can carry");
	message->in_count = size != 0;
	message->in[0] = (struct nacre_segment){ (uintptr_t)bytes, size };
}

static size_t room_read(lua_State *lua, int argument)
{
	lua_Integer room = luaL_optinteger(lua, argument, 0);

	luaL_argcheck(lua, room >= 0 && room <= (lua_Integer)NACRE_LIMIT_COPY_BYTES, argument,
		      "more room than an answer can fill");
	return (size_t)room;
}

/* Does it, and leaves status, words, bytes or nil on the stack. What is above the arguments stays untouched. */
static int exchange_do(lua_State *lua, struct exchange *exchange)
{
	size_t length = 0;
	nacre_status_t status;

	if (exchange->room) {
		char *to = luaL_buffinitsize(lua, &exchange->answer, exchange->room);

		exchange->message.out_count = 1;
		exchange->message.out[0] = (struct nacre_segment){ (uintptr_t)to, exchange->room };
		exchange->words.word[4] = exchange->room;
	}
	status = nacre_answer(nacre_connection_call_message(exchange->connection, &exchange->words, exchange->deadline_ns,
							    &exchange->message, &length), &exchange->words);
	for (int i = 0; i < exchange->message.accept; i++)
		exchange->object[i]->handle = status ? NACRE_HANDLE_NONE : exchange->message.received[i];
	if (exchange->room)
		luaL_pushresultsize(&exchange->answer, status ? 0 : length);
	else
		lua_pushnil(lua);
	lua_pushinteger(lua, status);
	lua_insert(lua, -2);
	binding_words_push(lua, &exchange->words);
	lua_insert(lua, -2);
	return 3;
}

static int connection_call(lua_State *lua)
{
	struct exchange exchange = { .connection = binding_handle(lua, 1), .deadline_ns = NACRE_DEADLINE_NEVER };

	lua_settop(lua, 9);
	binding_words(lua, 2, &exchange.words);
	bytes_read(lua, 8, &exchange.message);
	exchange.room = room_read(lua, 9);
	return exchange_do(lua, &exchange);
}

/* Pushes a field of the request, and answers where it stands. */
static int field(lua_State *lua, const char *name)
{
	lua_getfield(lua, 2, name);
	return lua_gettop(lua);
}

static void request_words(lua_State *lua, struct exchange *exchange)
{
	exchange->words.opcode = binding_word(lua, field(lua, "opcode"));
	if (lua_isnil(lua, field(lua, "words")))
		return;
	luaL_checktype(lua, -1, LUA_TTABLE);
	for (int i = 0; i < 5; i++) {
		lua_rawgeti(lua, -1, i + 1);
		exchange->words.word[i] = binding_word(lua, lua_gettop(lua));
		lua_pop(lua, 1);
	}
}

static void request_handles(lua_State *lua, struct exchange *exchange)
{
	int list = field(lua, "handles");
	lua_Unsigned count = lua_isnil(lua, list) ? 0 : (luaL_checktype(lua, list, LUA_TTABLE), lua_rawlen(lua, list));

	luaL_argcheck(lua, count <= NACRE_LIMIT_HANDLES, 2, "more handles than a message can carry");
	exchange->message.handle_count = (uint8_t)count;
	for (lua_Unsigned i = 0; i < count; i++) {
		lua_rawgeti(lua, list, (lua_Integer)i + 1);
		exchange->message.send[i] = binding_handle(lua, lua_gettop(lua));
	}
}

/* The table of handles that come back, its objects still empty. */
static int request_accept(lua_State *lua, struct exchange *exchange)
{
	lua_Integer accept = luaL_optinteger(lua, field(lua, "accept"), 0);

	luaL_argcheck(lua, accept >= 0 && accept <= (lua_Integer)NACRE_LIMIT_HANDLES, 2,
		      "accept: more handles than an answer can carry");
	exchange->message.accept = (uint8_t)accept;
	lua_createtable(lua, (int)accept, 0);
	for (int i = 0; i < (int)accept; i++) {
		exchange->object[i] = binding_handle_push(lua);
		lua_rawseti(lua, -2, i + 1);
	}
	return lua_gettop(lua);
}

/* Objects that nothing came for are no part of the answer. */
static void handles_trim(lua_State *lua, int list, const struct exchange *exchange)
{
	for (int i = exchange->message.accept; i > 0 && !exchange->object[i - 1]->handle; i--) {
		lua_pushnil(lua);
		lua_rawseti(lua, list, i);
	}
}

static int connection_ask(lua_State *lua)
{
	struct exchange exchange = { .connection = binding_handle(lua, 1) };
	int list;

	luaL_checktype(lua, 2, LUA_TTABLE);
	lua_settop(lua, 2);
	luaL_checkstack(lua, 24, NULL);
	request_words(lua, &exchange);
	bytes_read(lua, field(lua, "bytes"), &exchange.message);
	exchange.room = room_read(lua, field(lua, "room"));
	exchange.deadline_ns = binding_time(lua, field(lua, "deadline"));
	request_handles(lua, &exchange);
	list = request_accept(lua, &exchange);
	exchange_do(lua, &exchange);
	handles_trim(lua, list, &exchange);
	lua_pushvalue(lua, list);
	return 4;
}

static int connection_send(lua_State *lua)
{
	nacre_handle_t connection = binding_handle(lua, 1);
	struct nacre_message message = { 0 };
	struct nacre_words words;

	lua_settop(lua, 8);
	binding_words(lua, 2, &words);
	bytes_read(lua, 8, &message);
	lua_pushinteger(lua, nacre_connection_send(connection, &words, &message));
	return 1;
}

static int connection_signal(lua_State *lua)
{
	lua_pushinteger(lua, nacre_connection_signal(binding_handle(lua, 1), binding_word(lua, 2)));
	return 1;
}

void binding_open_handle(lua_State *lua)
{
	static const luaL_Reg methods[] = {
		{ "call", connection_call }, { "ask", connection_ask }, { "send", connection_send },
		{ "signal", connection_signal }, { "id", handle_id }, { "close", handle_close },
		{ "__gc", handle_close }, { "__close", handle_close }, { "__tostring", handle_text }, { NULL, NULL },
	};

	luaL_newmetatable(lua, TYPE_NAME);
	luaL_setfuncs(lua, methods, 0);
	lua_pushvalue(lua, -1);
	lua_setfield(lua, -2, "__index");
	lua_pop(lua, 1);
	lua_pushcfunction(lua, handle_named);
	lua_setfield(lua, -2, "handle");
}
