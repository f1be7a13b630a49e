/* names.h - finding servers by name, in this process's own name space.
 *
 * A name space is made from the manifest; what is not in it does not exist for this process. The protocol is
 * idl/names.h; this is its client for programs that just want a connection. */
#pragma once
#include "abi/nacre_abi.h"
#include "nacre/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A connection to what is published under `path`, as in "svc/log". Waits until somebody publishes it, if the name
 * space allows the name at all; the second form answers STATUS_NOT_READY instead. */
nacre_status_t nacre_connect(const char *path, nacre_handle_t *connection);
nacre_status_t nacre_connect_now(const char *path, nacre_handle_t *connection);

#ifdef __cplusplus
}
#endif
