/* memory_files.c - files for tests of libraries: fopen finds what is embedded in the program, and what it wrote itself.
 *
 * Linked with --wrap for fopen, remove and rename, and those below that a test needs. There are the directories of the
 * names that are embedded. Nothing outlives the program, and no file server is needed. */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "test/port/embed.h"

FILE *__wrap_fopen(const char *name, const char *mode);
FILE *__wrap_freopen(const char *name, const char *mode, FILE *old);
int __wrap_remove(const char *name);
int __wrap_rename(const char *from, const char *to);
int __wrap_stat(const char *name, struct stat *state);
DIR *__wrap_opendir(const char *name);
struct dirent *__wrap_readdir(DIR *directory);
int __wrap_closedir(DIR *directory);

enum { FILES_MAX = 64, NAME_BYTES = 128 };

static struct file {
	char name[NAME_BYTES];     /* "": free */
	char *data;
	size_t size;
} files[FILES_MAX];

/* One open stream. An embedded file has no `file`, and is only read. */
struct stream {
	struct file *file;
	const struct embed_file *embedded;
	size_t at;
	bool append;
};

static struct file *find(const char *name)
{
	for (struct file *file = files; file < files + FILES_MAX; file++)
		if (file->name[0] && !strcmp(file->name, name))
			return file;
	return NULL;
}

/* What follows the directory's slash in a name; NULL: the name is not below it. */
static const char *below(const char *directory, const char *name)
{
	size_t length = strlen(directory);

	while (length && directory[length - 1] == '/')
		length--;
	return !strncmp(name, directory, length) && name[length] == '/' ? name + length + 1 : NULL;
}

static bool is_directory(const char *name)
{
	for (const struct embed_file *file = embed_files; file->name; file++)
		if (below(name, file->name))
			return true;
	return false;
}

/* Is there the directory that a file of this name would be in? */
static bool has_directory(const char *name)
{
	char directory[NAME_BYTES] = "";
	const char *slash = strrchr(name, '/');

	if (!slash || slash == name + 1)
		return true; /* the second: "./name" */
	memcpy(directory, name, (size_t)(slash - name));
	return is_directory(directory);
}

static struct file *create(const char *name)
{
	struct file *file = find(name);

	if (strlen(name) >= NAME_BYTES || !name[0] || !has_directory(name))
		return NULL;
	for (struct file *each = files; !file && each < files + FILES_MAX; each++)
		if (!each->name[0])
			file = each;
	if (!file)
		return NULL;
	free(file->data);
	file->data = NULL;
	file->size = 0;
	strcpy(file->name, name);
	return file;
}

static size_t size_of(const struct stream *stream)
{
	return stream->file ? stream->file->size : stream->embedded->size;
}

static int stream_read(void *cookie, char *to, _READ_WRITE_BUFSIZE_TYPE room)
{
	struct stream *stream = cookie;
	size_t left = stream->at < size_of(stream) ? size_of(stream) - stream->at : 0;
	size_t size = left < (size_t)room ? left : (size_t)room;

	if (size)
		memcpy(to, (stream->file ? stream->file->data : stream->embedded->data) + stream->at, size);
	stream->at += size;
	return (int)size;
}

static int stream_write(void *cookie, const char *from, _READ_WRITE_BUFSIZE_TYPE size)
{
	struct stream *stream = cookie;
	struct file *file = stream->file;
	size_t end;
	char *data;

	if (stream->append)
		stream->at = file->size;
	end = stream->at + (size_t)size;
	data = end > file->size ? realloc(file->data, end) : file->data;
	if (end && !data) {
		errno = ENOSPC;
		return -1;
	}
	if (stream->at > file->size)
		memset(data + file->size, 0, stream->at - file->size);
	file->data = data;
	file->size = end > file->size ? end : file->size;
	if (size)
		memcpy(data + stream->at, from, (size_t)size);
	stream->at = end;
	return size;
}

static _fpos_t stream_seek(void *cookie, _fpos_t offset, int whence)
{
	struct stream *stream = cookie;
	_fpos_t base = whence == SEEK_SET ? 0 : (_fpos_t)(whence == SEEK_CUR ? stream->at : size_of(stream));

	if (base + offset < 0) {
		errno = EINVAL;
		return -1;
	}
	stream->at = (size_t)(base + offset);
	return base + offset;
}

static int stream_close(void *cookie)
{
	free(cookie);
	return 0;
}

/* What the mode asks for: an old file, a new one, or none. */
static bool stream_open(struct stream *stream, const char *name, const char *mode)
{
	if (mode[0] != 'w')
		stream->file = find(name);
	if (mode[0] == 'w' || (mode[0] == 'a' && !stream->file))
		stream->file = create(name);
	if (mode[0] == 'r' && !strchr(mode, '+') && !stream->file)
		stream->embedded = embed_find(name);
	stream->append = mode[0] == 'a';
	return stream->file || stream->embedded;
}

FILE *__wrap_fopen(const char *name, const char *mode)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	FILE *file = NULL;

	if (stream && stream_open(stream, name, mode))
		file = funopen(stream, stream_read, stream->file ? stream_write : NULL, stream_seek, stream_close);
	else
		errno = mode[0] == 'r' ? ENOENT : ENOSPC;
	if (!file)
		free(stream);
	return file;
}

/* Answers another stream than it was given; who calls it goes on with what is answered. */
FILE *__wrap_freopen(const char *name, const char *mode, FILE *old)
{
	fclose(old);
	return __wrap_fopen(name, mode);
}

int __wrap_remove(const char *name)
{
	struct file *file = find(name);

	if (!file) {
		errno = ENOENT;
		return -1;
	}
	free(file->data);
	memset(file, 0, sizeof(*file));
	return 0;
}

int __wrap_rename(const char *from, const char *to)
{
	struct file *file = find(from);

	if (!file || strlen(to) >= NAME_BYTES) {
		errno = ENOENT;
		return -1;
	}
	if (strcmp(from, to) != 0 && find(to))
		__wrap_remove(to);
	strcpy(file->name, to);
	return 0;
}

int __wrap_stat(const char *name, struct stat *state)
{
	const struct file *file = find(name);
	const struct embed_file *embedded = embed_find(name);

	*state = (struct stat){ .st_nlink = 1, .st_mode = S_IFREG | S_IRUSR };
	if (file || embedded)
		state->st_size = (off_t)(file ? file->size : embedded->size);
	else if (is_directory(name))
		state->st_mode = S_IFDIR | S_IRUSR | S_IXUSR;
	else
		return errno = ENOENT, -1;
	return 0;
}

/* --- directories: the embedded files in them, and no further directories -------------------------------------- */

struct listing {
	const struct embed_file *next;
	struct dirent entry;
	char name[];
};

DIR *__wrap_opendir(const char *name)
{
	struct listing *listing = is_directory(name) ? calloc(1, sizeof(*listing) + strlen(name) + 1) : NULL;

	if (!listing) {
		errno = is_directory(name) ? ENOMEM : ENOENT;
		return NULL;
	}
	listing->next = embed_files;
	strcpy(listing->name, name);
	return (DIR *)listing;
}

struct dirent *__wrap_readdir(DIR *directory)
{
	struct listing *listing = (struct listing *)directory;

	while (listing->next->name) {
		const char *name = below(listing->name, (listing->next++)->name);

		if (name && !strchr(name, '/') && strlen(name) < sizeof(listing->entry.d_name)) {
			strcpy(listing->entry.d_name, name);
			return &listing->entry;
		}
	}
	return NULL;
}

int __wrap_closedir(DIR *directory)
{
	free(directory);
	return 0;
}
