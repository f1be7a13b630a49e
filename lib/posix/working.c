/* working.c - the working directory: a path that libc puts in front of relative ones. Directories that are renamed
 * meanwhile leave it behind: it is the name that counts, not the directory. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "file.h"

static int result(int error)
{
	return (int)descriptor_result(-error);
}

/* Appends the parts of a path to one that ends in a slash; `.` and `..` are worked off. 0 or ENAMETOOLONG. */
static int append(char *to, const char *path)
{
	while (*path) {
		size_t size = strcspn(path, "/"), length = strlen(to);

		if (size == 2 && !memcmp(path, "..", 2)) {
			if (length > 1)
				to[length - 1] = '\0';
			strrchr(to, '/')[1] = '\0';
		} else if (size && !(size == 1 && path[0] == '.')) {
			if (length + size + 1 > FILES_PATH_BYTES)
				return ENAMETOOLONG;
			memcpy(to + length, path, size);
			memcpy(to + length + size, "/", 2);
		}
		path += size + (path[size] == '/');
	}
	return 0;
}

int chdir(const char *path)
{
	struct files_state state;
	char fresh[FILES_PATH_BYTES + 1];
	int error = fs_look((struct fs_path){ FILES_ROOT, path }, &state);

	if (!error && state.kind != FILES_KIND_DIRECTORY)
		error = ENOTDIR;
	if (!error) {
		strcpy(fresh, path[0] == '/' ? "/" : fs_working);
		error = append(fresh, path);
	}
	if (!error)
		strcpy(fs_working, fresh);
	return result(error);
}

char *getcwd(char *to, size_t size)
{
	size_t length = strlen(fs_working);

	length -= length > 1; /* the slash at the end is ours */
	if (to && size <= length) {
		errno = size ? ERANGE : EINVAL;
		return NULL;
	}
	to = to ? to : malloc(length + 1 > size ? length + 1 : size);
	if (!to)
		return NULL;
	memcpy(to, fs_working, length);
	to[length] = '\0';
	return to;
}
