/* files.h - the protocol of files (idl/files.nid), and what its parts share. */
#pragma once
#include "idl/files_server.h"

extern const struct nacre_protocol files_protocol;

/* A new connection of this server's with that badge. */
nacre_status_t connection_make(uintptr_t badge, unsigned loans, nacre_handle_t *connection);
