/* watch.h - a service that hangs at or above init's priority keeps init from noticing. So a thread of init's looks, at the highest
 * priority, whether init's main thread comes to its turn. If it does not, those services that run are lowered below it, and then
 * their missing signs of life are noticed as any other's. One that gives a sign has its priority back.
 *
 *     main thread in time --50 ms late--> services that run are LOWERED --answers init--> priority back
 *                                                                 +--main thread late again--> killed
 *
 * There is no such thread where no service of such a priority has `heartbeat_ms`. */
#pragma once
#include "service.h"

enum { INIT_PRIORITY = 24 };

/* Once, when the description is known. Not enough memory: a line in the log. */
void watch_start(void);

/* The main thread was here, and wants to be again by then. */
void watch_turn(uint64_t due_ns);

/* It has given a sign of life. */
void watch_answered(struct service *service);
