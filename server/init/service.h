/* service.h - the programs that the system description starts, and keeps running.
 *
 *   STOPPED --service_start--> RUNNING --it ends--> WAITING --back-off is over--> RUNNING
 *      ^                          |                    |
 *      |                          +-- clean end, and its restart policy lets it be --> STOPPED
 *      +-- too many deaths in the time its policy says ----------------------------------> FAILED
 *
 * A service's budget, server and kept memory are made once and outlive its processes: its clients' calls wait for
 * the successor, and their connections stay good. Only FAILED takes the server away, so that they all learn of it. So do
 * its devices and the memory they transfer to: a device knows nothing of the death of its driver, and goes on until the
 * successor resets it. A service whose device is not there has nothing of all this and stays FAILED.
 *
 * A service whose `depends` names another one is started anew when that one was, or told by a signal on its server
 * (depend.c). One with `heartbeat_ms` is asked for signs of life (heartbeat.c).
 *
 *   I1  a RUNNING service has a process; no other has
 *   I2  what all services' budgets hold was taken from the machine's at the start: their sum was checked by that */
#pragma once
#include <abi/nacre_abi.h>
#include "nacre/error.h"
#include "process.h"

enum service_state { SERVICE_STOPPED, SERVICE_RUNNING, SERVICE_WAITING, SERVICE_FAILED };

enum { SERVICE_MEMORIES_MAX = 2, SERVICE_DEATHS_MAX = 16, SERVICE_FILE_BYTES = 64 };

struct service {
	const struct program *program;
	enum service_state state;
	nacre_handle_t budget, server;
	nacre_handle_t memory[SERVICE_MEMORIES_MAX]; /* in the order of the manifest */
	nacre_handle_t dma;            /* never closed: its device may still write there */
	nacre_handle_t keep;           /* its pages at the keeper; NONE */
	struct process *process;
	uint32_t restarts, failures;   /* in all; in a row */
	uint64_t started_ns, due_ns;   /* of the last start; of the next one (WAITING) */
	uint64_t deaths_ns[SERVICE_DEATHS_MAX]; /* a ring of the last ones */
	uint32_t death_count;          /* all that count */
	bool asked;                    /* its process is ended on purpose: the end is no failure */
	bool stopping;                 /* and it is not started again */
	char file[SERVICE_FILE_BYTES], file_before[SERVICE_FILE_BYTES]; /* what replaced the manifest's; what that replaced */
	uint8_t file_size, file_before_size; /* 0: the manifest's */
	uint64_t trial_ns;             /* a replacement must live until then; 0: there is none on trial */
	nacre_token_t replacing;       /* who waits for how that ends; 0 */
	nacre_handle_t control;        /* init's connection for signals to its server; NONE until one is needed */
	uint64_t beat_ns;              /* RUNNING with a heartbeat: when it is asked next, or must have answered */
	uint8_t beat;                  /* heartbeat.c */
	uint64_t busy_ns, busy_cpu_ns; /* since when it has had nearly all of the CPU, and what it had used then */
	bool lowered;                  /* below init, until it gives a sign of life: watch.c */
};

extern struct service services[];
extern size_t service_count;

/* Makes what outlives processes. NULL, or a sentence. */
const char *services_prepare(void);

/* Starts all, in the order of the description. */
void services_start(void);

struct service *service_find(const char *name);

/* Ends its process on purpose. Its policy then does not count that as a failure, and starts it at once. */
void service_renew(struct service *service);

/* What the shell asks for (steer.c). STATUS_ of idl/system.nid. */
nacre_status_t service_begin(struct service *service);
nacre_status_t service_stop(struct service *service);
nacre_status_t service_replace(struct service *service, const char *path, size_t size, nacre_token_t token);

/* Its process has ended, or its trial may be over: true if a replacement has failed, and its predecessor is to be started. */
bool service_roll_back(struct service *service, uint64_t now_ns);
void service_trial_tend(struct service *service, uint64_t now_ns);

/* Sets bits on its server, as what only init can. */
void service_signal(struct service *service, uint32_t bits);

/* The process of a service was started again: those that depend on it are, too, or are told (depend.c). */
void service_tell_dependants(const struct service *service);

/* Its process has ended: decides what now. */
void service_ended(struct service *service, uint32_t cause, uint32_t code);

/* Starts whoever's back-off is over. Answers when to be called again. */
uint64_t services_tend(uint64_t now_ns);
