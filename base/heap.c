/* heap.c - leftist heaps with parent links. */
#include "base/heap.h"

static unsigned rank(const struct heap_node *node)
{
	return node ? node->rank : 0;
}

/* Restores I3 at a node whose children have it. */
static void settle(struct heap_node *node)
{
	struct heap_node *left = node->left;

	if (rank(left) < rank(node->right)) {
		node->left = node->right;
		node->right = left;
	}
	node->rank = (uint8_t)(1 + rank(node->right));
}

/* Joins two right paths into one, in order of keys, and returns the root; *end is the last node whose children changed. */
static struct heap_node *zip(struct heap_node *a, struct heap_node *b, struct heap_node **end)
{
	struct heap_node *root = NULL, *last = NULL, **place = &root;

	while (a && b) {
		struct heap_node *small = b->key < a->key ? b : a;

		b = small == a ? b : a;
		*place = small;
		small->parent = last;
		last = small;
		place = &small->right;
		a = small->right;
	}
	*place = a ? a : b;
	if (*place)
		(*place)->parent = last;
	*end = last;
	return root;
}

static struct heap_node *merge(struct heap_node *a, struct heap_node *b)
{
	struct heap_node *end;
	struct heap_node *root = zip(a, b, &end);

	for (; end; end = end->parent)
		settle(end);
	return root;
}

void heap_insert(struct heap *heap, struct heap_node *node, uint64_t key)
{
	*node = (struct heap_node){ .key = key, .rank = 1 };
	heap->root = merge(heap->root, node);
}

static void replace(struct heap *heap, struct heap_node *old, struct heap_node *new)
{
	struct heap_node *parent = old->parent;

	if (!parent)
		heap->root = new;
	else if (parent->left == old)
		parent->left = new;
	else
		parent->right = new;
	if (new)
		new->parent = parent;
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
	unsigned before;

	replace(heap, node, merge(node->left, node->right));
	for (struct heap_node *up = node->parent; up; up = up->parent) {
		before = up->rank;
		settle(up);
		if (up->rank == before)
			break;
	}
	*node = (struct heap_node){ .key = node->key };
}

static bool node_is_sound(const struct heap_node *node)
{
	const struct heap_node *child[] = { node->left, node->right };

	for (unsigned i = 0; i < 2; i++)
		if (child[i] && (child[i]->parent != node || child[i]->key < node->key))
			return false;
	return rank(node->left) >= rank(node->right) && node->rank == 1 + rank(node->right);
}

/* The next node of a walk that takes each node before its children, left before right. */
static const struct heap_node *walk_next(const struct heap_node *node)
{
	if (node->left)
		return node->left; /* by I3 there is no right child without a left one */
	for (; node->parent; node = node->parent)
		if (node->parent->left == node && node->parent->right)
			return node->parent->right;
	return NULL;
}

bool heap_check(const struct heap *heap)
{
	if (heap->root && heap->root->parent)
		return false;
	for (const struct heap_node *node = heap->root; node; node = walk_next(node))
		if (!node_is_sound(node))
			return false;
	return true;
}
