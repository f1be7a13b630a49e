/* heap.h - a priority queue whose nodes lie in the things queued; nothing is allocated. Made for deadlines.
 *
 * A leftist heap (Crane, 1972; Knuth vol. 3, 5.2.3): the path that always turns right has at most log2(n + 1) nodes, and
 * all work is done along such paths. Insert and remove, of any node, take O(log n) in the worst case, with no recursion;
 * the top is there at once. Removal climbs only while ranks change, and ranks grow by one a step.
 *
 *   I1  no key is smaller than its parent's
 *   I2  child and parent links agree
 *   I3  rank(left) >= rank(right), and rank is one more than the right child's
 * A zeroed heap is empty; a zeroed node is in no heap. Equal keys come in no particular order. */
#pragma once
#include "base/bits.h"

struct heap_node {
	uint64_t key;
	struct heap_node *parent, *left, *right;
	uint8_t rank; /* nodes on the path that always turns right; 0: in no heap */
};

struct heap {
	struct heap_node *root;
};

static inline void heap_init(struct heap *heap)
{
	heap->root = NULL;
}

/* The node with the smallest key, or NULL. */
static inline struct heap_node *heap_top(const struct heap *heap)
{
	return heap->root;
}

/* Is the node in some heap? */
static inline bool heap_holds(const struct heap_node *node)
{
	return node->rank;
}

void heap_insert(struct heap *heap, struct heap_node *node, uint64_t key); /* the node is in no heap */
void heap_remove(struct heap *heap, struct heap_node *node);               /* the node is in this heap */

/* Proves I1-I3; walks every node. */
bool heap_check(const struct heap *heap);
