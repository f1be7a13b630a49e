/* deadline.h - threads that wait until a time, earliest first. Expiry wakes a bounded number per timer interrupt. */
#pragma once
#include "thread/thread.h"

void deadline_set(struct thread *thread, uint64_t when_ns); /* NEVER_NS: none */
void deadline_clear(struct thread *thread);
uint64_t deadline_next_ns(void);            /* NEVER_NS: none */
void deadlines_expire(uint64_t now_ns);     /* calls deadline_expired for each that is due */
extern void (*deadline_expired)(struct thread *thread); /* ends its wait with E_TIMEOUT; set by boot */
