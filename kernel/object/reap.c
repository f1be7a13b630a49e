/* reap.c - the queue of objects that are being taken apart. */
#include "object/reap.h"
#include "object/object.h"

static struct list queue = LIST_EMPTY(queue);
static uint32_t newest;
void (*reap_wanted)(void);

void reap_append(struct object *object)
{
	object->queued = true;
	object->ticket = ++newest;
	list_append(&queue, &object->reap_link);
	reap_wanted();
}

void reap_remove(struct object *object)
{
	list_remove(&object->reap_link);
	object->queued = false;
}

bool reap_is_empty(void)
{
	return list_is_empty(&queue);
}

uint32_t reap_ticket(void)
{
	return newest;
}

bool reap_passed(uint32_t ticket)
{
	struct object *first = LIST_FIRST(&queue, struct object, reap_link);

	return !first || (int32_t)(first->ticket - ticket) > 0;
}

void reap_step(void)
{
	struct object *object = LIST_FIRST(&queue, struct object, reap_link);

	if (object)
		object_step(object);
}
