/* early.h - lookups that come before init has said all it has to say. A name server that was started anew knows nothing yet: that
 * there is no such name, or that nobody publishes it, would be a lie to a client that had found it a moment before. */
#pragma once
#include "idl/names_server.h"

/* Keeps it for early_next. NACRE_LATER, or STATUS_FULL. */
nacre_status_t early_keep(const struct nacre_request *request, const struct names_lookup_in *in);

/* The next one that still waits, in the order in which they came; false: none. The path lies there until the next call. */
bool early_next(struct nacre_request *request, struct names_lookup_in *in);
