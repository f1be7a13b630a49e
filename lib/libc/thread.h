/* thread.h - libc's record of a thread. It lies at the top of the thread's stack memory, above its thread-local
 * storage; the first thread's, which exists only once somebody asks for it, is static.
 *
 *     RUNNING --returns, pthread_exit--> EXITING --kernel clears `alive`--> gone from its stack: may be freed
 *
 *   I1  a joinable thread's memory is freed by pthread_join, a detached one's by the next pthread_create
 *   I2  `detached` and `exiting` change under threads_lock only */
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
	void *(*run)(void *);
	void *argument, *result;
	struct nacre_area stack;   /* base NULL: its memory is not ours */
	struct __pthread *next;    /* in the list of detached threads that are ending */
	struct _pthread_cleanup_context *cleanup;
	void *values[PTHREAD_KEYS_MAX];
};

extern struct __lock threads_lock;

/* Runs the destructors of a thread's keys. Empty where the program has no keys. */
void thread_values_destroy(struct __pthread *thread) __attribute__((weak));

/* The deadline in the kernel's terms of a time on a clock of POSIX; 0 (long past) for one before reset. */
uint64_t thread_deadline(clockid_t clock, const struct timespec *when);

/* 0 or EINVAL. */
int timespec_check(const struct timespec *time);
