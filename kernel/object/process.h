/* process.h - a process: an address space, a handle table, threads, and the record of how it ended.
 *
 *   NEW --first thread--> RUNNING --exit, kill, fault, budget gone--> ENDING --steps--> ENDED
 *    only in NEW can handles be placed                                 |    contents are taken apart; then the watcher is
 *                                                                      |    told, and the record stays while handles to
 *                                                                      +--> the process exist
 *   I1  ended: no threads, no handles, no pages, own budget let go
 *   I2  threads lists the live threads; thread_count is its length
 *   I3  taken lists the callers whose calls this process took and has not answered
 *   I4  while RUNNING or ENDING it holds a reference to itself: a program lives although nobody has a handle to it
 * Payers: the creator's budget for this structure; `own` for everything inside. */
#pragma once
#include "base/list.h"
#include "base/tree.h"
#include "memory/space.h"
#include "object/budget.h"
#include "object/handle.h"
#include "object/notice.h"

enum process_phase { PROCESS_NEW, PROCESS_RUNNING, PROCESS_ENDING, PROCESS_ENDED };

struct process {
	struct object object;
	struct space space;
	struct handle_table handles;
	struct budget *own;
	struct list own_link;        /* in own->processes */
	struct list threads;         /* struct thread.process_link */
	struct list taken;           /* struct thread.taken_link: callers */
	struct tree futexes;         /* first waiters, by address */
	struct list pins;            /* struct pin.process_link */
	struct list patches;         /* struct patch.process_link */
	struct notice watcher;       /* told of the end */
	struct notice fault_server;  /* unbound: a fault ends the process; only server and badge are used */
	struct window *window;       /* receive window, or NULL; ipc/window.h */
	uint32_t thread_count, next_thread;
	uint8_t phase;               /* enum process_phase */
	bool stopped;                /* by a debugger */
	struct abi_exit_record exit;
};

extern const struct object_type process_type;
void process_check(const struct object *object);

err_t process_new(struct budget *payer, struct budget *own, struct process **out) must_use; /* E_BUDGET */
void process_started(struct process *process);    /* its first thread was made */
bool process_runs(const struct process *process); /* neither ending, nor stopped, nor on a dead budget */

/* Begins the end, once: from here on none of its threads runs. Records cause and code; `registers` may be NULL. */
void process_end(struct process *process, unsigned cause, int32_t code);
bool process_step(struct object *object); /* one bounded step of the end */

/* What the layers above do when a process ends: set by boot. Each is one bounded step; true: nothing left. */
struct process_hooks {
	void (*window_free)(struct process *process);
	bool (*threads_step)(struct process *process);   /* thread/: ends one thread, or wakes one caller */
	void (*ended)(struct process *process);          /* ipc/: posts the watcher's notice */
	void (*notices_drop)(struct process *process);   /* ipc/: unbinds watcher and fault_server */
};
extern struct process_hooks process_hooks;
