/* archive.h - reads POSIX tar archives (ustar, with pax headers) where they lie; nothing is copied.
 *
 * Input may be hostile: every header's checksum, every number and every bound is checked, and the first fault ends
 * the walk with a sentence. pax records `path` and `size` are obeyed, others are ignored; of GNU's own extensions
 * (long names, sparse files) none is, since two readers of one archive must never see different files.
 *
 *   struct archive archive;  struct archive_entry entry;
 *   archive_open(&archive, data, size);
 *   while (archive_next(&archive, &entry)) ...;
 *   if (archive.fault) ...                     NULL at a proper end: two blocks of zeros
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ARCHIVE_BLOCK = 512, ARCHIVE_NAME = 257 };

struct archive {
	const uint8_t *data;
	size_t size, offset;    /* offset of the next header; after a fault, of the header at fault */
	const char *fault;      /* one English sentence without a full stop, or NULL */
};

struct archive_entry {
	char name[ARCHIVE_NAME];
	char type;              /* '0' file, '5' directory, or whatever else the header says */
	const uint8_t *content; /* of `size` bytes, inside the archive */
	size_t size;
};

void archive_open(struct archive *archive, const void *data, size_t size);

/* The next entry; false at the end and at a fault. */
bool archive_next(struct archive *archive, struct archive_entry *entry);

/* A file to look for by name; content is NULL where it is missing. */
struct archive_file {
	const char *name;
	const uint8_t *content;
	size_t size;
};

/* Looks for all `files` in one walk from the start. True where each is there exactly once and the whole archive is
 * well formed; else archive->fault says what is wrong. */
bool archive_find(struct archive *archive, struct archive_file *files, size_t count);
