/* store.h - the blobs of one owner, in pages that outlive owner and keeper.
 *
 *     | half: head, record, record, record ....  | half |          generation n is alive, n - 1 is what it was copied from
 *                                         ^ used
 *
 * A save writes a record behind the last one and then moves `used`: one store, after which it counts. A later record of a
 * name replaces an earlier one; one without a blob forgets it. Where there is no room left, what is alive is copied to the
 * other half, which gets the next generation as its last word.
 *
 *   I1  at every moment one half is sound and has the highest generation: whoever dies costs at most the last save
 *   I2  memory may hold anything when it comes: what is not sound is empty */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "nacre/error.h"

struct store {
	uint8_t *base;                 /* mapped, while it is used */
	size_t half_bytes;
};

struct blob {
	const char *name;              /* counted */
	const uint8_t *bytes;
	uint32_t name_size, size;
};

/* Memory of this size; makes it an empty store unless it is a sound one. */
void store_open(struct store *store, void *base, size_t size);

/* STATUS_FULL: there is no room, and nothing has changed. */
nacre_status_t store_save(const struct store *store, const struct blob *blob);

bool store_find(const struct store *store, const char *name, uint32_t name_size, struct blob *found);

/* False: there was none. */
bool store_forget(const struct store *store, const char *name, uint32_t name_size);

/* The n-th blob that is alive. */
bool store_at(const struct store *store, uint32_t n, struct blob *found);

/* Bytes that all that is alive takes, and may take. */
uint32_t store_used(const struct store *store);
uint32_t store_room(const struct store *store);
