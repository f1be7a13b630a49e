/* policy.h - what goes beyond rules by profile: name spaces of single processes that were narrowed, places at names that take
 * only so many, refusals in the log, and the end of what init has to say.
 *
 *   I1  a process that is narrowed reaches what its profile allows and its patterns cover, and nothing else
 *   I2  a place is held by a process from its first connect until init says that it has ended
 *   I3  nothing here waits for another server: a refusal that the log has no slot for is lost, and counted */
#pragma once
#include <abi/nacre_abi.h>
#include <stdbool.h>
#include "table.h"

/* Of the process in the badge: may it reach this name, as far as it was narrowed? */
bool policy_narrowed_reaches(uintptr_t badge, const struct name *name);

/* Init knows who lives, and so which slot is free: a narrowing always finds its place. STATUS_MALFORMED: there is no such slot. */
uint32_t policy_narrow(uint32_t slot, uint32_t process, const char *patterns, size_t size);

/* Takes a place, if the process has none there yet. False: all are taken. */
bool policy_place_take(const struct name *name, uintptr_t badge);

void policy_gone(uint32_t process);

/* A line in the log: this process was refused this path. At most REFUSALS_PER_SECOND of them. */
enum { REFUSALS_PER_SECOND = 8 };
void policy_refused(uintptr_t badge, const char *path, size_t size);

extern bool policy_done;
