/* client.h - connections and the files each of them has open.
 *
 *   connect --client_add--> badge = index + 1 --CLOSED--> client_closed: files closed, locks dropped, the rest is left
 *
 * A client's entry lies in the store: a connection outlives the server's process, and so does what is open on it. */
#pragma once
#include "store.h"

enum { CLIENT_OPENS_MAX = 128, PROCESS_CLIENTS_MAX = 4 };

/* An index for a new connection of this process. STATUS_FULL. */
nacre_status_t client_add(uint32_t process, uint8_t *client);
void client_closed(uint8_t client);

/* False: no connection has this badge. */
bool client_of(uintptr_t badge, uint8_t *client);

/* A number for a node opened with these flags. STATUS_FULL. */
nacre_status_t open_add(uint8_t client, uint32_t node, uint8_t flags, uint32_t *number);

/* NULL: this client has nothing open under that number. */
struct open_file *open_find(uint8_t client, uintptr_t number);
void open_close(struct open_file *file);
