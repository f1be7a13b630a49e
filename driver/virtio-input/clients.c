/* clients.c - a queue for each client. */
#include "clients.h"
#include "base/bits.h"
#include "base/string.h"

enum { QUEUE = INPUT_QUEUE_EVENTS };

struct input_client *client_find(struct clients *clients, uint32_t process)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (clients->all[i].process == process)
			return &clients->all[i];
	return NULL;
}

bool client_is_shut_out(const struct clients *clients, const struct input_client *client)
{
	return clients->grabber && clients->grabber != client->process;
}

bool client_is_ready(const struct clients *clients, const struct input_client *client)
{
	return !client_is_shut_out(clients, client) && (client->count || client->lost || client->missing);
}

/* --- reports --------------------------------------------------------------------------------------------- */

static void append(struct input_client *client, const struct input_event *event, uint32_t report)
{
	struct input_event *place = &client->queue[(client->first + client->count++) % QUEUE];

	*place = *event;
	place->report = report;
}

/* The gap is behind the last event; without any it is in front of what comes next. */
static void gap_move(struct input_client *client)
{
	if (client->count)
		return;
	client->lost += client->missing;
	client->missing = 0;
}

static bool put(struct input_client *client, const struct input_event *events, unsigned count)
{
	uint32_t report = client->report++;

	gap_move(client);
	if (client->missing || count > QUEUE - client->count) {
		client->missing++;
		return false;
	}
	for (unsigned i = 0; i < count; i++)
		append(client, &events[i], report);
	return true;
}

unsigned clients_report(struct clients *clients, const struct input_event *events, unsigned count)
{
	unsigned lost = 0;

	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		struct input_client *client = &clients->all[i];

		if (!client->process)
			continue;
		if (!client_is_shut_out(clients, client))
			lost += !put(client, events, count);
		else if (!client->missing)
			client->missing = 1;
	}
	return lost;
}

/* --- fetching -------------------------------------------------------------------------------------------- */

size_t client_look(const struct input_client *client, void *to, size_t room, uint32_t *lost)
{
	size_t count = min_size(room / sizeof(struct input_event), client->count);

	for (size_t i = 0; i < count; i++)
		memcpy((uint8_t *)to + i * sizeof(struct input_event), &client->queue[(client->first + i) % QUEUE],
		       sizeof(struct input_event));
	*lost = client->lost + (client->count ? 0 : client->missing);
	return count * sizeof(struct input_event);
}

void client_taken(struct input_client *client, size_t bytes)
{
	unsigned count = (unsigned)(bytes / sizeof(struct input_event));

	if (!client->count)
		client->missing = 0;
	client->lost = 0;
	client->first = (client->first + count) % QUEUE;
	client->count -= count;
}
