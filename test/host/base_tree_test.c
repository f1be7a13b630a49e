/* base_tree_test.c - the balanced tree against a sorted array, and against the bound on its height. */
#include "base/tree.h"
#include "unit.h"

enum { KEYS = 512 };

struct thing {
	struct tree_node node;
	bool in;
};

static struct tree tree;
static struct thing things[KEYS];

static uint32_t random_state = 1;

static uint32_t dice(uint32_t sides)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % sides;
}

static uintptr_t key_of(unsigned i)
{
	return 10 + 2 * (uintptr_t)i; /* even, so that odd keys lie between */
}

static void insert(unsigned i)
{
	assert_true(tree_insert(&tree, &things[i].node, key_of(i)));
	things[i].in = true;
}

static void take_out(unsigned i)
{
	tree_remove(&tree, &things[i].node);
	things[i].in = false;
}

static struct tree_node *model_floor(uintptr_t key)
{
	for (int i = KEYS - 1; i >= 0; i--)
		if (things[i].in && key_of((unsigned)i) <= key)
			return &things[i].node;
	return NULL;
}

static struct tree_node *model_ceiling(uintptr_t key)
{
	for (unsigned i = 0; i < KEYS; i++)
		if (things[i].in && key_of(i) >= key)
			return &things[i].node;
	return NULL;
}

static void compare_at(uintptr_t key)
{
	struct tree_node *floor = model_floor(key), *ceiling = model_ceiling(key);

	assert_ptr_equal(tree_floor(&tree, key), floor);
	assert_ptr_equal(tree_ceiling(&tree, key), ceiling);
	assert_ptr_equal(tree_find(&tree, key), floor == ceiling ? floor : NULL);
}

static void compare_order(void)
{
	struct tree_node *forward = tree_first(&tree), *back = tree_last(&tree);

	for (unsigned i = 0; i < KEYS; i++) {
		if (things[i].in) {
			assert_ptr_equal(forward, &things[i].node);
			forward = tree_next(forward);
		}
		if (things[KEYS - 1 - i].in) {
			assert_ptr_equal(back, &things[KEYS - 1 - i].node);
			back = tree_previous(back);
		}
	}
	assert_null(forward);
	assert_null(back);
}

TEST(empty, "an empty tree finds nothing and has no first or last node")
{
	assert_true(tree_is_empty(&tree) && tree_check(&tree));
	assert_null(tree_find(&tree, 0));
	assert_null(tree_floor(&tree, UINTPTR_MAX));
	assert_null(tree_ceiling(&tree, 0));
	assert_null(tree_first(&tree));
	assert_null(tree_last(&tree));
}

TEST(extremes, "the smallest and the largest word are keys like others")
{
	assert_true(tree_insert(&tree, &things[0].node, 0));
	assert_true(tree_insert(&tree, &things[1].node, UINTPTR_MAX));
	assert_ptr_equal(tree_floor(&tree, UINTPTR_MAX - 1), &things[0].node);
	assert_ptr_equal(tree_ceiling(&tree, 1), &things[1].node);
	assert_ptr_equal(tree_find(&tree, UINTPTR_MAX), &things[1].node);
}

TEST(twice, "a key that is there already is refused and nothing changes")
{
	insert(3);
	assert_false(tree_insert(&tree, &things[4].node, key_of(3)));
	assert_false(tree_holds(&things[4].node));
	assert_ptr_equal(tree_find(&tree, key_of(3)), &things[3].node);
	assert_true(tree_check(&tree));
}

TEST(holds, "a node knows whether it is in a tree")
{
	assert_false(tree_holds(&things[0].node));
	insert(0);
	assert_true(tree_holds(&things[0].node));
	take_out(0);
	assert_false(tree_holds(&things[0].node));
	assert_true(tree_is_empty(&tree));
}

TEST(ascending, "keys that come in order make a tree of at most 1.44 log2(n) levels")
{
	for (unsigned i = 0; i < KEYS; i++) {
		insert(i);
		assert_true(tree_check(&tree));
	}
	assert_true(tree.root->height <= 13); /* 1.44 * log2(514) = 12.97 */
	for (unsigned i = 0; i < KEYS; i++) {
		take_out(i);
		assert_true(tree_check(&tree));
	}
	assert_true(tree_is_empty(&tree));
}

TEST(descending, "keys that come backwards do too, and go from the root")
{
	for (unsigned i = KEYS; i-- > 0;)
		insert(i);
	assert_true(tree.root->height <= 13);
	while (!tree_is_empty(&tree)) {
		tree_remove(&tree, tree.root);
		assert_true(tree_check(&tree));
	}
}

TEST(random, "any order of inserting and removing gives what a sorted array gives")
{
	for (unsigned step = 0; step < 20000; step++) {
		unsigned i = dice(KEYS);

		if (things[i].in)
			take_out(i);
		else
			insert(i);
		assert_true(tree_check(&tree));
		compare_at(dice(2 * KEYS + 20));
		if (step % 64 == 0)
			compare_order();
	}
}

TEST(corrupt, "the checker sees a wrong key, link and height")
{
	for (unsigned i = 0; i < 20; i++)
		insert(i);
	tree.root->key += 1000;
	assert_false(tree_check(&tree));
	tree.root->key -= 1000;
	tree.root->height++;
	assert_false(tree_check(&tree));
	tree.root->height--;
	tree.root->child[0]->parent = NULL;
	assert_false(tree_check(&tree));
	tree.root->child[0]->parent = tree.root;
	assert_true(tree_check(&tree));
}
