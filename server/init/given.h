/* given.h - handles that a client has set aside for the next program it starts (idl/process.nid, `give`).
 *
 *   I1  a client has at most PROCESS_GIVEN_MAX, and none once it has started a program with them or is gone */
#pragma once
#include "handles.h"
#include "idl/process_server.h"
#include "process.h"

nacre_status_t given_add(struct nacre_request *request, const struct process_give_in *in);
nacre_status_t given_drop(struct nacre_request *request);

/* What the client has set aside goes on the list, with all its rights. False: there is no room. */
bool given_list(const struct process *client, struct handle_list *list);

/* Closes what it has set aside. */
void given_forget(struct process *client);
