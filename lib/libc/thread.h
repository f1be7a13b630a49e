/* thread.h - libc's record of a thread. It lies at the top of the thread's stack memory, above its thread-local
 * storage; the first thread's, which exists only once somebody asks for it, is static.
 *
 *     RUNNING --returns, pthread_exit--> EXITING --kernel clears `alive`--> gone from its stack: may be freed
 *
 *   I1  a joinable thread's memory is freed by pthread_join, a detached one's by the next pthread_create
 *   I2  `detached` and `exiting` change under threads_lock only, and so does the list of threads */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/reent.h>
#include "lock.h"
#include "nacre/area.h"

struct __pthread {
	struct _reent *reent;
	nacre_handle_t handle;     /* 0: the first thread, or not known yet; futex while it starts */
	uint32_t alive;            /* futex: 1; the kernel clears it when the thread has left its stack */
	uint32_t priority;
	bool detached, exiting, joined;
	bool is_service;           /* libc's own: the process ends without waiting for it */
	bool cancel_disabled, cancel_asynchronous;
	uint32_t cancel_asked;     /* 1: somebody did */
	uint64_t signal_mask;      /* signals that it does not take now */
	uint64_t awaited;          /* signals that it waits for in sigwait and its kin */
	void *signal_stack;        /* where handlers with SA_ONSTACK run */
	size_t signal_stack_bytes;
	bool signal_stack_on, signal_stack_used;
	uint32_t *waits_futex;     /* what to wake it by (interrupt.h), or NULL */
	bool waits_for_lock;       /* that word must not be counted up */
	nacre_handle_t waits_mailbox;
	struct __pthread *other;   /* in the list of all threads */
	void *(*run)(void *);
	void *argument, *result;
	struct nacre_area stack;   /* base NULL: its memory is not ours */
	struct __pthread *next;    /* in the list of detached threads that are ending */
	struct _pthread_cleanup_context *cleanup;
	void *values[PTHREAD_KEYS_MAX];
};

extern struct __lock threads_lock;

/* All threads whose memory is not freed, the first one last. Under threads_lock. */
extern struct __pthread *threads;

/* Is it one of them? A pthread_t may be of one that was joined long ago. Under threads_lock. */
bool thread_is_known(const struct __pthread *thread);

/* Says that a thread just made is libc's own. */
void thread_is_service(struct __pthread *thread);

/* Runs the destructors of a thread's keys. Empty where the program has no keys. */
void thread_values_destroy(struct __pthread *thread) __attribute__((weak));

/* The deadline in the kernel's terms of a time on a clock of POSIX; 0 (long past) for one before reset. */
uint64_t thread_deadline(clockid_t clock, const struct timespec *when);

/* 0 or EINVAL: the nanoseconds are none. A time before 1970 is one, and long past; a stretch of time is checked by its user. */
int timespec_check(const struct timespec *time);
