/* memory.h - memory as an object: a backing (memory/backing.h) with handles.
 *
 *   FILLING --steps--> WHOLE --MOVE--> MOVED --claim--> WHOLE       I1  references = handles + mappings of the same payer + 1 while FILLING
 * A mapping by another budget keeps its frames itself and does not keep the object. */
#pragma once
#include "memory/backing.h"
#include "object/object.h"

struct memory {
	struct object object;
	struct backing backing;
	void **filler;          /* FILLING: where the thread that fills it remembers it */
	bool moved;             /* arrived by MOVE and not claimed yet */
	bool trace;             /* the trace ring */
	bool patch;             /* part of a struct patch, patch.h */
};
extern const struct object_type memory_type;
void memory_check(const struct object *object);

err_t memory_new(struct budget *payer, size_t pages, unsigned options, struct memory **out) must_use; /* not filled yet */
err_t memory_new_fixed(struct budget *payer, paddr_t first, size_t pages, enum backing_kind kind, struct memory **out) must_use;
void memory_mapped(struct memory *memory, bool charged);
void memory_unmapped(struct backing *backing); /* a mapping that kept it went: backing_idle of memory/ */
void memory_filled(struct memory *memory);     /* or given up: lets go of the reference of who fills it */
err_t memory_claim(struct memory *memory, struct budget *payer) must_use; /* after MOVE: E_BUDGET, E_BUSY (duplicated) */
