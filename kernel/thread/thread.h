/* thread.h - a thread: saved registers, priority, and what it waits for.
 *
 *            +----------- ready, slice over ------------+
 *            v                                          |
 *          READY --scheduled--> (arch_cpu.current) ----------+
 *            ^                       |  receive           call / fault         futex_wait
 *            |                       v                       v                     v
 *            +--message--------- RECEIVING   +--taken-- CALLING / FAULTED        FUTEX
 *            +--reply, error-------------- SERVED <---------+  |                   |
 *            +--error, deadline -------------------------------+-------------------+
 *   DEAD: no longer in any list but its process's; freed by the process's end or its own exit.
 *
 *   I1  in a ready list if and only if READY, not current, and process_runs
 *   I2  has_deadline only while RECEIVING, CALLING, SERVED or FUTEX; then the deadline is in the heap, under deadline_ns or an
 *       earlier time: what a wait that is over has left there stays until that time, or serves the next wait
 *   I3  serving == c implies c->server_thread == this, and the other way round
 *   I4  priority = the highest of base_priority, serving->priority, the top of a queue it is raised for, its futex waiters
 *   I5  thread_slots[slot].thread == this; token = sequence and slot, changes whenever a call of this thread ends
 *   I6  has_room only while SERVED or forwarded, and then message is 0: what is left of the header is `room`
 *   I7  buffer_room is what of the buffer lies in its first page
 *   I8  bare: READY
 * Registers: while CALLING, a1-a6 still hold the message's words; results are written when it wakes. */
#pragma once
#include "base/heap.h"
#include "base/list.h"
#include "base/pqueue.h"
#include "base/tree.h"
#include "object/notice.h"
#include "object/process.h"

struct connection;
struct futex;
struct mailbox;

/* What a call lends while it is in progress; ipc/loan.h. */
struct loan {
	vaddr_t lender_base;    /* in the caller */
	vaddr_t borrower_base;  /* in the borrower's window */
	struct process *borrower;
	struct mapping *mapping;/* in the caller: what is lent is part of it, so it stays */
	uint8_t pages;          /* 0: no loan */
	uint8_t slot;
	bool writable;
};

struct thread {
	struct object object;
	struct registers registers;
	uintptr_t bare;               /* READY, not in the program: all its caller-saved registers are 0, whatever `registers` has; the entry code's */
	struct process *process;
	const struct handle_entry *handles; /* its process's first page of them */
	struct list process_link;
	struct list wait_link;        /* READY: ready list; RECEIVING: server->waiting; REAPING: the reaper's list */
	struct list attend_link;      /* in attends->attendants, oldest call first */
	struct heap_node deadline;
	uint64_t deadline_ns;         /* has_deadline: when the wait ends; thread/deadline.h */
	uint32_t number;              /* within its process */
	union {
		struct {
			uint8_t state;        /* STATE_..., STATE_REAPING */
			uint8_t kind;         /* CALLING, SERVED: KIND_CALL or KIND_FAULT */
			bool has_deadline, has_room;
		};
		uint32_t situation;           /* the four at once (ipc/quick.h) */
	};
	union {
		struct {
			uint8_t priority;
			uint8_t base_priority;
			union {
				struct {
					uint8_t depth;        /* links of the call chain above it */
					bool under_way;       /* a system call is to be continued; thread/work.h */
				};
				uint16_t may_not_call;        /* LIMIT_CALL_DEPTH or more: not as things are (ipc/fast.c) */
			};
		};
		uint32_t standing;            /* the four at once; at rest: `calm` */
	};
	uint32_t slice_left;          /* of its turn, in ticks, when it was last not timed; schedule.h */
	uint32_t calm;                /* standing of one who serves nobody: base_priority twice */

	/* As a caller. */
	struct queue_item item;       /* in server->queue, or in the queue of its futex */
	struct mailbox *mailbox;      /* CALLING: queued at */
	struct connection *connection;/* CALLING, SERVED: called through (NULL: fault) */
	struct process *taker;        /* SERVED, parked: who took the call; thread_taker */
	struct list parked_link;      /* SERVED, by no thread: in taker->parked */
	struct thread *server_thread; /* SERVED: who serves it, NULL: parked */
	token_t token;
	user_ptr_t message;           /* its nacre_message, 0: none, or of no use any more */
	struct abi_segment room;      /* has_room: the one segment that the reply's bytes go to */
	struct loan loan;
	uint8_t accept;               /* handles it accepts, reserved in its process's table */
	bool forwarded;
	uintptr_t forward_words[6];   /* what the forwarder put in place of the caller's */

	/* As a server. */
	struct thread *serving;       /* the caller it works for */
	struct mailbox *attends;      /* last received from; RECEIVING: waiting at */
	user_ptr_t buffer;            /* registered receive buffer */
	size_t buffer_size;
	size_t buffer_room;           /* of it, what lies in the page where it begins */
	struct thread *partner;       /* other side of a copy that was interrupted */
	size_t copied;                /* bytes of it done */
	uint8_t reply_flags;          /* INFO_REPLY_STALE, for the receive half */

	/* On futexes. */
	struct futex *futex;          /* its record, or while it waits that of the address; futex.h */
	struct thread *owner;         /* raised while this waits */
	struct pqueue_node owner_node;
	struct pqueue owned;          /* waiters that name this thread as owner */

	/* A system call that is to be continued; thread/work.h. */
	struct {
		uint32_t call;            /* CALL_..., while under way */
		bool reserved;            /* a handle slot is set aside for its result */
		void *memory;             /* struct memory being filled, or NULL; it clears this if it is destroyed */
		uintptr_t base;           /* mapping being built, or what is left of a range */
	} work;
	struct object *reaps;         /* REAPING: what it waits for the end of */
	uint32_t fault_cause;
	uintptr_t fault_address;
	uintptr_t fault_opcode;
};

/* Reply tokens: slot in the low TOKEN_SLOT_BITS, sequence above; the sequence survives the thread. */
struct thread_slot {
	struct thread *thread;        /* NULL: free */
	token_t token;                /* what the next thread here starts with */
	uint32_t next_free;
};
void thread_slots_init(struct thread_slot *slots, size_t count);
struct thread *thread_by_slot(size_t slot); /* NULL: none */
size_t thread_slot_count(void); /* threads have slots from 1 to below this; it never shrinks */
struct thread *thread_by_token(token_t token); /* the caller it names, or NULL */
void thread_token_next(struct thread *thread); /* makes every earlier token stale */

/* What the layers above do when a thread stops waiting because it ends. */
extern void (*thread_unwait)(struct thread *thread);

#define STATE_REAPING 9u /* waits until what it ended is gone; READY to anybody who asks */

extern const struct object_type thread_type;
err_t thread_new(struct process *process, unsigned priority, struct thread **out) must_use; /* E_BUDGET E_LIMIT; not ready yet */
void thread_end(struct thread *thread);    /* leaves every list and queue, frees its slot; the structure follows */
void thread_state_read(const struct thread *thread, struct abi_thread_state *state);

/* Results: a0 gets the error, a1.. the results, every other caller-saved register 0. */
void thread_result(struct thread *thread, err_t error, const uintptr_t *results, unsigned count);
void thread_dress(struct thread *thread); /* bare no more: for who looks at registers of a thread that does not run */
/* Message words pass from a1-a6 to a1-a6; the rest of the caller-saved registers are 0. */
void thread_words_copy(struct thread *to, const struct thread *from);

static inline uintptr_t *thread_a(struct thread *thread, unsigned n)
{
	return &thread->registers.x[X_A0 + n];
}
/* SERVED: who took its call. */
static inline struct process *thread_taker(const struct thread *thread)
{
	return thread->server_thread ? thread->server_thread->process : thread->taker;
}
static inline size_t thread_buffer_room(const struct thread *thread)
{
	return min_size(thread->buffer_size, PAGE_SIZE - (thread->buffer.address & (PAGE_SIZE - 1)));
}
static inline void thread_base_priority_set(struct thread *thread, unsigned priority)
{
	thread->base_priority = (uint8_t)priority;
	thread->calm = priority | priority << 8;
}
static inline bool thread_waits(const struct thread *thread)
{
	return thread->state >= STATE_RECEIVING && thread->state <= STATE_FAULTED;
}
/* Waits for its fault server. */
static inline bool thread_has_faulted(const struct thread *thread)
{
	return thread->kind == KIND_FAULT && (thread->state == STATE_CALLING || thread->state == STATE_SERVED);
}
void thread_check(const struct object *object);
