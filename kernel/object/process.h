/* process.h - a process: an address space, a handle table, threads, and the record of how it ended.
 *
 *   NEW --first thread--> RUNNING --exit, kill, fault, budget gone--> ENDING --steps--> ENDED
 *    only in NEW can handles be placed                                 |    contents are taken apart; then the watcher is
 *                                                                      |    told, and the record stays while handles to
 *                                                                      +--> the process exist
 *   I1  ended: no threads, no handles, no pages, own budget let go
 *   I2  threads lists the live threads; thread_count is its length
 *   I3  parked lists the callers whose calls this process took, has not answered, and no thread of it serves now
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
	struct list parked;          /* struct thread.parked_link: callers */
	struct tree futexes;         /* first waiters, by address */
	struct list pins;            /* struct pin.process_link */
	struct list patches;         /* struct patch.process_link */
	struct notice watcher;       /* told of the end */
	struct notice fault_server;  /* unbound: a fault ends the process; only server and badge are used */
	struct window *window;       /* receive window, or NULL; ipc/window.h */
	uint32_t thread_count, next_thread;
	uint8_t phase;               /* enum process_phase */
	bool stopped;                /* by a debugger */
	uintptr_t quick_space;       /* arch_space_word, 0 while it is stopped or ending: ipc/fast.c */
	struct abi_exit_record exit;
};

extern const struct object_type process_type;

/* The entry that a handle would have on the table's first page. */
static inline const struct handle_entry *handle_place(const struct process *process, handle_t handle)
{
	return (const void *)((uintptr_t)process->handles.first + ((uintptr_t)(uint32_t)(handle << 25) >> 20));
}

/* The live object of a type behind such a handle with any of these rights; or NULL: handle_find says what is wrong. The key holds all bits
 * of the handle, so those that did not choose the entry are compared with it. */
static inline __attribute__((always_inline)) struct object *handle_quick(const struct process *process, handle_t handle, unsigned type,
                                                                        uint32_t rights)
{
	const struct handle_entry *entry = handle_place(process, handle);

	if (entry->key != handle || !(entry->rights & rights) || !entry->object)
		return NULL;
	return entry->object->live_type == type ? entry->object : NULL;
}

void process_check(const struct object *object);
err_t process_new(struct budget *payer, struct budget *own, struct process **out) must_use; /* E_BUDGET */
void process_started(struct process *process);    /* its first thread was made */
bool process_runs(const struct process *process); /* neither ending, nor stopped, nor on a dead budget */

/* Begins the end, once: from here on none of its threads runs. Records cause and code; `registers` may be NULL. */
void process_end(struct process *process, unsigned cause, int32_t code);
bool process_step(struct object *object); /* one bounded step of the end */

/* What the layers above do when a process ends: set by boot. Each is one bounded step; true: nothing left. */
struct process_hooks {
	bool (*window_step)(struct process *process);    /* ipc/: one slot of its window, at last the window */
	bool (*threads_step)(struct process *process);   /* thread/: ends one thread, or wakes one caller */
	void (*ended)(struct process *process);          /* ipc/: posts the watcher's notice */
	void (*notices_drop)(struct process *process);   /* ipc/: unbinds watcher and fault_server */
};
extern struct process_hooks process_hooks;
