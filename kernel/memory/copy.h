/* copy.h - the one routine that touches user memory.
 *
 * It walks the page table and copies through the kernel's own view of RAM and image frames, so a bad address is an error
 * and never a fault, and device registers cannot be reached. Every call is bounded by COPY_STEP bytes; longer copies
 * are the caller's loop, with a preemption point in it. A page lent away is not there (E_ADDRESS); lent read-only, it can
 * be read. */
#pragma once
#include "memory/space.h"

#define COPY_STEP 4096

err_t copy_in(const struct space *space, void *to, user_ptr_t from, size_t size) must_use;        /* E_ADDRESS */
err_t copy_out(const struct space *space, user_ptr_t to, const void *from, size_t size) must_use; /* E_ADDRESS */
err_t copy_across(const struct space *to_space, user_ptr_t to, const struct space *from_space, user_ptr_t from, size_t size) must_use;
/* Is all of [base, base + size) mapped with the access? Walks one step a page: size <= LIMIT_COPY_BYTES. */
err_t copy_check(const struct space *space, user_ptr_t base, size_t size, bool write) must_use;
