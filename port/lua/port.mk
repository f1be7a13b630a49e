# Lua 5.4: the language and its libraries. The program `lua` (command/lua) is upstream's lua.c with our libraries in it.
LUA_CORE := lapi lcode lctype ldebug ldo ldump lfunc lgc llex lmem lobject lopcodes lparser lstate lstring ltable ltm lundump lvm lzio
LUA_LIBS := lauxlib lbaselib lcorolib ldblib liolib lmathlib loadlib loslib lstrlib ltablib lutf8lib linit
PORT_LIB_lua     := $(patsubst %,src/%.c,$(LUA_CORE) $(LUA_LIBS) lua)
PORT_HEADERS_lua := $(patsubst %,src/%.h,lua luaconf lualib lauxlib)
# As upstream's own makefile has it; nested C calls as the stack of the program lua has room for (test/port/lua, c_stack);
# where modules are looked for. main() of lua.c is called by ours.
PORT_CFLAGS_lua  := -DLUA_COMPAT_5_3 -DLUAI_MAXCCALLS=100 -DLUA_PATH_DEFAULT='"./?.lua;./?/init.lua;/lib/lua/?.lua;/lib/lua/?/init.lua"' \
                    -DLUA_CPATH_DEFAULT='""' -Dmain=lua_main
PORT_USERS_lua   := lua

# Nacre's own tests: scripts in a program, with the library `nacre` as the program lua has it.
PORT_PROGRAMS_lua   := test-lua
PORT_OWN_test-lua   := $(wildcard test/port/lua/*.c) $(filter-out %/main.c,$(wildcard command/lua/*.c))
PORT_EMBED_test-lua := $(wildcard test/port/lua/*.lua)
