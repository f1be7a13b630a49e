/* tree.c - names of files: everything that takes a path and opens nothing. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "file.h"

int _stat(const char *path, struct stat *state);
int _unlink(const char *path);
int _link(const char *from, const char *to);
int _mkdir(const char *path, mode_t mode);

static struct fs_path at(const char *path)
{
	return (struct fs_path){ FILES_ROOT, path };
}

static int result(int error)
{
	return (int)descriptor_result(-error);
}

/* --- looking ------------------------------------------------------------------------------------------- */

static int stat_path(struct fs_path path, struct stat *state)
{
	struct files_state found;
	int error = fs_look(path, &found);

	return error ? error : file_stat(&found, state);
}

int _stat(const char *path, struct stat *state)
{
	return result(stat_path(at(path), state));
}

/* There are no symbolic links. */
int lstat(const char *path, struct stat *state)
{
	return _stat(path, state);
}

int fstatat(int directory, const char *path, struct stat *state, int flags)
{
	struct fs_path from;
	int error = fs_path_at(directory, path, &from);

	if (flags & ~AT_SYMLINK_NOFOLLOW)
		error = EINVAL;
	return result(error ? error : stat_path(from, state));
}

/* Whoever reaches a file may do with it what its kind allows; only "executable" is refused, by its mode. */
int access(const char *path, int wanted)
{
	struct stat state;
	int error = wanted & ~(R_OK | W_OK | X_OK) ? EINVAL : stat_path(at(path), &state);

	if (!error && wanted & X_OK && S_ISREG(state.st_mode) && !(state.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
		error = EACCES;
	return result(error);
}

/* --- changing ------------------------------------------------------------------------------------------ */

int _unlink(const char *path)
{
	int error = fs_remove(at(path), FILES_KIND_FILE);

	return result(error == EISDIR ? EPERM : error); /* POSIX: unlink of a directory is EPERM */
}

int unlinkat(int directory, const char *path, int flags)
{
	struct fs_path from;
	int error = fs_path_at(directory, path, &from);

	if (flags & ~AT_REMOVEDIR)
		error = EINVAL;
	return result(error ? error : fs_remove(from, flags & AT_REMOVEDIR ? FILES_KIND_DIRECTORY : FILES_KIND_FILE));
}

static int is_dot(const char *path)
{
	size_t size = 0;

	while (path[size])
		size++;
	return size && path[size - 1] == '.' && (size == 1 || path[size - 2] == '/');
}

int rmdir(const char *path)
{
	return result(is_dot(path) ? EINVAL : fs_remove(at(path), FILES_KIND_DIRECTORY));
}

int _mkdir(const char *path, mode_t mode)
{
	return result(fs_make_directory(at(path), file_mode(mode)));
}

int mkdir(const char *path, mode_t mode)
{
	return _mkdir(path, mode);
}

int mkdirat(int directory, const char *path, mode_t mode)
{
	struct fs_path from;
	int error = fs_path_at(directory, path, &from);

	return result(error ? error : fs_make_directory(from, file_mode(mode)));
}

int renameat(int from_directory, const char *from, int to_directory, const char *to);
int renameat(int from_directory, const char *from, int to_directory, const char *to)
{
	struct fs_path old, fresh;
	int error = fs_path_at(from_directory, from, &old);

	if (!error)
		error = fs_path_at(to_directory, to, &fresh);
	return result(error ? error : fs_rename(old, fresh));
}

int _link(const char *from, const char *to)
{
	int error = fs_link(at(from), at(to));

	return result(error == EISDIR || error == EBUSY ? EPERM : error);
}

/* --- by opening it for a moment ------------------------------------------------------------------------ */

static int with_file(const char *path, uint32_t flags, int (*act)(uint32_t file, uint64_t value), uint64_t value)
{
	uint32_t file;
	int error = fs_open(at(path), flags, 0, &file);

	if (error)
		return error;
	error = act(file, value);
	fs_close(file);
	return error;
}

int truncate(const char *path, off_t size)
{
	return result(size < 0 ? EINVAL : with_file(path, FILES_OPENING_WRITABLE, fs_resize, (uint64_t)size));
}

static int change_mode(uint32_t file, uint64_t mode)
{
	return fs_change(file, FILES_CHANGING_MODE, (uint32_t)mode, 0);
}

int chmod(const char *path, mode_t mode)
{
	return result(with_file(path, FILES_OPENING_READABLE, change_mode, mode & 0777));
}
