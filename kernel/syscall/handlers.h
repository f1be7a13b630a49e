/* handlers.h - what the handlers of system calls share. Prototypes come from the contract: kernel/syscalls.h.
 *
 * A handler gets live objects with the rights its entry names. It decodes (may fail, changes nothing), passes the point of no
 * return, commits (cannot fail). It answers E_OK and results, an error, E_BLOCKED (the registers are set, or will be when
 * it wakes), or E_RESTART (interrupted; the same call is executed again). */
#pragma once
#include "kernel/syscalls.h"
#include "ipc/interrupt.h"
#include "ipc/receive.h"
#include "ipc/reply.h"
#include "memory/copy.h"
#include "object/memory.h"
#include "object/patch.h"
#include "object/pin.h"
#include "object/reap.h"
#include "thread/deadline.h"
#include "thread/futex.h"
#include "thread/inherit.h"
#include "thread/reaper.h"
#include "thread/work.h"

void syscall_handle(void); /* the trap's: current thread, number in a7 */
extern quick_call *const quick_calls[QUICK_CALLS]; /* syscall/quick.c */

static inline uintptr_t argument(const struct thread *self, unsigned n)
{
	return self->registers.x[X_A0 + n];
}
/* Registers of the message calls; the map is abi/README.md. */
static inline token_t argument_token(const struct thread *self)
{
	return self->registers.x[X_T0];
}
static inline user_ptr_t argument_message(const struct thread *self)
{
	return (user_ptr_t){ self->registers.x[X_T3] };
}
uint64_t argument_deadline(const struct thread *self);

/* The object of a handle argument of a raw call. */
err_t argument_object(const struct thread *self, unsigned n, unsigned type, uint32_t rights, struct object **object) must_use;

/* Sets a slot aside for a result, so that the handler's commit cannot fail on it. */
err_t result_reserve(struct thread *self) must_use; /* E_HANDLE_ROOM E_BUDGET */
void result_cancel(struct thread *self);

uint64_t budget_cpu_now_ns(const struct budget *budget);
err_t user_write(const struct thread *self, user_ptr_t to, const void *from, size_t size) must_use; /* E_ADDRESS */
err_t wait_reaped(struct thread *self, struct object *object); /* answers E_OK when the object is gone or at rest */
