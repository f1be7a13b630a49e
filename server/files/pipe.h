/* pipe.h - pipes (idl/pipe.nid): a page of bytes between two connections.
 *
 *     made --all of one end closed--> read empty, or not written any more --all of the other--> gone
 *
 * Pipes do not outlive the server's process: the ends of an earlier life answer END and PEER_GONE. */
#pragma once
#include "nacre/server.h"

/* A connection for a process that makes pipes. */
nacre_status_t pipe_connect(uint32_t process, nacre_handle_t *connection);

/* What is spoken on a badge; NULL: it is none of these. */
const struct nacre_protocol *pipe_protocol_of(uintptr_t badge);

void pipe_closed(uintptr_t badge);
void pipe_cancelled(uintptr_t badge);
