/* server.h - init's own server: who calls, and which protocol he speaks. */
#pragma once
#include "nacre/server.h"
#include "process.h"

extern struct nacre_server init_server;

/* Badges of the connections that init hands to clients: a kind, and the client's process number or, for an interrupt
 * line, the line. Exit notices and faults have plain process numbers. */
enum {
	BADGE_KIND = 0x30000000,
	BADGE_PROCESS = 0x10000000,
	BADGE_SYSTEM = 0x20000000,
	BADGE_IRQ = 0x30000000,
	BADGE_HEARTBEAT = 0x40000000, /* with the service's place; signals only */
	BADGE_NUMBER = 0x0fffffff,
};

/* The record of the client that asks; NULL where it is gone already. */
struct process *client_of(const struct nacre_request *request);

/* A duplicate of `handle` for a client, with `rights` and TRANSFER; the skeleton closes it once it is sent. */
nacre_err_t handle_give(nacre_handle_t handle, uint32_t rights, nacre_handle_t *given);

/* The protocols, one file each; and what each speaks through its published name, which is nothing but connecting. */
extern const struct nacre_protocol process_protocol, system_protocol, irq_protocol;
extern const struct nacre_protocol process_publication, system_publication, irq_publication;

/* Enough for any request of these, and for text that is made in the receive buffer. */
enum { INIT_BUFFER_BYTES = 2560 };

/* Method 1 of all of them. */
nacre_status_t init_connect(struct nacre_request *request, uint32_t process, nacre_handle_t *connection);

/* --- programs.c: what process_protocol does --- */

/* The budget that programs' budgets come out of. */
extern nacre_handle_t programs_budget;

/* NULL, or a sentence: gives programs what services and init leave. */
const char *programs_prepare(void);
