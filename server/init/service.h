/* service.h - the programs that the system description starts, and keeps running.
 *
 *   STOPPED --service_start--> RUNNING --it ends--> WAITING --back-off is over--> RUNNING
 *      ^                          |                    |
 *      |                          +-- clean end, and its restart policy lets it be --> STOPPED
 *      +-- too many failures in a row --------------------------------------------------> FAILED
 *
 * A service's budget, server and kept memory are made once and outlive its processes: its clients' calls wait for
 * the successor, and their connections stay good. Only FAILED takes the server away, so that they all learn of it.
 *
 *   I1  a RUNNING service has a process; no other has
 *   I2  what all services' budgets hold was taken from the machine's at the start: their sum was checked by that */
#pragma once
#include <abi/nacre_abi.h>
#include "process.h"

enum service_state { SERVICE_STOPPED, SERVICE_RUNNING, SERVICE_WAITING, SERVICE_FAILED };

enum { SERVICE_MEMORIES_MAX = 2 };

struct service {
	const struct program *program;
	enum service_state state;
	nacre_handle_t budget, server;
	nacre_handle_t memory[SERVICE_MEMORIES_MAX]; /* in the order of the manifest */
	struct process *process;
	uint32_t restarts, failures;   /* in all; in a row */
	uint64_t started_ns, due_ns;   /* of the last start; of the next one (WAITING) */
};

extern struct service services[];
extern size_t service_count;

/* Makes what outlives processes. NULL, or a sentence. */
const char *services_prepare(void);

/* Starts all, in the order of the description. */
void services_start(void);

struct service *service_find(const char *name);

/* Its process has ended: decides what now. */
void service_ended(struct service *service, uint32_t cause, uint32_t code);

/* Starts whoever's back-off is over. Answers when to be called again. */
uint64_t services_tend(uint64_t now_ns);
