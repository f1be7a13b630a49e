/* slab.h - for account.c: what is checked of an account's slab pages. The rest of slab.c is declared in account.h. */
#pragma once
#include "memory/account.h"

/* slab_alloc without the zeros, for who knows the class of what it wants. */
#define SLAB_CLASS(size) ((size) <= 64 ? 0u : (size) <= 96 ? 1u : (size) <= 128 ? 2u : (size) <= 192 ? 3u : (size) <= 272 ? 4u : 5u)
void *slab_take(struct account *account, unsigned class) must_use;
void slab_check(const struct account *account);
