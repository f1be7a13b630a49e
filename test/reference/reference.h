/* reference.h - the kernel's contract as a small program: what every call must answer, who waits, who runs, who pays.
 *
 * Written from abi/ and doc/, to be read as a specification: arrays, linear searches, rules that are applied until nothing
 * changes. Nothing of it is fast, restartable or bounded. It never looks at the kernel; where the contract leaves a choice
 * open, it asks what was chosen (look), and refuses what was not allowed. The open choices:
 *   C1  which of several errors of one call is told
 *   C2  the values of handles and tokens: any that was never used before
 *   C3  which of several waiting threads receives
 *   C4  the order among threads that one death or one instant wakes, and the place of a thread among its equals once its
 *       priority was changed or what it ended has gone (`loose`)
 *   C5  when a turn ends: not before SLICE_NS of it were used by the thread and by who served it, and with any later look
 *   C7  which of its pages with room a budget's next small object takes, so how many pages are left when some of many go
 *   C6  whether a server that answered and found the next message runs before the caller of the same priority
 *   C8  in a ring of threads that wait for each other, which nobody outside of it can see the priority of: who keeps an inherited
 *       priority
 *   C9  whether a ring of waiting that is closed is told as CALL_DEPTH or as DEADLOCK: that depends on which of several threads
 *       that attend a server would have to act
 * Not told apart: what is dead and what is gone. The harness lets the reaper finish before it compares. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/contract.h"

enum { REF_OBJECTS = 700, REF_HANDLES = 900, REF_WORDS = 6, REF_TABLE = 112, REF_THREADS_MOST = 15 };
#define REF_NEVER UINT64_MAX
#define REF_SLICE_NS 10000000u
#define NONE (-1)

struct ref_message {
	bool given;               /* there is a header */
	unsigned accept, count;
	uint32_t send[LIMIT_HANDLES];
};

struct ref_call {
	unsigned number;
	uintptr_t a[7];           /* plain calls: the arguments; messages: a[0] is the handle */
	uintptr_t words[REF_WORDS];
	uint64_t token, deadline;
	struct ref_message message;
	bool memory;              /* addresses that are passed are good */
	bool fails;               /* the kernel's budget refused one of the allocations, though it could pay: BUDGET, and nothing is done */
};

/* What the registers of a thread show after the step. */
struct ref_seen {
	bool waits;
	uintptr_t a[8], token, badge, info, length;
	uint32_t received[LIMIT_HANDLES]; /* from its header */
	uintptr_t out[8];         /* the structure that was filled, by field */
	uint32_t id[4];           /* and an ID in it */
};

/* Bytes of what budgets are charged for beside whole pages; sizes are no part of the contract. */
struct ref_costs {
	unsigned bytes[OBJECT_TYPE_COUNT]; /* by object type */
	unsigned slot, futex, list_entry;  /* of a connection; of a thread; of a memory's list, from the second page */
	unsigned process_pages;            /* whole pages of an empty process */
	unsigned class_count;
	struct { unsigned bytes, count; } classes[16]; /* that share a page: so many of that size */
};

enum ref_phase { PHASE_NEW, PHASE_RUNS, PHASE_ENDED };

struct ref_object {
	unsigned type;            /* 0: not made yet */
	bool gone;
	bool is_known;            /* its public ID was told once */
	uintptr_t id[4];
	int payer, piece;         /* piece: the size it has among the payer's shared pages, or NONE */
	int maker;                /* whose table has the first handle, with this value */
	uint32_t first_handle;
	int parts[LIMIT_SLOTS];   /* more pieces */
	unsigned part_count;
	long whole;               /* pages of its own */
	/* budget */
	int parent;
	long limit, own_pages;
	struct ref_shared { long pieces, pages; } shared[16]; /* by size */
	unsigned ceiling, depth;
	/* process */
	int own;
	enum ref_phase phase;
	unsigned cause, next_number;
	int32_t code;
	bool watched, told;
	bool stopped;
	/* thread */
	int process;
	unsigned number, base, priority;
	unsigned state;
	uint64_t stamp;           /* READY: place among equals; CALLING: place in the queue */
	bool loose;               /* C4 */
	uint64_t used;            /* C5: of its turn */
	bool woken;               /* in this step */
	int at;                   /* RECEIVING, CALLING: server */
	int via;                  /* CALLING, SERVED: connection */
	int taker, server_thread; /* SERVED: process; thread, NONE: parked */
	int serving, attends;
	uint64_t attend_stamp, token;
	uintptr_t words[REF_WORDS];
	bool forwarded;
	struct ref_message message;
	uint64_t deadline;
	uintptr_t futex;
	int owner;
	bool reply_stale;
	struct { bool set, check; unsigned errors; uintptr_t a[7], token_kind, badge, info; unsigned count; } expect;
	/* connection, interrupt, watch of a process: what is posted to `server` */
	int server;
	uintptr_t badge, bits;
	unsigned notice_priority, kind;
	uint64_t notice_stamp;
	unsigned slots;
	bool had_client, closing, closed_posted, closed_told;
	/* interrupt */
	unsigned line;
	bool masked, fired;
	/* memory */
	size_t pages;
	uintptr_t options;
};

struct ref_handle {
	int process, object;      /* process NONE: in a send, or closed; object NONE: destroyed */
	uint32_t value, rights;
	int send;                 /* held by that send, or NONE */
	int past;                 /* closed: whose value it was */
	int keeps;                /* destroyed: what it was */
};

struct ref_send {
	bool used;
	int connection;
	unsigned priority;
	uint64_t stamp;
	uintptr_t words[REF_WORDS];
	unsigned count;
	int handles[LIMIT_HANDLES];
};

enum { REF_SENDS = 256 };
struct ref_world {
	struct ref_costs costs;
	struct ref_object objects[REF_OBJECTS];
	int object_count;
	struct ref_handle handles[REF_HANDLES];
	int handle_count;
	struct ref_send sends[REF_SENDS];
	uint64_t tokens[REF_HANDLES];
	int token_count;
	uint64_t now, clock;
	int64_t front;
	int running, handed;      /* threads */
	bool yielded;
	uint64_t line_masked;
	bool vague;               /* C7: it is not known any more what is charged for what; the sequence ends */
};
extern struct ref_world ref;

/* The harness: what became of a thread; a difference was found (does not return). */
struct ref_seen ref_look(int thread);
int ref_runs(void);               /* who runs in the kernel, or NONE */
void ref_differ(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Making the world, with the same accounts as the calls. */
void ref_start(const struct ref_costs *costs, long machine_pages);
int ref_budget(int parent, long pages, unsigned ceiling);
int ref_process(int payer, int own);
int ref_thread(int process, unsigned priority);
int ref_handle(int process, int object, uint32_t rights, uint32_t value);
void ref_extra(int process, long pages, const unsigned *bytes, unsigned count); /* what it holds from the start */
long ref_charged(int budget);
long ref_left(int budget);
int ref_server_of(int connection);
bool ref_observe(int budget, long charged); /* what it is charged in the kernel; false: that cannot be */

/* The running thread made this call; the kernel has answered or it waits. */
void ref_step(const struct ref_call *call);
void ref_time(uint64_t now);      /* the clock was looked at */
void ref_line(unsigned line);     /* a line fired */
bool ref_in_ring(int thread);     /* C8 */
bool ref_full(void);              /* no room for another step */
unsigned ref_table_used(int process);
extern const bool ref_covers[CALL_COUNT];
