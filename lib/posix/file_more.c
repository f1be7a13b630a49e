/* file_more.c - what is done to an open file beside reading and writing it. */
#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "file.h"

static int result(int error)
{
	return (int)descriptor_result(-error);
}

int ftruncate(int file, off_t size)
{
	struct description *description;
	int error;

	if (size < 0)
		return result(EINVAL);
	description = file_get(file, &error);
	if (!description)
		return result(error);
	error = fs_resize(description->file, (uint64_t)size);
	description_put(description);
	return result(error == EBADF || error == EISDIR ? EINVAL : error); /* POSIX: not open for writing is EINVAL */
}

int fsync(int file)
{
	struct description *description;
	int error;

	description = file_get(file, &error);
	if (!description)
		return result(error);
	error = fs_sync(description->file);
	description_put(description);
	return result(error);
}

int fdatasync(int file)
{
	return fsync(file);
}

void sync(void)
{
}

int fchmod(int file, mode_t mode)
{
	struct description *description;
	int error;

	description = file_get(file, &error);
	if (!description)
		return result(error);
	error = fs_change(description->file, FILES_CHANGING_MODE, mode & 0777, 0);
	description_put(description);
	return result(error);
}

int statvfs(const char *path, struct statvfs *state)
{
	struct files_state there;
	struct files_space space;
	int error = fs_look((struct fs_path){ FILES_ROOT, path }, &there);

	if (!error)
		error = fs_space(&space);
	if (error)
		return result(error);
	*state = (struct statvfs){
		.f_bsize = space.page_bytes, .f_frsize = space.page_bytes, .f_blocks = space.pages, .f_bfree = space.pages_free,
		.f_bavail = space.pages_free, .f_files = space.files, .f_ffree = space.files_free, .f_favail = space.files_free,
		.f_namemax = FILES_NAME_BYTES,
	};
	return 0;
}

int fstatvfs(int file, struct statvfs *state)
{
	struct description *description;
	int error;

	description = file_get(file, &error);
	if (!description)
		return result(error);
	description_put(description);
	return statvfs("/", state);
}
