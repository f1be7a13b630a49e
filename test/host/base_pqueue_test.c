/* base_pqueue_test.c - the priority queue against an array of arrival times. */
#include "base/pqueue.h"
#include "unit.h"

enum { NODES = 200 };

static struct pqueue queue;
static struct pqueue_node nodes[NODES];
static unsigned arrived[NODES], clock_now; /* 0: not in the queue */

static uint32_t random_state = 3;

static uint32_t dice(uint32_t sides)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % sides;
}

UNIT_SETUP
{
	pqueue_init(&queue);
	for (unsigned i = 0; i < NODES; i++)
		pqueue_node_init(&nodes[i]);
}

static void insert(unsigned i, unsigned priority)
{
	pqueue_insert(&queue, &nodes[i], priority);
	arrived[i] = ++clock_now;
}

static void take_out(unsigned i)
{
	pqueue_remove(&nodes[i]);
	arrived[i] = 0;
}

/* Is a served before b? */
static bool before(unsigned a, unsigned b)
{
	if (nodes[a].priority != nodes[b].priority)
		return nodes[a].priority > nodes[b].priority;
	return arrived[a] < arrived[b];
}

/* Who is served next of those that are served after `last`; NODES: nobody. last == NODES: of all. */
static unsigned model_next(unsigned last)
{
	unsigned best = NODES;

	for (unsigned i = 0; i < NODES; i++)
		if (arrived[i] && (last == NODES || before(last, i)) && (best == NODES || before(i, best)))
			best = i;
	return best;
}

static void compare(void)
{
	unsigned i = NODES;
	struct pqueue_node *node = pqueue_top(&queue);

	assert_true(pqueue_check(&queue));
	while ((i = model_next(i)) != NODES) {
		assert_ptr_equal(node, &nodes[i]);
		node = pqueue_next(&queue, node);
	}
	assert_null(node);
}

TEST(empty, "an empty queue has no top")
{
	assert_true(pqueue_is_empty(&queue));
	assert_null(pqueue_top(&queue));
	assert_null(pqueue_pop(&queue));
	assert_true(pqueue_check(&queue));
}

TEST(order, "the highest priority leaves first, and within one who came first")
{
	insert(0, 5), insert(1, 31), insert(2, 5), insert(3, 0), insert(4, 31), insert(5, 5);
	const unsigned expected[] = { 1, 4, 0, 2, 5, 3 };

	for (unsigned i = 0; i < 6; i++)
		assert_ptr_equal(pqueue_pop(&queue), &nodes[expected[i]]);
	assert_true(pqueue_is_empty(&queue));
}

TEST(remove_first, "when the first of a level goes, the second takes its place in the order")
{
	insert(0, 9), insert(1, 5), insert(2, 5), insert(3, 1);
	take_out(1);
	compare();
	take_out(2);
	compare();
	assert_ptr_equal(pqueue_next(&queue, &nodes[0]), &nodes[3]);
}

TEST(holds, "a node knows whether it is in a queue, alone or among others")
{
	assert_false(pqueue_holds(&nodes[0]));
	insert(0, 4);
	assert_true(pqueue_holds(&nodes[0]));
	insert(1, 4);
	assert_true(pqueue_holds(&nodes[0]) && pqueue_holds(&nodes[1]));
	take_out(0);
	assert_false(pqueue_holds(&nodes[0]));
	assert_true(pqueue_holds(&nodes[1]));
}

TEST(random, "any order of inserting and removing serves as the model does")
{
	for (unsigned step = 0; step < 5000; step++) {
		unsigned i = dice(NODES);

		if (arrived[i])
			take_out(i);
		else
			insert(i, dice(PQUEUE_PRIORITIES));
		if (step % 8 == 0)
			compare();
	}
}

TEST(corrupt, "the checker sees a node of another priority in a ring")
{
	insert(0, 4), insert(1, 4), insert(2, 3);
	nodes[1].priority = 5;
	assert_false(pqueue_check(&queue));
	nodes[1].priority = 4;
	nodes[2].priority = 4;
	assert_false(pqueue_check(&queue));
}
