/* memory.c - memory as an object. */
#include "object/memory.h"
#include "object/handle.h"
#include "object/patch.h"

static struct memory *memory_of(struct backing *backing)
{
	return CONTAINER_OF(backing, struct memory, backing);
}

err_t memory_new(struct budget *payer, size_t pages, unsigned options, struct memory **out)
{
	enum backing_kind kind = options & MEMORY_CONTIGUOUS ? BACKING_CONTIGUOUS : BACKING_ANONYMOUS;
	struct memory *memory = object_alloc(payer, OBJECT_MEMORY, sizeof *memory);
	err_t error;

	if (!memory)
		return E_BUDGET;
	error = backing_init(&memory->backing, &payer->account, pages, kind, options & MEMORY_SHARED);
	if (error) {
		object_cancel(&memory->object);
		return error;
	}
	*out = memory;
	return E_OK;
}

err_t memory_new_fixed(struct budget *payer, paddr_t first, size_t pages, enum backing_kind kind, struct memory **out)
{
	struct memory *memory = object_alloc(payer, OBJECT_MEMORY, sizeof *memory);

	if (!memory)
		return E_BUDGET;
	backing_init_fixed(&memory->backing, first, pages, kind);
	*out = memory;
	return E_OK;
}

void memory_mapped(struct memory *memory, bool charged)
{
	if (!charged)
		object_hold(&memory->object);
}

void memory_unmapped(struct backing *backing)
{
	object_release(&memory_of(backing)->object);
}

void memory_filled(struct memory *memory)
{
	*memory->filler = NULL;
	memory->filler = NULL;
	object_release(&memory->object);
}

/* The header moves to the new payer with the pages, or it would die with the old one. The one handle learns of it; the serial,
 * and with it the public ID, stays. */
err_t memory_claim(struct memory *old, struct budget *payer)
{
	struct memory *memory;
	struct handle_entry *entry;

	if (old->object.references != 1)
		return E_BUSY;
	memory = object_alloc(payer, OBJECT_MEMORY, sizeof *memory);
	if (!memory)
		return E_BUDGET;
	if (backing_payer_set(&old->backing, &payer->account)) {
		object_cancel(&memory->object);
		return E_BUDGET;
	}

	/* --- Point of no return. */
	memory->backing = old->backing;
	list_init(&memory->backing.mappings);
	memory->object.serial = old->object.serial;
	entry = LIST_FIRST(&old->object.handles, struct handle_entry, link);
	list_remove(&entry->link);
	list_append(&memory->object.handles, &entry->link);
	entry->object = &memory->object;
	memory->object.references = 1;
	old->object.references = 0;
	object_cancel(&old->object);
	return E_OK;
}

/* No new mapping: handles answer PEER_GONE. Who is still filling it finds its work gone. */
static void memory_mark(struct object *object)
{
	struct memory *memory = CONTAINER_OF(object, struct memory, object);

	if (memory->filler)
		memory_filled(memory);
	if (memory->patch)
		patch_undo(memory);
}

static struct process *process_of(const struct mapping *mapping)
{
	return CONTAINER_OF(mapping->space, struct process, space);
}

/* Foreign mappings live on as orphans; others go: they belong to processes of the dying budget, or show device or image
 * pages whose device is being taken away. */
static bool mappings_step(struct memory *memory)
{
	struct mapping *mapping = LIST_FIRST(&memory->backing.mappings, struct mapping, backing_link);

	if (!mapping)
		return true;
	if (mapping->state == MAPPING_BUILDING)
		space_map_step(mapping);
	else if (mapping->charged)
		mapping_orphan(mapping);
	else if (patches_step(process_of(mapping), mapping->base, mapping->pages))
		mapping_remove_step(mapping);
	return false;
}

static bool memory_step(struct object *object)
{
	struct memory *memory = CONTAINER_OF(object, struct memory, object);

	return mappings_step(memory) && backing_empty(&memory->backing);
}

void memory_check(const struct object *object)
{
	if (!object->dead)
		backing_check(&CONTAINER_OF(object, struct memory, object)->backing);
}

const struct object_type memory_type = { .mark = memory_mark, .step = memory_step };
