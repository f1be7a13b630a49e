/* binding.h - the parts of the Lua library `nacre` (doc/lua.md), and what they share.
 *
 * How results are told: a function that makes something answers it, or nil, a sentence and the status (so that
 * assert() shows the sentence); one that exchanges messages answers the status first, as servers do.
 *
 *   I1  a handle belongs to one Lua object, which closes it when it is collected; those of the startup block to none
 *   I2  no Lua error is raised while a handle is held that no Lua object has yet
 *   I3  a word of a message is an integer of the machine's width: what does not fit is an error of the script */
#pragma once
#include <lua.h>
#include <stdbool.h>
#include <lauxlib.h>
#include "idl/interface.h"
#include "nacre/error.h"

/* Handles: userdata with methods. push makes an empty one, for fill; `ours` is false for those nobody closes. */
struct binding_handle {
	nacre_handle_t handle;     /* NACRE_HANDLE_NONE: closed */
	bool ours;
};

struct binding_handle *binding_handle_push(lua_State *lua);
nacre_handle_t binding_handle(lua_State *lua, int argument);

/* Numbers of messages. */
uintptr_t binding_word(lua_State *lua, int argument);           /* absent or nil: 0 */
void binding_words(lua_State *lua, int argument, struct nacre_words *words); /* opcode, then five of them */
void binding_words_push(lua_State *lua, const struct nacre_words *words);
uint64_t binding_time(lua_State *lua, int argument);            /* ns; absent: never */

/* 1: the object on top of the stack; or nil, sentence, status. */
int binding_made(lua_State *lua, nacre_status_t status);

/* A script's memory ends before this program's does. */
void binding_memory(lua_State *lua);

/* Each adds its functions to the table on top of the stack. */
void binding_open_handle(lua_State *lua);
void binding_open_names(lua_State *lua);
void binding_open_clock(lua_State *lua);
void binding_open_program(lua_State *lua);
void binding_open_serve(lua_State *lua);
void binding_open_status(lua_State *lua);

int luaopen_nacre(lua_State *lua);
