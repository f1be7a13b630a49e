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
	BADGE_NUMBER = 0x0fffffff,
};

/* The record of the client that asks; NULL where it is gone already. */
struct process *client_of(const struct nacre_request *request);

/* Answers with a duplicate of `handle` that has `rights` and TRANSFER; may be called up to 4 times a reply. */
nacre_status_t reply_handle(struct nacre_reply *reply, nacre_handle_t handle, uint32_t rights);

/* The protocols, one file each. */
extern const struct nacre_protocol process_protocol, system_protocol, irq_protocol;

/* --- programs.c: what process_protocol does --- */

/* The budget that programs' budgets come out of. */
extern nacre_handle_t programs_budget;

/* NULL, or a sentence: gives programs what services and init leave. */
const char *programs_prepare(void);
