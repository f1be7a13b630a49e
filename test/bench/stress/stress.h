/* stress.h - the largest of everything, to find how long the kernel does not look for interrupts (irqs_off_...).
 * Meanwhile a most urgent thread is woken by the timer again and again, so that what can be interrupted is. */
#pragma once
#include "../bench.h"
#include "nacre/area.h"
#include "nacre/clock.h"
#include "test/child.h"

enum { CROWD = 100, PRIORITY = 24, LAZY = 20 };

extern struct helper crowd[CROWD];
extern uint32_t never; /* a word nobody wakes */

void ticker_start(void);
void ticker_stop(void);
void crowd_start(void (*run)(void *), void *argument, unsigned count, unsigned priority);
void crowd_join(unsigned count);
void rest(void); /* until all others wait */
