/* archive.c - tar archives: what is told lies inside, and two ways to look for a file agree. */
#include "base/archive.h"
#include "input.h"

static void again_find(const void *data, size_t size, const struct archive_entry *entry)
{
	struct archive_file file = { .name = entry->name };
	struct archive archive;

	archive_open(&archive, data, size);
	if (archive_find(&archive, &file, 1))
		MUST(file.content == entry->content && file.size == entry->size);
	else
		MUST(archive.fault); /* twice there, no file, or what comes later is malformed */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct archive_entry entry, first = { .name = "" };
	struct archive archive;

	archive_open(&archive, data, size);
	while (archive_next(&archive, &entry)) {
		MUST(memchr(entry.name, 0, sizeof(entry.name)));
		MUST(entry.content >= data && entry.size <= size && entry.content + entry.size <= data + size);
		look_at(entry.content, entry.size);
		if (!first.name[0] && entry.type == '0')
			first = entry;
	}
	if (first.name[0])
		again_find(data, size, &first);
	return 0;
}
