/* directory.c - reading directories: the entries of one message at a time. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "file.h"

enum { BUFFER_BYTES = 1024 };

_Static_assert(BUFFER_BYTES >= sizeof(struct files_entry) + FILES_NAME_BYTES, "every entry fits");
_Static_assert(sizeof(((struct dirent *)0)->d_name) > FILES_NAME_BYTES, "every name fits");

struct __directory {
	int file;
	uint32_t number;       /* the server's, of the open directory */
	uint32_t position;     /* of the next entry */
	size_t at, size;       /* in the buffer: the next entry, and where they end */
	struct dirent entry;
	char buffer[BUFFER_BYTES];
};

static DIR *fail(int error)
{
	errno = error;
	return NULL;
}

DIR *fdopendir(int file)
{
	struct description *description;
	struct files_state state;
	uint32_t number;
	DIR *directory;
	int error;

	description = file_get(file, &error);
	if (!description)
		return fail(error == EINVAL ? ENOTDIR : error);
	number = description->file;
	error = fs_state(number, &state);
	description_put(description);
	if (error || state.kind != FILES_KIND_DIRECTORY)
		return fail(error ? error : ENOTDIR);
	directory = calloc(1, sizeof(*directory));
	if (!directory)
		return NULL;
	directory->file = file;
	directory->number = number;
	return directory;
}

DIR *opendir(const char *path)
{
	int file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = file < 0 ? NULL : fdopendir(file);

	if (file >= 0 && !directory)
		close(file);
	return directory;
}

static int fill(DIR *directory)
{
	directory->at = 0;
	return fs_list(directory->number, directory->position, directory->buffer, BUFFER_BYTES, &directory->size);
}

struct dirent *readdir(DIR *directory)
{
	struct files_entry entry;
	int error = directory->at < directory->size ? 0 : fill(directory);

	if (error) {
		errno = error;
		return NULL;
	}
	if (directory->size < sizeof(entry))
		return NULL;
	memcpy(&entry, directory->buffer + directory->at, sizeof(entry));
	directory->at += sizeof(entry);
	memcpy(directory->entry.d_name, directory->buffer + directory->at, entry.name_bytes);
	directory->entry.d_name[entry.name_bytes] = '\0';
	directory->at += entry.name_bytes;
	directory->position = entry.next;
	directory->entry.d_ino = (ino_t)entry.number;
	directory->entry.d_type = entry.kind == FILES_KIND_DIRECTORY ? DT_DIR : DT_REG;
	return &directory->entry;
}

int readdir_r(DIR *restrict directory, struct dirent *restrict entry, struct dirent **restrict result)
{
	int before = errno, error;

	errno = 0;
	*result = readdir(directory);
	error = *result ? 0 : errno;
	errno = before;
	if (!*result)
		return error;
	*entry = **result;
	*result = entry;
	return 0;
}

void seekdir(DIR *directory, long position)
{
	directory->position = (uint32_t)position;
	directory->at = directory->size = 0;
}

long telldir(DIR *directory)
{
	return (long)directory->position;
}

void rewinddir(DIR *directory)
{
	seekdir(directory, 0);
}

int dirfd(DIR *directory)
{
	return directory->file;
}

int closedir(DIR *directory)
{
	int result = close(directory->file);

	free(directory);
	return result;
}
