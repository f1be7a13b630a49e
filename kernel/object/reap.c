/* reap.c - the queue of objects that are being taken apart. */
#include "object/reap.h"
#include "object/object.h"

static struct list queues[LIMIT_PRIORITIES]; /* zero until first used */
static int stepping = -1;                    /* priority of the step that is being done */
unsigned (*reap_cause)(void);
void (*reap_gone)(struct object *object);

static void insert(struct object *object, unsigned priority)
{
	struct list *queue = &queues[priority];

	if (!(arch_here()->reap_bits >> priority & 1))
		list_init(queue);
	list_append(queue, &object->reap_link);
	arch_here()->reap_bits |= 1u << priority;
	arch_here()->unsettled |= UNSETTLED_SCHEDULE;
	arch_fast_forbid(FAST_REAP, true);
	object->reap_priority = (uint8_t)priority;
}

void reap_append_at(struct object *object, unsigned priority)
{
	object->queued = true;
	insert(object, priority);
}

void reap_append(struct object *object)
{
	reap_append_at(object, stepping >= 0 ? (unsigned)stepping : reap_cause());
}

static void leave(struct object *object)
{
	list_remove(&object->reap_link);
	if (list_is_empty(&queues[object->reap_priority]))
		arch_here()->reap_bits &= ~(1u << object->reap_priority);
	arch_fast_forbid(FAST_REAP, arch_here()->reap_bits);
}

void reap_remove(struct object *object)
{
	leave(object);
	object->queued = false;
}

void reap_raise(struct object *object, unsigned priority)
{
	if (priority <= object->reap_priority)
		return;
	leave(object);
	insert(object, priority);
}

int reap_priority(void)
{
	return arch_here()->reap_bits ? 31 - __builtin_clz(arch_here()->reap_bits) : -1;
}

void reap_step(void)
{
	int priority = reap_priority();

	if (priority < 0)
		return;
	stepping = priority;
	object_step(LIST_FIRST(&queues[priority], struct object, reap_link));
	stepping = -1;
}
