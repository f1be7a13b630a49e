/* check.c - opens the store: proves what it holds, mends what does not hold, or makes an empty one. */
#include <string.h>
#include "base/bits.h"
#include "content.h"
#include "directory.h"
#include "idl/files.h"

#define MAGIC 0x66696c31u /* "fil1" */

enum { PAGES_MIN = 8 };

_Static_assert(sizeof(struct store) <= PAGE_BYTES, "the header has one page");
_Static_assert(sizeof(struct open_file) * OPENS_MAX <= PAGE_BYTES, "open files have one page");
_Static_assert(CLIENTS_MAX < OWNER_LEFT, "an owner is a client's index + 1");

/* Places of everything follow from the number of pages alone. A node for each page: files of one page fill both. */
static uint32_t lay_out(void *memory, uint32_t pages)
{
	uint32_t at = 2;

	store = memory;
	opens = page_at(1);
	owners = page_at(at);
	at += (pages + PAGE_BYTES - 1) / PAGE_BYTES;
	nodes = page_at(at);
	at += (uint32_t)((sizeof(struct node) * (pages + 1) + PAGE_BYTES - 1) / PAGE_BYTES);
	return at;
}

static void format(uint32_t pages, uint32_t first_page)
{
	memset(store, 0, (size_t)first_page * PAGE_BYTES);
	*store = (struct store){ .magic = MAGIC, .pages = pages, .node_count = pages, .first_page = first_page };
	nodes[ROOT_NODE] = (struct node){ .kind = NODE_DIRECTORY, .owner = OWNER_LEFT, .mode = 0777, .parent = ROOT_NODE };
	node_touch(&nodes[ROOT_NODE], true);
}

/* --- each part ----------------------------------------------------------------------------------------- */

static void clients_check(void)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		store->clients[i] = (struct client){ .process = store->clients[i].process };
}

static void nodes_clear(void)
{
	for (uint32_t n = ROOT_NODE; n <= store->node_count; n++) {
		nodes[n].links = 0;
		nodes[n].opens = 0;
		if (nodes[n].kind > NODE_DIRECTORY)
			nodes[n].kind = NODE_FREE;
	}
	if (nodes[ROOT_NODE].kind != NODE_DIRECTORY)
		nodes[ROOT_NODE] = (struct node){ .kind = NODE_DIRECTORY, .owner = OWNER_LEFT, .mode = 0777 };
	nodes[ROOT_NODE].parent = ROOT_NODE;
}

static bool owner_is_sound(uint8_t owner)
{
	return owner == OWNER_LEFT || (owner && owner <= CLIENTS_MAX && store->clients[owner - 1].process);
}

static void contents_check(void)
{
	for (uint32_t page = 0; page < store->pages; page++)
		owners[page] &= (uint8_t)~OWNER_MARK;
	for (uint32_t n = ROOT_NODE; n <= store->node_count; n++)
		if (nodes[n].kind != NODE_FREE)
			content_check(&nodes[n]);
}

static void directories_check(void)
{
	for (uint32_t n = ROOT_NODE; n <= store->node_count; n++)
		if (nodes[n].kind == NODE_DIRECTORY)
			directory_check(n);
}

/* Does its chain of parents end at the root? A directory without a name has no parent that counts. */
static bool is_reached(uint32_t directory)
{
	for (uint32_t step = 0; step <= store->node_count && directory != ROOT_NODE; step++) {
		if (!nodes[directory].links)
			return false;
		directory = nodes[directory].parent;
	}
	return directory == ROOT_NODE;
}

/* What only directories hold that nothing leads to, or that hold each other, is lost with them. True: there were some,
 * and links must be counted again. */
static bool unreached_empty(void)
{
	bool found = false;

	for (uint32_t n = ROOT_NODE; n <= store->node_count; n++) {
		struct node *node = &nodes[n];

		if (node->kind != NODE_DIRECTORY || !node->size || is_reached(n))
			continue;
		node->root = node->height = 0;
		node->size = 0;
		found = true;
	}
	return found;
}

static void links_check(void)
{
	do {
		nodes_clear();
		contents_check();
		directories_check();
	} while (unreached_empty());
}

static void opens_check(void)
{
	for (size_t i = 0; i < OPENS_MAX; i++) {
		struct open_file *file = &opens[i];

		if (!file->node || file->node > store->node_count || nodes[file->node].kind == NODE_FREE ||
		    file->client >= CLIENTS_MAX || !store->clients[file->client].process) {
			file->node = 0;
			continue;
		}
		nodes[file->node].opens++;
		store->clients[file->client].opens++;
	}
}

static void locks_check(void)
{
	for (size_t i = 0; i < LOCKS_MAX; i++) {
		struct range_lock *lock = &store->locks[i];

		if (lock->node > store->node_count || nodes[lock->node].kind != NODE_FILE || !nodes[lock->node].opens ||
		    lock->client >= CLIENTS_MAX || lock->start > lock->last || lock->kind > FILES_LOCKING_EXCLUSIVE)
			lock->node = 0;
	}
}

/* After everything else: frees nodes that nothing leads to, and counts pages and shares. */
static void counts_make(void)
{
	store->pages_free = store->nodes_free = 0;
	for (uint32_t page = store->first_page; page < store->pages; page++) {
		uint8_t owner = owners[page] & (uint8_t)~OWNER_MARK;

		owners[page] = !(owners[page] & OWNER_MARK) ? 0 : owner_is_sound(owner) ? owner : OWNER_LEFT;
		store->pages_free += !owners[page];
		if (owners[page] && owners[page] != OWNER_LEFT)
			store->clients[owners[page] - 1].pages++;
	}
	for (uint32_t n = ROOT_NODE; n <= store->node_count; n++) {
		store->nodes_free += nodes[n].kind == NODE_FREE;
		if (nodes[n].kind != NODE_FREE && !owner_is_sound(nodes[n].owner))
			nodes[n].owner = OWNER_LEFT;
		if (nodes[n].kind != NODE_FREE && nodes[n].owner != OWNER_LEFT)
			store->clients[nodes[n].owner - 1].nodes++;
	}
	for (uint32_t n = ROOT_NODE; n <= store->node_count; n++)
		if (nodes[n].kind != NODE_FREE)
			node_settle(n);
}

static void check(void)
{
	clients_check();
	links_check();
	opens_check();
	locks_check();
	counts_make();
}

nacre_err_t store_open(void *memory, size_t pages)
{
	uint32_t first_page;

	if (pages < PAGES_MIN || pages > UINT32_MAX / sizeof(struct node))
		return NACRE_E_ARGUMENT;
	first_page = lay_out(memory, (uint32_t)pages);
	if (store->magic != MAGIC || store->pages != pages || store->node_count != pages || store->first_page != first_page)
		format((uint32_t)pages, first_page);
	check();
	store->epoch++;
	return NACRE_E_OK;
}
