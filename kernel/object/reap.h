/* reap.h - the queue of objects that are being taken apart.
 *
 * Ordered by the priority of whoever caused or awaits the end, first in, first out within one; what an end lets go is
 * queued with its priority. So the end of something big and unimportant never delays that of something urgent.
 * Who does the steps is thread/reaper.c.
 *   I1  object->queued if and only if it lies in the list of its reap_priority */
#pragma once
#include "types.h"

struct object;

void reap_append(struct object *object);
void reap_append_at(struct object *object, unsigned priority);
void reap_remove(struct object *object);
void reap_raise(struct object *object, unsigned priority); /* queued: somebody of that priority waits for it */
int reap_priority(void);               /* of the most urgent; -1: the queue is empty */
void reap_step(void);                  /* one bounded step on the most urgent */

/* Set by thread/reaper.c: how urgent is what is being queued now, and who waits for an object that has gone. */
extern unsigned (*reap_cause)(void);
extern void (*reap_gone)(struct object *object);
