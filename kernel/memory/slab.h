/* slab.h - for account.c: what is checked of an account's slab pages. The rest of slab.c is declared in account.h. */
#pragma once
#include "memory/account.h"

void slab_check(const struct account *account);
