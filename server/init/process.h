/* process.h - the processes there are, as init remembers them.
 *
 *   (none) --process_add--> LIVE --process_ended--> ENDED --process_forget--> (none)
 *
 * A record of a service goes when the service ends (service.h remembers the service); one of a program stays ENDED
 * until the process that had it started has asked how it ended, or is itself gone.
 *
 *   I1  a number is given to one process only, and counts up; 1 is init, which has no record
 *   I2  a LIVE record has process and budget handles, an ENDED one has neither
 *   I3  nobody has more than PROCESS_UNASKED_MAX ended children: their records are init's memory */
#pragma once
#include <abi/nacre_abi.h>
#include <stdbool.h>
#include "base/list.h"
#include "description.h"
#include "idl/names.h"
#include "idl/process.h"
#include "machine.h"

enum { PROCESS_OF_INIT = 1, PROCESS_UNASKED_MAX = 64 };

struct service;

struct process {
	struct list link;              /* in order of numbers */
	uint32_t number, parent;
	bool ended, crashed;           /* crashed: cause is the fault's, and stays when the kill's notice comes */
	uint8_t connections;           /* this process's to `svc/process` */
	uint8_t priority;
	uint32_t cause, code;          /* cause NACRE_CAUSE_NONE while it lives */
	uint64_t dump_ns;              /* a core of it is being made, and it is ended then at the latest; 0 */
	nacre_handle_t process, budget;
	struct file file;              /* of the image, that it was made of */
	nacre_handle_t notice;         /* where its parent hears of its end; NONE */
	nacre_token_t waiter;          /* a parked `wait`; 0: none */
	uintptr_t load_base;
	const struct program *program; /* of the description; the default's for programs that are not in it */
	struct service *service;       /* NULL: a program */
	char within[NAMES_NARROW_BYTES]; /* what its name space is narrowed to, each with a NUL */
	uint8_t within_size;           /* 0: it is not */
	uint8_t within_slot;           /* at names, while it lives */
	struct given *given;           /* handles for the next program it starts; NULL */
	uint32_t debugger;             /* number of the process that debugs it, or for which it is held; 0: none does */
	nacre_handle_t debug_notice;   /* where that hears of its end; NONE: it is held, and not attached yet */
	const char *failure;           /* why the last program it wanted to start did not; a constant, or NULL */
	char label[PROCESS_LABEL_BYTES];
};

extern struct list processes;

void processes_open(void);

/* A new record with the next number; NULL: no memory. */
struct process *process_add(const struct program *program, uint32_t parent, const char *label, size_t label_size);
void process_forget(struct process *process);

/* NULL: there is no record of that number. */
struct process *process_find(uintptr_t number);

/* Handles of a process that is no more, and its budget if it was a program's. */
void process_close(struct process *process);

/* The parent, or whoever it was, asks no more: its ended children are forgotten, the others will be. */
void process_orphan_children(uint32_t parent);

/* How many of its children have ended and were not asked for. */
unsigned process_count_unasked(uint32_t parent);
