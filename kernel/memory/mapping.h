/* mapping.h - what range.c and space.c need of mapping.c. Inside memory/ only. */
#pragma once
#include "memory/space.h"

/* The sum of a mapping's charge outside of tables. */
static inline size_t mapping_charge(const struct mapping *mapping)
{
	return mapping->charged ? mapping->pages : 0;
}

static inline vaddr_t mapping_end(const struct mapping *mapping)
{
	return mapping->base + (mapping->pages << PAGE_SHIFT);
}

/* Write implies read. */
static inline unsigned protection_full(unsigned protection)
{
	return protection & PROT_WRITE ? protection | PROT_READ : protection;
}

err_t protection_judge(unsigned protection) must_use; /* E_ARGUMENT: unknown bits, W and X */
err_t protection_judge_backing(const struct backing *backing, unsigned protection) must_use; /* E_SEALED */

/* How many of a mapping's pages from `progress` on the next step does: they share a table. */
unsigned mapping_step_pages(const struct mapping *mapping);
/* After entries of up to a step's pages changed. */
void mapping_flush(const struct mapping *mapping, vaddr_t address, unsigned pages);
void mapping_protection_set(struct mapping *mapping, unsigned protection); /* and what the backing counts */
void mapping_removing(struct mapping *mapping); /* WHOLE or by force -> REMOVING */
