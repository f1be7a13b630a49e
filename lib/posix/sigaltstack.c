/* sigaltstack.c - a stack of their own for signal handlers. */
#include <errno.h>
#include <pthread.h>
#include "signals.h"

int sigaltstack(const stack_t *restrict fresh, stack_t *restrict old)
{
	struct __pthread *self = pthread_self();
	int error = 0;

	if (fresh && self->signal_stack_used)
		error = EPERM;
	else if (fresh && fresh->ss_flags & ~SS_DISABLE)
		error = EINVAL;
	else if (fresh && !(fresh->ss_flags & SS_DISABLE) && fresh->ss_size < MINSIGSTKSZ)
		error = ENOMEM;
	if (error) {
		errno = error;
		return -1;
	}
	if (old)
		*old = (stack_t){ .ss_sp = self->signal_stack, .ss_size = self->signal_stack_bytes,
				  .ss_flags = self->signal_stack_used ? SS_ONSTACK : self->signal_stack_on ? 0 : SS_DISABLE };
	if (fresh)
		self->signal_stack_on = !(fresh->ss_flags & SS_DISABLE);
	if (fresh && self->signal_stack_on) {
		self->signal_stack = fresh->ss_sp;
		self->signal_stack_bytes = fresh->ss_size;
	}
	return 0;
}

/* A call with sp elsewhere. s1 keeps the old one: whoever is called gives it back unchanged. */
static void call_on(uintptr_t stack, void (*run)(int, siginfo_t *, void *), int signal, siginfo_t *info)
{
	register uintptr_t a0 __asm__("a0") = (uintptr_t)signal;
	register uintptr_t a1 __asm__("a1") = (uintptr_t)info;
	register uintptr_t a2 __asm__("a2") = 0;
	register uintptr_t s2 __asm__("s2") = stack;
	register uintptr_t s3 __asm__("s3") = (uintptr_t)run;

	__asm__ volatile("mv s1, sp\n\tmv sp, s2\n\tjalr s3\n\tmv sp, s1"
			 : "+r"(a0), "+r"(a1), "+r"(a2)
			 : "r"(s2), "r"(s3)
			 : "s1", "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a3", "a4", "a5", "a6", "a7", "memory");
}

void signal_call_aside(const struct sigaction *action, int signal, siginfo_t *info)
{
	struct __pthread *self = pthread_self();

	/* One argument more than a plain handler takes does no harm in the calling convention. */
	if (self->signal_stack_used || !self->signal_stack_on) {
		action->sa_sigaction(signal, info, NULL);
		return;
	}
	self->signal_stack_used = true;
	call_on(((uintptr_t)self->signal_stack + self->signal_stack_bytes) & ~(uintptr_t)15, action->sa_sigaction, signal, info);
	self->signal_stack_used = false;
}
