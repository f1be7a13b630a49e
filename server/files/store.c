/* store.c - pages and nodes: taken, given back, and whose they are. */
#include "store.h"
#include <string.h>
#include "content.h"
#include "idl/time_client.h"
#include "nacre/clock.h"

struct store *store;
struct open_file *opens;
struct node *nodes;
uint8_t *owners;

/* A client may take three quarters: what it leaves is enough for the others to go on and to clear up. */
uint32_t share_of(uint32_t total)
{
	return total - total / 4;
}

static struct client *owner_of(uint8_t owner)
{
	return owner && owner <= CLIENTS_MAX ? &store->clients[owner - 1] : NULL;
}

uint32_t page_take(uint8_t client)
{
	static uint32_t next; /* where to look first */
	struct client *payer = &store->clients[client];
	uint32_t count = store->pages - store->first_page;

	if (!store->pages_free || payer->pages >= share_of(count))
		return 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t page = store->first_page + (next + i) % count;

		if (owners[page])
			continue;
		next = (next + i + 1) % count;
		memset(page_at(page), 0, PAGE_BYTES);
		owners[page] = client + 1;
		payer->pages++;
		store->pages_free--;
		return page;
	}
	return 0;
}

void page_give(uint32_t page)
{
	struct client *payer = owner_of(owners[page]);

	if (payer)
		payer->pages--;
	owners[page] = 0;
	store->pages_free++;
}

uint32_t node_take(uint8_t client, enum node_kind kind, uint16_t mode)
{
	struct client *payer = &store->clients[client];

	if (!store->nodes_free || payer->nodes >= share_of(store->node_count))
		return 0;
	for (uint32_t n = ROOT_NODE; n <= store->node_count; n++) {
		if (nodes[n].kind != NODE_FREE)
			continue;
		nodes[n] = (struct node){ .kind = (uint8_t)kind, .owner = client + 1, .mode = mode };
		node_touch(&nodes[n], true);
		payer->nodes++;
		store->nodes_free--;
		return n;
	}
	return 0;
}

void node_settle(uint32_t number)
{
	struct node *node = &nodes[number];
	struct client *payer = owner_of(node->owner);

	if (node->links || node->opens || number == ROOT_NODE)
		return;
	content_cut(node, 0);
	if (payer)
		payer->nodes--;
	node->kind = NODE_FREE;
	store->nodes_free++;
}

/* The time server is asked once a second at most: its clock may be set, but not under every write. */
static uint64_t wall_offset_ns(void)
{
	static nacre_handle_t time_server;
	static uint64_t offset_ns, good_until_ns;
	uint64_t now = nacre_clock_ns(), fresh;

	if (now < good_until_ns)
		return offset_ns;
	good_until_ns = now + NACRE_S;
	if (!time_server && time_connect_now("svc/time", &time_server))
		time_server = NACRE_HANDLE_NONE;
	if (time_server && time_wall(time_server, &fresh, NULL, NULL) == STATUS_OK)
		offset_ns = fresh;
	return offset_ns;
}

uint64_t wall_ns(void)
{
	return nacre_clock_ns() + wall_offset_ns();
}

void node_touch(struct node *node, bool content)
{
	node->changed_ns = wall_ns();
	if (content)
		node->modified_ns = node->changed_ns;
}
