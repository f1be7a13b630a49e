/* directory.c - names. */
#include "directory.h"
#include <string.h>
#include "base/bits.h"
#include "base/string.h"
#include "content.h"
#include "idl/files.h"

struct entry {
	uint32_t node;         /* 0: free */
	uint16_t span;         /* bytes to the next one */
	uint8_t length, kind;
	char name[];
};

static uint16_t span_for(size_t size)
{
	return (uint16_t)align_up(sizeof(struct entry) + size, 4);
}

/* The entry at a position, which must be one; NULL behind the end. */
static struct entry *entry_at(const struct node *directory, uint32_t position)
{
	uint32_t page;

	if (position >= directory->size)
		return NULL;
	page = content_page((struct node *)directory, position / PAGE_BYTES, false, 0);
	return page ? (struct entry *)((uint8_t *)page_at(page) + position % PAGE_BYTES) : NULL;
}

/* The first entry in use at or behind a position that may be anywhere. NULL: none; *position is where it stands. */
static struct entry *entry_from(const struct node *directory, uint32_t *position)
{
	uint32_t wanted = *position;
	struct entry *entry;

	/* Entries may have been joined meanwhile: only a page's start is surely one. */
	for (*position = (uint32_t)align_down(wanted, PAGE_BYTES); (entry = entry_at(directory, *position)); *position += entry->span)
		if (*position >= wanted && entry->node)
			return entry;
	return NULL;
}

bool name_is_usable(const char *name, size_t size)
{
	return size && !string_equal_counted(name, size, ".") && !string_equal_counted(name, size, "..");
}

bool directory_find(const struct node *directory, const char *name, size_t size, struct place *place)
{
	struct entry *entry;

	for (uint32_t at = 0; (entry = entry_from(directory, &at)); at += entry->span) {
		if (entry->length != size || memcmp(entry->name, name, size) != 0)
			continue;
		*place = (struct place){ .position = at, .node = entry->node };
		return true;
	}
	return false;
}

bool directory_is_empty(const struct node *directory)
{
	uint32_t at = 0;

	return !entry_from(directory, &at);
}

/* --- changing ------------------------------------------------------------------------------------------ */

static void link_count(uint32_t directory, uint32_t node)
{
	nodes[node].links++;
	if (nodes[node].kind == NODE_DIRECTORY)
		nodes[node].parent = directory;
	node_touch(&nodes[node], false);
}

static void link_uncount(uint32_t node)
{
	nodes[node].links--;
	node_touch(&nodes[node], false);
}

/* What an entry has beyond its own need. */
static uint16_t slack_of(const struct entry *entry)
{
	return entry->node ? entry->span - span_for(entry->length) : entry->span;
}

/* An entry with room behind it, or NULL. */
static struct entry *room_find(const struct node *directory, uint16_t span)
{
	struct entry *entry;

	for (uint32_t at = 0; (entry = entry_at(directory, at)); at += entry->span)
		if (slack_of(entry) >= span)
			return entry;
	return NULL;
}

static struct entry *room_make(struct node *directory, uint8_t client)
{
	uint32_t page = content_page(directory, (uint32_t)(directory->size / PAGE_BYTES), true, client);
	struct entry *entry = page ? page_at(page) : NULL;

	if (!page)
		return NULL;
	entry->span = PAGE_BYTES;
	directory->size += PAGE_BYTES;
	return entry;
}

nacre_status_t directory_add(uint32_t number, uint8_t client, const char *name, size_t size, uint32_t node)
{
	struct node *directory = &nodes[number];
	uint16_t span = span_for(size);
	struct entry *entry = room_find(directory, span);

	entry = entry ? entry : room_make(directory, client);
	if (!entry)
		return FILES_NO_SPACE;
	if (entry->node) {
		uint16_t own = span_for(entry->length), rest = entry->span - own;
		struct entry *fresh = (struct entry *)((uint8_t *)entry + own);

		*fresh = (struct entry){ .span = rest };
		entry->span = own;
		entry = fresh;
	}
	memcpy(entry->name, name, size);
	entry->length = (uint8_t)size;
	entry->kind = nodes[node].kind;
	link_count(number, node);
	entry->node = node; /* last: now it is there */
	node_touch(directory, true);
	return STATUS_OK;
}

/* Joins the free entry with free ones behind it in its page, so that long names find room again. */
static void join(struct entry *entry, uint32_t position)
{
	uint32_t left = PAGE_BYTES - position % PAGE_BYTES;

	while (entry->span < left) {
		const struct entry *next = (struct entry *)((uint8_t *)entry + entry->span);

		if (next->node)
			return;
		entry->span += next->span;
	}
}

void directory_remove(uint32_t number, const struct place *place)
{
	struct entry *entry = entry_at(&nodes[number], place->position);

	entry->node = 0;
	link_uncount(place->node);
	for (uint32_t at = (uint32_t)align_down(place->position, PAGE_BYTES); at <= place->position;) {
		struct entry *each = entry_at(&nodes[number], at);

		if (!each->node)
			join(each, at);
		at += each->span;
	}
	node_touch(&nodes[number], true);
}

void directory_replace(uint32_t number, const struct place *place, uint32_t node)
{
	struct entry *entry = entry_at(&nodes[number], place->position);

	entry->kind = nodes[node].kind;
	entry->node = node;
	link_uncount(place->node);
	link_count(number, node);
	node_touch(&nodes[number], true);
}

/* --- listing ------------------------------------------------------------------------------------------- */

size_t directory_list(const struct node *directory, uint32_t position, void *to, size_t room, bool *more)
{
	struct entry *entry;
	size_t used = 0;

	while ((entry = entry_from(directory, &position))) {
		struct files_entry head = { .size = sizeof(head), .number = entry->node, .kind = entry->kind,
					    .name_bytes = entry->length };

		if (used + sizeof(head) + entry->length > room)
			break;
		position += entry->span;
		head.next = position;
		memcpy((uint8_t *)to + used, &head, sizeof(head));
		memcpy((uint8_t *)to + used + sizeof(head), entry->name, entry->length);
		used += sizeof(head) + entry->length;
	}
	*more = entry != NULL;
	return used;
}

/* --- checking ------------------------------------------------------------------------------------------ */

static bool span_is_sound(const struct entry *entry, uint32_t left)
{
	uint32_t least = (uint32_t)sizeof(*entry) + (entry->node ? entry->length : 0);

	return entry->span % 4 == 0 && entry->span >= least && entry->span <= left;
}

static bool node_may_be_named(uint32_t node, uint32_t directory)
{
	return node > ROOT_NODE && node <= store->node_count && node != directory && nodes[node].kind != NODE_FREE &&
	       (nodes[node].kind != NODE_DIRECTORY || !nodes[node].links);
}

static void page_check(uint32_t number, uint8_t *page)
{
	for (uint32_t at = 0; at < PAGE_BYTES;) {
		struct entry *entry = (struct entry *)(page + at);

		if (!span_is_sound(entry, PAGE_BYTES - at))
			*entry = (struct entry){ .span = (uint16_t)(PAGE_BYTES - at) };
		if (entry->node && (!entry->length || !node_may_be_named(entry->node, number)))
			entry->node = 0;
		if (entry->node) {
			entry->kind = nodes[entry->node].kind;
			nodes[entry->node].links++;
			if (entry->kind == NODE_DIRECTORY)
				nodes[entry->node].parent = number;
		}
		at += entry->span;
	}
}

void directory_check(uint32_t number)
{
	struct node *directory = &nodes[number];
	uint32_t pages = (uint32_t)(directory->size / PAGE_BYTES);

	/* A directory has no holes: it ends before the first. */
	for (uint32_t n = 0; n < pages; n++) {
		uint32_t page = content_page(directory, n, false, 0);

		if (!page) {
			pages = n;
			break;
		}
		page_check(number, page_at(page));
	}
	directory->size = (uint64_t)pages * PAGE_BYTES;
}
