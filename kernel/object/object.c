/* object.c - kernel objects: start, references, end. */
#include "object/object.h"
#include "object/budget.h"
#include "object/handle.h"
#include "object/reap.h"

const struct object_type *object_types[9];
static uint64_t next_serial = 1;

void object_init(struct object *object, struct budget *payer, unsigned type)
{
	object->type = type;
	object->serial = next_serial++;
	object->payer = payer;
	list_init(&object->handles);
	list_init(&object->payer_link);
	list_init(&object->reap_link);
	if (!payer)
		return;
	list_append(&payer->objects, &object->payer_link);
	object_hold(&payer->object);
}

void *object_alloc(struct budget *payer, unsigned type, size_t size)
{
	struct object *object;

	if (payer->object.dead)
		return NULL;
	object = slab_alloc(&payer->account, size);
	if (object)
		object_init(object, payer, type);
	return object;
}

static void object_free(struct object *object)
{
	struct budget *payer = object->payer;

	if (object->waiters)
		reap_gone(object);
	if (object->queued)
		reap_remove(object);
	list_remove(&object->payer_link);
	object->type = 0;
	slab_free(object);
	object_release(&payer->object);
}

void object_cancel(struct object *object)
{
	assert(object->references == 0 && list_is_empty(&object->handles));
	object_free(object);
}

void object_enqueue(struct object *object)
{
	if (!object->queued)
		reap_append(object);
}

void object_release(struct object *object)
{
	assert(object->references > 0);
	if (--object->references == 0)
		object_destroy(object);
}

void object_destroy(struct object *object)
{
	if (!object->dead) {
		object->dead = true;
		object_types[object->type]->mark(object);
	}
	object_enqueue(object);
}

/* At most this many handles lose their object in one step. */
enum { HANDLES_PER_STEP = 32 };

static bool handles_orphan_step(struct object *object)
{
	for (int i = 0; i < HANDLES_PER_STEP && !list_is_empty(&object->handles); i++)
		handle_orphan(LIST_FIRST(&object->handles, struct handle_entry, link));
	return list_is_empty(&object->handles);
}

/* A step is: contents first (the type's own), then handles, then the header. A process whose exit record somebody may
 * still read stays, at rest, outside the queue. */
bool object_step(struct object *object)
{
	bool dead = object->dead;

	if (!object_types[object->type]->step(object))
		return false;
	if (dead != object->dead)
		return false; /* its own step was its end (CLOSED was received at once): now the steps of a dead one */
	if (!dead) {
		if (object->queued)
			reap_remove(object);
		reap_gone(object);
		return true;
	}
	if (!handles_orphan_step(object))
		return false;
	assert(object->references == 0);
	object_free(object);
	return true;
}

void object_check(const struct object *object)
{
	size_t handles = list_count(&object->handles);

	assert(object->type >= OBJECT_PROCESS && object->type <= OBJECT_BUDGET);
	assert(object->references >= handles);
	assert(object->serial && object->serial < next_serial);
	assert(!object->queued || !list_is_empty(&object->reap_link));
	LIST_FOR_EACH(node, &object->handles)
		assert(LIST_ENTRY(node, struct handle_entry, link)->object == object);
}
