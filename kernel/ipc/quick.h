/* quick.h - what the short ways of messages share (fast.c, fast_message.c). All of it is in line, or `static` in the one file that
 * needs it: these files leave a1-a6 alone (tool/make/kernel.mk), and so must whatever they call. */
#pragma once
#include "ipc/connection.h"
#include "thread/deadline.h"
#include "thread/schedule.h"

#define QUICK __attribute__((always_inline))
_Static_assert(sizeof(struct handle_entry) == 32 && HANDLES_PER_PAGE == 128, "object_quick knows");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && offsetof(struct thread, kind) == offsetof(struct thread, situation) + 1 &&
               offsetof(struct thread, has_room) == offsetof(struct thread, situation) + 3, "SITUATION knows");
#define SITUATION(state, kind, has_deadline, has_room) \
	((state) | (unsigned)(kind) << 8 | (unsigned)(has_deadline) << 16 | (unsigned)(has_room) << 24)

/* The object behind a handle of the table's first page, with a right that only one type has. false: the long way finds out
 * what is wrong. The key holds all bits of the handle, so those that did not choose the entry are compared with it. */
static inline QUICK bool object_quick(const struct thread *self, handle_t handle, uint32_t right, struct object **object)
{
	uintptr_t offset = (uintptr_t)(uint32_t)(handle << 25) >> 20;
	const struct handle_entry *entry = (const void *)((uintptr_t)self->handles + offset);

	*object = entry->object; /* there is one, if there are rights */
	return entry->key == handle && entry->rights & right;
}

static inline QUICK struct registers *run(struct arch_cpu *here, struct thread *thread, uintptr_t space)
{
	here->current = thread;
	arch_space_switch(here, space);
	return &thread->registers;
}

/* The caller's part of a call that is being served; `situation` says what its reply has to look at. */
static inline QUICK void caller_served(struct thread *caller, struct connection *connection, struct thread *receiver, uint32_t situation)
{
	caller->situation = situation;
	caller->connection = connection;
	caller->server_thread = receiver;
}

static inline QUICK void receiver_serves(struct thread *receiver, struct thread *caller, unsigned depth)
{
	receiver->situation = STATE_READY;
	receiver->serving = caller;
	receiver->depth = (uint8_t)(depth + 1);
	if (receiver->priority < caller->priority)
		receiver->priority = caller->priority;
}

static inline QUICK void caller_answered(struct thread *caller, token_t token)
{
	caller->situation = STATE_READY;
	caller->token = token + ((token_t)1 << TOKEN_SLOT_BITS);
	caller->connection = NULL;
	caller->server_thread = NULL;
}

static inline QUICK void server_waits(struct thread *self, uint32_t situation)
{
	self->situation = situation;
	self->serving = NULL;
	self->standing = self->calm;
}
