/* tree.c - AVL trees with parent links (Adelson-Velsky and Landis, 1962). */
#include "base/tree.h"

static unsigned height(const struct tree_node *node)
{
	return node ? node->height : 0;
}

static void measure(struct tree_node *node)
{
	unsigned a = height(node->child[0]), b = height(node->child[1]);

	node->height = (uint8_t)(1 + (a > b ? a : b));
}

static void adopt(struct tree_node *parent, unsigned side, struct tree_node *child)
{
	parent->child[side] = child;
	if (child)
		child->parent = parent;
}

/* Puts `new` (may be NULL) where `old` hangs. */
static void replace(struct tree *tree, struct tree_node *old, struct tree_node *new)
{
	struct tree_node *parent = old->parent;

	if (parent)
		parent->child[parent->child[1] == old] = new;
	else
		tree->root = new;
	if (new)
		new->parent = parent;
}

/* Rotates: the child of `node` on `side` takes its place. Returns that child.
 *
 *       node              up
 *      /    \            /  \
 *     A      up   ->  node   C       (side 1; side 0 is the mirror image)
 *           /  \      /  \
 *          B    C    A    B                                                        */
static struct tree_node *rotate(struct tree *tree, struct tree_node *node, unsigned side)
{
	struct tree_node *up = node->child[side];

	replace(tree, node, up);
	adopt(node, side, up->child[!side]);
	adopt(up, !side, node);
	measure(node);
	measure(up);
	return up;
}

/* The children of a node differ by two. Returns the root of what is then balanced. */
static __attribute__((noinline)) struct tree_node *balance(struct tree *tree, struct tree_node *node, unsigned high)
{
	struct tree_node *child = node->child[high];

	if (height(child->child[!high]) > height(child->child[high]))
		rotate(tree, child, !high);
	return rotate(tree, node, high);
}

/* From the lowest node with a changed child upwards, until a height is what it was. */
static void retrace(struct tree *tree, struct tree_node *node)
{
	for (; node; node = node->parent) {
		unsigned before = node->height, a = height(node->child[0]), b = height(node->child[1]);
		unsigned more = a > b ? a : b;

		if (more + more - a - b > 1)
			node = balance(tree, node, b > a);
		else
			node->height = (uint8_t)(1 + more);
		if (node->height == before)
			return;
	}
}

struct tree_node *tree_find(const struct tree *tree, uintptr_t key)
{
	struct tree_node *node = tree->root;

	while (node && node->key != key)
		node = node->child[node->key < key];
	return node;
}

struct tree_node *tree_floor(const struct tree *tree, uintptr_t key)
{
	struct tree_node *best = NULL;

	for (struct tree_node *node = tree->root; node;) {
		if (node->key <= key)
			best = node;
		node = node->child[node->key <= key];
	}
	return best;
}

struct tree_node *tree_ceiling(const struct tree *tree, uintptr_t key)
{
	struct tree_node *best = NULL;

	for (struct tree_node *node = tree->root; node;) {
		if (node->key >= key)
			best = node;
		node = node->child[node->key < key];
	}
	return best;
}

static struct tree_node *outermost(struct tree_node *node, unsigned side)
{
	while (node && node->child[side])
		node = node->child[side];
	return node;
}

struct tree_node *tree_first(const struct tree *tree)
{
	return outermost(tree->root, 0);
}

struct tree_node *tree_last(const struct tree *tree)
{
	return outermost(tree->root, 1);
}

/* The neighbour on `side`: down on that side, or up to the first node of which this is on the other side. */
static struct tree_node *neighbour(const struct tree_node *node, unsigned side)
{
	if (node->child[side])
		return outermost(node->child[side], !side);
	while (node->parent && node->parent->child[side] == node)
		node = node->parent;
	return node->parent;
}

struct tree_node *tree_next(const struct tree_node *node)
{
	return neighbour(node, 1);
}

struct tree_node *tree_previous(const struct tree_node *node)
{
	return neighbour(node, 0);
}

struct tree_place tree_place(struct tree *tree, uintptr_t key)
{
	struct tree_place place = { .link = &tree->root };

	while (*place.link) {
		place.parent = *place.link;
		if (place.parent->key <= key) {
			place.floor = place.parent;
			place.link = &place.parent->child[1];
		} else {
			place.link = &place.parent->child[0];
		}
	}
	return place;
}

void tree_insert_at(struct tree *tree, const struct tree_place *place, struct tree_node *node, uintptr_t key)
{
	node->key = key;
	node->parent = place->parent;
	node->child[0] = node->child[1] = NULL;
	node->height = 1;
	*place->link = node;
	retrace(tree, place->parent);
}

bool tree_insert(struct tree *tree, struct tree_node *node, uintptr_t key)
{
	struct tree_place place = tree_place(tree, key);

	if (place.floor && place.floor->key == key)
		return false;
	tree_insert_at(tree, &place, node, key);
	return true;
}

/* A node with two children: its successor, which has no left child, moves into its place. Returns where to retrace. */
static struct tree_node *remove_inner(struct tree *tree, struct tree_node *node)
{
	struct tree_node *heir = outermost(node->child[1], 0);
	struct tree_node *start = heir->parent == node ? heir : heir->parent;

	if (start != heir) {
		replace(tree, heir, heir->child[1]);
		adopt(heir, 1, node->child[1]);
	}
	replace(tree, node, heir);
	adopt(heir, 0, node->child[0]);
	heir->height = node->height;
	return start;
}

void tree_remove(struct tree *tree, struct tree_node *node)
{
	struct tree_node *start = node->parent;

	if (node->child[0] && node->child[1])
		start = remove_inner(tree, node);
	else
		replace(tree, node, node->child[!node->child[0]]);
	*node = (struct tree_node){ .key = node->key };
	retrace(tree, start);
}

static bool node_is_sound(const struct tree_node *node)
{
	unsigned a = height(node->child[0]), b = height(node->child[1]);

	for (unsigned side = 0; side < 2; side++)
		if (node->child[side] && node->child[side]->parent != node)
			return false;
	return a <= b + 1 && b <= a + 1 && node->height == 1 + (a > b ? a : b);
}

bool tree_check(const struct tree *tree)
{
	const struct tree_node *before = NULL;

	if (tree->root && tree->root->parent)
		return false;
	for (const struct tree_node *node = tree_first(tree); node; node = tree_next(node)) {
		if (!node_is_sound(node) || (before && before->key >= node->key))
			return false;
		before = node;
	}
	return before == tree_last(tree); /* a wrong parent link may have ended the walk early */
}
