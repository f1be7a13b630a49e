/* server.h - the server's own mailbox: who speaks there. */
#pragma once
#include "nacre/server.h"

/* Badges of what it mints: the port has something to say, a process was held, and each debuggee's from there on. */
enum { BADGE_PORT = 1, BADGE_HELD, BADGE_DEBUGGEES = 16 };

extern struct nacre_server gdb_server;
