/* base_list.c - intrusive lists and byte rings, against plain arrays. */
#include "base/list.h"
#include "base/ring.h"
#include "unit.h"

struct item {
	int number;
	struct list link;
};

enum { ITEMS = 8 };

static struct list head = LIST_EMPTY(head);
static struct item items[ITEMS];

static void fill(void)
{
	for (int i = 0; i < ITEMS; i++) {
		items[i].number = i;
		list_append(&head, &items[i].link);
	}
}

static void assert_order(const struct list *list, const char *order)
{
	const struct list *node = list_first(list);

	assert_true(list_check(list, ITEMS));
	for (; *order; order++, node = list_next(list, node)) {
		assert_non_null(node);
		assert_int_equal(LIST_ENTRY(node, struct item, link)->number, *order - '0');
	}
	assert_null(node);
}

TEST(empty, "a new list is empty at both ends")
{
	assert_true(list_is_empty(&head));
	assert_null(list_first(&head));
	assert_null(list_last(&head));
	assert_null(list_pop(&head));
	assert_null(LIST_FIRST(&head, struct item, link));
	assert_int_equal(list_count(&head), 0);
	assert_true(list_check(&head, 0));
}

TEST(order, "appending, prepending and inserting keep the order")
{
	for (int i = 0; i < ITEMS; i++)
		items[i].number = i;
	list_append(&head, &items[1].link);
	list_append(&head, &items[3].link);
	list_prepend(&head, &items[0].link);
	list_insert_before(&items[3].link, &items[2].link);
	assert_order(&head, "0123");
	assert_int_equal(list_count(&head), 4);
	assert_ptr_equal(list_last(&head), &items[3].link);
	assert_ptr_equal(list_previous(&head, &items[1].link), &items[0].link);
	assert_null(list_previous(&head, &items[0].link));
}

TEST(removal, "removing unlists a node for good, and twice is harmless")
{
	fill();
	list_remove(&items[0].link);
	list_remove(&items[4].link);
	list_remove(&items[7].link);
	list_remove(&items[4].link);
	assert_order(&head, "12356");
	assert_true(list_is_empty(&items[4].link));
	assert_ptr_equal(list_pop(&head), &items[1].link);
	assert_order(&head, "2356");
}

TEST(removal_in_walk, "the safe walk lives through the removal of its node")
{
	fill();
	LIST_FOR_EACH_SAFE(node, following, &head)
		if (LIST_ENTRY(node, struct item, link)->number % 2)
			list_remove(node);
	assert_order(&head, "0246");
	int sum = 0;
	LIST_FOR_EACH(node, &head)
		sum += LIST_ENTRY(node, struct item, link)->number;
	assert_int_equal(sum, 12);
}

TEST(joining, "one list goes behind another in order and is empty then")
{
	struct list other;

	list_init(&other);
	fill();
	for (int i = 0; i < 4; i++)
		list_append(&other, list_pop(&head));
	list_append_all(&head, &other);
	assert_order(&head, "45670123");
	assert_true(list_is_empty(&other));
	list_append_all(&head, &other);
	list_append_all(&other, &head);
	assert_order(&other, "45670123");
	assert_true(list_is_empty(&head));
}

TEST(checker, "the checker finds a broken link, a missing one and a list too long")
{
	fill();
	assert_true(list_check(&head, ITEMS));
	assert_false(list_check(&head, ITEMS - 1));
	items[3].link.prev = &items[1].link;
	assert_false(list_check(&head, ITEMS));
	items[3].link.prev = &items[2].link;
	items[5].link.next = NULL;
	assert_false(list_check(&head, ITEMS));
}

/* --- rings ---------------------------------------------------------------------------------------------- */

static uint8_t buffer[8];
static struct ring ring = RING(buffer);

static void assert_ring(const char *content)
{
	uint8_t byte;

	assert_int_equal(ring_used(&ring), strlen(content));
	for (; *content; content++) {
		assert_true(ring_get(&ring, &byte));
		assert_int_equal(byte, *content);
	}
	assert_false(ring_get(&ring, &byte));
}

TEST(ring_fills, "a ring holds all of its size and then refuses")
{
	for (const char *c = "12345678"; *c; c++)
		assert_true(ring_put(&ring, (uint8_t)*c));
	assert_int_equal(ring_free(&ring), 0);
	assert_false(ring_put(&ring, '9'));
	assert_ring("12345678");
}

TEST(ring_wraps, "bytes come out as they went in, also where the counters wrap")
{
	uint8_t byte;

	ring.written = ring.read = UINT32_MAX - 100;
	for (unsigned i = 0; i < 1000; i++) {
		assert_true(ring_put(&ring, (uint8_t)i) && ring_put(&ring, (uint8_t)(i + 1)));
		assert_true(ring_get(&ring, &byte) && byte == (uint8_t)i);
		assert_true(ring_get(&ring, &byte) && byte == (uint8_t)(i + 1));
	}
}

TEST(ring_over, "a ring for logs loses its oldest bytes")
{
	for (const char *c = "0123456789ab"; *c; c++)
		ring_put_over(&ring, (uint8_t)*c);
	assert_ring("456789ab");
}
