/* list.h - intrusive doubly linked lists: the links lie in the things listed, nothing is allocated.
 *
 * A list is a ring through its head; an empty head and an unlisted node point at themselves, so that no
 * operation has a special case and removing twice is harmless.
 *
 *   struct thread { struct list queue; ... };
 *   struct list ready;                       list_init(&ready);
 *   list_append(&ready, &thread->queue);     t = LIST_FIRST(&ready, struct thread, queue);
 *
 *   I1  node->next->prev == node and node->prev->next == node, for the head and every node. */
#pragma once
#include "base/bits.h"

struct list {
	struct list *next, *prev;
};

/* A list known at compile time: static struct list ready = LIST_EMPTY(ready); */
#define LIST_EMPTY(head) { &(head), &(head) }

static inline void list_init(struct list *list)
{
	list->next = list->prev = list;
}

/* For a head: has it no nodes? For a node: is it in no list? */
static inline bool list_is_empty(const struct list *list)
{
	return list->next == list;
}

/* Puts an unlisted node in front of `place`, which is a listed node or a head. */
static inline void list_insert_before(struct list *place, struct list *node)
{
	node->prev = place->prev;
	node->next = place;
	place->prev->next = node;
	place->prev = node;
}

static inline void list_append(struct list *head, struct list *node)
{
	list_insert_before(head, node);
}

static inline void list_prepend(struct list *head, struct list *node)
{
	list_insert_before(head->next, node);
}

/* Takes a node out of the list it is in, if any. */
static inline void list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

/* Moves every node of `from` behind those of `to`, in order, in constant time. */
static inline void list_append_all(struct list *to, struct list *from)
{
	if (list_is_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

/* First, last, next and previous node; NULL where there is none. */
static inline struct list *list_first(const struct list *head)
{
	return list_is_empty(head) ? NULL : head->next;
}

static inline struct list *list_last(const struct list *head)
{
	return list_is_empty(head) ? NULL : head->prev;
}

static inline struct list *list_next(const struct list *head, const struct list *node)
{
	return node->next == head ? NULL : node->next;
}

static inline struct list *list_previous(const struct list *head, const struct list *node)
{
	return node->prev == head ? NULL : node->prev;
}

/* Removes and returns the first node, or NULL. */
static inline struct list *list_pop(struct list *head)
{
	struct list *node = list_first(head);

	if (node)
		list_remove(node);
	return node;
}

static inline size_t list_count(const struct list *head)
{
	size_t count = 0;

	for (const struct list *node = head->next; node != head; node = node->next)
		count++;
	return count;
}

/* Proves I1 for the head and at most `limit` nodes; false too where there are more. For invariant checkers. */
static inline bool list_check(const struct list *head, size_t limit)
{
	const struct list *node = head;

	do {
		if (!node->next || !node->prev || node->next->prev != node || node->prev->next != node)
			return false;
		node = node->next;
	} while (node != head && limit--);
	return node == head;
}

/* The thing a node lies in, and the first thing of a list (NULL if the list is empty). */
#define LIST_ENTRY(node, type, member) CONTAINER_OF(node, type, member)
#define LIST_FIRST(head, type, member) \
	(list_is_empty(head) ? NULL : LIST_ENTRY((head)->next, type, member))

/* Walks the nodes; the second form also where the body removes or frees `node`. */
#define LIST_FOR_EACH(node, head) \
	for (struct list *node = (head)->next; node != (head); node = node->next)
#define LIST_FOR_EACH_SAFE(node, following, head) \
	for (struct list *node = (head)->next, *following = node->next; node != (head); \
	     node = following, following = node->next)
