/* pqueue.c - a queue by priority, made of rings in a list. */
#include "base/pqueue.h"

static struct pqueue_node *at_level(const struct list *level)
{
	return LIST_ENTRY(level, struct pqueue_node, level);
}

static struct pqueue_node *ring_next(const struct pqueue_node *node)
{
	return LIST_ENTRY(node->ring.next, struct pqueue_node, ring);
}

static bool is_first(const struct pqueue_node *node)
{
	return !list_is_empty(&node->level);
}

void pqueue_insert(struct pqueue *queue, struct pqueue_node *node, unsigned priority)
{
	struct list *level = queue->levels.next;

	while (level != &queue->levels && at_level(level)->priority > priority)
		level = level->next;
	pqueue_node_init(node);
	node->priority = (uint8_t)priority;
	if (level != &queue->levels && at_level(level)->priority == priority)
		list_append(&at_level(level)->ring, &node->ring); /* in a ring, before the first is behind the last */
	else
		list_insert_before(level, &node->level);
}

void pqueue_remove(struct pqueue_node *node)
{
	struct pqueue_node *next = ring_next(node);

	if (is_first(node) && next != node)
		list_insert_before(&node->level, &next->level);
	list_remove(&node->level);
	list_remove(&node->ring);
}

struct pqueue_node *pqueue_pop(struct pqueue *queue)
{
	struct pqueue_node *top = pqueue_top(queue);

	if (top)
		pqueue_remove(top);
	return top;
}

struct pqueue_node *pqueue_next(const struct pqueue *queue, const struct pqueue_node *node)
{
	struct pqueue_node *next = ring_next(node);
	struct list *level;

	if (!is_first(next))
		return next;
	level = list_next(&queue->levels, &next->level);
	return level ? at_level(level) : NULL;
}

/* A ring without a second first node, in which all have the same priority. */
static bool ring_is_sound(const struct pqueue_node *first)
{
	for (const struct pqueue_node *node = ring_next(first); node != first; node = ring_next(node))
		if (is_first(node) || node->priority != first->priority || node->ring.prev->next != &node->ring)
			return false;
	return first->ring.prev->next == &first->ring;
}

bool pqueue_check(const struct pqueue *queue)
{
	unsigned above = PQUEUE_PRIORITIES;

	if (!list_check(&queue->levels, PQUEUE_PRIORITIES))
		return false;
	LIST_FOR_EACH(level, &queue->levels) {
		if (at_level(level)->priority >= above || !ring_is_sound(at_level(level)))
			return false;
		above = at_level(level)->priority;
	}
	return true;
}
