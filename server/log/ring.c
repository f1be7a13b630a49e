/* ring.c - the records. */
#include "ring.h"
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "nacre/area.h"

#define MAGIC 0x6c6f6731u /* "log1" */

enum { ALIGNMENT = 8 };

static struct kept {
	uint32_t magic, bytes;         /* of `data` */
	uint32_t head, tail;
	uint32_t next_number, reserved;
	uint8_t data[];
} *kept;

static struct log_record *at(uint32_t offset)
{
	return (struct log_record *)(kept->data + offset % kept->bytes);
}

/* Bytes that a record takes, with its text. */
static uint32_t span(const struct log_record *record)
{
	return (uint32_t)align_up(sizeof(*record) + record->text_bytes, ALIGNMENT);
}

/* A header that marks the rest of the ring as unused has size 0; none fits where fewer bytes are left. */
static bool is_filler(uint32_t offset)
{
	uint32_t left = kept->bytes - offset % kept->bytes;

	return left < sizeof(struct log_record) || !at(offset)->size;
}

/* Where the record at this offset really begins. */
static uint32_t skip_filler(uint32_t offset)
{
	return offset != kept->head && is_filler(offset) ? offset + (kept->bytes - offset % kept->bytes) : offset;
}

static bool record_is_sound(uint32_t offset)
{
	uint32_t left = kept->bytes - offset % kept->bytes;
	const struct log_record *record = at(offset);

	return left >= sizeof(*record) && record->size == sizeof(*record) && record->text_bytes <= LOG_TEXT_BYTES &&
	       span(record) <= left && span(record) <= kept->head - offset;
}

static bool is_sound(uint32_t bytes)
{
	uint32_t number = 0;

	if (kept->magic != MAGIC || kept->bytes != bytes || kept->head - kept->tail > bytes || kept->tail % ALIGNMENT)
		return false;
	for (uint32_t offset = skip_filler(kept->tail); offset != kept->head; offset = skip_filler(offset + span(at(offset)))) {
		if (kept->head - offset > bytes || !record_is_sound(offset) || (number && at(offset)->number != number))
			return false;
		number = at(offset)->number + 1;
	}
	return !number || number == kept->next_number;
}

nacre_err_t ring_open(nacre_handle_t memory)
{
	static struct nacre_area area;
	uintptr_t pages, options;
	uint32_t bytes;
	nacre_err_t error = nacre_memory_info(memory, &pages, &options);

	if (!error)
		error = nacre_area_map(&area, memory, 0, pages, NACRE_PROT_READ | NACRE_PROT_WRITE);
	if (error)
		return error;
	kept = area.base;
	/* Offsets wrap at 2^32, so a ring's size must divide that: the largest power of two below the memory's. */
	for (bytes = NACRE_PAGE_BYTES / 2; bytes * 2 + sizeof(*kept) <= pages * NACRE_PAGE_BYTES;)
		bytes *= 2;
	if (!is_sound(bytes)) {
		memset(kept, 0, sizeof(*kept));
		*kept = (struct kept){ .magic = MAGIC, .bytes = bytes, .next_number = 1 };
	}
	return NACRE_E_OK;
}

/* Forgets the oldest records until there is room for `bytes` more. */
static void make_room(uint32_t bytes)
{
	while (kept->bytes - (kept->head - kept->tail) < bytes) {
		uint32_t offset = skip_filler(kept->tail);

		kept->tail = offset == kept->head ? offset : skip_filler(offset + span(at(offset)));
	}
}

void ring_add(struct log_record *record, const char *text)
{
	uint32_t bytes = span(record), left = kept->bytes - kept->head % kept->bytes;

	record->size = sizeof(*record);
	record->number = kept->next_number;
	if (left < bytes) {
		make_room(left);
		if (left >= sizeof(struct log_record))
			at(kept->head)->size = 0;
		kept->head += left;
	}
	make_room(bytes);
	memcpy(at(kept->head), record, sizeof(*record));
	memcpy(at(kept->head) + 1, text, record->text_bytes);
	kept->next_number++;
	kept->head += bytes;
}

static bool entry_set(struct entry *entry, uint32_t offset)
{
	if (offset == kept->head)
		return false;
	entry->record = *at(offset);
	entry->text = (const char *)(at(offset) + 1);
	return true;
}

static uint32_t offset_of(const struct entry *entry)
{
	uint32_t place = (uint32_t)((const uint8_t *)entry->text - kept->data) - (uint32_t)sizeof(struct log_record);

	return kept->tail + (place - kept->tail % kept->bytes) % kept->bytes;
}

bool ring_next(struct entry *entry)
{
	return entry_set(entry, skip_filler(offset_of(entry) + span(&entry->record)));
}

bool ring_find(uint32_t number, struct entry *entry)
{
	bool found = entry_set(entry, skip_filler(kept->tail));

	while (found && entry->record.number < number)
		found = ring_next(entry);
	return found;
}
