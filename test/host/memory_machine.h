/* memory_machine.h - for tests of kernel/memory: a machine with a few pages of RAM, all of them in one root account. */
#pragma once
#include "unit.h"

#include "host.h"
#include "memory/copy.h"
#include "memory/random.h"
#include "memory/space.h"

static struct account machine;
static struct frame machine_frames[HOST_RAM_BYTES / PAGE_SIZE];

/* Frees that many pages of RAM; the first page stays reserved, so that blocks begin at odd places. */
static inline void machine_start(size_t pages)
{
	host_reset();
	memset(pa_to_kva(HOST_RAM_BASE), 0xa5, (pages + 1) * PAGE_SIZE); /* whoever forgets to zero will see */
	frame_init(HOST_RAM_BASE, pages + 1, machine_frames);
	frame_image_set(HOST_IMAGE_BASE, HOST_IMAGE_BYTES);
	frame_give(HOST_RAM_BASE + PAGE_SIZE, pages);
	account_init_root(&machine, pages);
	random_seed("the same places every time", 26);
}

static inline uint32_t dice(uint32_t sides)
{
	static uint32_t state = 1;

	state = state * 1664525 + 1013904223;
	return (state >> 8) % sides;
}

/* A machine's counters at some moment, to see that a refused call left them alone. */
struct snapshot {
	size_t charged, given, free;
};

static inline struct snapshot snapshot_of(const struct account *account)
{
	return (struct snapshot){ account->charged, account->given, frame_free_count() };
}

#define assert_unchanged(account, before)                                               \
	do {                                                                            \
		struct snapshot now_ = snapshot_of(account);                            \
		assert_memory_equal(&now_, &(before), sizeof now_);                     \
	} while (0)

/* Memory, filled. */
static inline err_t backing_make(struct backing *backing, struct account *payer, size_t pages, enum backing_kind kind, bool shared)
{
	err_t error = backing_init(backing, payer, pages, kind, shared);

	while (!error && !backing_fill(backing))
		continue;
	return error;
}

static inline void backing_end(struct backing *backing)
{
	while (!backing_empty(backing))
		continue;
}

/* Whole operations, steps and all. */
static inline err_t map(struct space *space, vaddr_t *base, struct backing *backing, size_t offset, size_t pages,
                        unsigned protection, unsigned allowed)
{
	struct mapping *mapping;
	err_t error = space_map_begin(space, *base, backing, offset, pages, protection, allowed, &mapping);

	if (error)
		return error;
	while (!space_map_step(mapping))
		continue;
	*base = mapping->base;
	return E_OK;
}

static inline err_t unmap(struct space *space, vaddr_t base, size_t pages)
{
	err_t error = space_unmap_begin(space, base, pages);

	while (!error && !space_unmap_step(space, base, pages))
		continue;
	return error;
}

static inline err_t protect(struct space *space, vaddr_t base, size_t pages, unsigned protection)
{
	err_t error = space_protect_begin(space, base, pages, protection);

	while (!error && !space_protect_step(space, base, pages, protection))
		continue;
	return error;
}

static inline void space_end(struct space *space)
{
	while (!space_empty(space))
		continue;
}
