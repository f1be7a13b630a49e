/* copy_best.h - copy or lend? Written by `make bench-baseline` out of the figures of doc/performance.md, do not edit.
 * Up to so many bytes a call had better copy. More had better be lent, where they fill pages of their own. In executed
 * instructions of a call; a loan changes page tables, which costs a real core more than they tell. */
#pragma once

#define NACRE_COPY_BEST_BYTES (sizeof(void *) == 4 ? 400u : 816u)
