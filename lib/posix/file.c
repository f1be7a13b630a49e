/* file.c - files and directories of svc/files as descriptors. */
#include "file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/bits.h"
#include "descriptor.h"
#include "fs.h"
#include "nacre/area.h"
#include "nacre/clock.h"
#include "nacre/copy_best.h"

int _open(const char *path, int flags, int mode);

/* Whole pages are lent where there are as many bytes as this: what lies before or behind them takes a call of its own, so
 * it is twice of what a call had better copy. */
enum { LEND_BYTES_MIN = NACRE_PAGES(2 * NACRE_COPY_BEST_BYTES) * NACRE_PAGE_BYTES };

/* --- reading and writing ------------------------------------------------------------------------------- */

/* How many bytes to lend from here: whole pages that hold nothing else, because whoever touches a page that is lent
 * to be written faults. 0: copy. */
static size_t lendable(const void *bytes, size_t size)
{
	if (!is_aligned((uintptr_t)bytes, NACRE_PAGE_BYTES) || size < LEND_BYTES_MIN)
		return 0;
	return min_size(align_down(size, NACRE_PAGE_BYTES), FILES_LEND_BYTES);
}

/* What to copy: up to a page boundary, if it is worth lending from there on. */
static size_t copyable(const void *bytes, size_t size)
{
	size_t to_page = align_up((uintptr_t)bytes, NACRE_PAGE_BYTES) - (uintptr_t)bytes;

	return to_page && size - min_size(size, to_page) >= LEND_BYTES_MIN ? to_page : min_size(size, FILES_COPY_BYTES);
}

/* Not private memory, lent already by another thread, or no room in the server's window: all can still be copied. */
static bool cannot_lend(int error)
{
	return error == EFAULT || error == EBUSY || error == EAGAIN;
}

static ssize_t file_read(uint32_t file, uint64_t offset, uint8_t *to, size_t size)
{
	size_t done = 0, part, got;
	bool lends = true;
	int error = 0;

	while (done < size) {
		part = lends ? lendable(to + done, size - done) : 0;
		if (part) {
			error = fs_read_pages(file, offset + done, to + done, part, &got);
			lends = !cannot_lend(error);
			if (!lends)
				continue;
		} else {
			part = copyable(to + done, size - done);
			error = fs_read(file, offset + done, to + done, part, &got);
		}
		done += got;
		if (error || got < part)
			break;
	}
	return done || !error ? (ssize_t)done : -error;
}

/* *behind: the offset behind what was written. */
static ssize_t file_write(const struct description *description, uint64_t offset, const uint8_t *from, size_t size,
			  uint64_t *behind)
{
	bool lends = true, at_end = description->flags & O_APPEND;
	size_t done = 0, part, put;
	int error = 0;

	while (done < size) {
		part = lends ? lendable(from + done, size - done) : 0;
		if (part) {
			error = fs_write_pages(description->file, offset + done, at_end, from + done, part, &put, behind);
			lends = !cannot_lend(error);
			if (!lends)
				continue;
		} else {
			part = copyable(from + done, size - done);
			error = fs_write(description->file, offset + done, at_end, from + done, part, &put, behind);
		}
		done += put;
		if (error || put < part)
			break;
	}
	return done || !error ? (ssize_t)done : -error;
}

static ssize_t class_read(struct description *description, void *to, size_t size, int64_t at)
{
	ssize_t done;

	if (at >= 0)
		return file_read(description->file, (uint64_t)at, to, size);
	lock_take(&description->lock);
	done = file_read(description->file, (uint64_t)description->position, to, size);
	if (done > 0)
		description->position += done;
	lock_drop(&description->lock);
	return done;
}

static ssize_t class_write(struct description *description, const void *from, size_t size, int64_t at)
{
	uint64_t behind = 0;
	ssize_t done;

	if (at >= 0)
		return file_write(description, (uint64_t)at, from, size, &behind);
	lock_take(&description->lock);
	done = file_write(description, (uint64_t)description->position, from, size, &behind);
	if (done > 0)
		description->position = (int64_t)behind;
	lock_drop(&description->lock);
	return done;
}

int64_t file_base(const struct description *description, int whence)
{
	struct files_state state;
	int error;

	switch (whence) {
	case SEEK_SET:
		return 0;
	case SEEK_CUR:
		return description->position;
	case SEEK_END:
		error = fs_state(description->file, &state);
		return error ? -error : (int64_t)state.bytes;
	}
	return -EINVAL;
}

static int64_t class_seek(struct description *description, int64_t offset, int whence)
{
	int64_t at;

	lock_take(&description->lock);
	at = file_base(description, whence);
	if (at >= 0) {
		if (__builtin_add_overflow(at, offset, &at) || at != (off_t)at)
			at = -EOVERFLOW;
		else if (at < 0)
			at = -EINVAL;
		else
			description->position = at;
	}
	lock_drop(&description->lock);
	return at;
}

/* --- state --------------------------------------------------------------------------------------------- */

static struct timespec time_of(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / NACRE_S), .tv_nsec = (long)(ns % NACRE_S) };
}

int file_stat(const struct files_state *from, struct stat *to)
{
	*to = (struct stat){
		.st_dev = 1, .st_ino = (ino_t)from->number, .st_nlink = (nlink_t)from->links, .st_size = (off_t)from->bytes,
		.st_mode = (from->kind == FILES_KIND_DIRECTORY ? S_IFDIR : S_IFREG) | from->mode,
		.st_blksize = FILES_COPY_BYTES, .st_blocks = (blkcnt_t)(from->pages * (NACRE_PAGE_BYTES / 512)),
		.st_mtim = time_of(from->modified_ns), .st_ctim = time_of(from->changed_ns),
		.st_atim = time_of(from->modified_ns),
	};
	return from->bytes == (uint64_t)to->st_size && to->st_size >= 0 ? 0 : EOVERFLOW;
}

static int class_state(struct description *description, struct stat *to)
{
	struct files_state state;
	int error = fs_state(description->file, &state);

	return -(error ? error : file_stat(&state, to));
}

static void class_close(struct description *description)
{
	fs_close(description->file);
}

/* POSIX, fcntl: any close of a file by the process drops all its locks on it. */
static void class_dropped(struct description *description)
{
	struct files_range all = { .locking = FILES_LOCKING_UNLOCKED };

	if (description->has_locks)
		fs_lock(description->file, &all);
}

const struct description_class file_class = {
	.read = class_read, .write = class_write, .seek = class_seek, .state = class_state, .close = class_close,
	.dropped = class_dropped,
};

struct description *file_get(int file, int *error)
{
	struct description *description = descriptor_get(file);

	*error = EBADF;
	if (description && description->class != &file_class) {
		description_put(description);
		description = NULL;
		*error = EINVAL;
	}
	return description;
}

/* --- opening ------------------------------------------------------------------------------------------- */

static mode_t mask = S_IWGRP | S_IWOTH;

mode_t umask(mode_t fresh)
{
	return __atomic_exchange_n(&mask, fresh & 0777, __ATOMIC_RELAXED);
}

mode_t file_mode(mode_t wanted)
{
	return wanted & ~mask & 0777;
}

/* 0: the access mode is none. */
static uint32_t flags_of(int flags)
{
	static const uint8_t access[] = { [O_RDONLY] = FILES_OPENING_READABLE, [O_WRONLY] = FILES_OPENING_WRITABLE,
					  [O_RDWR] = FILES_OPENING_READABLE | FILES_OPENING_WRITABLE };
	uint32_t out = (unsigned)(flags & O_ACCMODE) < sizeof(access) ? access[flags & O_ACCMODE] : 0;

	if (!out)
		return 0;
	return out | (flags & O_CREAT ? FILES_OPENING_CREATE : 0) | (flags & O_EXCL && flags & O_CREAT ? FILES_OPENING_EXCLUSIVE : 0) |
	       (flags & O_TRUNC && out & FILES_OPENING_WRITABLE ? FILES_OPENING_TRUNCATE : 0) |
	       (flags & O_DIRECTORY ? FILES_OPENING_ONLY_DIRECTORY : 0);
}

static int open_at(struct fs_path path, int flags, mode_t mode)
{
	struct description *description;
	uint32_t wanted = flags_of(flags), file;
	int error = wanted ? fs_open(path, wanted, file_mode(mode), &file) : EINVAL, number;

	if (error)
		return -error;
	description = description_new(&file_class, flags & (O_ACCMODE | O_APPEND | O_NONBLOCK | O_SYNC));
	if (!description) {
		fs_close(file);
		return -ENOMEM;
	}
	description->file = file;
	number = descriptor_add(description, 0, flags & O_CLOEXEC ? FD_CLOEXEC : 0);
	if (number < 0)
		description_put(description);
	return number;
}

int _open(const char *path, int flags, int mode)
{
	return (int)descriptor_result(open_at((struct fs_path){ FILES_ROOT, path }, flags, (mode_t)mode));
}

int fs_path_at(int directory, const char *path, struct fs_path *out)
{
	struct description *description;
	int error;

	*out = (struct fs_path){ FILES_ROOT, path };
	if (directory == AT_FDCWD || path[0] == '/')
		return 0;
	description = file_get(directory, &error);
	if (!description)
		return error == EINVAL ? ENOTDIR : error;
	out->directory = description->file;
	description_put(description);
	return 0;
}
