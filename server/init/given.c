/* given.c - handles that a client has set aside for a program. Records come from pages of them, kept once made: as many as there
 * were clients at once that had set something aside. */
#include "given.h"
#include "abi/nacre_calls.h"
#include "base/string.h"
#include "nacre/area.h"
#include "server.h"

struct given {
	struct given *next;            /* unused */
	size_t count;
	nacre_handle_t handles[PROCESS_GIVEN_MAX];
	char names[PROCESS_GIVEN_MAX][PROCESS_NAME_BYTES + 1];
};

static struct given *unused;

static struct given *take(void)
{
	struct nacre_area area;
	struct given *given = unused;

	if (!given && !nacre_area_create(&area, 1, NACRE_MEMORY_PRIVATE))
		for (size_t i = 0; i < NACRE_PAGE_BYTES / sizeof(*given); i++) {
			given = (struct given *)area.base + i;
			given->next = unused;
			unused = given;
		}
	if (given)
		unused = given->next;
	return given;
}

/* What init or the loader puts there. A program trusts these more than whoever starts it. */
static bool name_is_init_s(const char *name)
{
	static const char *const whole[] = { "process", "budget", "names", "log", "server", "keeper", "heartbeat", "dma" };
	static const char *const starts[] = { "publish/", "device" };

	for (size_t i = 0; i < ARRAY_SIZE(whole); i++)
		if (string_equal(name, whole[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (!memcmp(name, starts[i], min_size(string_length(name) + 1, string_length(starts[i]))))
			return true;
	return false;
}

static bool name_is_taken(const struct given *given, const char *name)
{
	for (size_t i = 0; given && i < given->count; i++)
		if (string_equal(given->names[i], name))
			return true;
	return name_is_init_s(name);
}

nacre_status_t given_add(struct nacre_request *request, const struct process_give_in *in)
{
	struct process *client = client_of(request);
	struct given *given;

	if (!client)
		return STATUS_NOT_READY;
	given = client->given;
	if (name_is_taken(given, in->name))
		return PROCESS_TAKEN;
	if (given && given->count == PROCESS_GIVEN_MAX)
		return STATUS_FULL;
	if (!given) {
		given = take();
		if (!given)
			return NACRE_E_BUDGET;
		given->count = 0;
		client->given = given;
	}
	string_copy(given->names[given->count], sizeof(given->names[0]), in->name);
	given->handles[given->count++] = in->handle;
	nacre_request_keep(request, in->handle);
	return STATUS_OK;
}

nacre_status_t given_drop(struct nacre_request *request)
{
	struct process *client = client_of(request);

	if (client)
		given_forget(client);
	return STATUS_OK;
}

bool given_list(const struct process *client, struct handle_list *list)
{
	const struct given *given = client->given;

	for (size_t i = 0; given && i < given->count; i++)
		if (!handles_add(list, given->names[i], string_length(given->names[i]), given->handles[i], NACRE_RIGHT_ALL, false))
			return false;
	return true;
}

void given_forget(struct process *client)
{
	struct given *given = client->given;

	if (!given)
		return;
	for (size_t i = 0; i < given->count; i++)
		nacre_handle_close(given->handles[i]);
	client->given = NULL;
	given->next = unused;
	unused = given;
}
