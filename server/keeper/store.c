/* store.c - the blobs of one owner. */
#include "store.h"
#include "base/bits.h"
#include "base/string.h"
#include "idl/keeper.h"

#define MAGIC 0x6b656570u /* "keep" */
#define FORGOTTEN UINT32_MAX

enum { ALIGNMENT = 8 };

struct half {
	uint32_t magic, generation;
	uint32_t used, reserved;       /* bytes of records */
	uint8_t records[];
};

struct record {
	uint32_t name_size, size;      /* size FORGOTTEN: no blob */
	char name[];                   /* then the blob, then up to 7 bytes of nothing */
};

static struct half *half_at(const struct store *store, unsigned index)
{
	return (struct half *)(store->base + index * store->half_bytes);
}

static uint32_t capacity(const struct store *store)
{
	return (uint32_t)(store->half_bytes - sizeof(struct half));
}

static uint32_t blob_bytes(uint32_t size)
{
	return size == FORGOTTEN ? 0 : size;
}

static uint32_t span(uint32_t name_size, uint32_t size)
{
	return (uint32_t)align_up(sizeof(struct record) + name_size + blob_bytes(size), ALIGNMENT);
}

static const struct record *record_at(const struct half *half, uint32_t offset)
{
	return (const struct record *)(half->records + offset);
}

static uint32_t next_offset(const struct half *half, uint32_t offset)
{
	return offset + span(record_at(half, offset)->name_size, record_at(half, offset)->size);
}

/* --- what may be believed ---------------------------------------------------------------------------------- */

static bool record_is_sound(const struct half *half, uint32_t offset)
{
	const struct record *record = record_at(half, offset);
	uint32_t left = half->used - offset;

	return left >= sizeof(*record) && record->name_size && record->name_size <= KEEPER_NAME_BYTES &&
	       blob_bytes(record->size) <= KEEPER_BLOB_BYTES && span(record->name_size, record->size) <= left;
}

static bool half_is_sound(const struct store *store, const struct half *half)
{
	if (half->magic != MAGIC || half->used > capacity(store) || half->used % ALIGNMENT)
		return false;
	for (uint32_t offset = 0; offset < half->used; offset = next_offset(half, offset))
		if (!record_is_sound(half, offset))
			return false;
	return true;
}

static struct half *alive(const struct store *store)
{
	struct half *first = half_at(store, 0), *second = half_at(store, 1);

	if (second->magic != MAGIC)
		return first;
	return first->magic != MAGIC || (int32_t)(second->generation - first->generation) > 0 ? second : first;
}

void store_open(struct store *store, void *base, size_t size)
{
	*store = (struct store){ .base = base, .half_bytes = size / 2 };
	for (unsigned i = 0; i < 2; i++)
		if (!half_is_sound(store, half_at(store, i)))
			half_at(store, i)->magic = 0;
	if (alive(store)->magic != MAGIC)
		*half_at(store, 0) = (struct half){ .magic = MAGIC, .generation = 1 };
}

/* --- reading ----------------------------------------------------------------------------------------------- */

static bool is_named(const struct record *record, const char *name, uint32_t name_size)
{
	return record->name_size == name_size && !memcmp(record->name, name, name_size);
}

/* The last record of the name from `offset` on; NULL. */
static const struct record *find_last(const struct half *half, uint32_t offset, const char *name, uint32_t name_size)
{
	const struct record *found = NULL;

	for (; offset < half->used; offset = next_offset(half, offset))
		if (is_named(record_at(half, offset), name, name_size))
			found = record_at(half, offset);
	return found;
}

static bool is_alive(const struct half *half, uint32_t offset)
{
	const struct record *record = record_at(half, offset);

	return record->size != FORGOTTEN && !find_last(half, next_offset(half, offset), record->name, record->name_size);
}

static void blob_set(struct blob *blob, const struct record *record)
{
	*blob = (struct blob){ record->name, (const uint8_t *)record->name + record->name_size, record->name_size, record->size };
}

bool store_find(const struct store *store, const char *name, uint32_t name_size, struct blob *found)
{
	const struct record *record = find_last(alive(store), 0, name, name_size);

	if (!record || record->size == FORGOTTEN)
		return false;
	blob_set(found, record);
	return true;
}

bool store_at(const struct store *store, uint32_t n, struct blob *found)
{
	const struct half *half = alive(store);

	for (uint32_t offset = 0; offset < half->used; offset = next_offset(half, offset)) {
		if (!is_alive(half, offset) || n--)
			continue;
		blob_set(found, record_at(half, offset));
		return true;
	}
	return false;
}

uint32_t store_used(const struct store *store)
{
	const struct half *half = alive(store);
	uint32_t used = 0;

	for (uint32_t offset = 0; offset < half->used; offset = next_offset(half, offset))
		if (is_alive(half, offset))
			used += next_offset(half, offset) - offset;
	return used;
}

uint32_t store_room(const struct store *store)
{
	return capacity(store);
}

/* --- writing ----------------------------------------------------------------------------------------------- */

/* Behind the last record; the caller has seen that there is room. Who dies before the last line has written nothing. */
static void append(struct half *half, const struct blob *blob)
{
	struct record *record = (struct record *)(half->records + half->used);

	record->name_size = blob->name_size;
	record->size = blob->size;
	memcpy(record->name, blob->name, blob->name_size);
	memcpy(record->name + blob->name_size, blob->bytes, blob_bytes(blob->size));
	__atomic_store_n(&half->used, half->used + span(blob->name_size, blob->size), __ATOMIC_RELEASE);
}

/* All that is alive, but for one name, to the other half. */
static void copy_over(const struct store *store, const struct half *from, struct half *to, const struct blob *without)
{
	struct blob blob;

	to->magic = 0;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	to->used = 0;
	for (uint32_t n = 0; store_at(store, n, &blob); n++)
		if (blob.name_size != without->name_size || memcmp(blob.name, without->name, blob.name_size) != 0)
			append(to, &blob);
	to->generation = from->generation + 1;
}

nacre_status_t store_save(const struct store *store, const struct blob *blob)
{
	struct half *half = alive(store), *other = half_at(store, half == half_at(store, 0));
	uint32_t needed = span(blob->name_size, blob->size), without = store_used(store);
	struct blob old;

	if (needed <= capacity(store) - half->used) {
		append(half, blob);
		return STATUS_OK;
	}
	if (store_find(store, blob->name, blob->name_size, &old))
		without -= span(old.name_size, old.size);
	if (blob->size != FORGOTTEN && needed > capacity(store) - without)
		return STATUS_FULL;
	copy_over(store, half, other, blob);
	if (blob->size != FORGOTTEN)
		append(other, blob);
	__atomic_store_n(&other->magic, MAGIC, __ATOMIC_RELEASE);
	return STATUS_OK;
}

bool store_forget(const struct store *store, const char *name, uint32_t name_size)
{
	const struct blob nothing = { name, NULL, name_size, FORGOTTEN };
	struct blob old;

	if (!store_find(store, name, name_size, &old))
		return false;
	store_save(store, &nothing);
	return true;
}
