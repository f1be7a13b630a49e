/* account.h - the page counters of a budget, and the slab pages its small objects share.
 *
 *   limit = charged + given + left           I1  charged + given <= limit
 *   child's limit is part of parent's given  I2  given = sum of the children's limits
 *                                            I3  the root's limit is all frames that were ever free: no overcommit
 * Two accounts never share a slab page, so that destroying one returns whole pages. */
#pragma once
#include "arch.h"
#include "base/list.h"
#include "memory/frame.h"

#define SLAB_CLASSES 11

struct account {
  struct account *parent; /* NULL for the machine's */
  size_t limit, charged, given;
  struct list slabs[SLAB_CLASSES]; /* pages of each size with room */
};

void account_init_root(struct account *account, size_t pages);
err_t account_init(struct account *account, struct account *parent, size_t pages) must_use; /* E_BUDGET */
err_t account_resize(struct account *account, size_t pages) must_use;                      /* E_BUDGET; E_STATE: the root */
void account_close(struct account *account);     /* asserts charged == given == 0; pages back to the parent */
err_t account_charge(struct account *account, size_t pages) must_use; /* E_BUDGET */
void account_release(struct account *account, size_t pages);
size_t account_left(const struct account *account);

/* Small objects, zeroed, aligned to 16. Sizes up to SLAB_LARGEST. NULL: the account cannot pay. The page of the last object
 * freed goes back at once, so a failed operation that frees what it took leaves the counters as they were. */
#define SLAB_LARGEST 2016
void *slab_alloc(struct account *account, size_t size) must_use;
void slab_free(void *object);
struct account *slab_account(const void *object); /* who pays for it */
void account_check(const struct account *account);

/* One zeroed page for a table or the like, charged. 0: the account cannot pay. */
paddr_t account_page(struct account *account, enum frame_kind kind) must_use;
paddr_t account_page_raw(struct account *account, enum frame_kind kind) must_use; /* not zeroed: the caller writes all that is read */
void account_page_free(struct account *account, paddr_t page);
