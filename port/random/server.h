/* server.h - random bytes from the server at `svc/rng`, for libraries that make keys. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Fills the buffer; false where the server cannot be reached, or has none to give: the buffer then holds nothing
 * that may be used. Any thread may call it. */
bool random_server_fill(void *buffer, size_t size);
