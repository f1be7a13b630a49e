/* tree.h - a balanced search tree whose nodes lie in the things sorted; nothing is allocated.
 *
 * An AVL tree keyed by one word. Finding, inserting and removing take at most 1.44 log2(n) + 2 steps down and as
 * many up, for any order of insertion, with no recursion: safe in a kernel whose keys are chosen by programs.
 *
 *   struct mapping { struct tree_node node; ... };
 *   tree_insert(&space->mappings, &mapping->node, base);
 *   node = tree_floor(&space->mappings, address);   mapping = CONTAINER_OF(node, struct mapping, node);
 *
 *   I1  keys left of a node are smaller, keys right of it larger; no key is there twice
 *   I2  child and parent links agree
 *   I3  height is one more than the higher child's, and the children's differ by at most one
 * A zeroed tree is empty; a zeroed node is in no tree. */
#pragma once
#include "base/bits.h"

struct tree_node {
	uintptr_t key;
	struct tree_node *parent, *child[2]; /* child[0]: the smaller keys */
	uint8_t height;                      /* a leaf has 1; 0: in no tree */
};

struct tree {
	struct tree_node *root;
};

static inline void tree_init(struct tree *tree)
{
	tree->root = NULL;
}

static inline bool tree_is_empty(const struct tree *tree)
{
	return !tree->root;
}

/* Is the node in some tree? */
static inline bool tree_holds(const struct tree_node *node)
{
	return node->height;
}

/* NULL where there is no such node. */
struct tree_node *tree_find(const struct tree *tree, uintptr_t key);
struct tree_node *tree_floor(const struct tree *tree, uintptr_t key);   /* largest key <= key */
struct tree_node *tree_ceiling(const struct tree *tree, uintptr_t key); /* smallest key >= key */
struct tree_node *tree_first(const struct tree *tree);
struct tree_node *tree_last(const struct tree *tree);
struct tree_node *tree_next(const struct tree_node *node);
struct tree_node *tree_previous(const struct tree_node *node);

/* False, and nothing done, if the key is there already. The node is in no tree. */
bool tree_insert(struct tree *tree, struct tree_node *node, uintptr_t key);
/* The same in two steps, for who must look at the neighbour: where the key belongs, and what is there or before it (NULL: nothing). */
struct tree_place {
	struct tree_node **link, *parent, *floor;
};
struct tree_place tree_place(struct tree *tree, uintptr_t key);
void tree_insert_at(struct tree *tree, const struct tree_place *place, struct tree_node *node, uintptr_t key);
/* The node is in this tree. */
void tree_remove(struct tree *tree, struct tree_node *node);

/* Proves I1-I3; walks every node. */
bool tree_check(const struct tree *tree);
