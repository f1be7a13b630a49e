/* store.c - where cores are kept. */
#include "core/store.h"
#include "base/string.h"

enum { MAGIC = 0x65726f63 };           /* "core" */

static struct head {
	uint32_t magic, sound, count, reserved;
	struct cores_core cores[STORE_CORES_MAX]; /* the oldest first, and so their bytes */
} *head;

static uint8_t *room;
static size_t room_size;

static size_t used(void)
{
	size_t size = 0;

	for (uint32_t i = 0; i < head->count; i++)
		size += head->cores[i].bytes;
	return size;
}

/* Whoever wrote it may have been this program with a bug in it. */
static bool is_sound(void)
{
	size_t size = 0;

	if (head->magic != MAGIC || !head->sound || head->count > STORE_CORES_MAX)
		return false;
	for (uint32_t i = 0; i < head->count; i++) {
		if (head->cores[i].bytes > room_size - size)
			return false;
		size += head->cores[i].bytes;
	}
	return true;
}

void store_open(void *memory, size_t size)
{
	head = memory;
	room = (uint8_t *)(head + 1);
	room_size = size - sizeof(*head);
	if (is_sound())
		return;
	*head = (struct head){ .magic = MAGIC, .sound = 1 };
}

size_t store_room(void)
{
	return room_size;
}

static void sound_set(uint32_t sound)
{
	__atomic_store_n(&head->sound, sound, __ATOMIC_SEQ_CST);
}

static void drop_oldest(void)
{
	size_t gone = head->cores[0].bytes, rest = used() - gone;

	sound_set(0);
	memmove(room, room + gone, rest);
	memmove(&head->cores[0], &head->cores[1], --head->count * sizeof(head->cores[0]));
	sound_set(1);
}

void *store_begin(size_t size)
{
	while (head->count && (head->count == STORE_CORES_MAX || size > room_size - used()))
		drop_oldest();
	return room + used();
}

void store_end(const struct cores_core *core)
{
	head->cores[head->count] = *core;
	__atomic_store_n(&head->count, head->count + 1, __ATOMIC_SEQ_CST);
}

const struct cores_core *store_at(unsigned n)
{
	return n < head->count ? &head->cores[head->count - 1 - n] : NULL;
}

const void *store_find(uint32_t serial, size_t *size)
{
	size_t at = 0;

	for (uint32_t i = 0; i < head->count; at += head->cores[i++].bytes)
		if (head->cores[i].serial == serial) {
			*size = head->cores[i].bytes;
			return room + at;
		}
	return NULL;
}
