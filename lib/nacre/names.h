/* names.h - finding servers by name, in this process's own name space.
 *
 * A name space is made from the manifest; what is not in it does not exist for this process. The protocol is
 * idl/names.nid; this is its client for programs that just want a connection. */
#pragma once
#include "abi/nacre_abi.h"
#include <stdbool.h>
#include "nacre/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A connection to what is published under `path`, as in "svc/log". Waits until somebody publishes it, if the name
 * space allows the name at all; the second form answers STATUS_NOT_READY instead. */
nacre_status_t nacre_connect(const char *path, nacre_handle_t *connection);
nacre_status_t nacre_connect_now(const char *path, nacre_handle_t *connection);

/* The same, and it is asked whether it speaks this protocol, in this major version and at least this minor one
 * (major << 16 | minor). What stubs call for NAME_connect. STATUS_METHOD: another version. STATUS_NOT_FOUND: another
 * protocol, or nothing of that name. */
nacre_status_t nacre_connect_interface(const char *path, uint32_t protocol, uint32_t version, bool now,
				       nacre_handle_t *connection);

/* The same, and the connection lasts: when its server is gone, or dies with a call, the stubs connect anew by the name and
 * go on, and the handle stays the caller's name for it. An idempotent call is then made again, any other answers PEER_GONE
 * if a server may have begun with it. What stubs call for NAME_connect_lasting.
 *
 *   I1  the handle that was given out stays open, dead or not, so that its number is nobody else's
 *
 * `path` must stay as it is. Only stubs know of this: a system call on the handle reaches the first connection. A server
 * that keeps something for each connection (an open file, a subscription) has lost it: do not use it there.
 * STATUS_FULL: NACRE_LASTING_MAX of them are open. */
#define NACRE_LASTING_MAX 16
nacre_status_t nacre_connect_lasting(const char *path, uint32_t protocol, uint32_t version, nacre_handle_t *connection);

/* Closes it, and what it stands for. The second closes only that: the handle is a plain one from then on. */
void nacre_lasting_close(nacre_handle_t connection);
void nacre_lasting_end(nacre_handle_t connection);

#ifdef __cplusplus
}
#endif
