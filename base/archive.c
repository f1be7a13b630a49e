/* archive.c - the tar reader. Layout of a header: POSIX.1-2017, pax, "ustar Interchange Format". */
#include "base/archive.h"
#include "base/bits.h"
#include "base/string.h"

/* Fields of a header: offset and size in bytes. */
enum {
	NAME_AT = 0, NAME_SIZE = 100,
	SIZE_AT = 124, SIZE_SIZE = 12,
	CHECKSUM_AT = 148, CHECKSUM_SIZE = 8,
	TYPE_AT = 156,
	MAGIC_AT = 257,
	PREFIX_AT = 345, PREFIX_SIZE = 155,
};

/* What pax records said of the entry that follows them. */
struct overrides {
	const char *path;
	size_t path_length;
	bool has_size;
	size_t size;
};

static bool fault(struct archive *archive, const char *sentence)
{
	archive->fault = sentence;
	return false;
}

void archive_open(struct archive *archive, const void *data, size_t size)
{
	*archive = (struct archive){ .data = data, .size = size };
}

/* --- headers -------------------------------------------------------------------------------------------- */

/* Octal digits, then spaces or NULs. */
static bool octal_read(const uint8_t *field, size_t width, size_t *value)
{
	size_t i = 0, number = 0;

	for (; i < width && field[i] >= '0' && field[i] <= '7'; i++) {
		if (number > SIZE_MAX >> 3)
			return false;
		number = number << 3 | (size_t)(field[i] - '0');
	}
	*value = number;
	for (size_t rest = i; rest < width; rest++)
		if (field[rest] != ' ' && field[rest] != '\0')
			return false;
	return i > 0;
}

/* The sum of all bytes, those of the checksum itself taken as spaces. */
static bool checksum_right(const uint8_t *header)
{
	size_t sum = 0, stated;

	for (unsigned i = 0; i < ARCHIVE_BLOCK; i++)
		sum += header[i];
	for (unsigned i = CHECKSUM_AT; i < CHECKSUM_AT + CHECKSUM_SIZE; i++)
		sum += (size_t)' ' - header[i];
	return octal_read(header + CHECKSUM_AT, CHECKSUM_SIZE, &stated) && sum == stated;
}

static bool is_zero_block(const uint8_t *block)
{
	for (unsigned i = 0; i < ARCHIVE_BLOCK; i++)
		if (block[i])
			return false;
	return true;
}

/* The header at the archive's offset; NULL at the end and at a fault. */
static const uint8_t *header_read(struct archive *archive)
{
	const uint8_t *header = archive->data + archive->offset;
	size_t room = archive->size - archive->offset;

	if (room < ARCHIVE_BLOCK)
		fault(archive, "the archive is cut: it stops without an end mark");
	else if (is_zero_block(header)) {
		if (room < 2 * ARCHIVE_BLOCK || !is_zero_block(header + ARCHIVE_BLOCK))
			fault(archive, "the archive's end mark is half missing");
	} else if (memcmp(header + MAGIC_AT, "ustar\0" "00", 8) != 0)
		fault(archive, "the archive holds a header that is not ustar");
	else if (!checksum_right(header))
		fault(archive, "the archive holds a header with a wrong checksum");
	else
		return header;
	return NULL;
}

/* Fills content and size, and moves the archive past both. */
static bool content_take(struct archive *archive, size_t size, struct archive_entry *entry)
{
	size_t start = archive->offset + ARCHIVE_BLOCK, room = archive->size - start;

	if (size > room || align_up(size, ARCHIVE_BLOCK) > room)
		return fault(archive, "the archive is cut: a file reaches past its end");
	entry->content = archive->data + start;
	entry->size = size;
	archive->offset = start + align_up(size, ARCHIVE_BLOCK);
	return true;
}

/* --- names ---------------------------------------------------------------------------------------------- */

static void name_append(struct archive_entry *entry, size_t *length, const char *text, size_t size)
{
	memcpy(entry->name + *length, text, size);
	*length += size;
	entry->name[*length] = '\0';
}

static bool name_from_header(const uint8_t *header, struct archive_entry *entry)
{
	const char *name = (const char *)header + NAME_AT, *prefix = (const char *)header + PREFIX_AT;
	size_t prefix_length = string_length_within(prefix, PREFIX_SIZE), length = 0;

	if (prefix_length) {
		name_append(entry, &length, prefix, prefix_length);
		name_append(entry, &length, "/", 1);
	}
	name_append(entry, &length, name, string_length_within(name, NAME_SIZE));
	return length > 0;
}

static bool name_take(const uint8_t *header, const struct overrides *pax, struct archive_entry *entry)
{
	size_t length = 0;

	if (!pax->path)
		return name_from_header(header, entry);
	if (pax->path_length >= ARCHIVE_NAME || string_length_within(pax->path, pax->path_length) < pax->path_length)
		return false;
	name_append(entry, &length, pax->path, pax->path_length);
	return length > 0;
}

/* --- pax records: "LENGTH KEY=VALUE\n", LENGTH counting all of it ------------------------------------------ */

static bool decimal_read(const char *text, size_t size, size_t *value)
{
	size_t number = 0;

	for (size_t i = 0; i < size; i++) {
		if (text[i] < '0' || text[i] > '9' || number > (SIZE_MAX - 9) / 10)
			return false;
		number = number * 10 + (size_t)(text[i] - '0');
	}
	*value = number;
	return size > 0;
}

static size_t index_of(const char *text, size_t size, char wanted)
{
	size_t i = 0;

	while (i < size && text[i] != wanted)
		i++;
	return i;
}

static bool record_apply(const char *key, size_t key_length, const char *value, size_t size, struct overrides *pax)
{
	if (string_equal_counted(key, key_length, "path")) {
		pax->path = value;
		pax->path_length = size;
	} else if (string_equal_counted(key, key_length, "size")) {
		pax->has_size = true;
		return decimal_read(value, size, &pax->size);
	}
	return true;
}

static bool records_read(const char *text, size_t size, struct overrides *pax)
{
	size_t digits, length, equals;

	for (; size; text += length, size -= length) {
		digits = index_of(text, size, ' ');
		if (!decimal_read(text, digits, &length) || length > size || length < digits + 3 || text[length - 1] != '\n')
			return false;
		equals = index_of(text, length, '=');
		if (equals == length || equals < digits + 2)
			return false;
		if (!record_apply(text + digits + 1, equals - digits - 1, text + equals + 1, length - equals - 2, pax))
			return false;
	}
	return true;
}

/* --- walking -------------------------------------------------------------------------------------------- */

static bool pax_read(struct archive *archive, size_t size, struct overrides *pax, struct archive_entry *entry)
{
	size_t at = archive->offset;

	if (!content_take(archive, size, entry))
		return false;
	if (records_read((const char *)entry->content, size, pax))
		return true;
	archive->offset = at;
	return fault(archive, "the archive holds a malformed pax record");
}

/* Reads one header with its content; pax headers only leave their records behind. */
static bool entry_read(struct archive *archive, const uint8_t *header, struct overrides *pax, struct archive_entry *entry)
{
	size_t size;

	entry->type = header[TYPE_AT] ? (char)header[TYPE_AT] : '0';
	if (!octal_read(header + SIZE_AT, SIZE_SIZE, &size))
		return fault(archive, "the archive holds a header with an unreadable size");
	if (entry->type == 'g')
		return fault(archive, "the archive holds a global pax header, which is not supported");
	if (entry->type == 'x')
		return pax_read(archive, size, pax, entry);
	if (!name_take(header, pax, entry))
		return fault(archive, "the archive holds a file without a usable name");
	return content_take(archive, pax->has_size ? pax->size : size, entry);
}

bool archive_next(struct archive *archive, struct archive_entry *entry)
{
	struct overrides pax = { 0 };
	const uint8_t *header;

	if (archive->fault)
		return false;
	do {
		header = header_read(archive);
		if (!header || !entry_read(archive, header, &pax, entry))
			return false;
	} while (entry->type == 'x');
	return true;
}

/* Counts in the walk: a file seen twice is as wrong as one not seen. */
static bool file_note(struct archive_file *file, const struct archive_entry *entry)
{
	if (entry->type != '0' || !string_equal(entry->name, file->name))
		return true;
	if (file->content)
		return false;
	file->content = entry->content;
	file->size = entry->size;
	return true;
}

bool archive_find(struct archive *archive, struct archive_file *files, size_t count)
{
	struct archive_entry entry;

	archive_open(archive, archive->data, archive->size);
	for (size_t i = 0; i < count; i++)
		files[i].content = NULL;
	while (archive_next(archive, &entry))
		for (size_t i = 0; i < count; i++)
			if (!file_note(&files[i], &entry))
				return fault(archive, "the archive holds a name twice");
	for (size_t i = 0; i < count; i++)
		if (!files[i].content && !archive->fault)
			return fault(archive, "the archive lacks a file");
	return !archive->fault;
}
