/* client.c - connections and the files each of them has open. */
#include "client.h"
#include "lock.h"

enum { INDEX_BITS = 16 };

nacre_status_t client_add(uint32_t process, uint8_t *client)
{
	unsigned same = 0, free = CLIENTS_MAX;

	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		same += store->clients[i].process == process;
		if (!store->clients[i].process && free == CLIENTS_MAX)
			free = i;
	}
	if (!process || same >= PROCESS_CLIENTS_MAX || free == CLIENTS_MAX)
		return STATUS_FULL;
	store->clients[free] = (struct client){ .process = process };
	*client = (uint8_t)free;
	return STATUS_OK;
}

bool client_of(uintptr_t badge, uint8_t *client)
{
	if (!badge || badge > CLIENTS_MAX || !store->clients[badge - 1].process)
		return false;
	*client = (uint8_t)(badge - 1);
	return true;
}

/* What it made stays, and is nobody's: it counts against no share any more. */
static void leave(uint8_t client)
{
	for (uint32_t page = store->first_page; page < store->pages; page++)
		if (owners[page] == client + 1)
			owners[page] = OWNER_LEFT;
	for (uint32_t n = ROOT_NODE; n <= store->node_count; n++)
		if (nodes[n].owner == client + 1)
			nodes[n].owner = OWNER_LEFT;
}

void client_closed(uint8_t client)
{
	for (size_t i = 0; i < OPENS_MAX; i++)
		if (opens[i].node && opens[i].client == client)
			open_close(&opens[i]);
	lock_waiters_forget(client);
	leave(client);
	store->clients[client] = (struct client){ 0 };
}

/* --- open files ---------------------------------------------------------------------------------------- */

nacre_status_t open_add(uint8_t client, uint32_t node, uint8_t flags, uint32_t *number)
{
	if (store->clients[client].opens >= CLIENT_OPENS_MAX)
		return STATUS_FULL;
	for (uint32_t i = 0; i < OPENS_MAX; i++) {
		if (opens[i].node)
			continue;
		opens[i].generation++;
		opens[i].client = client;
		opens[i].flags = flags;
		opens[i].node = node;
		nodes[node].opens++;
		store->clients[client].opens++;
		*number = (uint32_t)opens[i].generation << INDEX_BITS | (i + 1);
		return STATUS_OK;
	}
	return STATUS_FULL;
}

struct open_file *open_find(uint8_t client, uintptr_t number)
{
	uintptr_t index = (number & ((1 << INDEX_BITS) - 1)) - 1;
	struct open_file *file = index < OPENS_MAX ? &opens[index] : NULL;

	if (!file || !file->node || file->client != client || number > UINT32_MAX || file->generation != number >> INDEX_BITS)
		return NULL;
	return file;
}

void open_close(struct open_file *file)
{
	uint32_t node = file->node;

	lock_drop_all(file->client, node);
	file->node = 0;
	store->clients[file->client].opens--;
	nodes[node].opens--;
	node_settle(node);
}
