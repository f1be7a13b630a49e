/* tree.c - a file server's store without a server around it. */
#include "tree.h"
#include "abi/nacre_calls.h"
#include "nacre/clock.h"
#include "nacre/names.h"
#include "nacre/stub.h"
#include "server/files/content.h"
#include "server/files/directory.h"
#include "server/files/tree.h"

enum { CLIENTS = 3, TEXT_MAX = 96, CONTENT_MAX = 3 * PAGE_BYTES };

static _Alignas(PAGE_BYTES) uint8_t memory[TREE_PAGES * PAGE_BYTES], before[TREE_PAGES * PAGE_BYTES];
static uint64_t now_ns;

/* Time goes on by a step each time it is asked for; there is no time server. */
uint64_t nacre_clock_ns(void)
{
	return now_ns += 1000;
}

nacre_status_t nacre_connect_interface(const char *path, uint32_t protocol, uint32_t version, bool now, nacre_handle_t *connection)
{
	(void)path, (void)protocol, (void)version, (void)now;
	*connection = NACRE_HANDLE_NONE;
	return NACRE_E_PEER_GONE;
}

nacre_err_t nacre_connection_call(nacre_handle_t connection, struct nacre_words *words)
{
	(void)connection, (void)words;
	return NACRE_E_PEER_GONE;
}

nacre_status_t nacre_stub_gone(nacre_handle_t connection, uint64_t deadline_ns, struct nacre_words *words,
			       struct nacre_message *message, size_t *length, bool again)
{
	(void)connection, (void)deadline_ns, (void)words, (void)message, (void)length, (void)again;
	return NACRE_E_PEER_GONE;
}

void *tree_memory(void)
{
	return memory;
}

/* Those who act are clients in use, as they are in the server. */
void tree_open(void)
{
	MUST(store_open(memory, TREE_PAGES) == NACRE_E_OK);
	for (uint32_t i = 0; i < CLIENTS; i++)
		if (!store->clients[i].process)
			store->clients[i].process = i + 10;
}

void tree_empty(void)
{
	memset(memory, 0, sizeof(memory));
	now_ns = 0;
	tree_open();
}

static void differences_tell(void)
{
	for (size_t at = 0; at < sizeof(memory); at++)
		if (memory[at] != before[at])
			fprintf(stderr, "page %zu, byte %zu: was %u, is %u\n", at / PAGE_BYTES, at % PAGE_BYTES, before[at], memory[at]);
	MUST(!"a store that was sound was mended");
}

/* Everything but the number of lives. */
void tree_expect_sound(void)
{
	memcpy(before, memory, sizeof(memory));
	tree_open();
	store->epoch--;
	if (memcmp(before, memory, sizeof(memory)) != 0)
		differences_tell();
}

static struct span_of_text text_take(struct input *input)
{
	struct span_of_text span = { .size = input_number(input, 1) % TEXT_MAX };

	span.text = (const char *)input_bytes(input, &span.size);
	return span;
}

static void make(struct input *input, uint8_t client, enum node_kind kind)
{
	struct span_of_text at = text_take(input);
	struct path path;
	uint32_t node;

	if (path_find(ROOT_NODE, at.text, at.size, &path) || path.node || !path.parent)
		return;
	if (kind == NODE_FILE && path.must_be_directory)
		return;
	tree_make(&path, client, kind, 0644, &node);
}

static void content_act(struct input *input, uint8_t client)
{
	static uint8_t bytes[CONTENT_MAX];
	struct span_of_text at = text_take(input);
	uint64_t offset = input_number(input, 5);
	size_t size = input_number(input, 2) % CONTENT_MAX, done;
	struct path path;

	if (path_find_there(ROOT_NODE, at.text, at.size, &path) || nodes[path.node].kind != NODE_FILE)
		return;
	switch (input_number(input, 1) % 3) {
	case 0:
		memset(bytes, (int)size, size);
		if (offset <= CONTENT_BYTES_MAX && size <= CONTENT_BYTES_MAX - offset)
			content_write(&nodes[path.node], client, offset, bytes, size, &done);
		break;
	case 1:
		MUST(content_read(&nodes[path.node], offset, bytes, size) <= size);
		break;
	default:
		content_resize(&nodes[path.node], offset);
	}
}

static void list(struct input *input)
{
	struct span_of_text at = text_take(input);
	uint32_t position = (uint32_t)input_number(input, 4);
	size_t room = input_number(input, 2) % 600;
	struct path path;
	bool more;
	void *to;

	if (path_find_there(ROOT_NODE, at.text, at.size, &path) || nodes[path.node].kind != NODE_DIRECTORY)
		return;
	to = malloc(room + 1);
	MUST(directory_list(&nodes[path.node], position, to, room, &more) <= room);
	free(to);
}

void tree_act(struct input *input)
{
	uint8_t act = (uint8_t)input_number(input, 1), client = (act >> 4) % CLIENTS;
	struct span_of_text one, other;

	switch (act % 8) {
	case 0:
	case 1:
		make(input, client, act % 8 ? NODE_DIRECTORY : NODE_FILE);
		break;
	case 2:
		tree_remove(ROOT_NODE, text_take(input), (uint32_t)input_number(input, 1) % 3);
		break;
	case 3:
	case 4:
		one = text_take(input);
		other = text_take(input);
		if (act % 8 == 3)
			tree_rename(client, ROOT_NODE, one, ROOT_NODE, other);
		else
			tree_link(client, ROOT_NODE, one, ROOT_NODE, other);
		break;
	case 5:
		list(input);
		break;
	default:
		content_act(input, client);
	}
}
