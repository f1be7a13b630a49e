/* store.h - cores, one behind another in memory that outlives the process which keeps them. The oldest go when there is no room.
 *
 *   I1  `sound` is 0 while cores are moved: who finds it so starts empty
 *   I2  a core counts once all of it is written */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "idl/cores.h"

enum { STORE_CORES_MAX = 8 };

/* What lies there is kept if it is sound. */
void store_open(void *memory, size_t size);

/* Bytes of the largest core that there can be. */
size_t store_room(void);

/* Makes room for so many bytes, up to store_room(), and says where they go. Nothing is kept before store_end. */
void *store_begin(size_t size);
void store_end(const struct cores_core *core);

/* The n-th last; NULL: there is none. */
const struct cores_core *store_at(unsigned n);

/* What a core consists of; NULL: it is kept no more. */
const void *store_find(uint32_t serial, size_t *size);
