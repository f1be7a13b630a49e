/* reap.h - the queue of objects that are being taken apart.
 *
 * One queue for the machine, first in, first out; what an object's end lets go is appended. Tickets number the entries, so
 * that whoever asked for an end can tell when everything queued up to then is gone, however much is queued after it.
 * Who does the steps, and at what priority, is thread/reaper.c. */
#pragma once
#include "types.h"

struct object;

void reap_append(struct object *object);
void reap_remove(struct object *object);
bool reap_is_empty(void);
uint32_t reap_ticket(void);            /* of the newest entry */
bool reap_passed(uint32_t ticket);     /* everything up to that ticket is gone */
void reap_step(void);                  /* one bounded step on the first */
extern void (*reap_wanted)(void);      /* called when something is queued; thread/reaper.c sets it */
