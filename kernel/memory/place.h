/* place.h - where new mappings and reservations go. Inside memory/ only. */
#pragma once
#include "memory/space.h"

#define USER_PAGES ((size_t)((USER_END - USER_BASE) >> PAGE_SHIFT))

/* A random place for a run of pages, 0 if none was found. *region: where the space works from now on, once the run is
 * really placed there. Changes nothing. */
vaddr_t place_find(const struct space *space, size_t pages, vaddr_t *region);
/* A random region with nothing in it, and so without a table; 0: none. */
vaddr_t place_region(const struct space *space);
/* Is the range inside the program's part, and neither mapped, reserved nor window? */
bool place_is_free(const struct space *space, vaddr_t base, vaddr_t end);
