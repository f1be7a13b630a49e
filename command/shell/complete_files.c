/* complete_files.c - paths of the file system, for Tab. */
#include "complete_files.h"
#include "base/string.h"
#include "idl/files_client.h"
#include "nacre/clock.h"

/* A file server that is busy or confused must not hold up the prompt. */
#define PATIENCE_NS (1 * NACRE_S)
enum { PIECES_MAX = 256 };

struct listing {
	void (*offer)(void *context, const char *path);
	void *context;
	char path[LINE_BYTES];       /* the directory, and behind it one name after the other */
	size_t directory_size;
};

/* Names that make the path longer than a line are left out: they could not be typed. */
static void offer_entry(struct listing *listing, const struct files_entry *entry, const char *name)
{
	size_t size = listing->directory_size;

	if (size + entry->name_bytes + 2 > sizeof(listing->path))
		return;
	memcpy(listing->path + size, name, entry->name_bytes);
	size += entry->name_bytes;
	if (entry->kind == FILES_KIND_DIRECTORY)
		listing->path[size++] = '/';
	listing->path[size] = 0;
	listing->offer(listing->context, listing->path);
}

/* The entries of one answer. Answers the position behind them, or 0 where they make no sense. */
static uint32_t offer_piece(struct listing *listing, const char *piece, size_t size)
{
	struct files_entry entry;
	uint32_t position = 0;

	while (size) {
		if (size < sizeof(entry))
			return 0;
		memcpy(&entry, piece, sizeof(entry));
		if (entry.size < sizeof(entry) || entry.size > size || entry.name_bytes > size - entry.size)
			return 0;
		offer_entry(listing, &entry, piece + entry.size);
		position = entry.next;
		piece += entry.size + entry.name_bytes;
		size -= entry.size + entry.name_bytes;
	}
	return position;
}

static void offer_directory(struct listing *listing, nacre_handle_t files, uint32_t directory)
{
	static char piece[sizeof(struct files_entry) + FILES_NAME_BYTES + 1];
	uint32_t position = 0;
	size_t size;

	for (unsigned i = 0; i < PIECES_MAX; i++) {
		if (files_list_until(files, nacre_deadline_in(PATIENCE_NS), directory, position, piece, sizeof(piece), &size))
			return;
		position = offer_piece(listing, piece, size);
		if (!position)
			return;
	}
}

static size_t directory_size(const char *word)
{
	size_t size = string_length(word);

	while (word[size - 1] != '/')
		size--;
	return size;
}

void complete_files(const char *word, void (*offer)(void *context, const char *path), void *context)
{
	static struct listing listing;
	nacre_handle_t files;
	uint32_t directory;

	/* A connection for each time: what is open goes with it, and a server that was restarted is found again. */
	if (files_connect_now("svc/files", &files))
		return;
	listing = (struct listing){ .offer = offer, .context = context, .directory_size = directory_size(word) };
	memcpy(listing.path, word, listing.directory_size);
	if (!files_open_until(files, nacre_deadline_in(PATIENCE_NS), FILES_ROOT, FILES_OPENING_READABLE, 0, listing.path,
			      &directory, NULL))
		offer_directory(&listing, files, directory);
	nacre_handle_close(files);
}
