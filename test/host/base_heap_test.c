/* base_heap_test.c - the heap against a plain array, and against the bound on its right path. */
#include "base/heap.h"
#include "unit.h"

enum { NODES = 600 };

static struct heap heap;
static struct heap_node nodes[NODES];

static uint32_t random_state = 7;

static uint32_t dice(uint32_t sides)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % sides;
}

/* The smallest key that is in, or UINT64_MAX. */
static uint64_t model_top(void)
{
	uint64_t top = UINT64_MAX;

	for (unsigned i = 0; i < NODES; i++)
		if (heap_holds(&nodes[i]) && nodes[i].key < top)
			top = nodes[i].key;
	return top;
}

static unsigned right_path(void)
{
	unsigned length = 0;

	for (const struct heap_node *node = heap.root; node; node = node->right)
		length++;
	return length;
}

TEST(empty, "an empty heap has no top")
{
	assert_null(heap_top(&heap));
	assert_true(heap_check(&heap));
}

TEST(order, "nodes leave in the order of their keys")
{
	uint64_t before = 0;

	for (unsigned i = 0; i < NODES; i++)
		heap_insert(&heap, &nodes[i], dice(1000));
	for (unsigned i = 0; i < NODES; i++) {
		struct heap_node *top = heap_top(&heap);

		assert_true(top->key >= before);
		before = top->key;
		heap_remove(&heap, top);
	}
	assert_null(heap_top(&heap));
}

TEST(wide_keys, "all 64 bits of a key count")
{
	heap_insert(&heap, &nodes[0], UINT64_MAX);
	heap_insert(&heap, &nodes[1], 0x100000000);
	heap_insert(&heap, &nodes[2], 0xffffffff);
	assert_ptr_equal(heap_top(&heap), &nodes[2]);
	heap_remove(&heap, &nodes[2]);
	assert_ptr_equal(heap_top(&heap), &nodes[1]);
}

TEST(any_node, "any node can be removed, and knows afterwards that it is out")
{
	for (unsigned i = 0; i < 50; i++)
		heap_insert(&heap, &nodes[i], i);
	for (unsigned i = 1; i < 50; i += 2) {
		heap_remove(&heap, &nodes[i]);
		assert_false(heap_holds(&nodes[i]));
		assert_true(heap_check(&heap));
	}
	for (unsigned i = 0; i < 50; i += 2)
		assert_true(heap_holds(&nodes[i]));
}

TEST(right_path, "however keys arrive, the right path stays below log2(n + 1)")
{
	for (unsigned i = 0; i < NODES; i++) {
		heap_insert(&heap, &nodes[i], i);
		assert_true(right_path() <= 9); /* log2(601) = 9.2 */
	}
	while (heap_top(&heap))
		heap_remove(&heap, heap_top(&heap));
	for (unsigned i = NODES; i-- > 0;)
		heap_insert(&heap, &nodes[i], i);
	assert_true(right_path() <= 9 && heap_check(&heap));
}

TEST(random, "any order of inserting and removing has the top that an array has")
{
	for (unsigned step = 0; step < 20000; step++) {
		struct heap_node *node = &nodes[dice(NODES)];

		if (heap_holds(node))
			heap_remove(&heap, node);
		else
			heap_insert(&heap, node, dice(300));
		assert_true(heap_check(&heap));
		assert_true((heap_top(&heap) ? heap_top(&heap)->key : UINT64_MAX) == model_top());
	}
}

TEST(corrupt, "the checker sees a wrong key, link and rank")
{
	for (unsigned i = 0; i < 20; i++)
		heap_insert(&heap, &nodes[i], i);
	heap.root->key = 100;
	assert_false(heap_check(&heap));
	heap.root->key = 0;
	heap.root->rank++;
	assert_false(heap_check(&heap));
	heap.root->rank--;
	heap.root->left->parent = NULL;
	assert_false(heap_check(&heap));
}
