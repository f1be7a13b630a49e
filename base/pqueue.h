/* pqueue.h - a queue by priority, first come first served within one; its nodes lie in the things queued.
 *
 * Nodes of one priority form a ring. The first of each ring is also in the list of levels, highest first:
 *
 *     levels -> A(7) -----> D(4) -----> E(0)
 *               B(7) C(7)               F(0)
 *
 * Inserting passes at most PQUEUE_PRIORITIES levels; removing any node, and the top, take a constant few steps. A queue is
 * two words whatever it holds, so that there may be one in every server and every futex.
 *
 *   I1  levels: priorities fall strictly; each node there is the oldest of its ring
 *   I2  all nodes of a ring have one priority
 * A node must be initialised (pqueue_node_init) before pqueue_holds is asked; pqueue_insert needs no such thing. */
#pragma once
#include "base/list.h"

#define PQUEUE_PRIORITIES 32

struct pqueue {
	struct list levels;
};

struct pqueue_node {
	struct list level; /* first of its ring: in `levels`; else unlisted */
	struct list ring;  /* others of the same priority, oldest first */
	uint8_t priority;
};

static inline void pqueue_init(struct pqueue *queue)
{
	list_init(&queue->levels);
}

static inline void pqueue_node_init(struct pqueue_node *node)
{
	list_init(&node->level);
	list_init(&node->ring);
}

static inline bool pqueue_is_empty(const struct pqueue *queue)
{
	return list_is_empty(&queue->levels);
}

/* Is the node in some queue? */
static inline bool pqueue_holds(const struct pqueue_node *node)
{
	return !list_is_empty(&node->level) || !list_is_empty(&node->ring);
}

/* The oldest node of the highest priority, or NULL. */
static inline struct pqueue_node *pqueue_top(const struct pqueue *queue)
{
	return LIST_FIRST(&queue->levels, struct pqueue_node, level);
}

/* Behind all of its priority. The node is in no queue; priority < PQUEUE_PRIORITIES. */
void pqueue_insert(struct pqueue *queue, struct pqueue_node *node, unsigned priority);
/* Takes the node out of the queue it is in. */
void pqueue_remove(struct pqueue_node *node);
/* Takes out and returns the top, or NULL. */
struct pqueue_node *pqueue_pop(struct pqueue *queue);
/* The node that is served after this one, or NULL. */
struct pqueue_node *pqueue_next(const struct pqueue *queue, const struct pqueue_node *node);

/* Proves I1 and I2; walks every node. */
bool pqueue_check(const struct pqueue *queue);
